"""What a process keeps of the items between two worlds, so that only what has changed is read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..arrays import Floats, Rows
from ..catalogue import Catalogue
from ..items import Item
from ..pipeline.asking.titles import Names
from ..pipeline.sources.words import WordIndex
from ..pipeline.stages import World
from ..settings import Settings
from ..storage.rows import Store
from ..understanding.annotators.effective import effective_items
from ..understanding.fuse import Projection
from ..understanding.run import vectors_for
from ..understanding.transcripts import with_transcripts


@dataclass(frozen=True)
class Items:
    """The items as requests read them, with the labels that hold and the words that are said in them, in the order of
    `Store.items`."""

    numbers: dict[str, int] = field(default_factory=dict)
    """Number of each item in that order, by id."""
    by_id: dict[str, Item] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store, settings: Settings) -> Items:
        """All of them."""
        by_id = {item.id: item for item in with_transcripts(effective_items(store, settings), store)}
        numbers = store.item_numbers()
        return cls({item_id: numbers.get(item_id, 0) for item_id in by_id}, by_id)

    def read_again(self, store: Store, settings: Settings, changed: Collection[str]) -> Items:
        """The same, of which those that have changed, come or gone are read again. The others stay the same objects."""
        found = with_transcripts(effective_items(store, settings, changed), store, changed)
        # The same object where nothing in it has changed: what follows from it has not either.
        read = {item.id: item if item != self.by_id.get(item.id) else self.by_id[item.id] for item in found}
        new = store.item_numbers(read)
        numbers = {**self.numbers, **new}
        by_id = {**self.by_id, **{item_id: read[item_id] for item_id in sorted(read, key=lambda one: new.get(one, 0))}}
        for item_id in changed:
            if item_id not in read:
                numbers.pop(item_id, None)
                by_id.pop(item_id, None)
        if any(self.numbers.get(item_id, numbers.get(item_id)) != numbers.get(item_id) for item_id in read):
            # One that was taken out and put in again has got another number.
            by_id = {item_id: by_id[item_id] for item_id in sorted(by_id, key=lambda one: numbers.get(one, 0))}
        return Items(numbers, by_id)


def vectors_again(
    catalogue: Catalogue, store: Store, settings: Settings, projection: Projection, before: World, fresh: Iterable[int]
) -> dict[str, Floats] | None:
    """`vectors_for` the catalogue, where all but a few rows are those of an earlier world.

    Args:
        before: the earlier world, of the same version.
        fresh: the rows whose items are new or have changed.

    Returns:
        None: a space has come, gone or changed its dimensions, so that all has to be read.
    """
    rows = np.array(sorted(fresh), dtype=np.int32)
    ids = tuple(catalogue.ids[row] for row in rows)
    few = Catalogue(ids, tuple(catalogue.items[row] for row in rows))
    new, _ = vectors_for(few, store, settings, projection, item_ids=ids)
    if any(space not in before.vectors or before.vectors[space].shape[1] != new[space].shape[1] for space in new):
        return None
    found = {}
    old_rows = moved(before.catalogue, catalogue)
    for space, old in before.vectors.items():
        found[space] = _rows(old, old_rows)
        found[space][rows] = new.get(space, np.float32(np.nan))
        if not np.isfinite(found[space][:, 0]).any():
            return None
    return found


def _rows(table: Floats, rows: Rows) -> Floats:
    """The rows of a table, NaN for row -1."""
    beginning = rows[: len(table)]
    if len(beginning) == len(table) and (beginning == np.arange(len(table))).all() and (rows[len(table) :] < 0).all():
        more = np.full((len(rows) - len(table), table.shape[1]), np.nan, np.float32)
        return np.concatenate([table, more])
    found = table[rows]
    found[rows < 0] = np.nan
    return found


def moved(before: Catalogue, now: Catalogue) -> Rows:
    """(n rows now,) the row that each id had before; -1: none."""
    if now.ids[: len(before)] == before.ids:
        return np.where(np.arange(len(now)) < len(before), np.arange(len(now)), -1).astype(np.int32)
    return before.rows(now.ids)


def columns_again(before: World, now: World, fresh: Iterable[int]) -> None:
    """`World.columns` of a world whose vectors were made by `vectors_again`, from those of the earlier one."""
    old_rows, rows = len(before.catalogue), list(fresh)
    if now.catalogue.ids[:old_rows] != before.catalogue.ids:
        return
    for space, vectors in now.vectors.items():
        old = before.already(("columns", space))
        if old is not None:
            made = np.empty_like(vectors, order="F")
            made[:old_rows], made[old_rows:], made[rows] = old, vectors[old_rows:], vectors[rows]
            now.derived(("columns", space), partial(_given, made))


def _given(table: Floats) -> Floats:
    return table


def take_over(before: World, now: World, store: Store, same: int, fresh: Iterable[int]) -> None:
    """Make what requests derive from a world from what was derived from an earlier one, where that is less work.

    Args:
        same: how many rows both catalogues begin with alike.
        fresh: rows of the later one whose items are new or have changed, or of which something has.
    """
    graph = before.already("graph")
    if graph is not None:
        again = np.array(sorted(fresh), dtype=np.int32)
        more = graph.followed(now.catalogue, same, store.relations_of, again)
        if more is not None:
            now.derived("graph", lambda: more)
    index = before.already("words")
    if index is not None:
        own = now.derived("words", lambda: WordIndex.of(now.catalogue, index, same))
        names = before.already("names")
        if names is not None:
            now.derived("names", lambda: Names.of(now.catalogue, own, names, same))
