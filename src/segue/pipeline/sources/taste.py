"""What a person likes, for a search that asks to be ranked by it."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ..stages import Request
from .scored import Scored


class Taste(Scored):
    """Cosine of each item's content with the weighted sum of the person's history, the dislikes subtracted.

    Speaks only where the query says `by_taste`. It proposes nothing: a search finds what was asked for.
    """

    name = "taste"

    def compute(self, request: Request) -> Floats | None:
        vectors = request.world.vectors.get("mixed")
        if not request.query.by_taste or vectors is None or not len(request.history):
            return None
        events = request.history.items < len(vectors)
        own = np.nan_to_num(vectors[request.history.items[events]])
        liked = (own * request.history.weights[events, None]).sum(axis=0)
        length = float(np.linalg.norm(liked))
        if length <= 1e-6:
            return None
        scores: Floats = request.world.columns("mixed") @ np.asarray(liked / length, dtype=np.float32)
        return scores

    def speaks(self, scores: Floats) -> Mask:
        return np.zeros(len(scores), dtype=bool)
