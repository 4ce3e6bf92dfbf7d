"""What lies in the direction of the running session."""

from __future__ import annotations

from ...arrays import Floats
from ..stages import Request
from .scored import Scored


class Session(Scored):
    """Cosine of each item's content with the session vector (`segue.profiles.session`)."""

    name = "session"

    def compute(self, request: Request) -> Floats | None:
        vectors = request.world.vectors.get("mixed")
        if request.session is None or vectors is None:
            return None
        scores: Floats = vectors @ request.session
        return scores
