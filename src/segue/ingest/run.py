"""Nouns from an origin into storage: in batches, each committed, with an account of what happened to every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from ..events import Event
from ..items import Item, ItemKind
from ..letters import fold_letters
from ..relations import Relation
from ..settings import Settings
from ..storage.rows import Appended, PutCounts, Store
from ..users import User
from . import ORIGINS
from .origin import Problems

BATCH = 10_000
"""Nouns between two commits."""

Progress = Callable[[int, int | None], None]
"""Called with the rows read so far and, where it is known, how many there are."""


@dataclass
class ImportReport:
    """What an import did; with ``dry_run``, what it would do."""

    problems: Problems
    items: PutCounts = field(default_factory=PutCounts)
    users: PutCounts = field(default_factory=PutCounts)
    events_added: int = 0
    events_duplicate: int = 0
    relations_added: int = 0
    relations_duplicate: int = 0
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        """The report with the keys that `segue import --json` promises."""
        rejected = self.problems.rejected
        return {
            "items": {**self.items._asdict(), "rejected": rejected["items"]},
            "users": {**self.users._asdict(), "rejected": rejected["users"]},
            "events": {
                "added": self.events_added,
                "duplicate": self.events_duplicate,
                "rejected": rejected["events"],
            },
            **(
                {
                    "relations": {
                        "added": self.relations_added,
                        "duplicate": self.relations_duplicate,
                        "rejected": rejected["relations"],
                    }
                }
                if self.relations_added or self.relations_duplicate or rejected["relations"]
                else {}
            ),
            "problems": [problem._asdict() for problem in self.problems.listed()],
            "dry_run": self.dry_run,
        }


def import_path(
    store: Store,
    source: str,
    path: Path,
    settings: Settings,
    *,
    options: Mapping[str, Any] | None = None,
    unknown_items: str = "reject",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Read ``path`` with the origin of that name (`segue.ingest.ORIGINS`) into the store.

    Args:
        options: settings of the origin.
        unknown_items: kind of which the items of events about unknown items are created; ``"reject"``: whatever the
            origin's ``kind`` says.

    Raises:
        NotFound: there is no such origin.
        InvalidInput: an option is impossible, or nothing in the source is understood.
        StorageError: it cannot be written; what was committed stays, and importing again adds the rest.
    """
    if unknown_items != "reject" and unknown_items not in list(ItemKind):
        raise InvalidInput(
            f"Unknown items cannot become {unknown_items!r}; expected 'reject' or one of {', '.join(ItemKind)}."
        )

    def known(item_id: str) -> Item | None:
        return store.find_items([item_id]).get(item_id)

    origin = ORIGINS.load(source).configured(
        options or {}, media=settings.media, known=known, **({} if progress is None else {"progress": progress})
    )
    problems = Problems()
    return import_into(
        store,
        origin.read(path, problems),
        problems,
        unknown_items=origin.unknown_items if unknown_items == "reject" else ItemKind(unknown_items),
        dry_run=dry_run,
        progress=progress,
        total=origin.total(path),
    )


def import_into(
    store: Store,
    stream: Iterable[Item | User | Event | Relation],
    problems: Problems,
    *,
    unknown_items: ItemKind | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    total: int | None = None,
) -> ImportReport:
    """Write the stream to the store; see `import_path`. A dry run counts the same and writes nothing."""
    report = ImportReport(problems, dry_run=dry_run)
    target = _Rehearsal(store) if dry_run else store
    gate = _Gate(target, problems, unknown_items)
    items: list[Item] = []
    users: list[User] = []
    events: list[Event] = []
    relations: list[Relation] = []

    def flush() -> None:
        created: list[Item] = []
        taken: list[Event] = []
        if items:
            report.items = report.items.plus(target.put_items(gate.own(items)))
        if users:
            report.users = report.users.plus(target.put_users(users))
        if events:
            created, taken = gate.sort(events)
        if created:
            report.items = report.items.plus(target.put_items(created))
        if taken:
            appended = target.append(taken)
            report.events_added += appended.added
            report.events_duplicate += len(appended.duplicates)
        if relations:
            added = len(relations) if dry_run else store.put_relations(relations)
            report.relations_added += added
            report.relations_duplicate += len(relations) - added
        for batch in (items, users, events, relations):
            batch.clear()

    count = 0
    for count, noun in enumerate(stream, 1):
        if isinstance(noun, Event):
            events.append(noun)
        elif isinstance(noun, Item):
            items.append(noun)
        elif isinstance(noun, Relation):
            relations.append(noun)
        else:
            users.append(noun)
        if count % BATCH == 0:
            flush()
            if progress:
                progress(count, total)
    flush()
    if progress:
        progress(count, total)
    return report


