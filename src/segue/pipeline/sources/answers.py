"""What people turn to who answered the questions for new people in the same way."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ...profiles.onboarding import answers_of
from ..stages import Request
from .scored import Scored

MOST_EVENTS = 20
"""Events that say something, from which on a person's own likes say more than a few answers do."""


class Answers(Scored):
    """How likely people turn to each item next whose answers were the same (`segue.profiles.onboarding`).

    Titles that were liked or disliked are answers whether they were asked about or not; one that was shown and left
    alone counts as not known.
    """

    name = "answers"

    def compute(self, request: Request) -> Floats | None:
        if request.query.seeds or not len(request.history) or not len(request.world.questions):
            return None
        if np.count_nonzero(request.history.weights) >= MOST_EVENTS:
            return None
        node = request.world.questions.node(answers_of(request.history))
        return request.world.questions.likely(node, len(request.world.catalogue)) if node else None
