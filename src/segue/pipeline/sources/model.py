"""The best items of a trained model."""

from __future__ import annotations

from ...arrays import Floats
from ..stages import Request
from .scored import Scored


class ModelSource(Scored):
    """Proposes what one model scores highest; says nothing where the serving version has no such model."""

    def __init__(self, model: str, limit: int = 300, hide_seen: bool = False) -> None:
        super().__init__(limit, hide_seen)
        self.name = model

    def compute(self, request: Request) -> Floats | None:
        return request.scores(self.name)

    def scores(self, request: Request) -> Floats | None:
        return request.scores(self.name)
