"""Catalogue: a frozen, numbered view of all items, with the columns that filters read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
        by_id = {item.id: item for item in items}
        listed = set(order)
        ids = (*order, *(i for i in by_id if i not in listed))
        return cls(ids=ids, items=tuple(by_id.get(i) for i in ids))

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
        return np.array([item is not None for item in self.items], dtype=bool)

    @cached_property
    def kinds(self) -> NDArray[np.int8]:
        """Codes of `KIND_CODE`; -1 where removed."""
        return np.array([KIND_CODE[i.kind] if i else -1 for i in self.items], dtype=np.int8)

    @cached_property
    def years(self) -> NDArray[np.int16]:
        """Year of release; -1 where unknown."""
        return np.array([i.year if i and i.year is not None else -1 for i in self.items], dtype=np.int16)

    @cached_property
    def durations(self) -> Floats:
        """Seconds; NaN where unknown."""
        return np.array(
            [i.duration_s if i and i.duration_s is not None else np.nan for i in self.items], dtype=np.float32
        )

    @cached_property
    def maturity(self) -> NDArray[np.int8]:
        """Minimum age; -1 where unknown."""
        return np.array([i.maturity if i and i.maturity is not None else -1 for i in self.items], dtype=np.int8)

    @cached_property
    def explicit(self) -> Mask:
        """True where the item is marked explicit."""
        return np.array([bool(i and i.explicit) for i in self.items], dtype=bool)

    @cached_property
    def available_from(self) -> Times:
        """Seconds; -inf where always."""
        return np.array(
            [i.available_from.timestamp() if i and i.available_from else -np.inf for i in self.items],
            dtype=np.float64,
        )

    @cached_property
    def available_until(self) -> Times:
        """Seconds; +inf where for ever."""
        return np.array(
            [i.available_until.timestamp() if i and i.available_until else np.inf for i in self.items],
            dtype=np.float64,
        )

    @cached_property
    def languages(self) -> NDArray[np.str_]:
        """Primary language subtag in lower case; empty where unknown."""
        return np.array([(i.language or "").split("-")[0].lower() if i else "" for i in self.items], dtype=str)

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
        return tuple(sorted({g.lower() for i in self.items if i for g in i.genres}))

    @cached_property
    def genres(self) -> Sparse:
        """(n items, n genres): 1 where an item has a genre."""
        column = {g: c for c, g in enumerate(self.genre_names)}
        rows, columns = [], []
        for row, item in enumerate(self.items):
            for genre in {g.lower() for g in item.genres} if item else ():
                rows.append(row)
                columns.append(column[genre])
        shape = (len(self), len(self.genre_names))
        return sparse.csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
