"""Keeping the graph up to date: items that are new or have changed are read again, the others are not."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from ...items import Item
from ...readings import Reading
from ...relations import Relation
from ...storage.rows import Store
from .extract import EXTRACTORS

SPACE = "knowledge"
"""Under which a reading notes that an item's relations are known."""
VERSION = "knowledge-3"
AT_ONCE = 2000


def fingerprint(item: Item) -> str:
    """Changes with the item and with the rules."""
    names = ",".join(extractor.__name__ for extractor in EXTRACTORS)
    return hashlib.sha256(f"{VERSION};{names};{item.fingerprint()}".encode()).hexdigest()[:32]


def read_relations(store: Store, items: Iterable[Item], item_ids: Collection[str] | None = None) -> tuple[int, int]:
    """Extract the relations of items; those known before in an item are replaced.

    Args:
        item_ids: theirs, where they are few of all that are stored.

    Returns:
        How many items were read, and how many had not changed.
    """
    known = store.fingerprints(SPACE, item_ids)
    done = unchanged = 0
    batch: list[Item] = []
    for item in items:
        if known.get(item.id) == fingerprint(item):
            unchanged += 1
            continue
        batch.append(item)
        done += 1
        if len(batch) == AT_ONCE:
            _keep(store, batch)
            batch = []
    _keep(store, batch)
    return done, unchanged


def _keep(store: Store, items: list[Item]) -> None:
    if not items:
        return
    found: list[Relation] = []
    readings = []
    for item in items:
        own = [
            relation.model_copy(update={"version": VERSION}) for extractor in EXTRACTORS for relation in extractor(item)
        ]
        found.extend(own)
        readings.append(Reading(item.id, SPACE, fingerprint(item), facts={"relations": len(own)}))
    store.put_relations(found, [f"{extractor.__name__}:{item.id}" for item in items for extractor in EXTRACTORS])
    store.put_readings(readings)
