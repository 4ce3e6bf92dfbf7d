"""How many threads the linear algebra under whatever learns may use."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def n_threads(stated: int) -> int:
    """The number stated, or one a core where it is 0."""
    if stated:
        return stated
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def blas_threads(stated: int) -> AbstractContextManager[Any]:
    """Within it, BLAS uses this many threads (0: all cores). Entering costs about 20 µs.

    Libraries with threads of their own (``implicit``) want 1: two pools on the same cores hinder each other. So do the
    small products of one request: on a busy machine a second thread makes them 50 times slower.
    """
    limit: AbstractContextManager[Any] = _controller().limit(limits=n_threads(stated), user_api="blas")
    return limit


@cache
def _controller() -> Any:
    import scipy.linalg  # noqa: F401  so that both BLAS libraries are loaded before they are looked for
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
