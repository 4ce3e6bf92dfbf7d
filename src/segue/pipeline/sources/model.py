"""The best items of a trained model."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ..stages import Request
from .scored import Scored


class ModelSource(Scored):
    """Proposes what one model scores highest; says nothing where the serving version has no such model.

    The lowest score, where at least half of the items share it, is how a model of counts says "nothing known": such
    items are not proposed.
    """

    def __init__(self, model: str, limit: int = 300, hide_seen: bool = False, early: float = 0.0) -> None:
        super().__init__(limit, hide_seen, early)
        self.name = model

    def compute(self, request: Request) -> Floats | None:
        return request.scores(self.name)

    # The request keeps the scores of models itself.
    scores = compute

    def speaks(self, scores: Floats) -> Mask:
        known = np.isfinite(scores)
        floor = scores == np.fmin.reduce(scores, initial=np.inf)  # fmin passes over NaN
        return known & ~floor if 2 * np.count_nonzero(floor) >= np.count_nonzero(known) else known
