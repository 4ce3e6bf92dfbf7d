"""The runner: takes a request through the stages of a recipe, times them, checks their invariants, survives them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np

from ..answers import Answer
from ..arrays import Floats, Mask, Rows
from ..candidates import Candidates
from ..queries import Constraints
from .stages import Filter, Hydrator, Ranker, Recipe, Request, Reranker, Source

log = logging.getLogger(__name__)
T = TypeVar("T")


class BrokenPromise(Exception):
    """A part did not keep the invariant of its stage. Never leaves the runner."""


@dataclass
class Trace:
    """What happened on the way of one request."""

    degraded: list[str] = field(default_factory=list)
    """Parts that failed: ``source:als``, ``filter:seen`` … each once."""
    timings_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds by part; a part that ran twice has the sum."""

    def run(self, part: str, work: Callable[[], T], otherwise: T) -> T:
        """The part's result, or ``otherwise`` when it fails, which is noted."""
        began = time.perf_counter()
        try:
            return work()
        except Exception as error:  # whatever a part does, the request goes on as its stage has promised
            if part not in self.degraded:
                self.degraded.append(part)
            # The message may quote what a person typed, so that it goes to the debug log alone.
            log.warning("%s failed with %s", part, type(error).__name__)
            log.debug("%s failed", part, exc_info=True)
            return otherwise
        finally:
            self.timings_ms[part] = self.timings_ms.get(part, 0.0) + 1000 * (time.perf_counter() - began)


@dataclass(frozen=True)
class Outcome:
    """What a recipe made of a request."""

    chosen: Candidates
    """At most k, best first, with everything known about them."""
    pool: Candidates
    """All that might have been chosen, by ``final``; ``removed`` says what was taken out by which filter: of the
    candidates, and of the whole catalogue where the query's constraints, or too few candidates, made the filters look
    at all of it first."""
    trace: Trace


def run(recipe: Recipe, request: Request) -> Outcome:
    """Take the request through the recipe's stages.

    Sources look everywhere at first, or, when the query states constraints, only where the filters let something pass.
    When fewer than k remain at the end although there is more, they are asked once again, for twice as many, and only
    for what may be shown: so whatever a source can propose is found.
    """
    k = request.query.k
    trace = Trace()
    looked: Candidates | None = None
    if request.query.constraints.model_copy(update={"exclude": ()}) != Constraints():
        looked = _look(recipe, request, trace)
    chosen, pool = _pass(recipe, request, trace, looked)
    if len(chosen) < k:
        if looked is None:
            looked = _look(recipe, request, trace)
        if len(looked) > len(pool):
            request.breadth = 2
            chosen, pool = _pass(recipe, request, trace, looked)
    return Outcome(chosen=chosen, pool=pool, trace=trace)


def _look(recipe: Recipe, request: Request, trace: Trace) -> Candidates:
    """Filter the whole catalogue; what remains becomes the request's scope."""
    n = len(request.world.catalogue)
    everything = np.arange(n) if request.scope is None else np.flatnonzero(request.scope)
    open_ = filtered(recipe, request, Candidates(everything.astype(np.int32)), trace)
    scope = np.zeros(n, dtype=bool)
    scope[open_.items] = True
    request.scope = scope
    return open_


def _pass(recipe: Recipe, request: Request, trace: Trace, looked: Candidates | None) -> tuple[Candidates, Candidates]:
    pool = _proposed(recipe, request, trace)
    if looked is not None:
        pool = replace(pool, removed=looked.removed)
    for hydrator in recipe.hydrators:
        pool = _hydrated(hydrator, request, pool, trace)
    pool = filtered(recipe, request, pool, trace)
    for ranker in recipe.rankers:
        pool = _ranked(ranker, request, pool, trace)
    if "final" not in pool.scores:
        pool = pool.with_scores(final=_by_sources(pool))
    final = np.nan_to_num(pool.scores["final"], nan=-np.inf, posinf=-np.inf)
    pool = pool.take(np.argsort(-final, kind="stable"))
    chosen = pool
    for reranker in recipe.rerankers:
        chosen = _chosen(reranker, request, chosen, trace)
    return chosen.take(np.arange(min(len(chosen), request.query.k))), pool


