"""What items share besides people: the entities of a catalogue, as a graph."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..arrays import Sparse
from ..catalogue import Catalogue
from ..items import Item


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


def _entities(item: Item) -> set[str]:
    stated = {
        "creator": [credit.name for credit in item.creators],
        "genre": item.genres,
        "tag": item.tags,
        "series": [item.series] if item.series else [],
        "album": [item.album] if item.album else [],
    }
    return {f"{sort}:{name.lower()}" for sort, names in stated.items() for name in names}
