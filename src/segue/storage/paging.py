"""Reading rows in pages and by ids, and what the tables' methods share."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .database import Database
from .schema import changes, state

T = TypeVar("T")

BATCH = 5_000
"""Rows of one transaction, and ids of one query."""
PAGE = 20_000
"""Rows read at once."""
NOTED = 500
"""Items that change at once and are noted one by one: to read more of them again is no cheaper than to read all."""


class Paged:
    """Reads what a query finds, page by page.

    A page is read whole and its connection given back, so a slow reader holds up nobody.
    """

    _db: Database

    def _whole_pages(
        self, query: Select[Any], key: ColumnElement[Any], reverse: bool = False, limit: int | None = None
    ) -> Iterator[Any]:
        """Lists of rows ordered by ``key``, which is the query's first column."""
        query = query.order_by(key.desc() if reverse else key)
        last, left = None, limit
        while left is None or left > 0:
            size = PAGE if left is None else min(left, PAGE)
            part = query if last is None else query.where(key < last if reverse else key > last)
            with self._db.reading() as connection:
                rows = connection.execute(part.limit(size)).all()
            yield rows
            if len(rows) < size:
                return
            last, left = rows[-1][0], None if left is None else left - size

    def _pages(
        self, query: Select[Any], key: ColumnElement[Any], reverse: bool = False, limit: int | None = None
    ) -> Iterator[Any]:
        for page in self._whole_pages(query, key, reverse, limit):
            yield from page

    def _of(self, query: Select[Any], key: ColumnElement[Any], ids: Iterable[str] | None) -> list[Any]:
        """The rows of some ids, or all."""
        if ids is not None:
            return list(self._by_ids(query, key, ids))
        with self._db.reading() as connection:
            return list(connection.execute(query).all())

    def _by_ids(self, query: Select[Any], key: ColumnElement[Any], ids: Iterable[str]) -> Iterator[Any]:
        for batch in batches(dict.fromkeys(ids), BATCH):
            with self._db.reading() as connection:
                rows = connection.execute(query.where(key.in_(batch))).all()
            yield from rows


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of ``size``, the last one shorter."""
    source = iter(values)
    while batch := list(islice(source, size)):
        yield batch


def catalogue_changed(connection: Connection, item_ids: Collection[str] | None = None) -> None:
    """Raise the number that `Store.revision` tells, and note what has changed.

    Args:
        item_ids: items of which anything has changed, or is about to: what their owner states, what was read in them,
            what is said of them. None: anything may have. More than `NOTED` are not noted one by one either.
    """
    catalogue, whole = (state.c.name == name for name in ("catalogue", "whole"))
    connection.execute(update(state).where(catalogue).values(number=state.c.number + 1))
    number = connection.execute(select(state.c.number).where(catalogue)).scalar_one()
    if item_ids is None or len(item_ids) > NOTED:
        connection.execute(update(state).where(whole).values(number=number))
        connection.execute(delete(changes))
    elif item_ids:
        statement = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(changes)
        statement = statement.on_conflict_do_update(index_elements=[changes.c.item_id], set_={"revision": number})
        connection.execute(statement, [{"item_id": item_id, "revision": number} for item_id in set(item_ids)])


def to_json(value: Any) -> str:
    """JSON for a text column.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
