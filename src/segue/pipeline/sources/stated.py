"""What the person said they like or dislike."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ..stages import Request
from .scored import Scored


class Stated(Scored):
    """Sum, over the topics that a person said they like or dislike, of how strongly, for the items that have them.

    Proposes what is liked on the whole; what is disliked only ranks lower (`segue.pipeline.filters.hidden` takes out
    what the person does not want to see).
    """

    name = "stated"

    def compute(self, request: Request) -> Floats | None:
        if not request.stated:
            return None
        topics = request.world.catalogue.topics
        scores = np.zeros(len(request.world.catalogue), dtype=np.float32)
        for topic, strength in request.stated.items():
            scores[topics.rows(topic)] += strength
        return scores if scores.any() else None

    def speaks(self, scores: Floats) -> Mask:
        return scores > 0
