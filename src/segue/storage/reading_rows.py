"""Readings as rows: what the encoders found in the items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from ..arrays import Floats
from ..errors import InvalidInput, StorageError
from ..readings import Reading
from .paging import BATCH, Paged, batches, catalogue_changed, to_json
from .print_rows import replace_prints
from .schema import items, readings

_CONTENT = ("fingerprint", "dim", "vector", "facts", "problem", "part_count", "parts")
"""Columns that a newer reading replaces."""
_WHOLE = [column for column in readings.c if column.name not in ("part_count", "parts")]
"""Columns that describe the item as a whole."""
_PART_SCALE = 127.0


class ReadingRows(Paged):
    """The methods of `Store` that keep and give readings."""

    def put_readings(self, new: Iterable[Reading]) -> None:
        """Keep what was read, in place of what was read before in the same item and space.

        A reading of an item that is no longer there is left out, as removing the item would have removed it.
        """
        for batch in batches(new, BATCH):
            latest = {(r.space, r.item_id): r for r in batch}
            rows = {key: _reading_row(r) for key, r in latest.items()}
            with self._db.writing("items") as connection:
                ids = list({item_id for _, item_id in rows})
                there = set(connection.execute(select(items.c.id).where(items.c.id.in_(ids))).scalars())
                kept = [row for (_, item_id), row in rows.items() if item_id in there]
                if kept:
                    catalogue_changed(connection, [row["item_id"] for row in kept])
                    statement = (sqlite if self._db.is_sqlite else postgresql).insert(readings)
                    changed = {n: statement.excluded[n] for n in _CONTENT}
                    key = [readings.c.space, readings.c.item_id]
                    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), kept)
                    replace_prints(connection, [latest[row["space"], row["item_id"]] for row in kept])

    def readings(self, item_ids: Iterable[str] | None = None, space: str | None = None) -> Iterator[Reading]:
        """What was read, by item in the order of `items` (with ``item_ids``: in no order), and space; without parts."""
        query = select(items.c.n, *_WHOLE).join(items, items.c.id == readings.c.item_id)
        if space is not None:
            query = query.where(readings.c.space == space)
        rows = self._reading_pages(query) if item_ids is None else self._by_ids(query, items.c.id, item_ids)
        for row in rows:
            yield Reading(
                item_id=row.item_id,
                space=row.space,
                fingerprint=row.fingerprint,
                vector=None if row.vector is None else np.frombuffer(row.vector, dtype="<f4").astype(np.float32),
                facts=json.loads(row.facts),
                problem=row.problem,
            )

    def _reading_pages(self, query: Select[Any]) -> Iterator[Any]:
        # Pages end between items, since an item may have several spaces.
        last = self._db.glance("SELECT max(n) FROM items") or 0
        step = 1_000
        for begin in range(0, last, step):
            part = query.where(items.c.n > begin, items.c.n <= begin + step).order_by(items.c.n, readings.c.space)
            with self._db.reading() as connection:
                rows = connection.execute(part).all()
            yield from rows

    def fingerprints(self, space: str, item_ids: Iterable[str] | None = None) -> dict[str, str]:
        """Fingerprint by item id: what has been read in a space (of some items, or all), with or without success."""
        query = select(readings.c.item_id, readings.c.fingerprint).where(readings.c.space == space)
        return {row.item_id: row.fingerprint for row in self._of(query, readings.c.item_id, item_ids)}

    def confidences(self, space: str, item_ids: Iterable[str] | None = None) -> dict[str, float]:
        """How far what was read in a space can be relied on, 0 … 1, by item id; of the items (of some, or all) of which
        that was said."""
        said = readings.c.facts.contains('"confidence"', autoescape=True)
        query = select(readings.c.item_id, readings.c.facts).where(readings.c.space == space, said)
        rows = self._of(query, readings.c.item_id, item_ids)
        stated = {row.item_id: json.loads(row.facts).get("confidence") for row in rows}
        return {
            item_id: min(1.0, max(0.0, float(value)))
            for item_id, value in stated.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }

    def parts(self, space: str, item_ids: Iterable[str] | None = None) -> Iterator[tuple[str, Floats]]:
        """(item id, (n, dim) float32 unit rows) of the items that have parts in a space, in no particular order."""
        query = select(items.c.n, readings.c.item_id, readings.c.part_count, readings.c.parts).join(
            items, items.c.id == readings.c.item_id
        )
        query = query.where(readings.c.space == space, readings.c.parts.is_not(None))
        rows = self._reading_pages(query) if item_ids is None else self._by_ids(query, items.c.id, item_ids)
        for row in rows:
            whole = np.frombuffer(row.parts, dtype=np.int8).reshape(row.part_count, -1).astype(np.float32)
            yield row.item_id, whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-9)

    def dim(self, space: str) -> int:
        """Length of the vectors of a space (of most of them, where the encoder has changed); 0 where there is none."""
        count = func.count().label("n")
        query = select(readings.c.dim, count).where(readings.c.space == space, readings.c.dim.is_not(None))
        with self._db.reading() as connection:
            row = connection.execute(query.group_by(readings.c.dim).order_by(count.desc()).limit(1)).first()
        return int(row[0]) if row else 0

    def vectors(self, space: str, item_ids: Iterable[str] | None = None) -> tuple[list[str], Floats]:
        """The ids of the items that have a vector in a space, in the order of `items`, and the (n, dim) vectors.

        Args:
            item_ids: of these items alone, in no order; None: of all.

        Raises:
            StorageError: the vectors differ in length, since the encoder was changed and not all was read again.
        """
        query = select(readings.c.item_id, readings.c.dim, readings.c.vector)
        query = query.join(items, items.c.id == readings.c.item_id)
        query = query.where(readings.c.space == space, readings.c.vector.is_not(None)).order_by(items.c.n)
        # One query: what is written between two would be vectors of a length that the first has not seen.
        rows = self._of(query, readings.c.item_id, item_ids)
        dims = sorted({row.dim for row in rows})
        if len(dims) > 1:
            raise StorageError(
                f"The space {space!r} holds vectors of {' and '.join(map(str, dims))} dimensions: the encoder has "
                "changed and not every item has been read again. Run `segue understand`."
            )
        if not rows:
            return [], np.zeros((0, 0), dtype=np.float32)
        matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), dims[0])
        return [row.item_id for row in rows], matrix.astype(np.float32)


def _reading_row(reading: Reading) -> dict[str, Any]:
    vector = reading.vector
    try:
        facts = to_json(dict(reading.facts))
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"The facts about {reading.item_id!r} in the space {reading.space!r} are no JSON: {error}. "
            "Expected words, finite numbers, lists and tables."
        ) from error
    return {
        "item_id": reading.item_id,
        "space": reading.space,
        "fingerprint": reading.fingerprint,
        "dim": None if vector is None else len(vector),
        "vector": None if vector is None else np.ascontiguousarray(vector, dtype="<f4").tobytes(),
        "facts": facts,
        "part_count": None if reading.parts is None else len(reading.parts),
        "parts": None if reading.parts is None else _small(reading.parts),
        # The words may come from a hostile file.
        "problem": None if reading.problem is None else reading.problem.replace("\0", "\ufffd"),
    }


def _small(parts: Floats) -> bytes:
    """A byte a number: each row by its own largest, since only its direction counts."""
    largest = np.maximum(np.abs(parts).max(axis=1, keepdims=True), 1e-9)
    return bytes(np.round(parts / largest * _PART_SCALE).astype(np.int8).tobytes())
