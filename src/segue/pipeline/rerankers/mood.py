"""What has the mood comes first; where there are two ways, they take turns."""

from __future__ import annotations

import numpy as np

from ...arrays import Rows
from ...candidates import Candidates
from ...profiles.item_moods import CARRIES, HINTS
from ..sources.mood import ways
from ..stages import Request


class Turns:
    """Keeps the order within what has the mood, has a hint of it, or neither; of two ways to want takes the next of one
    and of the other in turns, the first way first, so that an answer offers both."""

    name = "mood"

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        n = len(candidates)
        fits = [fit[candidates.items] for fit in ways(request)]
        if not fits or request.mood is None or request.mood.origin == "session":
            return np.arange(n, dtype=np.int32)
        fit = np.max(fits, axis=0)
        tier = (fit < CARRIES).astype(np.int8) + (fit < HINTS)
        if len(fits) == 1:
            return np.argsort(tier, kind="stable").astype(np.int32)
        nearer = np.argmax(fits, axis=0)
        turn = np.zeros(n)
        for way in range(len(fits)):
            for step in range(3):
                own = np.flatnonzero((nearer == way) & (tier == step))
                turn[own] = np.arange(len(own)) + way / len(fits)
        return np.lexsort((turn, tier)).astype(np.int32)
