"""Histories as numbers: how much each event, and each item, of a person counts.

One rule for learning and for scoring: a person's preference for an item is the sum over the events, held within
-1 … 1, so that a track played a hundred times does not drown everything else. At scoring time older events may count
less: event weight × decay^age, age = number of later events that say something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy import sparse

from ..arrays import Floats, Rows, Sparse
from ..dataset import Dataset, History
from ..threads import blas_threads

HistoryDecay = Annotated[float, Field(gt=0, le=1)] | Literal["auto"]
"""Factor by which an event of the history counts less for each later one; 1 forgets nothing. ``auto``: the best of
`DECAYS` on validation."""
DECAYS = (1.0, 0.9, 0.8, 0.7, 0.6)


def event_weights(history: History, n_items: int, decay: float = 1.0) -> Floats:
    """(len(history),) weight of each event; 0 for those that say nothing or name a row outside 0 … n_items - 1."""
    return _weights(history.items, history.weights, np.zeros(len(history), np.int64), n_items, decay)


def item_weights(history: History, n_items: int, decay: float = 1.0) -> tuple[Rows, Floats]:
    """Items that count, ascending, and the weight of each, within -1 … 1 and not 0."""
    weights = event_weights(history, n_items, decay)
    counted = np.flatnonzero(weights)
    items, inverse = np.unique(history.items[counted], return_inverse=True)
    total = np.bincount(inverse, weights[counted], len(items)).astype(np.float32)
    return items[total != 0], total[total != 0]


def weight_matrix(histories: Sequence[History], n_items: int, decay: float = 1.0) -> Sparse:
    """(len(histories), n_items): `item_weights` of each."""
    shape = (len(histories), n_items)
    if not histories:
        return sparse.csr_array(shape, dtype=np.float32)
    people = np.repeat(np.arange(len(histories)), [len(h) for h in histories])
    items = np.concatenate([h.items for h in histories])
    weights = _weights(items, np.concatenate([h.weights for h in histories]), people, n_items, decay)
    counted = np.flatnonzero(weights)
    matrix = sparse.csr_array((weights[counted], (people[counted], items[counted])), shape=shape, dtype=np.float32)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def training_matrix(dataset: Dataset) -> Sparse:
    """(n users, n items) float32: positive preferences, each at most 1."""
    matrix = dataset.matrix.copy()
    np.minimum(matrix.data, 1, out=matrix.data)
    return matrix


def _weights(items: Rows, weights: Floats, people: np.ndarray, n_items: int, decay: float) -> Floats:
    """Weights of the events of many people, given one person after the other, each oldest first."""
    counted = (items >= 0) & (items < n_items) & (weights != 0)
    result = np.where(counted, weights, 0).astype(np.float64)
    if not counted.any():
        return result.astype(np.float32)
    if decay < 1:
        # Later events of the same person that say something.
        so_far = np.cumsum(counted)
        last = np.searchsorted(people, people, side="right") - 1
        result *= np.power(decay, (so_far[last] - so_far).astype(np.float64))
    # Events of one item share a bound of 1.
    _, pair = np.unique(people * np.int64(n_items) + np.where(counted, items, 0), return_inverse=True)
    total = np.abs(np.bincount(pair, result))
    result /= np.maximum(total, 1)[pair]
    return result.astype(np.float32)


def fold_in(told: Sparse, factors: int, solve: Callable[[Rows, Floats], Floats | None]) -> Floats:
    """(rows of ``told``, factors): the vector of each person, one after the other; NaN where there is nothing to tell.

    Args:
        told: (people, n items), see `weight_matrix`.
        solve: from a person's item rows and their weights to the vector, or None.
    """
    people = np.full((told.shape[0], factors), np.nan, np.float32)
    with blas_threads(1):
        for row in range(len(people)):
            own = slice(told.indptr[row], told.indptr[row + 1])
            vector = solve(told.indices[own], told.data[own])
            if vector is not None:
                people[row] = vector
    return people
