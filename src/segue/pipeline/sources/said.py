"""What a person said they like: topics that they named, and the meaning of their words."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask, Rows
from ...profiles.said.topics import said_vector
from ..stages import Request, World
from .scored import Scored, said_by

MEANT = 1.0
"""Weight of the cosine between what was said and what is written about an item, beside a topic's strength."""


class Said(Scored):
    """v_u = f_L(L(u)) against each item: the sum of what was said of its genres, tags, creators, and of itself or
    what is like it, plus the cosine of its words with the person's statements (`segue.profiles.said.topics`).

    Speaks of people who wrote comments or searched, with or without a single event on an item.
    """

    name = "said"

    def compute(self, request: Request) -> Floats | None:
        if not request.said or request.query.seeds:
            return None
        total = np.zeros(len(request.world.catalogue), np.float32)
        known = False
        topics = said_by(request)
        like: Floats | None = None
        mixed = request.world.vectors.get("mixed")
        for one in (*topics.liked, *topics.disliked, *topics.looked_for):
            rows = _rows_of(request.world, one.topic)
            if not len(rows):
                continue
            known = True
            if one.topic.startswith("item:") and mixed is not None and np.isfinite(mixed[rows[0], 0]):
                own = np.float32(one.strength) * mixed[rows[0]]
                like = own if like is None else like + own
            else:
                total[rows] += np.float32(one.strength)
        if like is not None:
            total += np.nan_to_num(request.world.columns("mixed") @ like)
        text = request.world.vectors.get("text")
        vector = None if text is None else said_vector(request.said, request.now, text.shape[1])
        if vector is not None:
            total += np.float32(MEANT) * np.nan_to_num(request.world.columns("text") @ vector)
        return total if known or vector is not None else None

    def speaks(self, scores: Floats) -> Mask:
        return scores > 0


def _rows_of(world: World, topic: str) -> Rows:
    """Rows of the items that have a topic; of ``item:ID`` that item's."""
    sort, _, name = topic.partition(":")
    if sort != "item":
        return world.catalogue.topics.rows(topic)
    row = world.catalogue.row_of.get(name)
    return np.array([] if row is None or not world.catalogue.alive[row] else [row], dtype=np.int32)
