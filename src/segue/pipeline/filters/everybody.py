"""What each person of a group says of a candidate: everybody must let it pass, or anybody may."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ..stages import Filter, Request


class Everybody:
    """Lets pass what a filter lets pass for every person of the group."""

    def __init__(self, part: Filter) -> None:
        self.part, self.name, self.safety = part, part.name, part.safety

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        mask = np.ones(len(candidates), dtype=bool)
        for one in request.everybody:
            mask &= self.part(one, candidates)
        return mask


class Anybody:
    """Lets pass what a filter lets pass for at least one person of the group."""

    def __init__(self, part: Filter) -> None:
        self.part, self.name, self.safety = part, part.name, part.safety

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        mask = np.zeros(len(candidates), dtype=bool)
        for one in request.everybody:
            mask |= self.part(one, candidates)
        return mask
