"""What an engine does with items, what is said about them, and events."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...annotations import Annotation, Review
from ...errors import InvalidInput, in_one_line
from ...events import Event, EventKind, now
from ...items import Item
from ...opinions import Opinion
from ...prints import Duplicate
from ...profiles.said.run import opinions_of, read_new
from ...storage.locks import workspace_lock
from ...storage.rows import PutCounts
from ...understanding.annotators.effective import LABELLED_BY
from .. import cataloguing
from ..saying import moments_of, names_of
from ..workspace import add_root, with_roots
from .opened import Opened, Progress, silent

if TYPE_CHECKING:
    from ...ingest.run import ImportReport


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What became of the events handed in."""

    accepted: int
    duplicates: tuple[str, ...]
    """Ids that were known before; each is one event."""
    rejected: tuple[tuple[str, str], ...]
    """(id, why)."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {
            "accepted": self.accepted,
            "duplicate": len(self.duplicates),
            "rejected": [{"id": event_id, "why": why} for event_id, why in self.rejected],
        }


class CatalogueVerbs(Opened):
    """Items, labels, files and events: in, out, read, corrected."""

    # The catalogue

    def items(self, kind: str | None = None, limit: int | None = None, after: str | None = None) -> Iterator[Item]:
        """Items in the order of their arrival, optionally of one kind, at most ``limit``, after the id ``after``.

        They are as their owner states them; `annotations` says what else is said about one.
        """
        catalogue = self._serving.world().catalogue
        start = 0 if after is None else catalogue.row(after) + 1
        left = len(catalogue) if limit is None else limit
        for item in catalogue.items[start:]:
            if left <= 0:
                return
            if item is not None and (kind is None or item.kind.value == kind):
                left -= 1
                yield self._store.item(item.id) if LABELLED_BY in item.extra else item

    def item(self, item_id: str) -> Item:
        """One item. Raises NotFound."""
        return self._store.item(item_id)

    def find_items(self, item_ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that there are, by id, all read at once."""
        return self._store.find_items(item_ids)

    def add_items(self, items: Iterable[Item]) -> PutCounts:
        """Put items into the catalogue; one that is there already takes over what the new one states."""
        counts = self._store.put_items(items)
        self._serving.refresh()
        return counts

    def remove_items(self, item_ids: Iterable[str]) -> int:
        """Take items out of the catalogue; their events stay. Returns how many there were."""
        from ...understanding import derived

        item_ids = list(item_ids)
        seen = [reading.facts for reading in self._store.readings(item_ids, space="picture")]
        count = self._store.remove_items(item_ids)
        for facts in seen:
            derived.remove(self.workspace, facts)
        self._serving.refresh()
        return count

    def facts(self, item_id: str) -> dict[str, dict[str, Any]]:
        """What the encoders found in an item, by space; a problem stands under ``problem``."""
        from ...understanding import derived

        self._store.item(item_id)
        return {
            reading.space: {
                **derived.present(self.workspace, reading.facts),
                **({"problem": reading.problem} if reading.problem else {}),
            }
            for reading in self._store.readings([item_id])
            if "." not in reading.space  # read again without labels, for those who learn them
        }

    def film_picture(self, item_id: str, name: str) -> Path | None:
        """A picture made of an item's film: ``thumbnail.jpg``, ``sheet.jpg`` or ``preview.webm``; None without it."""
        from ...understanding import derived

        for reading in self._store.readings([item_id], space="picture"):
            return derived.path_of(self.workspace, reading.facts, name)
        return None

    def duplicates(self, item_id: str | None = None) -> list[tuple[Duplicate, Item]]:
        """What holds the same recording or nearly the same pictures as an item, with the other item, most alike first.

        Without an id: every pair of the catalogue once. Copies are linked by `understand`, and never deleted.

        Raises:
            NotFound: there is no such item.
        """
        if item_id is not None:
            self._store.item(item_id)
        links = self._store.duplicates(item_id)
        others = self._store.find_items({link.other_id for link in links})
        return [(link, others[link.other_id]) for link in links if link.other_id in others]

    # What is said about an item

    def annotations(self, item_id: str) -> cataloguing.Labels:
        """Tags, genres, moods …: every label of an item with who says so, which hold, and its summary."""
        return cataloguing.labels_of(self._store, self.settings, item_id)

    def correct(self, item_id: str, vocabulary: str, label: str, holds: bool = True) -> Annotation:
        """A person says that a label holds for an item, or does not: it wins over everything, until withdrawn."""
        said = cataloguing.correct(self._store, self.settings, item_id, vocabulary, label, holds)
        self._serving.refresh()
        return said

    def withdraw(self, item_id: str, vocabulary: str, label: str) -> None:
        """Forget a correction. Raises NotFound where there is none."""
        cataloguing.withdraw(self._store, self.settings, item_id, vocabulary, label)
        self._serving.refresh()

    def warnings(self, status: str = "pending", limit: int | None = None) -> list[cataloguing.Warning]:
        """Content warnings that wait for a person, the surest first; or those ``confirmed`` or ``rejected``."""
        return cataloguing.warnings(self._store, self.settings, status, limit)

    def moderate(self, item_id: str, label: str, confirm: bool) -> Review:
        """Confirm a content warning, so that it counts for the filters; or reject it for the content as it is now."""
        review = cataloguing.moderate(self._store, self.settings, item_id, label, confirm)
        self._serving.refresh()
        return review

    def moments(self, item_id: str) -> dict[str, Any]:
        """Where in an item people react, by their bullet comments: counts by ten seconds with sentiment, and peaks.

        Raises:
            NotFound: there is no such item.
        """
        return moments_of(self._store, self._store.item(item_id))

    def vocabularies(self) -> dict[str, list[dict[str, Any]]]:
        """The closed vocabularies: name → labels with their Chinese names and kinds."""
        return cataloguing.vocabularies_as_json(self.settings)

    def entity(self, entity_id: str) -> dict[str, Any]:
        """What the knowledge graph says about a person, work, place …: its items, and what it stands beside."""
        from ..entities import entity

        stated = sum(1 for _ in self._store.relations(entity_id, limit=1000))
        return entity(self._serving.world(), entity_id, stated)

    def knowledge(self, item_id: str) -> dict[str, Any]:
        """What an item is connected to, who says so, and its neighbours in the graph with what they share."""
        from ..entities import knowledge

        self._look_for(item_id)
        return knowledge(self._serving.world(), item_id, self._store.relations(f"item:{item_id}"))

    def media_folders(self) -> list[Path]:
        """Where files may be read and played: the workspace, ``[media] roots``, all imported folders."""
        return with_roots(self.settings, self.workspace).media.folders(self.workspace)

    def import_from(
        self,
        source: str,
        path: Path | None,
        *,
        options: Mapping[str, object] | None = None,
        unknown_items: str = "reject",
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import from a named source (see `segue.ingest.ORIGINS`); returns its `ImportReport`.

        Args:
            path: file or folder; None: ``sample`` in the workspace, where the sampler keeps its library.
            unknown_items: kind of the bare items made for events on unknown items; ``reject``: such events are refused.
        """
        from ...ingest.run import import_path

        with workspace_lock(self.workspace, f"import {source}"):
            report = import_path(
                self._store,
                source,
                path or self.workspace / "sample",
                self.settings,
                options=options or {},
                unknown_items=unknown_items,
                dry_run=dry_run,
                progress=lambda done, total: (progress or silent)(f"import {source}", done, total),
            )
        if source == "folder" and path is not None and not dry_run:
            add_root(self.workspace, path)
        self._serving.refresh()
        if report.events_added and not dry_run and self._store.count_unread(None, None):
            read_new(self._store, names_of(self._serving.world()), progress or silent)
            self._serving.refresh()
        return report

    # Events

    def event(self, user_id: str, item_id: str | None, kind: EventKind | str, **fields: Any) -> Event:
        """An event that happened just now, with an id of its own unless one is given."""
        fields = {name: value for name, value in fields.items() if value is not None}
        try:
            return Event(
                **{"id": uuid.uuid4().hex, "at": now(), **fields, "user_id": user_id, "item_id": item_id, "kind": kind}
            )
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error

    def record(self, events: Iterable[Event]) -> Recorded:
        """Keep events; durable when this returns. The next answer takes them into account.

        An event on an item that the catalogue does not have is rejected with the reason; the others are kept. What
        their texts say is read at once by the built-in words.
        """
        taken: list[Event] = []
        rejected: list[tuple[str, str]] = []
        events = list(events)
        known = self._store.has_items({e.item_id for e in events if e.item_id is not None})
        for event in events:
            if event.item_id is not None and event.item_id not in known:
                rejected.append((event.id, f"unknown item {event.item_id!r}; put it into the catalogue first"))
            else:
                taken.append(event)
        opinions: dict[str, Opinion] = {}
        if any(event.text and event.train for event in taken):
            opinions = opinions_of(taken, names_of(self._serving.world()))
        appended = self._store.append(taken, opinions)
        return Recorded(appended.added, appended.duplicates, tuple(rejected))
