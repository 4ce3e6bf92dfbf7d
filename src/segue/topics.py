"""Topics: what items have and people turn to or away from, as keys: ``genre:horror``, ``creator:agnès varda``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field
from scipy import sparse

from .arrays import Floats, Rows, Sparse
from .items import Item

LABELS = "labels"
"""Key in the ``extra`` of an item as requests read it: ``{"mood": ["calm"]}``, labels that items have no field for."""
LONGEST = 300


def topic_key(sort: str, name: str) -> str:
    """``sort:name``, the name without regard to case."""
    return f"{sort}:{name.strip().casefold()}"


def _checked(value: str) -> str:
    sort, colon, name = value.partition(":")
    if not colon or not sort.strip() or not name.strip():
        raise ValueError("expected a topic such as 'genre:horror' or 'creator:Agnès Varda'")
    return topic_key(sort.strip().lower(), name)


TopicKey = Annotated[str, Field(min_length=3, max_length=LONGEST), AfterValidator(_checked)]


def topics_of(item: Item) -> dict[str, str]:
    """The topics of an item: key → the name as the item writes it."""
    named: dict[str, Iterable[str]] = {
        "genre": item.genres,
        "tag": item.tags,
        "creator": [credit.name for credit in item.creators],
        "kind": [item.kind.value],
        "language": [item.language.split("-")[0].lower()] if item.language else [],
        "series": [item.series] if item.series else [],
        "album": [item.album] if item.album else [],
    }
    labels = item.extra.get(LABELS)
    if isinstance(labels, Mapping):
        named |= {sort: names for sort, names in labels.items() if isinstance(names, list | tuple)}
    return {topic_key(sort, str(name)): str(name) for sort, names in named.items() for name in names if str(name)}


@dataclass(frozen=True, eq=False)
class Topics:
    """All topics of a catalogue."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    """As the first item that has it writes it."""
    matrix: Sparse
    """(n items, n topics): 1 where an item has a topic."""

    @classmethod
    def of(cls, items: Iterable[Item | None]) -> Topics:
        """Read the items of a catalogue in their order; a removed one has no topics."""
        column: dict[str, int] = {}
        names: list[str] = []
        rows: list[int] = []
        columns: list[int] = []
        n = 0
        for item in items:
            for key, name in topics_of(item).items() if item else ():
                if key not in column:
                    column[key] = len(column)
                    names.append(name)
                rows.append(n)
                columns.append(column[key])
            n += 1
        matrix = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(n, len(column)))
        return cls(tuple(column), tuple(names), matrix)

    def followed(self, items: Sequence[Item | None], same: int) -> Topics:
        """The topics of other items, of which the first ``same`` are those of this catalogue."""
        matrix = self.matrix[:same]
        # Topics are numbered by their first appearance, so that these rows have the first of them.
        known = int(matrix.indices.max()) + 1 if matrix.nnz else 0
        more = Topics.of(items[same:])
        column = {key: n for n, key in enumerate(self.keys[:known])}
        places = np.array([column.setdefault(key, len(column)) for key in more.keys], dtype=np.int32)
        names = self.names[:known] + tuple(
            name for name, place in zip(more.names, places.tolist(), strict=True) if place >= known
        )
        rest = more.matrix
        rest = sparse.csr_array((rest.data, places[rest.indices], rest.indptr), shape=(rest.shape[0], len(column)))
        rest.sort_indices()
        data, indices = np.concatenate([matrix.data, rest.data]), np.concatenate([matrix.indices, rest.indices])
        ends = np.concatenate([matrix.indptr, matrix.indptr[-1] + rest.indptr[1:]])
        shape = (len(items), len(column))
        return Topics(tuple(column), names, sparse.csr_array((data, indices, ends), shape=shape))

    @cached_property
    def column(self) -> Mapping[str, int]:
        """Column by key."""
        return {key: n for n, key in enumerate(self.keys)}

    @cached_property
    def by_topic(self) -> Any:
        """The matrix by column: the items of a topic are read without a look at the others."""
        return self.matrix.tocsc()

    @cached_property
    def _sorts(self) -> dict[str, Rows]:
        found: dict[str, list[int]] = {}
        for n, key in enumerate(self.keys):
            found.setdefault(key.partition(":")[0], []).append(n)
        return {sort: np.array(own, dtype=np.int32) for sort, own in found.items()}

    def name(self, key: str) -> str:
        """What a topic is called; the part after the colon where no item has it."""
        return self.names[self.column[key]] if key in self.column else key.partition(":")[2]

    def rows(self, key: str) -> Rows:
        """Rows of the items that have a topic, ascending."""
        if key not in self.column:
            return np.zeros(0, dtype=np.int32)
        n, table = self.column[key], self.by_topic
        return np.sort(table.indices[table.indptr[n] : table.indptr[n + 1]]).astype(np.int32)

    def share(self, key: str) -> tuple[Rows, Floats]:
        """Rows of the items that have a topic, and the part that it is of their topics of the same sort: a film of two
        genres is half of each."""
        rows = self.rows(key)
        if not len(rows):
            return rows, np.zeros(0, dtype=np.float32)
        own = self.matrix[rows][:, self._sorts[key.partition(":")[0]]]
        return rows, (1 / np.maximum(np.asarray(own.sum(axis=1)).ravel(), 1)).astype(np.float32)
