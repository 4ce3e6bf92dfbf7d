"""A newcomer's share of the page: what nobody could have met gets a few showings, then lives by its own merit."""

from __future__ import annotations

import numpy as np

from ...arrays import Rows, Times
from ...candidates import Candidates
from ..sources.fresh import untrained
from ..stages import Request, World

MOST = 200
"""Newcomers whose showings are counted, the best first."""
DAY_S = 86_400.0


class Exploration:
    """Moves newcomers up to every (1 / share)-th place: of those still exploring, the ones that fit the person best.

    A newcomer is an item that came after the serving version had been trained. It explores until ``quota`` impressions
    of it are recorded or ``days`` have gone by, since not every client tells what it has shown; a training that knows
    it ends it too. The first place is never given away, and what is on the
    page by its own score already takes the place of one that would be moved.

    Args:
        quota: impressions that a newcomer gets.
        days: since it came into the catalogue.
        share: of the places of a page; 0: none.
    """

    name = "exploration"

    def __init__(self, quota: int, days: float, share: float) -> None:
        self.quota = quota
        self.days = days
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
        """Positions of newcomers with showings and days left, in the order of the candidates."""
        recent = _arrivals(request.world) > request.now - self.days * DAY_S
        positions = np.flatnonzero(recent[candidates.items])[:MOST].astype(np.int32)
        if not len(positions) or request.world.shown is None or self.quota <= 0:
            return positions[:0]
        ids = [request.world.catalogue.ids[int(row)] for row in candidates.items[positions]]
        shown = request.world.shown(ids)
        left: Rows = positions[np.array([shown.get(item_id, 0) < self.quota for item_id in ids], dtype=bool)]
        return left


def _arrivals(world: World) -> Times:
    """(n,) when each newcomer came, in seconds; +inf where that is unknown, -inf for what is no newcomer."""

    def compute() -> Times:
        new = np.flatnonzero(untrained(world))
        ids = [world.catalogue.ids[int(row)] for row in new]
        known = world.arrived(ids) if world.arrived else {}
        at = np.full(len(world.catalogue), -np.inf)
        at[new] = [known.get(item_id, np.inf) for item_id in ids]
        return at

    return world.derived("arrivals", compute)
