"""The blend: one visible step from several scores to one, by a table of weights that a person can edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats
from ...candidates import Candidates
from ..sources.scored import Scored
from ..stages import Request

CLIP = 6.0
"""Standard scores beyond ± this count as this: one model's outlier does not drown the others."""

PART = "blend:"
"""Score columns with this prefix hold weight x standard score: what each part added to ``final``."""


@dataclass
class Blend:
    """final = Σ w_m · z_m / Σ w_m, over the scores that say something about these candidates.

    z_m is the robust standard score (see `standardised`). A candidate of which a score has no opinion gets z = 0, the
    middle of the field: to be unknown neither helps nor harms. A score that is missing, or the same for all, leaves the
    blend, and the other weights are renormalised. Where none of the weighted scores is left (nothing trained, nobody
    known), the other sources' scores count, each with weight 1.
    """

    weighted: Mapping[Scored, float]
    """What is blended, with its weight."""
    otherwise: tuple[Scored, ...] = ()
    """What counts when nothing weighted says anything."""
    name: str = "blend"

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        raw, standard = self._columns(request, candidates, tuple(self.weighted))
        weights = {source.name: weight for source, weight in self.weighted.items()}
        if not standard:
            raw, standard = self._columns(request, candidates, self.otherwise)
            weights = {source.name: 1.0 for source in self.otherwise}
        total = sum(abs(weights[name]) for name in standard) or 1.0
        columns: dict[str, Floats] = dict(raw)
        final = np.zeros(len(candidates), dtype=np.float32)
        for name, column in standard.items():
            columns[PART + name] = np.asarray(weights[name] / total * column, dtype=np.float32)
            np.add(final, columns[PART + name], out=final)
        columns["final"] = final
        return columns

    @staticmethod
    def _columns(
        request: Request, candidates: Candidates, sources: tuple[Scored, ...]
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        raw: dict[str, Floats] = {}
        standard: dict[str, Floats] = {}
        for source in sources:
            scores = source.scores(request)
            if scores is None:
                continue
            raw[source.name] = scores[candidates.items]
            column = standardised(raw[source.name])
            if column is not None:
                standard[source.name] = column
        return raw, standard


def standardised(scores: Floats) -> Floats | None:
    """(n,) robust standard scores, NaN → 0; None where the scores are all missing or all the same.

    Centre is the median, scale 1.4826 · MAD (the standard deviation of normal data); where more than half of the scores
    are equal, so that the MAD is 0, the standard deviation.
    """
    known = np.isfinite(scores)
    values = scores[known].astype(np.float64)
    if len(values) == 0:
        return None
    centre = np.median(values)
    deviation = float(np.std(values))
    if deviation <= 1e-9 * max(1.0, float(np.abs(centre))):
        return None
    scale = 1.4826 * float(np.median(np.abs(values - centre)))
    if scale < 1e-3 * deviation:
        scale = deviation
    column = np.zeros(len(scores), dtype=np.float32)
    column[known] = np.clip((values - centre) / scale, -CLIP, CLIP)
    return column
