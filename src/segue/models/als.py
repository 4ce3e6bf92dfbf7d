"""iALS: matrix factorisation for implicit feedback by alternating least squares.

Hu, Koren & Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, trained by the solver of the
library ``implicit``, with the ridge that grows with what is known of a person or an item from Rendle, Krichene, Zhang
& Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022. Only the item factors are
kept: a person's vector is solved from the live history by the same normal equations, so that people seen and unseen in
training are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import linalg, sparse

from ..arrays import Floats, Mask, Rows, Sparse, by_column
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads, n_threads
from .base import Model, ModelConfig, TrainOptions
from .validation import choose_decay, trial
from .weighting import HistoryDecay, event_weights, fold_in, item_weights, training_matrix, weight_matrix

_NOTHING = 1e-9
_STEP = float(np.log(1.05))
"""Ridges are rounded to steps of 5 %."""


class ALSConfig(ModelConfig):
    """Settings of ``als``."""

    factors: Annotated[int, Field(ge=1, le=2048)] = 128
    """Length of the vectors."""
    regularization: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 20.0
    """λ of the ridge, averaged over the people and over the items."""
    frequency_scaling: Annotated[float, Field(ge=0, le=2)] = 0.0
    """ν: the ridge of a person with n items is λ(αn + all items)^ν over the mean of that, and likewise of an item. 0:
    the same λ for everybody; 1: as strong as all that is said about them."""
    alpha: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10.0
    """Confidence of a whole preference; a pair without any event has confidence 1 in preference 0."""
    iterations: Annotated[int, Field(ge=1)] = 15
    """Passes over people and items."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class ALS(Model):
    """Scores y_i·x with x = (YᵀY + Yᵀ(C - I)Y + λ_x I)⁻¹ YᵀC p, C = α|w| and p = sign(w) for the items of a history."""

    name: ClassVar[str] = "als"
    Config: ClassVar[type[ModelConfig]] = ALSConfig
    config: ALSConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self._factors: Floats = np.zeros((0, self.config.factors), np.float32)
        self._known: Mask = np.zeros(0, bool)
        self._gram: NDArray[np.float64] = np.zeros((0, 0))
        self._usual = 1.0

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        tried = trial(dataset, options) if self.config.history_decay == "auto" else None
        with blas_threads(1):
            if tried is not None:
                self._fit(training_matrix(tried.dataset), options)
            self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
            if tried is None or tried.refit:
                self._fit(training_matrix(dataset), options)
        options.progress(self.name, 1.0)

    def _fit(self, matrix: Sparse, options: TrainOptions) -> None:
        from implicit.cpu.als import AlternatingLeastSquares
        from implicit.utils import check_random_state

        known = np.diff(matrix.tocsc().indptr) > 0
        factors = np.zeros((matrix.shape[1], self.config.factors), np.float32)
        if known.any():
            library = AlternatingLeastSquares(factors=self.config.factors, random_state=options.seed)
            threads = n_threads(options.threads)
            confidence = library_matrix(matrix) * np.float32(self.config.alpha)
            people = _Side(confidence, self.config)
            items = _Side(confidence.T.tocsr(), self.config)
            rng = check_random_state(options.seed)
            x, y = (rng.random((side.rows, self.config.factors), dtype=np.float32) * 0.01 for side in (people, items))
            for iteration in range(self.config.iterations):
                people.solve(library.solver, x, y, threads)
                items.solve(library.solver, y, x, threads)
                options.progress(self.name, (iteration + 1) / self.config.iterations * 0.9)
            self._usual = people.usual
            factors[known] = y[known]
        self._hold(factors, known)

    def _hold(self, factors: Floats, known: Mask) -> None:
        self._factors, self._known = by_column(factors), known
        exact = factors.astype(np.float64)
        self._gram = exact.T @ exact

    @property
    def n_items(self) -> int:
        return len(self._known)

    def person(self, history: History) -> Floats | None:
        """(factors,) the person's vector; None where the history says nothing that the model knows."""
        return self._solve(*item_weights(history, self.n_items, self.history_decay))

    def _solve(self, items: Rows, weights: Floats) -> Floats | None:
        normal, near, confident = self._equations(items, weights)
        if not len(near):
            return None
        return np.asarray(linalg.cho_solve(normal, confident @ near), dtype=np.float32)

    def _equations(self, items: Rows, weights: Floats) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
        """Cholesky factor of the normal matrix; the history's item vectors (L, factors); their C p (L,)."""
        told = self._known[items]
        near = self._factors[items[told]].astype(np.float64)
        confident = self.config.alpha * weights[told].astype(np.float64)
        # Every item stands in the Gram matrix with confidence 1 already.
        normal = self._gram + near.T @ (near * (np.abs(confident) - 1)[:, None])
        normal[np.diag_indices_from(normal)] += self.config.regularization * float(
            _ridge(np.array([len(near)]), self.n_items, self.config, self._usual)[0]
        )
        return linalg.cho_factor(normal, lower=True, overwrite_a=True, check_finite=False), near, confident

    def score(self, history: History) -> Floats:
        with blas_threads(1):
            vector = self.person(history)
            if vector is None:
                return np.full(self.n_items, np.nan, np.float32)
            scores = self._factors @ vector
        scores[~self._known] = np.nan
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        people = fold_in(weight_matrix(histories, self.n_items, decay), self.config.factors, self._solve)
        scores: Floats = people @ self._factors.T
        scores[:, ~self._known] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        """Section 5 of the paper: the score is linear in C p, whose entries are the events."""
        added = np.zeros((len(items), len(history)), np.float32)
        normal, near, _ = self._equations(*item_weights(history, self.n_items, self.history_decay))
        if not len(near):
            return added
        weights = event_weights(history, self.n_items, self.history_decay) * self.config.alpha
        counted = np.flatnonzero(weights)
        counted = counted[self._known[history.items[counted]]]
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        likeness = self._factors[items[targets]] @ linalg.cho_solve(
            normal, self._factors[history.items[counted]].T.astype(np.float64)
        )
        added[np.ix_(targets, counted)] = likeness * weights[counted]
        return added

    def removals(self, history: History, items: Rows) -> Floats:
        """Without an event y of confidence c the normal matrix A loses (|c| - 1) y yᵀ, and by Sherman & Morrison (1950)
        the person's vector x loses A⁻¹y (c - (|c| - 1) yᵀx) / (1 - (|c| - 1) yᵀA⁻¹y). The ridge stays as it is."""
        lost = np.zeros((len(items), len(history)), np.float32)
        normal, near, confident = self._equations(*item_weights(history, self.n_items, self.history_decay))
        if not len(near):
            return lost
        person = linalg.cho_solve(normal, confident @ near)
        weights = event_weights(history, self.n_items, self.history_decay) * self.config.alpha
        counted = np.flatnonzero(weights)
        counted = counted[self._known[history.items[counted]]]
        own = self._factors[history.items[counted]].astype(np.float64)
        solved = linalg.cho_solve(normal, own.T)
        more = np.abs(weights[counted].astype(np.float64)) - 1
        left = 1 - more * np.einsum("ef,fe->e", own, solved)
        loses = (weights[counted] - more * (own @ person)) / np.where(np.abs(left) > _NOTHING, left, np.inf)
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        lost[np.ix_(targets, counted)] = (self._factors[items[targets]] @ solved) * loses
        return lost

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, history_decay=self.history_decay, _usual=self._usual)
        folder.write("factors", self._factors)
        folder.write("known", self._known)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "history_decay", "_usual")
        model._hold(folder.read("factors"), folder.read("known", mapped=False))
        return model


