"""What lies near each of a person's interests, so that small interests are not averaged away."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Rows
from ...profiles.interests import Interest, interests
from ..stages import Request
from .scored import Scored, best, looked_at

BEND = 0.5
"""Power of an interest's share in its number of proposals: 1 as it is, 0 every interest alike."""
EVEN = 0.25
"""The same in the score: how much nearer an item of a small interest must be to count as much."""


class Interests(Scored):
    """The highest, over the interests (`segue.profiles.interests`), of share^`EVEN` times the cosine of an item with
    it; every interest proposes items of its own, in proportion to share^`BEND`."""

    name = "interests"

    def compute(self, request: Request) -> Floats | None:
        columns = self._columns(request)
        if columns is None:
            return None
        found, cosines = columns
        pull = np.array([max(one.share, 1e-4) ** EVEN for one in found], dtype=np.float32)
        scores: Floats = (cosines * (pull / pull.max())).max(axis=1)
        return scores

    def __call__(self, request: Request) -> tuple[Rows, Floats]:
        scores = self.scores(request)
        columns = self._columns(request)
        if scores is None or columns is None:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        found, cosines = columns
        where = looked_at(request, self.hide_seen) & self.speaks(scores)
        room = np.array([max(one.share, 1e-4) ** BEND for one in found])
        limits = np.ceil(self.limit * request.breadth * room / room.sum()).astype(int).tolist()
        own = [best(cosines[:, n], limit, where)[0] for n, limit in enumerate(limits)]
        rows = np.unique(np.concatenate(own))
        order = np.argsort(-scores[rows], kind="stable")
        return rows[order].astype(np.int32), scores[rows[order]]

    @staticmethod
    def _columns(request: Request) -> tuple[tuple[Interest, ...], Floats] | None:
        """(the interests, (n rows, interests) cosine of each item with each), once a request."""

        def compute() -> tuple[tuple[Interest, ...], Floats] | None:
            vectors = request.world.vectors.get("mixed")
            found = interests(request.told, vectors)
            if vectors is None or not found:
                return None
            return found, np.asarray(vectors @ np.stack([one.vector for one in found]).T, dtype=np.float32)

        return request.remember("interests", compute)
