"""Most popular: how many people met each item and liked it, ever or of late.

The yardstick that every other model is printed beside, and the answer for someone of whom nothing is known.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field
from scipy import sparse

from ..arrays import Floats, Times
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from .base import Model, ModelConfig, TrainOptions
from .validation import best, trial
from .weighting import training_matrix

DAY = 86_400.0
HALF_LIVES = (7.0, 30.0, 90.0, 365.0, 3650.0)
"""Days tried by ``half_life_days = "auto"``."""


class PopularAll(Model):
    """Sum over people of their preference for an item, at most 1 each. The history changes nothing."""

    name: ClassVar[str] = "popular_all"

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self._scores: Floats = np.zeros(0, np.float32)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        self._scores = _known_only(training_matrix(dataset).sum(axis=0))
        options.progress(self.name, 1.0)

    @property
    def n_items(self) -> int:
        return len(self._scores)

    def score(self, history: History) -> Floats:
        return self._scores.copy()

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder)
        folder.write("scores", self._scores)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder)
        model._scores = folder.read("scores")
        return model


class PopularRecentConfig(ModelConfig):
    """Settings of ``popular_recent``."""

    half_life_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """Days after which an event counts half. ``auto``: the best of `HALF_LIVES` on validation. A log without times is
    taken to span one year in its order of arrival."""


class PopularRecent(PopularAll):
    """Popularity with exponential decay: each event counts 2^(-age / half-life), age from the newest event of all."""

    name: ClassVar[str] = "popular_recent"
    Config: ClassVar[type[ModelConfig]] = PopularRecentConfig
    config: PopularRecentConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.half_life_days: float | None = None
        """The half-life in use, once trained."""

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        self.half_life_days = self._half_life(dataset, options)
        self._scores = _recent(dataset, self.half_life_days)
        options.progress(self.name, 1.0)

    def _half_life(self, dataset: Dataset, options: TrainOptions) -> float:
        if self.config.half_life_days != "auto":
            return self.config.half_life_days
        tried = trial(dataset, options)
        if tried is None:
            return HALF_LIVES[-1]
        fits = {days: _recent(tried.dataset, days) for days in HALF_LIVES}
        return best(HALF_LIVES, lambda d: tried.ndcg(lambda h: np.broadcast_to(fits[d], (len(h), dataset.n_items))))

    def save(self, folder: ArtifactFolder) -> None:
        super().save(folder)
        folder.write_json("chosen", {"half_life_days": self.half_life_days})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = super().load(folder)
        model.half_life_days = folder.read_json("chosen")["half_life_days"]
        return model


def _recent(dataset: Dataset, half_life_days: float) -> Floats:
    liked = dataset.positive
    if not liked.any():
        return np.full(dataset.n_items, np.nan, np.float32)
    times = _times(dataset)
    decay = np.exp2((times[liked] - times.max()) / (half_life_days * DAY))
    decayed = sparse.csr_array(
        (dataset.weights[liked] * decay, (dataset.users[liked], dataset.items[liked])),
        shape=(dataset.n_users, dataset.n_items),
    )
    decayed.sum_duplicates()
    np.minimum(decayed.data, 1, out=decayed.data)
    scores = decayed.sum(axis=0)
    # What is so old that its weight underflows is still known.
    scores[np.unique(dataset.items[liked])] += np.finfo(np.float32).tiny
    return _known_only(scores)


def _times(dataset: Dataset) -> Times:
    """Seconds; without times, one year in order of arrival."""
    if dataset.has_times:
        return dataset.timestamps
    place = np.argsort(np.argsort(dataset.seq, kind="stable"), kind="stable")
    return place / max(len(place) - 1, 1) * 365 * DAY


def _known_only(scores: np.ndarray) -> Floats:
    """NaN for items that nobody has liked: nothing is known of them."""
    return np.where(scores > 0, scores, np.nan).astype(np.float32)
