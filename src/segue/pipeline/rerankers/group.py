"""One entry per series or album."""

from __future__ import annotations

import numpy as np

from ...arrays import Rows
from ...candidates import Candidates
from ..stages import Request


class OnePerGroup:
    """Keeps the best candidate of each series or album, and everything that belongs to none."""

    name = "group"

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        groups = request.world.catalogue.groups[candidates.items]
        first = np.zeros(len(groups), dtype=bool)
        first[np.unique(groups, return_index=True)[1]] = True
        return np.flatnonzero(first | (groups < 0)).astype(np.int32)
