"""What is on air now."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Rows
from ...catalogue import KIND_CODE
from ...items import ItemKind
from ..stages import Request
from .scored import Scored


class LiveNow(Scored):
    """Live items within their window, the latest to begin first; those without a beginning are always on."""

    name = "live"

    def compute(self, request: Request) -> Floats | None:
        rows = on_air(request)
        if not len(rows):
            return None
        began = request.world.catalogue.available_from[rows]
        scores = np.full(len(request.world.catalogue), np.nan, dtype=np.float32)
        scores[rows] = 1 / (1 + np.clip((request.now - began) / 3600, 0, 24 * 365))
        return scores


def on_air(request: Request) -> Rows:
    """Rows of the live items whose window contains this moment."""
    catalogue = request.world.catalogue

    def live() -> Rows:
        return np.flatnonzero(catalogue.kinds == KIND_CODE[ItemKind.LIVE]).astype(np.int32)

    rows = request.world.derived("live", live)
    return rows[(catalogue.available_from[rows] <= request.now) & (request.now < catalogue.available_until[rows])]
