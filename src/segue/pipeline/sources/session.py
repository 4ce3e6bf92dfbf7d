"""What lies in the direction of the running session."""

from __future__ import annotations

from ...arrays import Floats
from ..stages import Request
from .scored import Scored


class Session(Scored):
    """Cosine of each item's content with the session vector (`segue.profiles.session`)."""

    name = "session"

    def compute(self, request: Request) -> Floats | None:
        if request.session is None or "mixed" not in request.world.vectors:
            return None
        scores: Floats = request.world.columns("mixed") @ request.session
        return scores
