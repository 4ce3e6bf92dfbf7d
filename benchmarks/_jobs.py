"""Independent jobs, one on each core at a time.

Two trainings side by side, each on a core of its own, are done sooner than one after the other on both cores, and the
seconds of each mean the same on any machine: those of one core.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from benchmarks._peers import THREADS

J = TypeVar("J")
R = TypeVar("R")


def each_on_a_core(work: Callable[[J], R], jobs: Iterable[J]) -> Iterator[R]:
    """What ``work`` makes of each job, in the order of the jobs, which are begun in that order.

    Args:
        work: a function of a module; each job runs in a process of its own, which has one core (Linux) and one thread.
    """
    context = get_context("spawn")
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    own = context.SimpleQueue()
    for core in cores:
        own.put(core)
    before = {name: os.environ.get(name) for name in THREADS}
    # Libraries ask how many threads they may use when they are loaded, which is before any of our code runs.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with ProcessPoolExecutor(len(cores), context, _share, (own,), max_tasks_per_child=1) as pool:
            yield from pool.map(partial(_on_a_core, work), jobs)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


_cores: Any = None
"""Of a worker: the cores that nobody is at work on."""


def _share(cores: Any) -> None:
    global _cores
    _cores = cores


def _on_a_core(work: Callable[[J], R], job: J) -> R:
    core = _cores.get()
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {core})
        return work(job)
    finally:
        _cores.put(core)
