"""The graph as sparse matrices: what items have in common, and how much that says.

An item is the row of the entities that it is connected to, each weighted by how much its relation says and by how rare
the entity is (inverse document frequency); two items are as near as the cosine of their rows. Relations between items
themselves (a sequel and what it follows) are entities too: each item is its own. Steps of two relations (an item, its
author, another work of the author's) are taken once, at `SECOND` of the weight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from ...arrays import Floats, Rows, Sparse
from ...catalogue import Catalogue
from ...items import Item, ItemKind
from ...relations import Relation

WEIGHTS = {"genre": 0.3, "theme": 0.6, "country": 0.2, "set in": 0.8, "actor": 0.8, "sequel to": 2.0, "part of": 1.5,
           "based on": 1.5, "remake of": 2.0, "prequel to": 2.0, "followed by": 2.0, "source of": 1.5, "remade as": 2.0,
           "has prequel": 2.0}  # fmt: skip
"""How much a relation says; 1 where it is not named."""
INVERSE = {"sequel to": "followed by", "prequel to": "has prequel", "remake of": "remade as", "based on": "source of"}
INVERSE |= {there: back for back, there in INVERSE.items()}
"""What a relation is called from its other end; every other one has one name for both ways."""
SCREEN = frozenset({ItemKind.MOVIE, ItemKind.SERIES, ItemKind.EPISODE, ItemKind.VIDEO, ItemKind.SHORT})
SAME_SORT = (SCREEN, frozenset({ItemKind.GAME}))
"""Kinds of one sort: what a film follows is a film or a series, never the track or the game of that name."""
FOLLOWING = {
    "sequel to": (0, 60),
    "prequel to": (0, 60),
    "remake of": (0, 110),
    "follows": (0, 60),
    "followed by": (-60, 0),
}
"""Relations to a work of the same sort, so that a work that is named and is here may be that item; how many years
earlier it may have come out."""
SECOND = 0.3
NEWCOMERS = 1000
"""Items that are added to a graph each time anew, before all is read again."""
MOST_SHARED = 8


@dataclass(frozen=True)
class Shared:
    """One thing that two items have in common."""

    entity: str
    name: str
    relation: str
    """That of the first item."""
    other: str
    """That of the second."""
    weight: float
    direct: bool = False
    """The entity is the second item itself."""


class Graph:
    """Everything known about how the items of a catalogue are connected.

    Relations of items that are not in the catalogue count as what they are: entities under a name.
    """

    def __init__(self, catalogue: Catalogue, relations: Iterable[Relation]) -> None:
        self.catalogue = catalogue
        self.names: dict[str, str] = {}
        self.links: dict[int, dict[str, str]] = {}
        """Row of an item → entity → relation (the one that says most)."""
        self.others: dict[str, dict[str, str]] = defaultdict(dict)
        """Entity that is no item → entity → relation, both ways."""
        self.base: Graph | None = None
        """The graph of the catalogue's beginning that this one has gone on from."""
        self._changed: set[int] = set()
        """Rows whose links are not those of the base."""
        self._stated: dict[str, int] = {}
        """Hash of what is stated of each head."""
        self._awaited: set[str] = set()
        """Folded titles of works that items follow."""
        self._add(relations)

    def followed(
        self, catalogue: Catalogue, same: int, relations: Callable[[Sequence[str]], Iterable[Relation]], again: Rows
    ) -> Graph | None:
        """The graph of a later catalogue that adds items to this one; None: all has to be read for it.

        It says the same as one that is built anew; of several spellings of a name it takes the one known first.

        Args:
            same: how many rows both catalogues begin with alike.
            relations: gives those that have one of these entities as their head.
            again: rows of which something may be stated anew.
        """
        base = self.base or self
        start = len(base.catalogue)
        known = [f"item:{catalogue.ids[row]}" for row in again if row < start]
        if same < start or len(catalogue) - start > NEWCOMERS or len(known) > NEWCOMERS:
            return None
        if base._hashes(relations(known)) != {head: base._stated[head] for head in known if head in base._stated}:
            return None
        new = [(f"item:{i}", item) for i, item in zip(catalogue.ids[start:], catalogue.items[start:], strict=True)]
        heads = [head for head, item in new if item is not None]
        if any(head in base.names for head, _ in new) or any(
            item.title.casefold() in base._awaited for _, item in new if item is not None and item.title
        ):
            return None  # others were connected with it before it came
        made = copy(base)
        for derived in ("entities", "matrix", "_weighed", "_items_of", "_titles"):
            vars(made).pop(derived, None)
        made.catalogue, made.base, made._changed = catalogue, base, set()
        made.names, made.links = dict(base.names), dict(base.links)
        made._stated, made._awaited = dict(base._stated), set(base._awaited)
        made._add(relations(heads))
        return made

    @staticmethod
    def _hashes(relations: Iterable[Relation]) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in relations:
            found[one.head] = found.get(one.head, 0) ^ _hash(one)
        return found

    @cached_property
    def _titles(self) -> dict[str, list[int]]:
        """Rows by folded title."""
        found: dict[str, list[int]] = defaultdict(list)
        for row, item in enumerate(self.catalogue.items):
            if item is not None and item.title:
                found[item.title.casefold()].append(row)
        return found

    def _add(self, relations: Iterable[Relation]) -> None:
        catalogue = self.catalogue
        for relation in relations:
            self._stated[relation.head] = self._stated.get(relation.head, 0) ^ _hash(relation)
            self.names.setdefault(relation.head, relation.head_name)
            self.names.setdefault(relation.tail, relation.tail_name)
            head, tail = self._row(relation.head), self._row(relation.tail)
            if head is not None and relation.tail.startswith("work:") and relation.relation in FOLLOWING:
                title = relation.tail_name.casefold()
                self._awaited.add(title)
                tail = self._meant(head, relation.relation, self._titles.get(title, []))
            if relation.head == relation.tail or (head is not None and head == tail):
                continue
            tail_id = relation.tail if tail is None else f"item:{catalogue.ids[tail]}"
            if head is not None:
                self._link(head, tail_id, relation.relation)
            if tail is not None:
                self._link(tail, relation.head, inverse(relation.relation))
            if head is None and tail is None:
                self.others[relation.head][relation.tail] = relation.relation
                self.others[relation.tail][relation.head] = inverse(relation.relation)

    def _meant(self, head: int, relation: str, rows: list[int]) -> int | None:
        """Which of the items of a title is the work that an item follows or remakes; None where none can be.

        It is of the same sort and came out when it makes sense; of several the nearest in time, undated ones last.
        """
        one, (least, most) = self.catalogue.item(head), FOLLOWING[relation]
        found = []
        for row in rows:
            other = self.catalogue.item(row)
            years = _years_between(other, one)
            if row == head or not any({one.kind, other.kind} <= sort for sort in SAME_SORT):
                continue
            if years is None or least <= years <= most:
                found.append((np.inf if years is None else abs(years), row))
        return min(found)[1] if found else None

    def _row(self, entity: str) -> int | None:
        if not entity.startswith("item:"):
            return None
        row = self.catalogue.row_of.get(entity[5:])
        return row if row is not None and self.catalogue.items[row] is not None else None

    def _link(self, row: int, entity: str, relation: str) -> None:
        if row not in self._changed:
            self._changed.add(row)
            self.links[row] = dict(self.links.get(row, {}))
        own = self.links[row]
        if entity not in own or weight_of(relation) > weight_of(own[entity]):
            own[entity] = relation

    @cached_property
    def entities(self) -> dict[str, int]:
        """Column of each entity that an item is connected to, and of each item that has connections."""
        found = dict(self.base.entities) if self.base else {}
        for row, own in self._new_links():
            found.setdefault(f"item:{self.catalogue.ids[row]}", len(found))
            for entity in own:
                found.setdefault(entity, len(found))
                for further in self.others.get(entity, ()):
                    found.setdefault(further, len(found))
        return found

    def _new_links(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows whose links are not those of the base, with these."""
        return ((row, own) for row, own in self.links.items() if self.base is None or row in self._changed)

    @cached_property
    def _weighed(self) -> tuple[Rows, Rows, Floats]:
        """Row, column and weight of each link, before it is told how rare an entity is."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for row, own in self._new_links():
            weights: dict[str, float] = {f"item:{self.catalogue.ids[row]}": 1.0}
            for entity, relation in own.items():
                weights[entity] = max(weights.get(entity, 0.0), weight_of(relation))
                for further, second in self.others.get(entity, {}).items():
                    weights.setdefault(further, SECOND * weight_of(relation) * weight_of(second))
            rows += [row] * len(weights)
            columns += [self.entities[entity] for entity in weights]
            values += list(weights.values())
        new = np.array(rows, np.int32), np.array(columns, np.int32), np.array(values, np.float32)
        if self.base is None:
            return new
        kept = ~np.isin(self.base._weighed[0], list(self._changed))
        joined = [np.concatenate([old[kept], more]) for old, more in zip(self.base._weighed, new, strict=True)]
        return joined[0], joined[1], joined[2]

    @cached_property
    def matrix(self) -> Sparse:
        """(n items, n entities) rows of length 1; empty where nothing is known."""
        rows, columns, values = self._weighed
        shape = (len(self.catalogue), max(len(self.entities), 1))
        found = sparse.csr_array((values, (rows, columns)), shape=shape)
        having = np.bincount(found.indices, minlength=shape[1])
        found.data *= np.log1p(shape[0] / np.maximum(having, 1))[found.indices].astype(np.float32)
        length = np.sqrt(np.asarray((found * found).sum(axis=1)).ravel())
        found.data /= np.repeat(np.maximum(length, 1e-6), np.diff(found.indptr)).astype(np.float32)
        return found

    def near(self, seeds: Rows, weights: Floats | None = None) -> Floats:
        """(n items,) cosine of each item with the (weighted) sum of the seeds; NaN where nothing is known of it."""
        own = self.matrix[seeds]
        towards = own.sum(axis=0) if weights is None else weights @ own
        towards = np.asarray(towards, dtype=np.float32).ravel()
        length = float(np.linalg.norm(towards))
        scores = np.asarray(self.matrix @ (towards / max(length, 1e-6)), dtype=np.float32)
        return np.where(np.diff(self.matrix.indptr) > 0, scores, np.nan).astype(np.float32)

    def of(self, entities: Iterable[str]) -> Floats:
        """(n items,) how strongly each item is connected to the entities, summed; 0: not at all."""
        columns = [self.entities[entity] for entity in entities if entity in self.entities]
        if not columns:
            return np.zeros(len(self.catalogue), dtype=np.float32)
        return np.asarray(self.matrix[:, columns].sum(axis=1), dtype=np.float32).ravel()

    def shared(self, row: int, other: int) -> list[Shared]:
        """What two items have in common, the most telling first; before all that a relation between the two."""
        a, b = self.links.get(row, {}), self.links.get(other, {})
        here, there = f"item:{self.catalogue.ids[row]}", f"item:{self.catalogue.ids[other]}"
        direct = [Shared(there, self.name(there), a[there], b[here], weight_of(a[there]), True)] if there in a else []
        found = []
        for entity in a.keys() & b.keys():
            rare = 1 / np.log(2 + self._items_of.get(entity, 1))
            weight = min(weight_of(a[entity]), weight_of(b[entity])) * float(rare)
            found.append(Shared(entity, self.name(entity), a[entity], b[entity], weight))
        return [*direct, *sorted(found, key=lambda one: (-one.weight, one.entity))][:MOST_SHARED]

    @cached_property
    def _items_of(self) -> dict[str, int]:
        count = defaultdict(int, self.base._items_of if self.base else {})
        for row, own in self._new_links():
            for entity in self.base.links.get(row, ()) if self.base else ():
                count[entity] -= 1
            for entity in own:
                count[entity] += 1
        return dict(count)

    def name(self, entity: str) -> str:
        """What to call an entity."""
        row = self._row(entity)
        if row is not None:
            return self.catalogue.item(row).name
        return self.names.get(entity) or entity.partition(":")[2]

    def items_of(self, entity: str) -> list[tuple[int, str]]:
        """Rows of the items that an entity is connected to, with the relation."""
        return [(row, own[entity]) for row, own in sorted(self.links.items()) if entity in own]

    def related(self, entity: str, limit: int = 24) -> list[tuple[str, int]]:
        """Entities that most often stand with it at the same items, genres and themes aside; how often."""
        count: dict[str, int] = defaultdict(int)
        for row, _ in self.items_of(entity):
            for other in self.links[row]:
                if other != entity and not other.startswith("item:"):
                    count[other] += 1
        for other in self.others.get(entity, ()):
            count[other] += 1
        return sorted(count.items(), key=lambda one: (-one[1], one[0]))[:limit]


def _hash(one: Relation) -> int:
    return hash((one.relation, one.tail, one.source, one.head_name, one.tail_name))


def inverse(relation: str) -> str:
    """What a relation is called from its other end."""
    return INVERSE.get(relation, relation)


def _years_between(earlier: Item, later: Item) -> int | None:
    return None if earlier.year is None or later.year is None else later.year - earlier.year


def weight_of(relation: str) -> float:
    """How much a relation says."""
    return WEIGHTS.get(relation, 1.0)
