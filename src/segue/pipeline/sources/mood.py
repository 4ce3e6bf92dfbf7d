"""What fits the mood of now."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask, Rows
from ...profiles.item_moods import HINTS
from ..stages import Request
from .scored import Scored, best, looked_at

MOST = 3000
"""Items proposed at most: of all that have a mood, those to be shown are chosen by taste, not here."""
_POPULARITY = 1e-3
"""Decides between items that fit alike where there are more."""


class InMood(Scored):
    """How well an item's moods fit what is wanted, 0 … 1 (`segue.profiles.item_moods`): by the better of two ways, less
    the share of what is not wanted."""

    name = "mood"

    def compute(self, request: Request) -> Floats | None:
        fits = ways(request)
        if not fits:
            return None
        return np.asarray(np.max(fits, axis=0) * (1 - unwanted(request)), dtype=np.float32)

    def __call__(self, request: Request) -> tuple[Rows, Floats]:
        scores = self.scores(request)
        if scores is None:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        where = looked_at(request, self.hide_seen) & self.speaks(scores)
        if np.count_nonzero(where) > MOST * request.breadth:
            scores = scores + _POPULARITY * popularity(request)
        return best(scores, MOST * request.breadth, where)

    def speaks(self, scores: Floats) -> Mask:
        return scores >= HINTS


def ways(request: Request) -> list[Floats]:
    """(n items,) how well each fits, for each way to want."""
    items, mood = request.world.moods, request.mood
    if mood is None or not mood.ways:
        return []
    return request.remember("mood ways", lambda: [items.fit(way.moods) for way in mood.ways])


def unwanted(request: Request) -> Floats:
    """(n items,) how much each has of what is not wanted, 0 … 1."""
    n = len(request.world.catalogue)
    items, mood = request.world.moods, request.mood
    if mood is None or not mood.unwanted:
        return np.zeros(n, dtype=np.float32)
    shares = [items.share(name) for name in sorted(mood.unwanted)]
    return request.remember("mood unwanted", lambda: np.max(shares, axis=0))


def popularity(request: Request) -> Floats:
    """(n items,) 0 … 1, by a model of popularity, else by counts; 0 where neither is known."""
    found = request.scores("popular_recent")
    if found is None:
        found = request.scores("popular_all")
    if found is None:
        found = request.world.counts
    n = len(request.world.catalogue)
    if found is None:
        return np.zeros(n, dtype=np.float32)
    known = np.nan_to_num(found, nan=0.0)
    spread = float(np.ptp(known))
    return ((known - known.min()) / spread).astype(np.float32) if spread > 0 else np.zeros(n, dtype=np.float32)
