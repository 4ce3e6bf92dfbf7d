"""Store: every row there is (items, users, events, readings, prints, duplicates), in SQLite or PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, exists, func, insert, select, union, update

from ..errors import InvalidInput, NotFound, StorageError
from ..events import Event, EventKind, EventTable, now
from ..items import Item
from ..opinions import Opinion
from ..users import User
from . import backup, event_rows
from .annotation_rows import AnnotationRows
from .conversation_rows import ConversationRows
from .database import Database, versions
from .household_rows import HouseholdRows
from .llm_rows import LlmRows
from .opinion_rows import OpinionRows
from .paging import BATCH, batches, catalogue_changed, to_json
from .playlist_rows import PlaylistRows
from .print_rows import PrintRows
from .reading_rows import ReadingRows
from .relation_rows import RelationRows, remove_relations
from .schema import changes, events, items, readings, state, users, verdicts
from .verdict_rows import VerdictRows

EVENT_BATCH = 100_000
"""Events of one transaction. Many, since every transaction touches about every page of the indexes."""
COPY_FROM = 1_000
"""As many events or more go into PostgreSQL by COPY."""


class PutCounts(NamedTuple):
    """What putting did, in rows."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0

    def plus(self, other: PutCounts) -> PutCounts:
        """The sum of both."""
        return PutCounts(*(a + b for a, b in zip(self, other, strict=True)))


class Appended(NamedTuple):
    """What appending did."""

    added: int
    duplicates: tuple[str, ...]
    """Ids that were there already, or came twice."""


