"""What is on air now."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ...catalogue import KIND_CODE
from ...items import ItemKind
from ..stages import Request
from .scored import Scored


class LiveNow(Scored):
    """Live items within their window, the latest to begin first; those without a beginning are always on."""

    name = "live"

    def compute(self, request: Request) -> Floats | None:
        on = on_air(request)
        if not on.any():
            return None
        began = request.world.catalogue.available_from
        age_h = np.clip((request.now - began) / 3600, 0, 24 * 365)
        return np.where(on, 1 / (1 + age_h), np.nan).astype(np.float32)


def on_air(request: Request) -> Mask:
    """(n,) True for live items whose window contains this moment."""
    catalogue = request.world.catalogue
    live = catalogue.kinds == KIND_CODE[ItemKind.LIVE]
    return np.asarray(
        live & (catalogue.available_from <= request.now) & (request.now < catalogue.available_until), dtype=bool
    )
