"""What one of a group would most likely refuse."""

from __future__ import annotations

import numpy as np

from ...arrays import Rows
from ...candidates import Candidates
from ..rankers.together import suits_of
from ..stages import Request


class Vetoed:
    """For the strategy ``veto``: leaves out the candidates that suit one of the group least.

    Everybody refuses the same share, so that something is left however many they are; and nobody refuses one of two
    candidates that suit them the same.

    Args:
        share: of the candidates; see `segue.settings.GroupSettings`.
    """

    name = "vetoed"

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        suits = suits_of(candidates)
        if request.query.strategy != "veto" or not suits.size:
            return np.arange(len(candidates), dtype=np.int32)
        least = np.quantile(suits, self.share, axis=1, method="lower", keepdims=True)
        return np.flatnonzero((suits >= least).all(axis=0)).astype(np.int32)
