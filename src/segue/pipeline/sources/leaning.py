"""Like this, but calmer: which way an item lies from the seeds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...arrays import Floats, Mask, Rows
from ..asking.lexicon import LEANINGS
from ..asking.lexicon import Leaning as Direction
from ..stages import Request
from .scored import Scored
from .words import index


class Leaning(Scored):
    """How far each item lies in the query's directions, beyond the seeds; standard deviations, mean of what is known.

    What is known of a direction: the facts that encoders measure (energy, tempo, brightness …), less those of the
    seeds; the words that name it, less the words of its opposite, where they are written and where they mean. It
    proposes nothing by itself: what is merely calm is not like the seed.
    """

    name = "leaning"

    def compute(self, request: Request) -> Floats | None:
        if not request.query.leanings or not len(request.seeds):
            return None
        columns = [
            column
            for name in request.query.leanings
            if name in LEANINGS
            for column in self._known(request, name, LEANINGS[name])
        ]
        if not columns:
            return None
        stacked = np.stack(columns)
        known = np.isfinite(stacked)
        total = np.where(known, stacked, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.where(known.any(axis=0), total, np.nan).astype(np.float32)

    def speaks(self, scores: Floats) -> Mask:
        return np.zeros(len(scores), dtype=bool)

    @staticmethod
    def _known(request: Request, name: str, direction: Direction) -> Iterator[Floats]:
        world, seeds = request.world, request.seeds
        measures = world.derived("measures", lambda: world.measure() if world.measure else {})
        facts = [
            weight * scaled
            for fact, weight in direction.measures.items()
            if fact in measures and (scaled := _beyond(measures[fact], seeds)) is not None
        ]
        if facts:
            stacked = np.stack(facts)
            known = np.isfinite(stacked)
            weights = np.abs(np.array([w for f, w in direction.measures.items() if f in measures], dtype=np.float32))
            sure = (known * weights[: len(facts), None]).sum(axis=0)
            mean = np.where(known, stacked, 0).sum(axis=0) / np.maximum(sure, 1e-6)
            yield np.where(sure > 0, mean, np.nan).astype(np.float32)
        if direction.towards:
            own = index(request)
            spread = np.sign(own.search(" ".join(direction.towards))) - np.sign(own.search(" ".join(direction.away)))
            if (scaled := _beyond(spread.astype(np.float32), seeds)) is not None:
                yield scaled
        for space, pole in request.poles.get(name, {}).items():
            vectors = world.vectors.get(space)
            if vectors is not None and vectors.shape[1] == len(pole):
                scaled = _beyond(np.asarray(vectors @ pole, dtype=np.float32), seeds)
                if scaled is not None:
                    yield scaled


def _beyond(values: Floats, seeds: Rows) -> Floats | None:
    """(n,) standard deviations by which each value lies above that of the seeds (where unknown, above the mean)."""
    known = np.isfinite(values)
    if not known.any():
        return None
    deviation = float(np.std(values[known]))
    if deviation <= 1e-9:
        return None
    own = values[seeds]
    middle = float(np.mean(own[np.isfinite(own)])) if np.isfinite(own).any() else float(np.mean(values[known]))
    return np.asarray((values - middle) / deviation, dtype=np.float32)
