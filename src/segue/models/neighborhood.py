"""The items that go together with each item, found block by block, and the small least-squares problems among them.

Nowhere in here does a square matrix over all items exist, so that memory grows with the number of items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..arrays import Floats, Rows, Sparse

_BLOCK_ENTRIES = 20_000_000
"""Products of one block of items, about: 12 bytes each."""
_POPULARITY = 0.375
"""Neighbours are chosen by x_k·x_i / (|x_k||x_i|)^¾: the cosine (exponent 1) prefers rare items, the plain product (0)
popular ones."""
_HEAD = 8192
"""Popular items of which all products are kept: 268 MB."""
_KNOWN = 4
"""Products are kept of this many times the neighbours that a problem has."""
_BATCH = 64
"""Problems of one batch: 64 of 100 unknowns are 2.5 MB, which the cache of one core holds."""


def nearest(
    matrix: Sparse,
    n: int,
    likeness: Callable[[Floats, Rows, Rows], Floats],
    progress: Callable[[float], None],
) -> Sparse:
    """(n items, n items): in row i the ``n`` other items j of the greatest likeness to i above 0.

    Args:
        matrix: (people, n items) with columns x.
        likeness: from the products x_i·x_j (e,) of some pairs, their items i (e,) and j (e,) to the
            likeness of each.
        progress: called with the share done, 0 … 1.
    """
    items = matrix.shape[1]
    by_item = matrix.T.tocsr()
    # How many products an item's row takes: the events of everybody who has met it.
    cost = np.cumsum(np.minimum((by_item != 0) @ np.diff(matrix.indptr), items))
    data, columns, lengths = [], [], np.zeros(items, np.int64)
    start = 0
    while start < items:
        spent = cost[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(cost, spent + _BLOCK_ENTRIES)))
        block = (by_item[start:stop] @ matrix).tocsr()
        owners = np.repeat(np.arange(start, stop, dtype=np.int32), np.diff(block.indptr))
        alike = likeness(block.data, owners, block.indices)
        alike[owners == block.indices] = 0
        for row in range(stop - start):
            own = slice(block.indptr[row], block.indptr[row + 1])
            kept = _largest(alike[own], n)
            data.append(alike[own][kept])
            columns.append(block.indices[own][kept])
            lengths[start + row] = len(kept)
        start = stop
        progress(start / items)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    parts = (_joined(data, np.float32), _joined(columns, np.int32), indptr)
    found = sparse.csr_array(parts, shape=(items, items))
    found.sort_indices()
    return found


@dataclass(frozen=True)
class Problems:
    """Least squares of some items on their neighbours: minimise ½ bᵀ·gram·b - target·b for each.

    An item with fewer neighbours than others has zeros in the places left over.
    """

    items: Rows
    """(b,)"""
    neighbors: Rows
    """(b, n) items, -1 in a place left over."""
    gram: Floats
    """(b, n, n) x_k·x_l of the neighbours."""
    target: Floats
    """(b, n) x_k·x_i."""


def regress(
    matrix: Sparse,
    neighbors: int,
    solve: Callable[[Problems], Sequence[Floats]],
    progress: Callable[[float], None],
) -> list[Sparse]:
    """Every item from its strongest neighbours, each in as many ways as ``solve`` has answers.

    Args:
        matrix: (people, n items).
        neighbors: unknowns of each item.
        solve: coefficients (b, n) of some problems, once for each way.
        progress: called with the share done, 0 … 1.

    Returns:
        For each way the weights (n items, n items): in row k what item k says of others.
    """
    n = matrix.shape[1]
    if not n:
        return [sparse.csr_array((0, 0), dtype=np.float32)]
    # The most popular first, so that the head is a block.
    order = np.argsort(-np.diff(matrix.tocsc().indptr), kind="stable").astype(np.int32)
    into, since, values = [], [], []
    for some in _problems(matrix[:, order], neighbors, progress):
        of, place = np.nonzero(some.neighbors >= 0)
        into.append(order[some.items[of]])
        since.append(order[some.neighbors[of, place]])
        values.append([table[of, place] for table in solve(some)])
    pairs = (np.concatenate(since), np.concatenate(into))
    ways = [sparse.csr_array((np.concatenate(way), pairs), shape=(n, n)) for way in zip(*values, strict=True)]
    for weights in ways:
        weights.eliminate_zeros()
    return ways


def _problems(matrix: Sparse, neighbors: int, progress: Callable[[float], None]) -> Iterator[Problems]:
    """The problem of every item, in batches.

    All products of two of the `_HEAD` first items are kept, and of each other item those with the `_KNOWN` ×
    ``neighbors`` items that it goes best with; what is left out counts as 0. Where no item has more companions than
    that, the problems are exact.
    """
    n = matrix.shape[1]
    squares = np.asarray(matrix.multiply(matrix).sum(axis=0), dtype=np.float32)
    scale: Floats = squares ** np.float32(_POPULARITY)
    strongest = nearest(
        matrix, neighbors * _KNOWN, lambda x, i, j: x / (scale[i] * scale[j]), lambda done: progress(done / 2)
    )
    head = _products(matrix[:, :_HEAD])
    # Rows of one length, so that those of many items are read at once. Item n is nobody: it fills what is left over.
    width = max(int(np.diff(strongest.indptr).max()), 1)
    filled = np.arange(width) < np.diff(strongest.indptr)[:, None]
    companions = np.full((n + 1, width), n, np.int32)
    companions[:-1][filled] = strongest.indices
    alike = np.zeros((n + 1, width), np.float32)
    alike[:-1][filled] = strongest.data
    del strongest, filled
    scale, squares = np.append(scale, np.float32(0)), np.append(squares, np.float32(0))
    size = min(neighbors, width)
    place = np.full(n + 1, -1, np.int32)
    diagonal = np.arange(size)
    for start in range(0, n, _BATCH):
        items = np.arange(start, min(start + _BATCH, n), dtype=np.int32)
        first = np.argpartition(-alike[items], size - 1, axis=1)[:, :size]
        chosen = np.take_along_axis(companions[items], first, axis=1)
        target = np.take_along_axis(alike[items], first, axis=1) * scale[chosen] * scale[items][:, None]
        known = np.minimum(chosen, len(head) - 1)
        gram = head[known[:, :, None], known[:, None, :]]
        for table, own in zip(gram, chosen, strict=True):
            tail = np.flatnonzero(own >= len(head))
            if not len(tail):
                continue
            table[tail] = table[:, tail] = 0
            place[own] = diagonal
            place[n] = -1
            column = place[companions[own[tail]]].ravel()
            found = np.flatnonzero(column >= 0)
            row, column = tail[found // width], column[found]
            product = alike[own[tail]].ravel()[found] * scale[own[row]] * scale[own[column]]
            table[row, column] = table[column, row] = product
            place[own] = -1
        gram[:, diagonal, diagonal] = squares[chosen]
        yield Problems(items, np.where(chosen < n, chosen, -1), gram, target)
        progress(0.5 + (start + len(items)) / n / 2)


def _products(matrix: Sparse) -> Floats:
    """(n items, n items) x_k·x_l."""
    n = matrix.shape[1]
    products = np.empty((n, n), np.float32)
    by_item = matrix.T.tocsr()
    for start in range(0, n, 1024):
        products[start : start + 1024] = (by_item[start : start + 1024] @ matrix).toarray()
    return products


def _largest(values: Floats, n: int) -> Rows:
    """Positions of the ``n`` largest values above 0."""
    above = np.flatnonzero(values > 0)
    if len(above) > n:
        above = above[np.argpartition(values[above], -n)[-n:]]
    return above.astype(np.int32)


def _joined(parts: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype)
