"""Item-kNN: items that the same people like, by cosine with shrinkage.

Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001; shrinkage as in Bell & Koren,
ICDM 2007: s_ij = x_i·x_j / (|x_i||x_j| + shrinkage). Each item keeps its nearest neighbours only, so that memory grows
with the number of items, not with its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field
from scipy import sparse

from ..arrays import Floats, Mask, Rows, Sparse
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from .base import Model, ModelConfig, TrainOptions
from .validation import choose_decay, trial
from .weighting import HistoryDecay, event_weights, item_weights, training_matrix, weight_matrix

_BLOCK_ENTRIES = 20_000_000
"""Products of one block of items, about: 12 bytes each."""


class ItemKNNConfig(ModelConfig):
    """Settings of ``item_knn``."""

    neighbors: Annotated[int, Field(ge=1)] = 50
    """Nearest items kept for each item."""
    shrinkage: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0
    """Added to the denominator of the cosine: pairs that few people share come out smaller."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class ItemKNN(Model):
    """A person's score for item i is Σ_j w_j s_ji over the history; dislikes (w_j < 0) push their neighbours down."""

    name: ClassVar[str] = "item_knn"
    Config: ClassVar[type[ModelConfig]] = ItemKNNConfig
    config: ItemKNNConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self._neighbors: Sparse = sparse.csr_array((0, 0), dtype=np.float32)
        self._known: Mask = np.zeros(0, bool)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        matrix = training_matrix(dataset)
        self._known = np.diff(matrix.tocsc().indptr) > 0
        tried = trial(dataset, options) if self.config.history_decay == "auto" else None
        if tried is not None:
            self._neighbors = self._nearest(training_matrix(tried.dataset), options)
        self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
        if tried is None or tried.refit:
            self._neighbors = self._nearest(matrix, options)
        options.progress(self.name, 1.0)

    def _nearest(self, matrix: Sparse, options: TrainOptions) -> Sparse:
        """(n items, n items): in row j the nearest neighbours of item j, not itself."""
        n = matrix.shape[1]
        by_item = matrix.T.tocsr()
        norms = np.sqrt(by_item.multiply(by_item).sum(axis=1)).astype(np.float32)
        # How many products an item's row takes: the events of everybody who has met it.
        cost = np.cumsum(np.minimum((by_item != 0) @ np.diff(matrix.indptr), n))
        data, columns, lengths = [], [], np.zeros(n, np.int64)
        start = 0
        while start < n:
            spent = cost[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(cost, spent + _BLOCK_ENTRIES)))
            block = (by_item[start:stop] @ matrix).tocsr()
            owners = np.repeat(np.arange(start, stop), np.diff(block.indptr))
            block.data /= norms[owners] * norms[block.indices] + np.float32(self.config.shrinkage)
            block.data[owners == block.indices] = 0
            for row in range(stop - start):
                own = slice(block.indptr[row], block.indptr[row + 1])
                kept = _largest(block.data[own], self.config.neighbors)
                data.append(block.data[own][kept])
                columns.append(block.indices[own][kept])
                lengths[start + row] = len(kept)
            start = stop
            options.progress(self.name, start / n * 0.9)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        parts = (_joined(data, np.float32), _joined(columns, np.int32), indptr)
        neighbors = sparse.csr_array(parts, shape=(n, n))
        neighbors.sort_indices()
        return neighbors

    @property
    def n_items(self) -> int:
        return len(self._known)

    def score(self, history: History) -> Floats:
        items, weights = item_weights(history, self.n_items, self.history_decay)
        told = self._known[items]
        if not told.any():
            return np.full(self.n_items, np.nan, np.float32)
        rows = self._neighbors[items[told]]
        return self._opinion(rows.T @ weights[told])

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        told = weight_matrix(histories, self.n_items, decay)
        scores = self._opinion((told @ self._neighbors).toarray())
        scores[(told != 0) @ self._known.astype(np.float32) == 0] = np.nan
        return scores

    def _opinion(self, scores: Floats) -> Floats:
        """NaN for items that nobody liked in training."""
        scores = scores.astype(np.float32, copy=False)
        scores[..., ~self._known] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        weights = event_weights(history, self.n_items, self.history_decay)
        added = np.zeros((len(items), len(history)), np.float32)
        counted = np.flatnonzero(weights)
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        near = self._neighbors[history.items[counted]][:, items[targets]].toarray()
        added[np.ix_(targets, counted)] = (near * weights[counted, None]).T
        return added

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, history_decay=self.history_decay)
        folder.write("known", self._known)
        folder.write_sparse("neighbors", self._neighbors)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "history_decay")
        model._known = folder.read("known", mapped=False)
        model._neighbors = folder.read_sparse("neighbors")
        return model


def _largest(values: Floats, n: int) -> Rows:
    """Positions of the ``n`` largest values above 0."""
    above = np.flatnonzero(values > 0)
    if len(above) > n:
        above = above[np.argpartition(values[above], -n)[-n:]]
    return above.astype(np.int32)


def _joined(parts: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype)
