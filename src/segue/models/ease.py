"""EASE: a linear item-to-item model in closed form.

Harald Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: B = I - P·diag(1/diag P) with
P = (XᵀX + λI)⁻¹; a person's scores are their row of X times B. Fed with a history whose older events count less
(`EASEConfig.history_decay`), it follows a person's change of mind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field
from scipy import linalg

from ..arrays import Floats, Rows, Sparse
from ..dataset import Dataset, History
from ..errors import SettingsError
from ..storage.artifacts import ArtifactFolder
from .base import Model, ModelConfig, TrainOptions
from .threads import blas_threads
from .validation import Trial, best, choose_decay, trial
from .weighting import HistoryDecay, event_weights, item_weights, training_matrix, weight_matrix

REGULARIZATIONS = (500.0, 100.0, 20.0)
"""Tried by ``regularization = "auto"``."""

_TRIAL_ITEMS = 5000
"""Above this many items a fit is too dear to repeat: ``auto`` settings keep the first of their candidates."""


class EASEConfig(ModelConfig):
    """Settings of ``ease``."""

    regularization: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """λ, in events: larger values trust frequent pairs only. ``auto``: the best of `REGULARIZATIONS` on validation."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""
    max_items: Annotated[int, Field(ge=1)] = 20_000
    """The model keeps a square float32 matrix of so many of the most frequent items (20,000: 1.6 GB, minutes on two
    cores); items beyond have no score. For larger catalogues ``item_knn`` covers every item."""


class EASE(Model):
    """Weights between all pairs of items that anyone liked in training."""

    name: ClassVar[str] = "ease"
    Config: ClassVar[type[ModelConfig]] = EASEConfig
    config: EASEConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.regularization: float | None = None
        """λ in use, once trained."""
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self._n_items = 0
        self._rows: Rows = np.zeros(0, np.int32)
        self._weights: Floats = np.zeros((0, 0), np.float32)
        self._place: Rows = np.zeros(0, np.int32)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        matrix = training_matrix(dataset)
        count = np.diff(matrix.tocsc().indptr)
        frequent = np.argsort(-count, kind="stable")[: self.config.max_items]
        self._n_items = dataset.n_items
        self._keep(np.sort(frequent[count[frequent] > 0]).astype(np.int32))
        with blas_threads(options.threads):
            refit = self._choose(matrix, trial(dataset, options) if self._undecided else None, options)
            if refit:
                assert self.regularization is not None
                self._weights = solve(matrix[:, self._rows], self.regularization)
        options.progress(self.name, 1.0)

    @property
    def _undecided(self) -> bool:
        return "auto" in (self.config.regularization, self.config.history_decay)

    def _choose(self, matrix: Sparse, tried: Trial | None, options: TrainOptions) -> bool:
        """Settle λ and the decay; True where the weights must still be fitted on everything."""
        lambdas = REGULARIZATIONS if self.config.regularization == "auto" else (self.config.regularization,)
        self.regularization = lambdas[0]
        self.history_decay = choose_decay(self.config.history_decay, None, self._product)
        if tried is None or (tried.refit and len(self._rows) > _TRIAL_ITEMS):
            return True
        if len(self._rows) > _TRIAL_ITEMS:
            lambdas = lambdas[:1]
        part = (training_matrix(tried.dataset) if tried.refit else matrix)[:, self._rows]
        # First the decay under the first λ, then λ under that decay: they hardly depend on each other.
        quality: dict[float, float] = {}
        fits: dict[float, Floats] = {}
        for step, regularization in enumerate(lambdas):
            self._weights = fits[regularization] = solve(part, regularization)
            if not step:
                self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
            quality[regularization] = tried.ndcg(lambda h: self._product(h, self.history_decay))
            options.progress(self.name, (step + 1) / (len(lambdas) + 1))
        self.regularization = best(lambdas, lambda r: quality[r])
        self._weights = fits[self.regularization]
        return tried.refit

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
        scores[np.ix_(answered, self._rows)] = told[answered] @ self._weights
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        weights = event_weights(history, self._n_items, self.history_decay)
        added = np.zeros((len(items), len(history)), np.float32)
        counted = np.flatnonzero(weights)
        counted = counted[self._place[history.items[counted]] >= 0]
        targets = np.flatnonzero((items >= 0) & (items < self._n_items))
        targets = targets[self._place[items[targets]] >= 0]
        pairs = np.ix_(self._place[history.items[counted]], self._place[items[targets]])
        added[np.ix_(targets, counted)] = (self._weights[pairs] * weights[counted, None]).T
        return added

    def save(self, folder: ArtifactFolder) -> None:
        self._state(
            folder, _n_items=self._n_items, regularization=self.regularization, history_decay=self.history_decay
        )
        folder.write("rows", self._rows)
        folder.write("weights", self._weights)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "_n_items", "regularization", "history_decay")
        model._keep(folder.read("rows", mapped=False))
        model._weights = folder.read("weights")
        return model


def solve(matrix: Sparse, regularization: float) -> Floats:
    """The item-to-item weights of EASE, (n items, n items) float32 with a diagonal of 0.

    Works in place: one n × n matrix is all the memory it takes.

    Raises:
        SettingsError: λ is too small for the data in single precision.
    """
    n = matrix.shape[1]
    if n == 0:
        return np.zeros((0, 0), np.float32)
    # Column order is what LAPACK overwrites without a copy; the matrix is symmetric until the last step.
    gram: Any = np.empty((n, n), np.float32, order="F")
    transposed = matrix.T.tocsr()
    for start in range(0, n, 1024):
        gram[:, start : start + 1024] = (transposed @ matrix[:, start : start + 1024]).toarray()
    gram[np.diag_indices(n)] += regularization
    gram, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    if not failed:
        gram, failed = linalg.lapack.spotri(gram, lower=1, overwrite_c=1)
    if failed:
        raise SettingsError(
            f"EASE cannot invert the item matrix with regularization {regularization:g}. "
            "Set a larger [models.ease] regularization, for example 500."
        )
    diagonal = gram.diagonal().copy()
    weights = gram.T  # rows in memory order; its upper triangle is the one LAPACK filled
    for start in range(0, n, 1024):
        rows = slice(start, start + 1024)
        weights[start + 1024 :, rows] = weights[rows, start + 1024 :].T
        square = weights[rows, rows]
        square[:] = np.triu(square) + np.triu(square, 1).T
    weights /= -diagonal
    weights[np.diag_indices(n)] = 0
    return np.asarray(weights, dtype=np.float32)
