"""What items share besides people: the entities of a catalogue, as a graph."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from ..arrays import Sparse
from ..catalogue import Catalogue
from ..items import Item
from ..topics import topics_of

SORTS = frozenset({"creator", "genre", "tag", "series", "album"})
"""Of topics: what connects few enough items to say something."""


def entity_edges(catalogue: Catalogue) -> Sparse:
    """(n items, n entities) float32: 1 where an item has an entity. Entities of one item alone are left out."""
    column: dict[str, int] = {}
    rows, columns = [], []
    for row, item in enumerate(catalogue.items):
        for entity in _entities(item) if item else ():
            rows.append(row)
            columns.append(column.setdefault(entity, len(column)))
    shape = (len(catalogue), len(column))
    edges = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    return edges[:, np.bincount(columns, minlength=len(column)) > 1]


def _entities(item: Item) -> Iterator[str]:
    return (key for key in topics_of(item) if key.partition(":")[0] in SORTS)
