"""The blend: one visible step from several scores to one, by a table of weights that a person can edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats
from ...candidates import Candidates
from ...training.ensemble import known_share
from ..sources.scored import Scored
from ..stages import Request

BEND = 6.0
"""Standard scores beyond ± this grow with the logarithm only: one model's outlier does not drown the others, and its
order is kept, which a bound would lose where a few items are far more popular than all others."""

PART = "blend:"
"""Score columns with this prefix hold weight x standard score: what each part added to ``final``."""


@dataclass
class Blend:
    """final = Σ w_m · z_m / Σ |w_m|, over the scores that say something about the candidate.

    z_m is the standard score (see `standardised`). Where a score has no opinion of a candidate, the others take
    over its weight, so that a new item is judged by its content alone; but they carry at most 1 / LEAST_KNOWN times
    their own (`segue.training.ensemble`), so that a minor score does not decide by itself. A score that is missing, or
    the same for all, leaves the blend. Where none of the weighted scores is left (nothing trained, nobody known), the
    other sources' scores count, each with weight 1.
    """

    weighted: Mapping[Scored, float]
    """What is blended, with its weight."""
    otherwise: tuple[Scored, ...] = ()
    """What counts when nothing weighted says anything."""
    name: str = "blend"

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        if request.balance is not None:
            weights: Mapping[str, float] = request.balance
            raw, standard = self._columns(request, candidates, (*self.weighted, *self.otherwise), weights)
            # Who has nothing to say any more keeps the weight: the others are not to gain by it.
            for name in weights:
                if name not in standard:
                    raw[name] = standard[name] = np.zeros(len(candidates), dtype=np.float32)
        else:
            raw, standard = self._columns(request, candidates, tuple(self.weighted))
            weights = {source.name: weight * source.trust(request) for source, weight in self.weighted.items()}
            if not standard:
                raw, standard = self._columns(request, candidates, self.otherwise)
                weights = {source.name: 1.0 for source in self.otherwise}
            request.weighed = {name: weights[name] for name in standard}
        finite = np.array([np.isfinite(raw[name]) for name in standard], dtype=bool).reshape(
            len(standard), len(candidates)
        )
        known = known_share(finite.T, np.array([weights[name] for name in standard], dtype=np.float32))
        columns: dict[str, Floats] = dict(raw)
        final = np.zeros(len(candidates), dtype=np.float32)
        for name, column in standard.items():
            columns[PART + name] = np.asarray(weights[name] / known * column, dtype=np.float32)
            np.add(final, columns[PART + name], out=final)
        columns["final"] = final
        return columns

    @staticmethod
    def _columns(
        request: Request, candidates: Candidates, sources: tuple[Scored, ...], only: Collection[str] | None = None
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        raw: dict[str, Floats] = {}
        standard: dict[str, Floats] = {}
        for source in sources:
            if source.name in request.muted or (only is not None and source.name not in only):
                continue
            scores = source.scores(request)
            if scores is None:
                continue
            raw[source.name] = scores[candidates.items]
            column = standardised(raw[source.name])
            if column is not None:
                standard[source.name] = column
        return raw, standard


def standardised(scores: Floats) -> Floats | None:
    """(n,) standard scores (value - mean) / standard deviation, bent at ± `BEND`; NaN → 0.

    None where the scores are all missing or all the same. Median and MAD, and ranks, were worse (see docs/log.md).
    """
    known = np.isfinite(scores)
    values = scores[known].astype(np.float64)
    if len(values) == 0:
        return None
    centre, deviation = float(np.mean(values)), float(np.std(values))
    if deviation <= 1e-9 * max(1.0, abs(centre)):
        return None
    column = np.zeros(len(scores), dtype=np.float32)
    standard = (values - centre) / deviation
    beyond = np.maximum(np.abs(standard) - BEND, 0)
    column[known] = np.clip(standard, -BEND, BEND) + np.sign(standard) * np.log1p(beyond)
    return column
