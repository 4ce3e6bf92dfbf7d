"""Items that are no longer in the catalogue."""

from __future__ import annotations

from ...arrays import Mask
from ...candidates import Candidates
from ..stages import Request


class Gone:
    """Lets pass what still exists."""

    name = "gone"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        return request.world.catalogue.alive[candidates.items]