class _Gate:
    """Lets events through whose items exist; creates the others' items, or rejects the events."""

    def __init__(self, target: Store | _Rehearsal, problems: Problems, unknown_items: ItemKind | None) -> None:
        self._target = target
        self._problems = problems
        self._kind = unknown_items
        self._known: set[str] = set()
        self._taken: set[str] = set()
        """Ids of this source that belong to something else here."""

    def own(self, items: list[Item]) -> list[Item]:
        """The items without those whose id another source has given to something else: two sources may both begin to
        count at 1, and neither's items, nor what people did with them, become the other's."""
        stored = self._target.find_items({item.id for item in items if item.provider})
        kept = []
        for item in items:
            old = stored.get(item.id)
            if old is not None and _another(old, item):
                self._taken.add(item.id)
                self._problems.reject(
                    "items",
                    f"{item.provider} {item.id}",
                    f"The id {item.id!r} is that of the {old.kind.value} “{old.name}” of {old.provider} here; give the "
                    f"{item.kind.value} “{item.name}” another id, such as one with the name of the source before it.",
                )
            else:
                kept.append(item)
        return kept

    def sort(self, events: list[Event]) -> tuple[list[Item], list[Event]]:
        """The items to create, and the events that may be kept."""
        if self._taken:
            events = [event for event in events if not self._strange(event)]
        asked = {e.item_id for e in events if e.item_id is not None} - self._known
        self._known |= self._target.has_items(asked)
        unknown = asked - self._known
        if not unknown:
            return [], list(events)
        if self._kind is not None:
            self._known |= unknown
            return [Item(id=item_id, kind=self._kind) for item_id in sorted(unknown)], list(events)
        taken = []
        for event in events:
            if event.item_id in unknown:
                self._problems.reject(
                    "events",
                    f"{event.source or 'event'} {event.user_id} {event.kind.value}",
                    f"There is no item {event.item_id!r}; import the items first, or say of which kind to create them.",
                )
            else:
                taken.append(event)
        return [], taken

    def _strange(self, event: Event) -> bool:
        """Whether an event is about something whose id means something else here; it is rejected then."""
        if event.item_id not in self._taken:
            return False
        where = f"{event.source or 'event'} {event.user_id} {event.kind.value}"
        self._problems.reject("events", where, f"The id {event.item_id!r} is that of an item of another source here.")
        return True


def _another(old: Item, new: Item) -> bool:
    """Whether two items of two sources under one id are plainly not the same: of two kinds, or of two titles and
    years."""
    if not (old.provider and new.provider) or old.provider == new.provider:
        return False
    if old.kind is not new.kind:
        return True
    titles = {fold_letters(item.title) for item in (old, new) if item.title}
    years = {item.released[:4] for item in (old, new) if item.released}
    return len(titles) == 2 and len(years) == 2


class _Rehearsal:
    """Answers like the store it reads, counts as that would, and keeps what it was told in memory only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._items: dict[str, Item] = {}
        self._users: dict[str, User] = {}
        self._events: set[str] = set()

    def put_items(self, new: list[Item]) -> PutCounts:
        stored = {**self._store.find_items([i.id for i in new if i.id not in self._items]), **self._items}
        added, updated = set(), set()
        before: dict[str, Item | None] = {}
        for item in new:
            old = self._items.get(item.id) or stored.get(item.id)
            before.setdefault(item.id, old)
            self._items[item.id] = old.merged(item) if old else item
        for item_id, old in before.items():
            if old is None:
                added.add(item_id)
            elif old.fingerprint() != self._items[item_id].fingerprint():
                updated.add(item_id)
        return PutCounts(len(added), len(updated), len(before) - len(added) - len(updated))

    def find_items(self, ids: Iterable[str]) -> dict[str, Item]:
        wanted = set(ids)
        return {
            **self._store.find_items(wanted - self._items.keys()),
            **{item_id: self._items[item_id] for item_id in wanted & self._items.keys()},
        }

    def put_users(self, new: list[User]) -> PutCounts:
        before: dict[str, User | None] = {}
        for user in new:
            old = self._users.get(user.id) or self._store.user(user.id)
            before.setdefault(user.id, old)
            self._users[user.id] = User(id=user.id, attributes={**(old.attributes if old else {}), **user.attributes})
        added = sum(old is None for old in before.values())
        unchanged = sum(old == self._users[user_id] for user_id, old in before.items())
        return PutCounts(added, len(before) - added - unchanged, unchanged)

    def has_items(self, ids: Iterable[str]) -> set[str]:
        wanted = set(ids)
        return (wanted & self._items.keys()) | self._store.has_items(wanted - self._items.keys())

    def append(self, new: list[Event]) -> Appended:
        stored = self._store.has_events([e.id for e in new])
        duplicates = []
        for event in new:
            if event.id in stored or event.id in self._events:
                duplicates.append(event.id)
            self._events.add(event.id)
        return Appended(len(new) - len(duplicates), tuple(duplicates))
