"""A catalogue and listeners whose right answers are known, and short ways to build small nouns.

world = checkerboard()                       # the withheld item must come first
data = dataset([("ann", "a"), ("ann", "b", "skip"), ("bob", "a", "rate", 5)])
told = history(data, {"a": 1, "b": -0.6})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import Event, EventKind, EventTable
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.testing.worlds import BEGINNING, SPACES, Checkerboard, checkerboard, group_vectors

__all__ = [
    "BEGINNING",
    "SPACES",
    "Checkerboard",
    "catalogue",
    "checkerboard",
    "dataset",
    "event",
    "first_unseen",
    "group_vectors",
    "history",
    "item",
]


def item(item_id: str, kind: str = "track", **fields: Any) -> Item:
    """An item that states a title and whatever else is given."""
    return Item(id=item_id, kind=ItemKind(kind), **{"title": item_id.title(), **fields})


def catalogue(items: int | Iterable[str | Item]) -> Catalogue:
    """A catalogue of ``i0 … i(n-1)``, of the named ids, or of items."""
    named = [f"i{i}" for i in range(items)] if isinstance(items, int) else items
    return Catalogue.build(i if isinstance(i, Item) else item(i) for i in named)


def event(
    user: str,
    item_id: str | None,
    kind: str = "complete",
    value: float | None = None,
    at: datetime | float | None = None,
    **fields: Any,
) -> Event:
    """An event; ``at`` as a number counts hours since `BEGINNING`; ratings are on the scale 1 … 5 unless they say."""
    if isinstance(at, int | float):
        at = BEGINNING + timedelta(hours=at)
    if kind == "rate":
        fields.setdefault("scale", (1, 5))
    identity = fields.pop("id", f"{user}/{item_id}/{kind}/{at}/{value}")
    return Event(id=identity, user_id=user, item_id=item_id, kind=EventKind(kind), value=value, at=at, **fields)


def dataset(
    events: Iterable[tuple[Any, ...] | Event],
    items: Catalogue | int | Iterable[str | Item] | None = None,
    vectors: Mapping[str, Floats] | None = None,
    times: bool = True,
) -> Dataset:
    """A dataset of events given as ``(user, item[, kind[, value]])``, one an hour in the order given.

    Without ``items`` the catalogue is what the events name, in order of appearance; ``times=False``: only the order
    is known.
    """
    rows = [
        e if isinstance(e, Event) else event(*e, at=float(n) if times else None, id=f"e{n}")
        for n, e in enumerate(events)
    ]
    if items is None:
        items = list(dict.fromkeys(e.item_id for e in rows if e.item_id is not None))
    known = items if isinstance(items, Catalogue) else catalogue(items)
    return Dataset.build(known, EventTable.of(rows), Settings().signals, vectors)


def history(data: Dataset | Catalogue, preferences: Mapping[str, float] | Iterable[str]) -> History:
    """A history of the named items, oldest first, with their preferences (1 unless given)."""
    known = data.catalogue if isinstance(data, Dataset) else data
    stated = dict(preferences) if isinstance(preferences, Mapping) else dict.fromkeys(preferences, 1.0)
    return History.of([known.row(i) for i in stated], list(stated.values()))


def first_unseen(scores: Floats, told: History) -> int:
    """Row of the best scored item that the person has not met; -1 when nothing has a score."""
    left = scores.astype(np.float64, copy=True)
    left[told.items[told.items < len(left)]] = np.nan
    return -1 if np.isnan(left).all() else int(np.nanargmax(left))
