"""Vectors of items from what people take soon after one another: the behaviour that codes of items are made of."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from ..arrays import Floats, Rows
from ..dataset import Dataset
from .neighborhood import nearest
from .sequences import Sequences
from .weighting import training_matrix


def together(dataset: Dataset, reach: int, dim: int, seed: int) -> Floats:
    """(n items, ≤ dim) unit vectors, near each other for items that people take soon after one another.

    Singular vectors of the counts of pairs, each over the root of what its items have in all. NaN rows for items that
    nobody liked.

    Args:
        reach: events further apart do not count; nearer ones do by 1 / distance.
        seed: of where the search for the largest singular values starts.
    """
    n = dataset.n_items
    told = Sequences.of_dataset(dataset, negative=False)
    person = np.repeat(np.arange(len(told)), told.lengths)
    counts = sparse.csr_array((n, n), dtype=np.float32)
    for lag in range(1, reach + 1):
        same = np.flatnonzero((person[lag:] == person[:-lag]) & (told.items[lag:] != told.items[:-lag]))
        pairs = (np.full(len(same), 1 / lag, np.float32), (told.items[same], told.items[same + lag]))
        counts = counts + sparse.csr_array(pairs, shape=(n, n))
    counts = counts + counts.T
    if not counts.nnz:
        return np.full((n, dim), np.nan, np.float32)
    total = np.maximum(counts.sum(axis=1), 1e-9) ** -0.5
    counts = counts * total[:, None] * total
    if n < 3 * dim:
        u, s, _ = np.linalg.svd(counts.toarray())
        u, s = u[:, :dim], s[:dim]
    else:
        u, s, _ = svds(counts, dim, v0=np.random.default_rng(seed).random(n))
    vectors = np.asarray(u * np.sqrt(s), np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    vectors[np.bincount(told.items, minlength=n) == 0] = np.nan
    return vectors


def liked_together(dataset: Dataset, people: int = 5) -> Rows:
    """(m, 2) each item and the other one that the same people like most surely, by the cosine of their columns.

    Args:
        people: who must like both, at least.
    """
    matrix = training_matrix(dataset)
    likes = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()

    def likeness(products: Floats, own: Rows, other: Rows) -> Floats:
        return np.where(products >= people, products / np.sqrt(likes[own] * likes[other]), 0).astype(np.float32)

    found = nearest(matrix, 1, likeness, lambda _: None).tocoo()
    return np.column_stack([found.row, found.col]).astype(np.int32)
