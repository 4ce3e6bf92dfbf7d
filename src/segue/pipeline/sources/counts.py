"""Popularity by raw counts, for as long as nothing has been trained."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ..stages import Request
from .scored import Scored


class Counts(Scored):
    """Logarithm of how many people met each item; silent once the version has a model of popularity."""

    name = "counts"

    def compute(self, request: Request) -> Floats | None:
        world = request.world
        if world.counts is None or any(name.startswith("popular") for name in world.models):
            return None
        return np.log1p(world.counts).astype(np.float32)

    def speaks(self, scores: Floats) -> Mask:
        return scores > 0
