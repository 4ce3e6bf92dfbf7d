"""The newest items, so that what nobody has met yet can be met."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ..stages import Request, World
from .scored import Scored


class Fresh(Scored):
    """Place in the order of newness, 0 (oldest) … 1 (newest).

    Items that came after the training are the newest, then by date of release, then by row; items without a date come
    after all that have one.
    """

    name = "fresh"

    def compute(self, request: Request) -> Floats | None:
        return request.world.derived("fresh", lambda: _newness(request.world))


def _newness(world: World) -> Floats:
    n = len(world.catalogue)
    rows = np.arange(n)
    place = np.empty(n, dtype=np.float32)
    place[np.lexsort((rows, world.catalogue.release_days, untrained(world)))] = rows / max(n - 1, 1)
    return place


def untrained(world: World) -> Mask:
    """(n,) True for items that came after the serving version had been trained."""

    def compute() -> Mask:
        known = min((model.n_items for model in world.models.values()), default=len(world.catalogue))
        return np.arange(len(world.catalogue)) >= known

    return world.derived("untrained", compute)
