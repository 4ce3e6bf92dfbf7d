"""Fingerprints as rows, and the links between items that hold the same.

A print is replaced together with the reading that it came from, and its old links go with it; what it ``asks`` stays
until it has been compared with all others. So a run that is killed between the two goes on where it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..arrays import Rows
from ..prints import Duplicate
from ..readings import Reading
from .paging import BATCH, Paged, batches, catalogue_changed
from .schema import duplicates, items, prints


class PrintRows(Paged):
    """The methods of `Store` that keep and give fingerprints and duplicates."""

    def print_keys(self, space: str) -> tuple[list[str], NDArray[np.uint32], Rows]:
        """Of every item with a print: the ids, all keys one after the other, and for each key the number of its id."""
        query = select(prints.c.item_id, prints.c["keys"]).where(prints.c.space == space)
        with self._db.reading() as connection:
            rows = connection.execute(query.order_by(prints.c.item_id)).all()
        keys = np.frombuffer(b"".join(keys for _, keys in rows), dtype="<u4").astype(np.uint32)
        counts = [len(keys) // 4 for _, keys in rows]
        return [item_id for item_id, _ in rows], keys, np.repeat(np.arange(len(rows), dtype=np.int32), counts)

    def print_codes(self, space: str, item_ids: Iterable[str]) -> dict[str, bytes]:
        """`Print.codes` of those of the items that have a print in a space."""
        query = select(prints.c.item_id, prints.c.codes).where(prints.c.space == space)
        return dict(row for row in self._by_ids(query, prints.c.item_id, item_ids))

    def has_prints(self, space: str, item_ids: Iterable[str]) -> set[str]:
        """Those of the items that have a print in a space."""
        query = select(prints.c.item_id).where(prints.c.space == space)
        return {row[0] for row in self._by_ids(query, prints.c.item_id, item_ids)}

    def unlinked(self, space: str, limit: int, item_ids: Sequence[str] | None = None) -> dict[str, NDArray[np.uint32]]:
        """`Print.asks` of items whose print has not been compared with the others yet; at most ``limit`` of them.

        Args:
            item_ids: at most `BATCH` of them, and no other; None: any.
        """
        query = select(prints.c.item_id, prints.c.asks).where(prints.c.space == space, prints.c.asks.is_not(None))
        if item_ids is not None:
            query = query.where(prints.c.item_id.in_(item_ids))
        with self._db.reading() as connection:
            rows = connection.execute(query.order_by(prints.c.item_id).limit(limit)).all()
        return {item_id: np.frombuffer(asks, dtype="<u4").astype(np.uint32) for item_id, asks in rows}

    def put_duplicates(self, space: str, item_ids: Sequence[str], found: Iterable[Duplicate]) -> int:
        """Keep what these items were found to be copies of, and that they have been compared; returns how many pairs.

        A link to an item that has been removed meanwhile is left out.
        """
        rows = {}
        for link in found:
            link = link.seen_from(min(link.item_id, link.other_id))
            rows[link.item_id, link.other_id] = {
                name: getattr(link, name)
                for name in duplicates.columns.keys()  # noqa: SIM118 - a collection of columns
            }
        with self._db.writing("items") as connection:
            for ids in batches(item_ids, BATCH):
                statement = update(prints).where(prints.c.space == space, prints.c.item_id.in_(ids))
                connection.execute(statement.values(asks=None))
            there: set[str] = set()
            for ids in batches({item_id for pair in rows for item_id in pair}, BATCH):
                there |= set(connection.execute(select(items.c.id).where(items.c.id.in_(ids))).scalars())
            kept = {pair: row for pair, row in rows.items() if there.issuperset(pair)}
            if kept:
                # Each of the two may have found the other.
                statement = (sqlite if self._db.is_sqlite else postgresql).insert(duplicates)
                connection.execute(statement.on_conflict_do_nothing(), list(kept.values()))
                catalogue_changed(connection, {item_id for pair in kept for item_id in pair})
        return len(kept)

    def duplicates(self, item_id: str | None = None) -> list[Duplicate]:
        """The links of one item, seen from it, or all of them; the most alike first."""
        query = select(duplicates).order_by(duplicates.c.similarity.desc(), duplicates.c.item_id, duplicates.c.other_id)
        if item_id is not None:
            query = query.where(or_(duplicates.c.item_id == item_id, duplicates.c.other_id == item_id))
        with self._db.reading() as connection:
            found = [Duplicate(**row) for row in connection.execute(query).mappings()]
        return found if item_id is None else [link.seen_from(item_id) for link in found]


def replace_prints(connection: Connection, readings: Collection[Reading]) -> None:
    """Put the prints of new readings in place of the items' old ones, whose links end."""
    for space in {reading.space for reading in readings}:
        new = {r.item_id: r.print for r in readings if r.space == space}
        query = prints.c.space == space, prints.c.item_id.in_(new)
        gone = list(connection.execute(select(prints.c.item_id).where(*query)).scalars())
        if gone:
            connection.execute(delete(prints).where(*query))
            _unlink(connection, space, gone)
        rows = [
            {
                "space": space,
                "item_id": item_id,
                "keys": found.keys.astype("<u4").tobytes(),
                "asks": found.asks.astype("<u4").tobytes(),
                "codes": found.codes,
            }
            for item_id, found in new.items()
            if found is not None
        ]
        if rows:
            connection.execute(insert(prints), rows)


def _unlink(connection: Connection, space: str, item_ids: Sequence[str]) -> None:
    either = or_(duplicates.c.item_id.in_(item_ids), duplicates.c.other_id.in_(item_ids))
    connection.execute(delete(duplicates).where(duplicates.c.space == space, either))
