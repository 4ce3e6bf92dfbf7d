"""What the person has met already."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask, Rows
from ...candidates import Candidates
from ...dataset import History
from ..stages import Request


class Seen:
    """Takes out what the person has met (`History.consumed`), and other copies of the same recordings.

    Args:
        within_s: only what was met in this many seconds before now; events without a time count. None: ever.
    """

    name = "seen"
    safety = False

    def __init__(self, within_s: float | None = None) -> None:
        self.within_s = within_s

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        met = self._met(request.history, request.now)
        new = ~np.isin(candidates.items, met)
        if (copies := request.world.copies) is not None:
            recordings = copies[candidates.items]
            new &= (recordings < 0) | ~np.isin(recordings, copies[met])
        return new

    def _met(self, history: History, now: float) -> Rows:
        if self.within_s is not None:
            history = history.since(now - self.within_s)
        return history.consumed
