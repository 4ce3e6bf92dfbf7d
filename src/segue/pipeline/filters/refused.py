"""What one of a group has said that they do not like."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ...events import KIND_CODE, EventKind
from ..stages import Request

_VERDICTS = np.array([KIND_CODE[kind] for kind in (EventKind.LIKE, EventKind.DISLIKE, EventKind.RATE)], dtype=np.uint8)


class Refused:
    """For the strategy ``veto``: takes out items that the person dislikes on the whole, by their likes, dislikes and
    ratings, and items of topics that they said they dislike."""

    name = "refused"
    safety = False

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        mask = np.ones(len(candidates), dtype=bool)
        if request.query.strategy != "veto":
            return mask
        said = request.history.only(np.isin(request.history.kinds, _VERDICTS))
        rows, place = np.unique(said.items, return_inverse=True)
        against = rows[np.bincount(place, said.weights, minlength=len(rows)) < 0]
        mask &= ~np.isin(candidates.items, against)
        for topic, strength in request.stated.items():
            if strength < 0:
                mask &= ~np.isin(candidates.items, request.world.catalogue.topics.rows(topic))
        return mask
