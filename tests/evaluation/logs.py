"""Small logs for the tests of this room, and models that are nothing but a table of scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from segue.arrays import Floats, Mask, Rows
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import Event, EventKind, EventTable
from segue.items import Item
from segue.settings import Settings


def log(
    rows: Sequence[tuple[str, str, str, float | None]],
    items: Sequence[str] = (),
    genres: dict[str, list[str]] | None = None,
) -> Dataset:
    """A dataset of (person, item, kind, seconds or None) rows; the catalogue also has the other ``items``."""
    ids = list(dict.fromkeys([*items, *sorted({item for _, item, _, _ in rows})]))
    catalogue = Catalogue.build(Item(id=i, kind="track", genres=(genres or {}).get(i, ())) for i in ids)
    events = [
        Event(
            id=f"e{n}",
            user_id=user,
            item_id=item,
            kind=EventKind(kind),
            at=None if at is None else datetime.fromtimestamp(1e9 + at, UTC),
        )
        for n, (user, item, kind, at) in enumerate(rows)
    ]
    return Dataset.build(catalogue, EventTable.of(events), Settings().signals)


def sequences(**people: str) -> Dataset:
    """Completed items in order, without times: ``sequences(ann="a b c")``."""
    return log([(user, item, "complete", None) for user, items in people.items() for item in items.split()])


def names(dataset: Dataset, rows: Rows | Sequence[int]) -> str:
    return " ".join(dataset.catalogue.ids[row] for row in rows)


class Fixed:
    """The same scores for everybody, or a row a person by user id."""

    def __init__(self, scores: Sequence[float] | Floats, by_user: dict[str, Sequence[float]] | None = None) -> None:
        self.scores = np.asarray(scores, dtype=np.float32)
        self.by_user = by_user or {}
        self.asked: list[History] = []

    def score_many(self, histories: Sequence[History]) -> Floats:
        self.asked += histories
        return np.stack([np.asarray(self.by_user.get(h.user_id or "", self.scores), np.float32) for h in histories])


class Listed:
    """A recipe that gives the first k candidates of a fixed order."""

    def __init__(self, order: Sequence[int], at_most: int | None = None) -> None:
        self.order = np.asarray(order, dtype=np.int32)
        self.at_most = at_most
        self.asked: list[str | None] = []

    def recommend(self, history: History, k: int, candidates: Mask) -> Rows:
        self.asked.append(history.user_id)
        return self.order[candidates[self.order]][:k]
