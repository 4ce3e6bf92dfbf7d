"""Events as rows: how an `Event` is written and read back, and how many rows become an `EventTable`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Integer, type_coerce

from ..arrays import Floats
from ..errors import InvalidInput
from ..events import KIND_CODE, Event, EventKind, EventTable
from .schema import events

COLUMNS = tuple(column.name for column in events.columns if column.name != "seq")
TABLE_COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(events.c[n] for n in ("seq", "user_id", "item_id", "kind", "at", "value", "scale_low", "scale_high", "played_s")),
    type_coerce(events.c.train, Integer),  # numpy makes the truth values, a million at once
    events.c.topic,
)
"""What `TableMaker.add` takes, in this order."""

# A driver knows str, not StrEnum.
_NAME = {kind: kind.value for kind in EventKind}
_CODE = {kind.value: code for kind, code in KIND_CODE.items()}


def to_row(event: Event) -> tuple[Any, ...]:
    """Values in the order of `COLUMNS`.

    Raises:
        InvalidInput: a text holds a NUL character, which PostgreSQL cannot keep.
    """
    low, high = event.scale or (None, None)
    row = (
        event.id,
        event.user_id,
        event.item_id,
        _NAME[event.kind],
        None if event.at is None else event.at.timestamp(),
        event.value,
        low,
        high,
        event.played_s,
        event.position_s,
        event.text,
        event.session_id,
        None if event.context is None else event.context.model_dump_json(exclude_none=True),
        event.train,
        event.source,
        event.topic,
    )
    for value in (event.id, event.user_id, event.item_id, event.text, event.session_id, event.source, event.topic):
        if value is not None and "\0" in value:
            raise InvalidInput(
                f"Event {event.id!r} has a NUL character in {value[:80]!r}. Remove it and send it again."
            )
    return row


def from_row(row: Sequence[Any]) -> Event:
    """The event of a row in the order of `COLUMNS`."""
    stated = dict(zip(COLUMNS, row, strict=True))
    low, high = stated.pop("scale_low"), stated.pop("scale_high")
    at, context = stated["at"], stated["context"]
    return Event(
        **{
            **stated,
            "at": None if at is None else datetime.fromtimestamp(at, UTC),
            "scale": None if low is None else (low, high),
            "context": None if context is None else json.loads(context),
        }
    )


class Sentiments(NamedTuple):
    """What was read in texts, as columns of equal length, by number of the event."""

    seq: NDArray[np.int64]
    sentiment: Floats
    """NaN: undecided."""
    same: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> Sentiments:
        """Of rows (seq, sentiment or None, same)."""
        seq, sentiment, same = zip(*rows, strict=True) if rows else ((), (), ())
        return cls(np.array(seq, np.int64), np.array(sentiment, np.float32), np.array(same, np.int64))


class TableMaker:
    """Collects rows into the columns of an `EventTable`, some tens of bytes an event."""

    def __init__(self) -> None:
        # The next free number is the number of ids so far.
        self._users: defaultdict[str, int] = defaultdict()
        self._users.default_factory = self._users.__len__
        self._items: defaultdict[str, int] = defaultdict()
        self._items.default_factory = self._items.__len__
        self._chunks: list[tuple[NDArray[Any], ...]] = []
        self._topics: dict[int, str] = {}

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows in the order of `TABLE_COLUMNS`, ordered by seq."""
        if not rows:
            return
        seq, users, items, kinds, at, value, low, high, played, train, topics = zip(*rows, strict=True)
        if any(topics):
            self._topics.update((n, topic) for n, topic in zip(seq, topics, strict=True) if topic is not None)
        number = self._items.__getitem__
        self._chunks.append(
            (
                np.array(seq, dtype=np.int64),
                _codes(map(self._users.__getitem__, users), len(rows)),
                _codes((-1 if item is None else number(item) for item in items), len(rows)),
                np.fromiter(map(_CODE.__getitem__, kinds), dtype=np.uint8, count=len(rows)),
                np.array(at, dtype=np.float64),  # None becomes NaN
                *(np.array(column, dtype=np.float32) for column in (value, low, high, played)),
                np.array(train, dtype=bool),
            )
        )

    def table(self, read: Sentiments | None = None) -> EventTable:
        """Everything added so far, with what was read in it; numbers of other events may be among these."""
        empty = (np.int64, np.int32, np.int32, np.uint8, np.float64, *[np.float32] * 4, bool)
        columns: Iterable[Iterable[NDArray[Any]]] = zip(*self._chunks, strict=True)
        seq, users, items, kinds, at, value, low, high, played, train = (
            (np.concatenate(list(column)) for column in columns)
            if self._chunks
            else (np.zeros(0, dtype=dtype) for dtype in empty)
        )
        return EventTable(
            user_ids=tuple(self._users),
            item_ids=tuple(self._items),
            users=users,
            items=items,
            kinds=kinds,
            at=at,
            value=value,
            scale_low=low,
            scale_high=high,
            played_s=played,
            train=train,
            **_read(seq, read),
            seq=seq,
            topics=dict(self._topics),
        )


def _read(seq: NDArray[np.int64], read: Sentiments | None) -> dict[str, NDArray[Any]]:
    """The columns ``opinion`` and ``said`` of events with these numbers."""
    opinion, said = np.full(len(seq), np.nan, np.float32), np.zeros(len(seq), np.int64)
    if read is not None and len(read.seq) and len(seq):
        place = np.minimum(np.searchsorted(seq, read.seq), len(seq) - 1)
        known = seq[place] == read.seq
        opinion[place[known]], said[place[known]] = read.sentiment[known], read.same[known]
    return {"opinion": opinion, "said": said}


def _codes(codes: Iterable[int], n: int) -> NDArray[np.int32]:
    return np.fromiter(codes, dtype=np.int32, count=n)
