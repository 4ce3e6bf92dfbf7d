"""BPR: matrix factorisation that learns to put what a person met before what they did not.

Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009, trained by the library
``implicit``. Only the items' vectors and biases are kept. A person's vector maximises the same objective over the live
history with the items held fixed; that problem is concave, so a few bounded Newton steps (Böhning & Lindsay 1988) reach
it, and people seen and unseen in training are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field
from scipy import linalg, special

from ..arrays import Floats, Rows, Sparse, by_column
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from .als import library_matrix
from .base import Model, ModelConfig, TrainOptions
from .validation import choose_decay, trial
from .weighting import HistoryDecay, fold_in, item_weights, training_matrix, weight_matrix


class BPRConfig(ModelConfig):
    """Settings of ``bpr``."""

    factors: Annotated[int, Field(ge=1, le=2048)] = 64
    """Length of the vectors, without the bias."""
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.05
    """Step of the stochastic gradient."""
    regularization: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.01
    """λ per sampled pair, in training and when a person's vector is fitted."""
    iterations: Annotated[int, Field(ge=1)] = 40
    """Passes over the events."""
    rivals: Annotated[int, Field(ge=1)] = 128
    """Items, drawn once in training, that the history is compared with when a person's vector is fitted."""
    steps: Annotated[int, Field(ge=1)] = 12
    """Newton steps of that fit."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class BPR(Model):
    """Scores q_i·x + b_i, with x = argmax mean ln σ(±(s_e - s_j)) - λ/2 |x|² over the history's events e and rivals j.

    A dislike turns the sign of its pairs. Training uses one thread: the library's threads race, and two trainings with
    one seed would differ.
    """

    name: ClassVar[str] = "bpr"
    Config: ClassVar[type[ModelConfig]] = BPRConfig
    config: BPRConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self._factors: Floats = np.zeros((0, self.config.factors), np.float32)
        self._bias: Floats = np.zeros(0, np.float32)
        self._rivals: Rows = np.zeros(0, np.int32)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        # Every person of a trial takes milliseconds here.
        tried = trial(dataset, options, most=300) if self.config.history_decay == "auto" else None
        with blas_threads(1):
            if tried is not None:
                self._fit(training_matrix(tried.dataset), options)
            self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
            if tried is None or tried.refit:
                self._fit(training_matrix(dataset), options)
        options.progress(self.name, 1.0)

    def _fit(self, matrix: Sparse, options: TrainOptions) -> None:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        known = np.flatnonzero(np.diff(matrix.tocsc().indptr)).astype(np.int32)
        self._factors = by_column(np.zeros((matrix.shape[1], self.config.factors), np.float32))
        self._bias = np.full(matrix.shape[1], np.nan, np.float32)
        self._rivals = np.zeros(0, np.int32)
        if not len(known):
            return
        learner = BayesianPersonalizedRanking(
            factors=self.config.factors,
            learning_rate=self.config.learning_rate,
            regularization=self.config.regularization,
            iterations=self.config.iterations,
            num_threads=1,
            random_state=options.seed,
        )
        options.progress(self.name, 0.0)
        learner.fit(library_matrix(matrix[:, known]), show_progress=False)
        # The library keeps the bias as a last column, against a constant 1 in the person's vector.
        self._factors[known] = learner.item_factors[:, :-1]
        self._bias[known] = learner.item_factors[:, -1]
        rng = np.random.default_rng(options.seed)
        self._rivals = np.sort(rng.choice(known, min(self.config.rivals, len(known)), replace=False))

    @property
    def n_items(self) -> int:
        return len(self._bias)

    def person(self, history: History) -> Floats | None:
        """(factors,) the person's vector; None where the history says nothing that the model knows."""
        return self._solve(*item_weights(history, self.n_items, self.history_decay))

    def _solve(self, items: Rows, weights: Floats) -> Floats | None:
        told = ~np.isnan(self._bias[items])
        if not told.any():
            return None
        items, weights = items[told], weights[told]
        x = np.zeros(self.config.factors, np.float32)
        rivals = self._rivals[~np.isin(self._rivals, items)]
        if not len(rivals):
            return x
        sign = np.sign(weights)
        share = np.abs(weights) / np.abs(weights).sum()
        near, far = self._factors[items], self._factors[rivals]
        gap = self._bias[items][:, None] - self._bias[rivals]
        # σ' ≤ 1/4 bounds the curvature, so one factorisation serves all steps and none overshoots.
        centre, middle = share @ near, far.mean(axis=0)
        spread = near.T @ (near * share[:, None]) + far.T @ far / len(rivals)
        spread -= np.outer(centre, middle) + np.outer(middle, centre)
        spread = spread / 4 + self.config.regularization * np.eye(len(x), dtype=np.float32)
        factor = linalg.cho_factor(spread, lower=True, overwrite_a=True, check_finite=False)
        for _ in range(self.config.steps):
            margin = sign[:, None] * ((near @ x)[:, None] - far @ x + gap)
            pull = (sign * share / len(rivals))[:, None] * special.expit(-margin)
            gradient = pull.sum(axis=1) @ near - pull.sum(axis=0) @ far - self.config.regularization * x
            x += linalg.cho_solve(factor, gradient, check_finite=False)
        return x

    def score(self, history: History) -> Floats:
        with blas_threads(1):
            vector = self.person(history)
            if vector is None:
                return np.full(self.n_items, np.nan, np.float32)
            scores: Floats = self._factors @ vector + self._bias
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        people = fold_in(weight_matrix(histories, self.n_items, decay), self.config.factors, self._solve)
        scores: Floats = people @ self._factors.T + self._bias
        return scores

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, history_decay=self.history_decay)
        for name, array in (("factors", self._factors), ("bias", self._bias), ("rivals", self._rivals)):
            folder.write(name, array)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "history_decay")
        model._factors, model._bias, model._rivals = (folder.read(name) for name in ("factors", "bias", "rivals"))
        return model
