"""Reading rows in pages and by ids, and what the tables' methods share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, update

from .database import Database
from .schema import state

T = TypeVar("T")

BATCH = 5_000
"""Rows of one transaction, and ids of one query."""
PAGE = 20_000
"""Rows read at once."""


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


def catalogue_changed(connection: Connection) -> None:
    """Raise the number that `Store.revision` tells."""
    connection.execute(update(state).where(state.c.name == "catalogue").values(number=state.c.number + 1))


def to_json(value: Any) -> str:
    """JSON for a text column.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
