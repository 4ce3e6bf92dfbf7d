"""Rights: items outside their window of availability."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ..stages import Request


class Availability:
    """Lets pass what is available now: from ``available_from`` on, before ``available_until``."""

    name = "availability"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        catalogue, rows = request.world.catalogue, candidates.items
        return np.asarray(
            (catalogue.available_from[rows] <= request.now) & (request.now < catalogue.available_until[rows]),
            dtype=bool,
        )
