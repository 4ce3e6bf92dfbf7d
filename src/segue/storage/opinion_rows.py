"""Opinions as rows: what was read in the texts of events, kept beside them by their number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Select, and_, delete, func, or_, select

from ..arrays import Floats
from ..events import EventKind
from ..opinions import Opinion, Remark, Statement
from .event_rows import Sentiments
from .paging import BATCH, Paged, batches, catalogue_changed, to_json
from .schema import events, opinions


class Unread(NamedTuple):
    """A text that the present reader has not read."""

    seq: int
    kind: EventKind
    item_id: str | None
    text: str


class Read(NamedTuple):
    """What was read in one text."""

    seq: int
    opinion: Opinion
    vector: Floats | None = None
    """(dim,) of length 1 in the space ``text``."""


_NAMES = ("reader", "version", "sentiment", "topics", "same")


class OpinionRows(Paged):
    """What `Store` does with opinions."""

    def put_opinions(self, found: Iterable[Read]) -> None:
        """Keep what was read, in place of what an earlier reader made of the same texts; 5,000 a transaction.

        Those who keep people in memory read them again, as after a change of the catalogue.
        """
        for batch in batches(found, BATCH):
            rows = [
                {
                    "seq": one.seq,
                    **dict(zip(_NAMES, _values(one.opinion), strict=True)),
                    "vector": None if one.vector is None else one.vector.astype(np.float32).tobytes(),
                }
                for one in batch
            ]
            with self._db.writing("events") as connection:
                numbers = [row["seq"] for row in rows]
                connection.execute(delete(opinions).where(opinions.c.seq.in_(numbers)))
                # One that has been erased since it was read is nobody's any more.
                left = set(connection.execute(select(events.c.seq).where(events.c.seq.in_(numbers))).scalars())
                kept = [row for row in rows if row["seq"] in left]
                if kept:
                    connection.execute(opinions.insert(), kept)
                catalogue_changed(connection, ())  # nothing of an item has

    def unread(self, version: str | None, alone: str | None) -> Iterator[list[Unread]]:
        """Texts, by number, that no reader of this version has read; those of events that must not train are not read.

        Args:
            version: of what is read of a text about an item; None: any.
            alone: of what is read of a text without an item; None: any.
        """
        query = _unread(select(events.c.seq, events.c.kind, events.c.item_id, events.c.text), version, alone)
        for page in self._whole_pages(query, events.c.seq):
            for batch in batches(page, BATCH):
                yield [Unread(int(seq), EventKind(kind), item_id, text) for seq, kind, item_id, text in batch]

    def has_texts(self) -> bool:
        """Whether any event says something that may be read."""
        query = select(events.c.seq).where(events.c.text.is_not(None), events.c.train).limit(1)
        with self._db.reading() as connection:
            return connection.execute(query).first() is not None

    def count_unread(self, version: str | None, alone: str | None) -> int:
        """How many texts `unread` gives."""
        with self._db.reading() as connection:
            return int(connection.execute(_unread(select(func.count(events.c.seq)), version, alone)).scalar_one())

    def statements(self, user_id: str, limit: int | None = None) -> list[Statement]:
        """What the person said that has been read, the newest in arrival first."""
        query = (
            select(
                events.c.seq,
                *(events.c[name] for name in ("id", "kind", "item_id", "at", "train")),
                *(opinions.c[name] for name in (*_NAMES, "vector")),
            )
            .join(opinions, opinions.c.seq == events.c.seq)
            .where(events.c.user_id == user_id)
        )
        found = []
        for seq, event_id, kind, item_id, at, train, *read in self._pages(query, events.c.seq, True, limit):
            reader, version, sentiment, topics, same, vector = read
            opinion = Opinion(sentiment, json.loads(topics), reader, version, int(same))
            place = None if vector is None else np.frombuffer(vector, np.float32)
            found.append(Statement(int(seq), event_id, kind, item_id, at, bool(train), opinion, place))
        return found

    def remarks(self, item_id: str) -> Iterator[Remark]:
        """The bullet comments of an item that state their place, in order of arrival; those that must not train stay
        out."""
        query = (
            select(events.c.seq, events.c.position_s, events.c.user_id, events.c.text, opinions.c.sentiment)
            .outerjoin(opinions, opinions.c.seq == events.c.seq)
            .where(events.c.item_id == item_id, events.c.kind == EventKind.BULLET_COMMENT.value)
            .where(events.c.position_s.is_not(None), events.c.train)
        )
        for _, position_s, user_id, text, sentiment in self._pages(query, events.c.seq):
            yield Remark(float(position_s), user_id, text or "", sentiment)

    def _sentiments(self, user_id: str | None, after_seq: int) -> Sentiments:
        """Of one person or of all."""
        query = select(opinions.c.seq, opinions.c.sentiment, opinions.c.same).where(opinions.c.seq > after_seq)
        if user_id is not None:
            query = query.join(events, events.c.seq == opinions.c.seq).where(events.c.user_id == user_id)
        pages = [Sentiments.of(page) for page in self._whole_pages(query, opinions.c.seq)]
        return Sentiments(*(np.concatenate(columns) for columns in zip(*pages, strict=True)))

    def _insert_opinions(
        self, connection: Connection, found: Mapping[str, Opinion], ids: Set[str], before: int
    ) -> None:
        """Of events that this transaction has added: those with a number above ``before``."""
        mark = "?" if self._db.is_sqlite else "%s"
        rows = [(*_values(opinion), event_id, before) for event_id, opinion in found.items() if event_id in ids]
        if rows:
            names = ", ".join(_NAMES)
            # PostgreSQL takes an untyped NULL in a list of results for a text.
            marks = ", ".join(f"CAST({mark} AS double precision)" if n == "sentiment" else mark for n in _NAMES)
            connection.exec_driver_sql(
                f"INSERT INTO opinions (seq, {names}) SELECT seq, {marks} FROM events "  # noqa: S608 - our own names
                f"WHERE id = {mark} AND seq > {mark}",
                rows,
            )

    def _erase_opinions(self, connection: Connection, user_id: str) -> None:
        own = select(events.c.seq).where(events.c.user_id == user_id)
        connection.execute(delete(opinions).where(opinions.c.seq.in_(own)))


def _unread(query: Select[Any], version: str | None, alone: str | None) -> Select[Any]:
    old = [
        and_(events.c.item_id.is_(None) if lone else events.c.item_id.is_not(None), opinions.c.version != wanted)
        for lone, wanted in ((True, alone), (False, version))
        if wanted is not None
    ]
    return (
        query.select_from(events)
        .outerjoin(opinions, opinions.c.seq == events.c.seq)
        .where(events.c.text.is_not(None), events.c.train)
        .where(or_(opinions.c.seq.is_(None), *old))
    )


def _values(opinion: Opinion) -> tuple[Any, ...]:
    """In the order of `_NAMES`."""
    return opinion.reader, opinion.version, opinion.sentiment, to_json(dict(opinion.topics)), opinion.same
