"""What was asked about is not its own answer."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ..stages import Request


class Seeds:
    """Takes out the query's seeds."""

    name = "seeds"
    safety = False

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        return ~np.isin(candidates.items, request.seeds)
