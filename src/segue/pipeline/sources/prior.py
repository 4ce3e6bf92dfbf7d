"""What people of like age or gender turn to, for a new person who agreed that this is read."""

from __future__ import annotations

from ...arrays import Floats
from ...profiles.segments import known
from ..stages import Request
from .scored import Scored


class Prior(Scored):
    """Popularity among people of like attributes (`segue.profiles.priors`), until the person is known well."""

    name = "prior"

    def compute(self, request: Request) -> Floats | None:
        if not request.attributes or request.query.seeds or known(request.history) == "warm":
            return None
        return request.world.priors.score(request.attributes, len(request.world.catalogue))
