"""The best items of a trained model."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ..stages import Request
from .scored import Scored

STATED = 20
"""Events that a topic is worth which somebody said on purpose that they like or dislike."""


class ModelSource(Scored):
    """Proposes what one model scores highest; says nothing where the serving version has no such model.

    The lowest score, where at least half of the items share it, is how a model of counts says "nothing known": such
    items are not proposed.

    Args:
        early: the weight grows 1 + (early / (n + 1))² times after n events of a person, so that a model of popularity
            leads for somebody who has just begun, and fades. A topic stated on purpose is worth `STATED` events.
    """

    def __init__(self, model: str, limit: int = 300, hide_seen: bool = False, early: float = 0.0) -> None:
        super().__init__(limit, hide_seen)
        self.name = model
        self.early = early

    def compute(self, request: Request) -> Floats | None:
        return request.scores(self.name)

    # The request keeps the scores of models itself.
    scores = compute

    def trust(self, request: Request) -> float:
        if not self.early:
            return 1.0
        known = np.count_nonzero(request.told.weights) + STATED * len(request.stated)
        return float(1 + (self.early / (1 + known)) ** 2)

    def speaks(self, scores: Floats) -> Mask:
        known = np.isfinite(scores)
        floor = scores == np.fmin.reduce(scores, initial=np.inf)  # fmin passes over NaN
        return known & ~floor if 2 * np.count_nonzero(floor) >= np.count_nonzero(known) else known