def _proposed(recipe: Recipe, request: Request, trace: Trace) -> Candidates:
    """Every source's rows, each once, with one score column a source."""
    nothing = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))
    n = len(request.world.catalogue)
    proposals: dict[str, tuple[Rows, Floats]] = {}
    for source in recipe.sources:
        part = f"source:{source.name}"
        proposals[source.name] = trace.run(part, partial(_asked, source, request, n), nothing)
    present = np.zeros(n, dtype=bool)
    for rows, _ in proposals.values():
        present[rows] = True
    items = np.flatnonzero(present).astype(np.int32)
    place = np.zeros(n, dtype=np.int32)
    place[items] = np.arange(len(items), dtype=np.int32)
    columns: dict[str, Floats] = {}
    for name, (rows, scores) in proposals.items():
        if len(rows):
            columns[name] = np.full(len(items), np.nan, dtype=np.float32)
            columns[name][place[rows]] = scores
    return Candidates(items=items, sources=columns)


def _asked(source: Source, request: Request, n: int) -> tuple[Rows, Floats]:
    rows, scores = source(request)
    if len(rows) != len(scores):
        raise BrokenPromise(f"{len(rows)} rows with {len(scores)} scores")
    if len(rows) and (rows.min() < 0 or rows.max() >= n or _repeated(rows)):
        raise BrokenPromise("rows outside the catalogue, or more than once")
    return rows, scores


def _repeated(rows: Rows) -> bool:
    ordered = np.sort(rows)  # several times faster than np.unique for a few hundred
    return bool((ordered[1:] == ordered[:-1]).any())


def _hydrated(hydrator: Hydrator, request: Request, pool: Candidates, trace: Trace) -> Candidates:
    def work() -> Candidates:
        richer = hydrator(request, pool)
        if not np.array_equal(richer.items, pool.items):
            raise BrokenPromise("other candidates came back")
        return richer

    return trace.run(f"hydrator:{hydrator.name}", work, pool)


def filtered(recipe: Recipe, request: Request, pool: Candidates, trace: Trace) -> Candidates:
    """What all filters let pass; the rest is in ``removed``, one entry a filter."""
    for part in recipe.filters:
        mask = trace.run(
            f"filter:{part.name}",
            partial(_mask, part, request, pool),
            np.full(len(pool), not part.safety),
        )
        if not mask.all():
            pool = pool.keep(mask, by=part.name)
    return pool


def _mask(part: Filter, request: Request, pool: Candidates) -> Mask:
    mask = part(request, pool)
    if mask.shape != (len(pool),) or mask.dtype != bool:
        raise BrokenPromise(f"a mask of shape {mask.shape} and type {mask.dtype} for {len(pool)} candidates")
    return mask


def _ranked(ranker: Ranker, request: Request, pool: Candidates, trace: Trace) -> Candidates:
    def work() -> Candidates:
        columns = ranker(request, pool)
        for name, column in columns.items():
            if column.shape != (len(pool),):
                raise BrokenPromise(f"column {name} has shape {column.shape} for {len(pool)} candidates")
        return pool.with_scores(**columns)

    return trace.run(f"ranker:{ranker.name}", work, pool)


def _chosen(reranker: Reranker, request: Request, pool: Candidates, trace: Trace) -> Candidates:
    def work() -> Candidates:
        positions = reranker(request, pool)
        if len(positions) and (positions.min() < 0 or positions.max() >= len(pool) or _repeated(positions)):
            raise BrokenPromise("positions outside the candidates, or more than once")
        return pool.take(positions)

    return trace.run(f"reranker:{reranker.name}", work, pool)


def _by_sources(pool: Candidates) -> Floats:
    """A plain order for when no ranker spoke: how high the sources placed each candidate (reciprocal ranks, summed)."""
    final = np.zeros(len(pool), dtype=np.float32)
    for column in pool.sources.values():
        proposed = np.flatnonzero(np.isfinite(column))
        final[proposed[np.argsort(-column[proposed], kind="stable")]] += 1 / (60 + np.arange(len(proposed)))
    return final


def take_effect(recipe: Recipe, request: Request, outcome: Outcome, answer: Answer) -> Answer:
    """Run the recipe's effects; the answer with the names of those that were lost."""
    for effect in recipe.effects:
        work = partial(effect, request, outcome.chosen, answer)
        outcome.trace.run(f"effect:{effect.name}", work, None)
    return replace(
        answer, degraded=(*answer.degraded, *(p for p in outcome.trace.degraded if p not in answer.degraded))
    )
