"""One entry per recording, though the catalogue may hold several copies of it."""

from __future__ import annotations

import numpy as np

from ...arrays import Rows
from ...candidates import Candidates
from ..stages import Request


class OnePerRecording:
    """Keeps the best candidate of all copies of a recording (`World.copies`), and none that is a copy of a seed."""

    name = "copies"

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        if request.world.copies is None:
            return np.arange(len(candidates), dtype=np.int32)
        recordings = request.world.copies[candidates.items]
        first = np.zeros(len(recordings), dtype=bool)
        first[np.unique(recordings, return_index=True)[1]] = True
        first &= ~np.isin(recordings, request.world.copies[request.seeds])
        return np.flatnonzero(first | (recordings < 0)).astype(np.int32)
