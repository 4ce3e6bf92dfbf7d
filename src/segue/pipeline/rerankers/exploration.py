"""A newcomer's share of the page: what nobody could have met gets a few showings, then lives by its own merit."""

from __future__ import annotations

import numpy as np

from ...arrays import Rows
from ...candidates import Candidates
from ..sources.fresh import untrained
from ..stages import Request

MOST = 200
"""Newcomers whose showings are counted, the best first."""


class Exploration:
    """Moves newcomers up to every (1 / share)-th place: of those still exploring, the ones that fit the person best.

    A newcomer is an item that came after the serving version had been trained. It explores until ``quota`` impressions
    of it are recorded; a training that knows it ends it too. The first place is never given away, and what is on the
    page by its own score already takes the place of one that would be moved.

    Args:
        quota: impressions that a newcomer gets.
        share: of the places of a page; 0: none.
    """

    name = "exploration"

    def __init__(self, quota: int, share: float) -> None:
        self.quota = quota
        self.share = share

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        order = np.arange(len(candidates), dtype=np.int32)
        exploring = self._exploring(request, candidates)
        if self.share <= 0 or not len(exploring):
            return order
        k = min(request.query.k, len(candidates))
        step = max(round(1 / self.share), 2)
        places = list(range(step - 1, k, step))
        # Those that are shown anyway count.
        wanted = len(places) - int((exploring < k).sum())
        moved = [int(position) for position in exploring if position >= k][: max(wanted, 0)]
        listed = [int(position) for position in order if int(position) not in set(moved)]
        for place, position in zip(places, moved, strict=False):
            listed.insert(place, position)
        return np.array(listed, dtype=np.int32)

    def _exploring(self, request: Request, candidates: Candidates) -> Rows:
        """Positions of newcomers with showings left, in the order of the candidates."""
        positions = np.flatnonzero(untrained(request.world)[candidates.items])[:MOST].astype(np.int32)
        if not len(positions) or request.world.shown is None or self.quota <= 0:
            return positions[:0]
        ids = [request.world.catalogue.ids[int(row)] for row in candidates.items[positions]]
        shown = request.world.shown(ids)
        left: Rows = positions[np.array([shown.get(item_id, 0) < self.quota for item_id in ids], dtype=bool)]
        return left
