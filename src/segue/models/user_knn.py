"""User-kNN: what people with a history like this one also liked.

Herlocker et al., "An algorithmic framework for performing collaborative filtering", SIGIR 1999, for implicit feedback:
cosine between the live history and the rows of the training people, who are kept without their names.
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


class UserKNNConfig(ModelConfig):
    """Settings of ``user_knn``."""

    neighbors: Annotated[int, Field(ge=1)] = 100
    """Nearest people whose likes are summed."""
    max_people: Annotated[int, Field(ge=1)] = 20_000
    """Training people kept, drawn by the seed: bounds the time of a request."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class UserKNN(Model):
    """Scores Σ_n cos(h, x_n) x_ni over the nearest people n by |cos|.

    Someone who liked what this person disliked has a negative cosine, and pushes their other likes down.
    """

    name: ClassVar[str] = "user_knn"
    Config: ClassVar[type[ModelConfig]] = UserKNNConfig
    config: UserKNNConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self._known: Mask = np.zeros(0, bool)
        self._hold(sparse.csr_array((0, 0), dtype=np.float32))

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        tried = trial(dataset, options) if self.config.history_decay == "auto" else None
        if tried is not None:
            self._fit(training_matrix(tried.dataset), options)
            options.progress(self.name, 0.3)
        self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
        self._fit(training_matrix(dataset), options)
        options.progress(self.name, 1.0)

    def _fit(self, matrix: Sparse, options: TrainOptions) -> None:
        self._known = np.diff(matrix.tocsc().indptr) > 0
        people = np.flatnonzero(np.diff(matrix.indptr))
        # Shuffled, so that a row's place says nothing about whose it is.
        people = np.random.default_rng(options.seed).permutation(people)[: self.config.max_people]
        self._hold(matrix[people])

    def _hold(self, people: Sparse) -> None:
        """Keep people as rows, and their rows at length 1 by item for the cosine."""
        self._people = people
        norms = np.sqrt(people.multiply(people).sum(axis=1)).astype(np.float32)
        units = people.copy()
        units.data = people.data / np.repeat(norms, np.diff(people.indptr))
        self._units: Sparse = units.T.tocsr()

    @property
    def n_items(self) -> int:
        return len(self._known)

    def _nearest(self, likeness: Floats) -> tuple[Rows, Floats]:
        """The people nearest by |cosine|, ascending, and their cosines."""
        size = np.abs(likeness)
        near = np.flatnonzero(size)
        if len(near) > self.config.neighbors:
            near = near[np.argpartition(-size[near], self.config.neighbors)[: self.config.neighbors]]
            near.sort()
        return near.astype(np.int32), likeness[near]

    def _likeness(self, items: Rows, weights: Floats) -> Floats:
        """(people,) cosine of each with the history."""
        length = np.sqrt((weights**2).sum())
        cosine: Floats = self._units[items].T @ (weights / length)
        return cosine

    def score(self, history: History) -> Floats:
        items, weights = item_weights(history, self.n_items, self.history_decay)
        if not self._known[items].any():
            return np.full(self.n_items, np.nan, np.float32)
        near, cosines = self._nearest(self._likeness(items, weights))
        return self._opinion(self._people[near].T @ cosines)

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        told = weight_matrix(histories, self.n_items, decay)
        lengths = np.sqrt(told.multiply(told).sum(axis=1)).astype(np.float32)
        told.data /= np.repeat(lengths, np.diff(told.indptr))
        likeness = (told @ self._units).toarray()
        chosen = [self._nearest(row) for row in likeness]
        indptr = np.cumsum([0, *(len(near) for near, _ in chosen)])
        near = np.concatenate([near for near, _ in chosen]) if chosen else np.zeros(0, np.int32)
        cosines = np.concatenate([cosines for _, cosines in chosen]) if chosen else np.zeros(0, np.float32)
        shape = (len(histories), self._people.shape[0])
        scores = self._opinion((sparse.csr_array((cosines, near, indptr), shape=shape) @ self._people).toarray())
        scores[(told != 0) @ self._known.astype(np.float32) == 0] = np.nan
        return scores

    def _opinion(self, scores: Floats) -> Floats:
        """NaN for items that nobody liked in training."""
        scores = scores.astype(np.float32, copy=False)
        scores[..., ~self._known] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        """Each cosine is itself a sum over the events; the neighbours are those of the whole history."""
        added = np.zeros((len(items), len(history)), np.float32)
        own, own_weights = item_weights(history, self.n_items, self.history_decay)
        if not self._known[own].any():
            return added
        near, _ = self._nearest(self._likeness(own, own_weights))
        weights = event_weights(history, self.n_items, self.history_decay) / np.sqrt((own_weights**2).sum())
        counted = np.flatnonzero(weights)
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        shared = self._units[history.items[counted]][:, near] @ self._people[near][:, items[targets]]
        added[np.ix_(targets, counted)] = shared.toarray().T * weights[counted]
        return added

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, history_decay=self.history_decay)
        folder.write("known", self._known)
        folder.write_sparse("people", self._people)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "history_decay")
        model._known = folder.read("known", mapped=False)
        model._hold(folder.read_sparse("people"))
        return model
