"""The first entries of somebody who is new, in the order that a language model advises, as far as the settings let it.

Whoever asks the pipeline says what the advice is (`Request.advice`), and for whom there is any: never for people who
are known well. The same entries remain, and their reasons with them.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Rows
from ...candidates import Candidates
from ..stages import Request

MOST = 20
"""Entries that are put in order."""


class Advised:
    """Joins the order so far with the advised one: a place is the weighted mean of both places.

    Args:
        weight: 0 … 1, of the advised order.
    """

    name = "language_model"

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        order = np.arange(len(candidates), dtype=np.int32)
        first = order[:MOST]
        if request.advice is None or self.weight <= 0 or len(first) < 2:
            return order
        advised = request.advice([request.world.catalogue.item(int(row)) for row in candidates.items[first]])
        place = {item_id: at for at, item_id in enumerate(advised)}
        ids = [request.world.catalogue.ids[int(row)] for row in candidates.items[first]]
        # What no advice was given on keeps its place.
        wanted = np.array([place.get(item_id, at) for at, item_id in enumerate(ids)], dtype=np.float64)
        mean = (1 - self.weight) * first + self.weight * wanted
        return np.concatenate([first[np.argsort(mean, kind="stable")], order[MOST:]]).astype(np.int32)
