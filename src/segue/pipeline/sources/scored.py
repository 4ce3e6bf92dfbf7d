"""A source that scores the whole catalogue and proposes its best rows; the blend reads the same scores."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ...arrays import Floats, Mask, Rows
from ...profiles.said.topics import SaidTopics, said_topics
from ..stages import Request


class Scored(ABC):
    """Proposes the ``limit`` best of its scores.

    Args:
        limit: how many rows to propose.
        hide_seen: pass over what the person has met, so that all ``limit`` are of use.
        early: see `leading`; 0: its weight is the same for everybody.
    """

    name: str

    def __init__(self, limit: int = 300, hide_seen: bool = False, early: float = 0.0) -> None:
        self.limit = limit
        self.hide_seen = hide_seen
        self.early = early

    @abstractmethod
    def compute(self, request: Request) -> Floats | None:
        """(n rows of the catalogue,) higher is better, NaN: no opinion; None: says nothing about this request."""

    def scores(self, request: Request) -> Floats | None:
        """`compute`, once a request."""
        return request.column(self.name, lambda: self.compute(request))

    def __call__(self, request: Request) -> tuple[Rows, Floats]:
        scores = self.scores(request)
        if scores is None:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        where = looked_at(request, self.hide_seen) & self.speaks(scores)
        return best(scores, self.limit * request.breadth, where)

    def trust(self, request: Request) -> float:
        """How many times its stated weight it counts for this person."""
        return leading(request, self.early) if self.early else 1.0

    def speaks(self, scores: Floats) -> Mask:
        """(n rows,) which scores are a proposal at all: here every one that is known."""
        return np.isfinite(scores)


STATED = 20
"""Events that a topic is worth which somebody spoke of themselves: what they say they like, dislike or look for."""


def leading(request: Request, early: float) -> float:
    """1 + (early / (n + 1))² after n events of a person: how many times its weight something counts that is known of
    many people rather than of this one, so that it leads for somebody who has just begun, and fades."""
    known = np.count_nonzero(request.told.weights)
    if request.said:
        said = said_by(request)
        known += STATED * (len(said.liked) + len(said.disliked) + len(said.looked_for))
    return float(1 + (early / (1 + known + STATED * len(request.stated))) ** 2)


def said_by(request: Request) -> SaidTopics:
    """The topics of the person's statements, once a request."""
    return request.remember("said topics", lambda: said_topics(request.said, request.now))


def looked_at(request: Request, hide_seen: bool) -> Mask:
    """(n rows,) where a source looks: items that exist, within the request's scope, and not met before if so asked."""

    def compute() -> Mask:
        mask = request.world.catalogue.alive
        if request.scope is not None:
            mask = mask & request.scope
        if hide_seen:
            mask = mask.copy()
            mask[request.history.consumed] = False
        return mask

    return request.remember(("looked_at", hide_seen, id(request.scope)), compute)


def best(scores: Floats, limit: int, where: Mask) -> tuple[Rows, Floats]:
    """The ``limit`` highest scores where asked, highest first, without sorting the rest; of equals the earlier rows."""
    rows = np.flatnonzero(where)
    values = scores[rows]
    if limit < len(rows):
        # A partition of values alone is several times faster than one of positions.
        last = np.partition(values, len(values) - limit)[len(values) - limit]
        above, equal = np.flatnonzero(values > last), np.flatnonzero(values == last)
        kept = np.sort(np.concatenate([above, equal[: limit - len(above)]]))
        rows, values = rows[kept], values[kept]
    order = np.argsort(-values, kind="stable")
    return rows[order].astype(np.int32), values[order].astype(np.float32)
