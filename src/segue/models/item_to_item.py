"""What item-to-item models share: a matrix of weights between items, and the history that goes through it.

Cremonesi, Koren & Turrin, "Performance of recommender algorithms on top-n recommendation tasks", RecSys 2010, give the
frame that ``ease``, ``slim`` and ``item_knn`` fill differently: a person's scores are their row of weights times W.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from ..arrays import Floats, Rows, Sparse
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from .base import Model, ModelConfig, TrainOptions
from .validation import Trial, best, choose_decay, trial
from .weighting import HistoryDecay, event_weights, item_weights, training_matrix, weight_matrix


class ItemToItemConfig(ModelConfig):
    """Settings that every item-to-item model has."""

    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class ItemToItem(Model):
    """A person's score for item i is Σ_j w_j W_ji over the history; dislikes (w_j < 0) turn the sign.

    Items that nobody liked in training have no score, and say nothing.
    """

    Config: ClassVar[type[ModelConfig]] = ItemToItemConfig
    config: ItemToItemConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self.regularization: float | None = None
        """What keeps the weights small (λ, shrinkage …), in use once trained."""
        self._n_items = 0
        self._rows: Rows = np.zeros(0, np.int32)
        self._weights: Floats | Sparse = np.zeros((0, 0), np.float32)
        self._place: Rows = np.zeros(0, np.int32)

    @property
    @abstractmethod
    def _regularizations(self) -> Sequence[float]:
        """What validation may choose from, the most likely first; a single one where it is stated."""

    @abstractmethod
    def _fit(
        self, matrix: Sparse, regularizations: Sequence[float], progress: Callable[[float], None]
    ) -> Sequence[Floats | Sparse]:
        """For each λ the weights (known items, known items) float32: in row j what item j says of others, 0 of itself.

        Args:
            matrix: (people, known items), see `training_matrix`.
            progress: called with the share done, 0 … 1.
        """

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        matrix = training_matrix(dataset)
        self._n_items = dataset.n_items
        self._keep(np.flatnonzero(np.diff(matrix.tocsc().indptr)).astype(np.int32))
        several = self._regularizations
        undecided = self.config.history_decay == "auto" or len(several) > 1
        with blas_threads(options.threads):
            tried = trial(dataset, options) if undecided else None
            fits: Sequence[Floats | Sparse] = ()
            if tried is not None:
                part = training_matrix(tried.dataset)[:, self._rows]
                fits = self._fit(part, several, lambda done: options.progress(self.name, done * 0.5))
                self._weights = fits[0]
            # First the decay under the first λ, then λ under that decay, then the decay once more.
            self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
            chosen = 0
            if tried is not None and len(fits) > 1:
                chosen = best(range(len(fits)), lambda way: self._quality(tried, fits[way]))
                self._weights = fits[chosen]
                self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
            self.regularization = several[chosen]
            if tried is None or tried.refit:
                matrix = matrix[:, self._rows]
                fits = self._fit(matrix, (several[chosen],), lambda done: options.progress(self.name, 0.5 + done * 0.5))
                chosen = 0
            self._weights = fits[chosen]
        options.progress(self.name, 1.0)

    def _quality(self, tried: Trial, weights: Floats | Sparse) -> float:
        self._weights = weights
        return tried.ndcg(lambda histories: self._product(histories, self.history_decay))

    @property
    def n_items(self) -> int:
        return self._n_items

    def _keep(self, rows: Rows) -> None:
        self._rows = rows
        self._place = np.full(self._n_items, -1, np.int32)
        self._place[rows] = np.arange(len(rows), dtype=np.int32)

    def score(self, history: History) -> Floats:
        scores = np.full(self._n_items, np.nan, np.float32)
        items, weights = item_weights(history, self._n_items, self.history_decay)
        places = self._place[items]
        known = places >= 0
        if known.any():
            # Only the history's rows of the mapped matrix are read.
            with blas_threads(1):
                scores[self._rows] = weights[known] @ self._weights[places[known]]
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        told = weight_matrix(histories, self._n_items, decay)[:, self._rows]
        scores = np.full((len(histories), self._n_items), np.nan, np.float32)
        answered = np.flatnonzero(np.diff(told.indptr))
        scores[np.ix_(answered, self._rows)] = _dense(told[answered] @ self._weights)
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        weights = event_weights(history, self._n_items, self.history_decay)
        added = np.zeros((len(items), len(history)), np.float32)
        counted = np.flatnonzero(weights)
        counted = counted[self._place[history.items[counted]] >= 0]
        targets = np.flatnonzero((items >= 0) & (items < self._n_items))
        targets = targets[self._place[items[targets]] >= 0]
        pairs = np.ix_(self._place[history.items[counted]], self._place[items[targets]])
        added[np.ix_(targets, counted)] = (_dense(self._weights[pairs]) * weights[counted, None]).T
        return added

    def save(self, folder: ArtifactFolder) -> None:
        self._state(
            folder,
            _n_items=self._n_items,
            regularization=self.regularization,
            history_decay=self.history_decay,
        )
        folder.write("rows", self._rows)
        if sparse.issparse(self._weights):
            folder.write_sparse("weights", self._weights)
        else:
            folder.write("weights", self._weights)
        folder.write_json("weights", {"sparse": sparse.issparse(self._weights)})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "_n_items", "regularization", "history_decay")
        model._keep(folder.read("rows", mapped=False))
        stored = folder.read_sparse if folder.read_json("weights")["sparse"] else folder.read
        model._weights = stored("weights")
        return model


def _dense(table: Floats | Sparse) -> Floats:
    return table if isinstance(table, np.ndarray) else np.asarray(table.toarray())
