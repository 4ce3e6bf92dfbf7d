"""What the person asked not to be shown."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ..stages import Request


class Hidden:
    """Takes out items, and items with topics, that are blocked or marked as not interesting, for good, and snoozed ones
    until the snooze ends."""

    name = "hidden"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        hidden = [row for row, until in request.hidden_until.items() if request.now < until]
        shown = ~np.isin(candidates.items, np.array(hidden, dtype=np.int32))
        for topic, until in request.hidden_topics.items():
            if request.now < until:
                shown &= ~np.isin(candidates.items, request.world.catalogue.topics.rows(topic))
        return shown