class Store(
    ReadingRows,
    PrintRows,
    AnnotationRows,
    RelationRows,
    OpinionRows,
    VerdictRows,
    HouseholdRows,
    LlmRows,
    ConversationRows,
    PlaylistRows,
):
    """The rows of one workspace. Safe to share between threads.

    Every method raises `StorageError` when the database fails (disk full, read-only, unreachable, damaged) and `Busy`
    when another process holds it for too long; what one transaction had begun is then undone.

    Args:
        url: see `segue.storage.open`.
    """

    def __init__(self, url: str) -> None:
        self._db = Database(url)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What a person calls the database; never holds a password."""
        return self._db.name

    def close(self) -> None:
        """Give back every connection."""
        self._db.close()

    # Items

    def put_items(self, new: Iterable[Item]) -> PutCounts:
        """Add items, or merge them with what is stored (`Item.merged`); one transaction per 5,000."""
        counts = PutCounts()
        for batch in batches(new, BATCH):
            _no_nul("Item", (item.id for item in batch))
            with self._db.writing("items") as connection:
                counts = counts.plus(self._put_item_batch(connection, batch))
        return counts

    def _put_item_batch(self, connection: Connection, batch: list[Item]) -> PutCounts:
        stored = {}
        for ids in batches({item.id for item in batch}, BATCH):
            found = connection.execute(select(items.c.id, items.c.fingerprint, items.c.body).where(items.c.id.in_(ids)))
            stored.update({item_id: (fingerprint, body) for item_id, fingerprint, body in found})
        wanted = {item_id: Item.model_validate_json(body) for item_id, (_, body) in stored.items()}
        for item in batch:
            wanted[item.id] = wanted[item.id].merged(item) if item.id in wanted else item
        at = now().timestamp()
        added, updated = [], []
        for item in wanted.values():
            row = {"kind": item.kind.value, "fingerprint": item.fingerprint(), "body": _body(item), "updated_at": at}
            if item.id not in stored:
                added.append({**row, "id": item.id, "added_at": at})
            elif stored[item.id][0] != row["fingerprint"]:
                updated.append({**row, "old_id": item.id})
        if added or updated:
            catalogue_changed(connection, [str(row.get("id", row.get("old_id"))) for row in (*added, *updated)])
        if added:
            connection.execute(insert(items), added)
        if updated:
            changed: dict[str, Any] = {
                column: bindparam(column) for column in ("kind", "fingerprint", "body", "updated_at")
            }
            connection.execute(update(items).where(items.c.id == bindparam("old_id")).values(changed), updated)
        return PutCounts(len(added), len(updated), len(wanted) - len(added) - len(updated))

    def items(self) -> Iterator[Item]:
        """Every item, in the order in which they were first added."""
        for row in self._pages(select(items.c.n, items.c.body), items.c.n):
            yield Item.model_validate_json(row[1])

    def item_numbers(self, ids: Iterable[str] | None = None) -> dict[str, int]:
        """Number of those of the ids that exist, or of every item; `items` gives them by rising numbers."""
        return {row[0]: int(row[1]) for row in self._of(select(items.c.id, items.c.n), items.c.id, ids)}

    def item(self, item_id: str) -> Item:
        """One item.

        Raises:
            NotFound: there is none of that id.
        """
        found = self.find_items([item_id])
        if not found:
            raise NotFound(f"Unknown item {item_id!r}. `segue search` finds ids by title.")
        return found[item_id]

    def find_items(self, ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that exist, by id."""
        rows = self._by_ids(select(items.c.id, items.c.body), items.c.id, ids)
        return {item_id: Item.model_validate_json(body) for item_id, body in rows}

    def has_items(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that exist."""
        return {row[0] for row in self._by_ids(select(items.c.id), items.c.id, ids)}

    def arrivals(self, ids: Iterable[str]) -> dict[str, float]:
        """When those of the items that exist were first added, in seconds, by id."""
        return {row[0]: float(row[1]) for row in self._by_ids(select(items.c.id, items.c.added_at), items.c.id, ids)}

    def remove_items(self, ids: Iterable[str]) -> int:
        """Remove items and what was read in them; events and imported relations stay. Returns how many there were."""
        removed = 0
        for batch in batches(dict.fromkeys(ids), BATCH):
            with self._db.writing("items") as connection:
                count = connection.execute(delete(items).where(items.c.id.in_(batch))).rowcount
                remove_relations(connection, batch)
                if count:
                    catalogue_changed(connection, batch)
            removed += count
        return removed

    # Users

    def put_users(self, new: Iterable[User]) -> PutCounts:
        """Add users, or join what is stated about them with what is stored, attribute by attribute."""
        counts = PutCounts()
        for batch in batches(new, BATCH):
            _no_nul("User", (user.id for user in batch))
            with self._db.writing("users") as connection:
                ids = list({user.id for user in batch})
                stored = {
                    user_id: json.loads(attributes)
                    for user_id, attributes in connection.execute(select(users).where(users.c.id.in_(ids)))
                }
                wanted: dict[str, dict[str, Any]] = dict(stored)
                for user in batch:
                    wanted[user.id] = {**wanted.get(user.id, {}), **user.attributes}
                added = [
                    {"id": i, "attributes": to_json(attributes)} for i, attributes in wanted.items() if i not in stored
                ]
                updated = [
                    {"old_id": i, "attributes": to_json(attributes)}
                    for i, attributes in wanted.items()
                    if i in stored and stored[i] != attributes
                ]
                if added:
                    connection.execute(insert(users), added)
                if updated:
                    statement = update(users).where(users.c.id == bindparam("old_id"))
                    connection.execute(statement.values(attributes=bindparam("attributes")), updated)
            counts = counts.plus(PutCounts(len(added), len(updated), len(wanted) - len(added) - len(updated)))
        return counts

    def user(self, user_id: str) -> User | None:
        """What the owner states about a person; None where nothing is stated."""
        with self._db.reading() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).first()
        return None if row is None else User(id=row.id, attributes=json.loads(row.attributes))

    def stated_users(self) -> Iterator[User]:
        """Everybody of whom something is stated, in the order of their ids."""
        with self._db.reading() as connection:
            rows = connection.execute(select(users.c.id, users.c.attributes).order_by(users.c.id)).all()
        yield from (User(id=user_id, attributes=json.loads(attributes)) for user_id, attributes in rows)

    def user_ids(self, limit: int | None = None, after: str | None = None) -> list[str]:
        """Everybody who has a row or an event, by code point of the id.

        Args:
            after: begin behind this id, for reading page by page.
        """
        stated, acted = select(users.c.id), select(events.c.user_id).distinct()
        if after is not None:
            stated, acted = stated.where(users.c.id > after), acted.where(events.c.user_id > after)
        both = union(stated, acted).subquery()
        with self._db.reading() as connection:
            return list(connection.execute(select(both.c.id).order_by(both.c.id).limit(limit)).scalars())

    def busiest_users(self, n: int) -> list[tuple[str, int]]:
        """The people with the most events, and how many they have."""
        count = func.count().label("events")
        query = select(events.c.user_id, count).group_by(events.c.user_id)
        with self._db.reading() as connection:
            rows = connection.execute(query.order_by(count.desc(), events.c.user_id).limit(n)).all()
        return [(user_id, int(number)) for user_id, number in rows]

    # Events

    def append(self, new: Iterable[Event], opinions: Mapping[str, Opinion] | None = None) -> Appended:
        """Keep events; durable when it returns. An id that is there already is left as it is and reported.

        Args:
            opinions: what was read in their texts, by the event's id; kept in the same transaction, so that nobody sees
                the one without the other.

        100,000 go into one transaction. After an error or a crash those of earlier transactions are kept, and sending
        everything again adds the rest.
        """
        added, duplicates = 0, []
        for rows in batches(map(event_rows.to_row, new), EVENT_BATCH):
            with self._db.writing("events") as connection:
                before = connection.execute(select(func.coalesce(func.max(events.c.seq), 0))).scalar_one()
                inserted = self._insert_events(connection, rows)
                if inserted < len(rows):
                    # Writers go one after the other, so whatever has a higher number is ours.
                    fresh = set(connection.execute(select(events.c.id).where(events.c.seq > before)).scalars())
                if opinions:
                    self._insert_opinions(connection, opinions, {row[0] for row in rows}, before)
            added += inserted
            if inserted < len(rows):
                for event_id, *_ in rows:
                    if event_id in fresh:
                        fresh.remove(event_id)
                    else:
                        duplicates.append(event_id)
        return Appended(added, tuple(duplicates))

    def has_events(self, ids: Iterable[str]) -> set[str]:
        """Those of the event ids that exist."""
        return {row[0] for row in self._by_ids(select(events.c.id), events.c.id, ids)}

    def _insert_events(self, connection: Connection, rows: list[tuple[Any, ...]]) -> int:
        # Past SQLAlchemy's handling of each value, which would take longer than the database does.
        names = ", ".join(event_rows.COLUMNS)
        marks = ", ".join("?" if self._db.is_sqlite else "%s" for _ in event_rows.COLUMNS)
        once = "ON CONFLICT (id) DO NOTHING"
        if self._db.is_sqlite or len(rows) < COPY_FROM:
            statement = f"INSERT INTO events ({names}) VALUES ({marks}) {once}"  # noqa: S608 - our own column names
            return connection.exec_driver_sql(statement, rows).rowcount
        connection.exec_driver_sql("CREATE TEMPORARY TABLE arriving (LIKE events, line serial) ON COMMIT DROP")
        connection.exec_driver_sql("ALTER TABLE arriving ALTER seq DROP NOT NULL")
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return connection.exec_driver_sql(
            f"INSERT INTO events ({names}) SELECT {names} FROM arriving ORDER BY line {once}"  # noqa: S608
        ).rowcount

    def events(
        self,
        user_id: str | None = None,
        item_id: str | None = None,
        kinds: Collection[EventKind] | None = None,
        after_seq: int = 0,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[int, Event]]:
        """Events with their numbers, in order of arrival (or the reverse), those that match everything given."""
        query = select(events.c.seq, *(events.c[name] for name in event_rows.COLUMNS))
        query = _of(query, user_id, after_seq)
        if item_id is not None:
            query = query.where(events.c.item_id == item_id)
        if kinds is not None:
            query = query.where(events.c.kind.in_([EventKind(kind).value for kind in kinds]))
        for seq, *row in self._pages(query, events.c.seq, newest_first, limit):
            yield int(seq), event_rows.from_row(row)

    def event_of_answer(self, request_id: str, user_id: str, item_id: str) -> Event | None:
        """The first event of a person with an item that came of an answer; None: there is none.

        A showing whose id begins with the answer's, as the pages write it (``REQUEST:RANK``), is found by that; others
        among the person's events with the item.
        """
        columns = (events.c.seq, *(events.c[name] for name in event_rows.COLUMNS))
        whose = select(*columns).where(events.c.user_id == user_id, events.c.item_id == item_id)
        named = whose.where(events.c.id >= f"{request_id}:", events.c.id < f"{request_id};")
        for query in (named, whose):
            for _, *row in self._pages(query, events.c.seq):
                event = event_rows.from_row(row)
                if event.context is not None and event.context.request_id == request_id:
                    return event
        return None

    def event_table(self, user_id: str | None = None, after_seq: int = 0) -> EventTable:
        """Events as columns, in order of arrival, without making an `Event` of each."""
        query = _of(select(*event_rows.TABLE_COLUMNS), user_id, after_seq)
        maker = event_rows.TableMaker()
        for page in self._whole_pages(query, events.c.seq):
            maker.add(page)
        return maker.table(self._sentiments(user_id, after_seq))

    def impressions(self, item_ids: Iterable[str]) -> dict[str, int]:
        """How many impressions of each of these items are recorded; those without any are left out."""
        count = func.count().label("number")
        query = select(events.c.item_id, count).where(events.c.kind == EventKind.IMPRESSION.value)
        rows = self._by_ids(query.group_by(events.c.item_id), events.c.item_id, item_ids)
        return {item_id: int(number) for item_id, number in rows}

    def last_seq(self, user_id: str | None = None) -> int:
        """Number of the newest event, of one person or of all; 0 where there is none."""
        if user_id is None:
            return int(self._db.glance("SELECT max(seq) FROM events") or 0)
        return int(self._db.glance("SELECT max(seq) FROM events WHERE user_id = ?", (user_id,)) or 0)

    # The whole

    def counts(self) -> dict[str, int]:
        """Rows by table; under ``users`` everybody who has a row or an event."""
        silent = select(func.count()).select_from(users).where(~exists().where(events.c.user_id == users.c.id))
        acted = select(func.count()).select_from(select(events.c.user_id).distinct().subquery())
        with self._db.reading() as connection:

            def number(query: Select[Any]) -> int:
                return int(connection.execute(query).scalar_one())

            return {
                "items": number(select(func.count()).select_from(items)),
                "users": number(silent) + number(acted),
                "events": number(select(func.count()).select_from(events)),
                "readings": number(select(func.count()).select_from(readings)),
            }

    def revision(self) -> int:
        """A number that rises with every change of items or readings, for those who keep a copy of them."""
        return int(self._db.glance("SELECT number FROM state WHERE name = 'catalogue'"))

    def changed_since(self, revision: int) -> set[str] | None:
        """The items of which anything has changed since that `revision`, removed ones too; None: any may have.

        What is read of them afterwards may be newer still, and is then told again to who asks since a later revision.
        """
        with self._db.snapshot() as connection:
            whole = connection.execute(select(state.c.number).where(state.c.name == "whole")).scalar_one()
            if whole > revision:
                return None
            return set(connection.execute(select(changes.c.item_id).where(changes.c.revision > revision)).scalars())

    def item_kinds(self) -> dict[str, int]:
        """How many items there are of each kind, most first."""
        count = func.count().label("number")
        query = select(items.c.kind, count).group_by(items.c.kind).order_by(count.desc(), items.c.kind)
        with self._db.reading() as connection:
            return {kind: int(number) for kind, number in connection.execute(query)}

    def check(self) -> list[str]:
        """What is wrong with the database, a sentence each; empty when all is well."""
        problems = []
        version = self._db.version()
        if version != versions()[-1]:
            problems.append(f"{self.name} has the tables of version {version}, not {versions()[-1]}. Open it again.")
        orphaned = select(func.count()).select_from(readings).where(~exists().where(items.c.id == readings.c.item_id))
        try:
            with self._db.reading() as connection:
                if self._db.is_sqlite:
                    told = connection.exec_driver_sql("PRAGMA integrity_check(10)").scalars().all()
                    problems += [f"{self.name} is damaged: {line}. Restore a backup." for line in told if line != "ok"]
                    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
                    if mode != "wal":
                        problems.append(f"{self.name} has no write-ahead log (mode {mode!r}): is it on a network disk?")
                number = connection.execute(orphaned).scalar_one()
        except StorageError as error:
            return [*problems, str(error)]
        if number:
            problems.append(f"{number} readings belong to no item. Remove them, or import the items again.")
        return problems

    # A person's rights

    def export_user(self, user_id: str) -> Iterator[dict[str, Any]]:
        """Everything kept about a person, as JSON: ``{"user": …}`` if stated, ``{"verdict": …}`` if one was given,
        ``{"member": …}`` of an account, ``{"llm_usage": …}`` for each day and purpose, ``{"conversation": …}`` for each
        one, ``{"playlist": …}`` for each list, then ``{"seq", "event": …}`` for each event, with what was read in its
        text under ``opinion``."""
        user = self.user(user_id)
        if user is not None:
            yield {"user": user.model_dump(mode="json")}
        verdict = self.verdicts().get(user_id)
        if verdict is not None:
            yield {"verdict": {"confirmed": verdict.confirmed, "at": verdict.at}}
        for member in self.members([user_id]).values():
            yield {"member": member.model_dump(mode="json")}
        for used in self.llm_usage(user_id):
            yield {"llm_usage": used}
        for kept in self.conversations(user_id):
            yield {"conversation": json.loads(kept.body)}
        for playlist in self.playlists(user_id):
            yield {"playlist": playlist.model_dump(mode="json")}
        read = {statement.seq: statement.opinion for statement in self.statements(user_id)}
        for seq, event in self.events(user_id=user_id):
            row = {"seq": seq, "event": event.model_dump(mode="json", exclude_none=True)}
            yield {**row, "opinion": read[seq].as_json()} if seq in read else row

    def erase_user(self, user_id: str) -> dict[str, int]:
        """Delete everything about a person; returns the rows deleted by table.

        On SQLite the file is then rewritten and its log emptied, so that no byte of it is left (about 2 s per million
        events). PostgreSQL gives the space back at its next vacuum.

        Raises:
            Busy: the rows are deleted, but another process kept the file from being rewritten; call again.
        """
        with self._db.writing("events") as connection:
            self._erase_opinions(connection, user_id)
            self._erase_groups(connection, user_id)
            erased = {
                "users": connection.execute(delete(users).where(users.c.id == user_id)).rowcount,
                "events": connection.execute(delete(events).where(events.c.user_id == user_id)).rowcount,
                "verdicts": connection.execute(delete(verdicts).where(verdicts.c.user_id == user_id)).rowcount,
                "members": self._erase_member(connection, user_id),
                "llm_usage": self._erase_llm_usage(connection, user_id),
                "conversations": self._erase_conversations(connection, user_id),
                "playlists": self._erase_playlists(connection, user_id),
            }
        self._db.rewrite()
        return erased

    # Backups

    def dump(self, folder: Path) -> None:
        """Write all rows to ``folder`` as JSON lines, see `segue.storage.backup`."""
        backup.dump(self._db, folder)

    def load(self, folder: Path) -> None:
        """Fill this store, which must be empty, with what `dump` wrote on any database.

        Raises:
            StorageError: the store holds rows, or the backup is damaged; nothing is kept then.
        """
        backup.load(self._db, folder)


def _of(query: Select[Any], user_id: str | None, after_seq: int) -> Select[Any]:
    if user_id is not None:
        query = query.where(events.c.user_id == user_id)
    return query.where(events.c.seq > after_seq) if after_seq else query


def _body(item: Item) -> str:
    # What is missing is not written: it comes back as missing.
    return item.model_dump_json(exclude_defaults=True)


def _no_nul(what: str, ids: Iterable[str]) -> None:
    for name in ids:
        if "\0" in name:
            raise InvalidInput(f"{what} {name!r} has a NUL character in its id. Give it another id.")
