"""Catalogue: a frozen, numbered view of all items, with the columns that filters read."""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .arrays import Floats, Mask, Rows, Sparse, Times
from .errors import NotFound
from .items import Item, ItemKind
from .topics import Topics

KIND_CODE: dict[ItemKind, int] = {kind: code for code, kind in enumerate(ItemKind)}
"""Kinds as small integers, in the order of `ItemKind`; only ever extended at its end."""


@dataclass(frozen=True)
class Catalogue:
    """Items under row numbers 0 … n-1.

    Row numbers are what models, candidates and vectors speak. A version of the models is trained on some order of
    rows; a later catalogue keeps that order as its beginning (`build` with ``order``), so that row numbers never
    change while a version serves. A row whose item has been removed stays, with ``items[row] is None``.
    """

    ids: tuple[str, ...]
    items: tuple[Item | None, ...]

    @classmethod
    def build(cls, items: Iterable[Item], order: Sequence[str] = ()) -> Catalogue:
        """Number the items: first the ids in ``order`` (removed ones keep an empty row), then the others."""
        return cls.numbered({item.id: item for item in items}, order)

    @classmethod
    def numbered(cls, by_id: Mapping[str, Item], order: Sequence[str] = ()) -> Catalogue:
        """As `build`, from items by their ids."""
        listed = set(order)
        ids = (*order, *[i for i in by_id if i not in listed])
        return cls(ids=ids, items=tuple(map(by_id.get, ids)))

    def begins_like(self, other: Catalogue) -> int:
        """How many rows both begin with that hold the very same items."""
        n = min(len(self), len(other))
        if self.ids[:n] == other.ids[:n] and all(map(is_, self.items, other.items)):
            return n
        pairs = zip(self.ids, other.ids, self.items, other.items, strict=False)
        differing = (n for n, (a, b, one, two) in enumerate(pairs) if a != b or one is not two)
        return next(differing)

    def take_columns(self, other: Catalogue, same: int) -> None:
        """Take over what the other has computed of the rows that both begin with.

        Args:
            same: how many these are, see `begins_like`.
        """
        own, theirs = vars(self), vars(other)
        for name in _COLUMNS.keys() & theirs.keys():
            own[name] = np.concatenate([theirs[name][:same], self._column(name, same)])
        if "groups" in theirs and not any(item.group for item in self.items[same:] if item):
            own["groups"] = np.concatenate([theirs["groups"][:same], np.full(len(self) - same, -1, np.int32)])
        if "genres" in theirs:
            old, rest = theirs["genres"][:same], self.items[same:]
            left = np.flatnonzero(np.bincount(old.indices, minlength=old.shape[1])).tolist()
            own["genre_names"] = tuple(sorted({*(other.genre_names[n] for n in left), *_genres_in(rest)}))
            place = {name: n for n, name in enumerate(self.genre_names)}
            places = np.array([place.get(name, -1) for name in other.genre_names], dtype=old.indices.dtype)
            moved = sparse.csr_array((old.data, places[old.indices], old.indptr), shape=(same, len(place)))
            own["genres"] = sparse.vstack([moved, _genre_rows(rest, self.genre_names)], format="csr")
        if "topics" in theirs:
            own["topics"] = theirs["topics"].followed(self.items, same)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row number by item id."""
        return {item_id: row for row, item_id in enumerate(self.ids)}

    def row(self, item_id: str) -> int:
        """Row number of an item.

        Raises:
            NotFound: the catalogue has no such item.
        """
        row = self.row_of.get(item_id)
        if row is None or self.items[row] is None:
            raise NotFound(f"Unknown item {item_id!r}. `segue search` finds ids by title.")
        return row

    def rows(self, item_ids: Iterable[str]) -> Rows:
        """Row numbers; -1 where an id is unknown."""
        return np.array([self.row_of.get(i, -1) for i in item_ids], dtype=np.int32)

    def item(self, row: int) -> Item:
        """The item in a row.

        Raises:
            NotFound: the item has been removed.
        """
        item = self.items[row]
        if item is None:
            raise NotFound(f"Item {self.ids[row]!r} has been removed from the catalogue.")
        return item

    @cached_property
    def digest(self) -> str:
        """Hash of the ids in order; models check it before they trust row numbers."""
        return hashlib.sha256("\n".join(self.ids).encode()).hexdigest()[:32]

    # The columns, each of length n. They are computed once, on first use.

    @cached_property
    def alive(self) -> Mask:
        """False where the item has been removed."""
        return self._column("alive")

    @cached_property
    def kinds(self) -> NDArray[np.int8]:
        """Codes of `KIND_CODE`; -1 where removed."""
        return self._column("kinds")

    @cached_property
    def years(self) -> NDArray[np.int16]:
        """Year of release; -1 where unknown."""
        return self._column("years")

    @cached_property
    def release_days(self) -> Floats:
        """First day that `Item.released` may mean, in days since the year 1; -1 where unknown."""
        return self._column("release_days")

    @cached_property
    def durations(self) -> Floats:
        """Seconds; NaN where unknown."""
        return self._column("durations")

    @cached_property
    def maturity(self) -> NDArray[np.int8]:
        """Minimum age; -1 where unknown."""
        return self._column("maturity")

    @cached_property
    def explicit(self) -> Mask:
        """True where the item is marked explicit."""
        return self._column("explicit")

    @cached_property
    def available_from(self) -> Times:
        """Seconds; -inf where always."""
        return self._column("available_from")

    @cached_property
    def available_until(self) -> Times:
        """Seconds; +inf where for ever."""
        return self._column("available_until")

    @cached_property
    def languages(self) -> NDArray[np.str_]:
        """Primary language subtag in lower case; empty where unknown."""
        return self._column("languages")

    def _column(self, name: str, start: int = 0) -> NDArray[Any]:
        """One of `_COLUMNS`, from a row on."""
        value, absent, dtype = _COLUMNS[name]
        return np.array([absent if item is None else value(item) for item in self.items[start:]], dtype=dtype)

    @cached_property
    def groups(self) -> Rows:
        """Number of the series or album; -1 where there is none."""
        numbers: dict[str, int] = {}
        return np.array(
            [numbers.setdefault(i.group, len(numbers)) if i and i.group else -1 for i in self.items],
            dtype=np.int32,
        )

    @cached_property
    def topics(self) -> Topics:
        """What the items have in common, see `segue.topics`."""
        return Topics.of(self.items)

    @cached_property
    def genre_names(self) -> tuple[str, ...]:
        """Genres in lower case, the columns of `genres`."""
        return tuple(sorted(_genres_in(self.items)))

    @cached_property
    def genres(self) -> Sparse:
        """(n items, n genres): 1 where an item has a genre."""
        return _genre_rows(self.items, self.genre_names)


def _genres_in(items: Iterable[Item | None]) -> set[str]:
    return {genre.lower() for item in items if item for genre in item.genres}


def _genre_rows(items: Sequence[Item | None], names: Sequence[str]) -> Sparse:
    column = {genre: n for n, genre in enumerate(names)}
    rows, columns = [], []
    for row, item in enumerate(items):
        for genre in {g.lower() for g in item.genres} if item else ():
            rows.append(row)
            columns.append(column[genre])
    shape = (len(items), len(names))
    return sparse.csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def released_on(released: str) -> date:
    """The first day that an `Item.released` of any precision may mean; a 31 February is the 28th."""
    year, month, day = (*(int(part) for part in released.split("-")), 1, 1)[:3]
    return date(max(year, 1), month, min(day, monthrange(max(year, 1), month)[1]))


_COLUMNS: Mapping[str, tuple[Callable[[Item], Any], Any, Any]] = {
    "alive": (lambda _: True, False, bool),
    "kinds": (lambda i: KIND_CODE[i.kind], -1, np.int8),
    "years": (lambda i: -1 if i.year is None else i.year, -1, np.int16),
    "release_days": (lambda i: released_on(i.released).toordinal() if i.released else -1, -1, np.float32),
    "durations": (lambda i: np.nan if i.duration_s is None else i.duration_s, np.nan, np.float32),
    "maturity": (lambda i: -1 if i.maturity is None else i.maturity, -1, np.int8),
    "explicit": (lambda i: bool(i.explicit), False, bool),
    "available_from": (lambda i: i.available_from.timestamp() if i.available_from else -np.inf, -np.inf, np.float64),
    "available_until": (lambda i: i.available_until.timestamp() if i.available_until else np.inf, np.inf, np.float64),
    "languages": (lambda i: (i.language or "").split("-")[0].lower(), "", str),
}
"""Columns that each tell one thing of an item: how it is read, what stands where there is no item, the dtype."""