class _Side:
    """The rows of one side, people or items, by the ridge that they have.

    The library solves for many rows under one ridge, so a ridge is rounded to steps of 5 %, in training as later for
    the live history.
    """

    def __init__(self, confidence: Any, config: ALSConfig) -> None:
        self.rows, others = confidence.shape
        met = np.diff(confidence.indptr)
        self.usual = float(_scale(met, others, config).mean())
        """The mean by which ridges are divided."""
        ridge = _ridge(met, others, config, self.usual)
        groups = [(value, np.flatnonzero(ridge == value)) for value in np.unique(ridge)]
        self._groups = [(config.regularization * float(value), rows, confidence[rows]) for value, rows in groups]

    def solve(self, solver: Callable[..., None], mine: Floats, others: Floats, threads: int) -> None:
        """The vectors of this side, in place, from those of the other."""
        for ridge, rows, confidence in self._groups:
            vectors = mine[rows]
            solver(confidence, vectors, others, ridge, num_threads=threads)
            mine[rows] = vectors


def _scale(met: NDArray[Any], others: int, config: ALSConfig) -> NDArray[np.float64]:
    """How much the ridge of a row with ``met`` entries grows: the sum of its confidences to the power ν."""
    return np.asarray(np.maximum(config.alpha * met + others, 1.0) ** config.frequency_scaling, dtype=np.float64)


def _ridge(met: NDArray[Any], others: int, config: ALSConfig, usual: float) -> NDArray[np.float64]:
    """The ridge of rows as a multiple of λ, in steps of 5 %."""
    steps = np.round(np.log(_scale(met, others, config) / usual) / _STEP)
    return np.asarray(np.exp(steps * _STEP))


def library_matrix(matrix: Sparse) -> Any:
    """The matrix in the older class and with the 32-bit indices that ``implicit`` reads."""
    index = (matrix.data, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32))
    return sparse.csr_matrix(index, shape=matrix.shape)
