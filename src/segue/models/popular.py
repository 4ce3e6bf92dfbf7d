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
from .validation import Trial, best, trial
from .weighting import training_matrix

DAY = 86_400.0
HALF_LIVES = (1.0, 3.0, 7.0, 30.0, 90.0, 365.0, 3650.0)
"""Days tried by ``half_life_days = "auto"``."""
WINDOWS = (None, 1.0, 7.0, 30.0)
"""Days tried by ``window_days = "auto"``; None: no window."""
_BEFORE = 1e-6
"""Weight of what lies before the window, so that items without anything in it are still told apart."""


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
    taken to span one year in its order of arrival, and a week is then the shortest that is tried."""
    window_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["auto"] | None = "auto"
    """Only events of so many last days count; None: all. What is older ranks behind them, by the same decay. ``auto``:
    the best of `WINDOWS` on validation, and None for a log without times."""


class PopularRecent(PopularAll):
    """Popularity with exponential decay: each event counts 2^(-age / half-life), age from the newest event of all."""

    name: ClassVar[str] = "popular_recent"
    Config: ClassVar[type[ModelConfig]] = PopularRecentConfig
    config: PopularRecentConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.half_life_days: float | None = None
        """The half-life in use, once trained."""
        self.window_days: float | None = None
        """The window in use, once trained; None: all events count."""

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        # An order of arrival tells months from years, not days from weeks.
        half_lives: tuple[float, ...] = HALF_LIVES if dataset.has_times else HALF_LIVES[2:]
        windows: tuple[float | None, ...] = WINDOWS if dataset.has_times else WINDOWS[:1]
        if self.config.half_life_days != "auto":
            half_lives = (self.config.half_life_days,)
        if self.config.window_days != "auto":
            windows = (self.config.window_days,)
        # Without a trial: everything that is known, the slow decay and no window.
        self.half_life_days, self.window_days = half_lives[-1], windows[0]
        undecided = len(half_lives) > 1 or len(windows) > 1
        if undecided and (tried := trial(dataset, options)) is not None:
            # First the half-life without a window, then the window under that half-life.
            half_life = best(half_lives, lambda days: _quality(tried, days, windows[0]))
            self.half_life_days = half_life
            self.window_days = best(windows, lambda window: _quality(tried, half_life, window))
        self._scores = _recent(dataset, self.half_life_days, self.window_days)
        options.progress(self.name, 1.0)

    def save(self, folder: ArtifactFolder) -> None:
        super().save(folder)
        folder.write_json("chosen", {"half_life_days": self.half_life_days, "window_days": self.window_days})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = super().load(folder)
        chosen = folder.read_json("chosen")
        model.half_life_days, model.window_days = chosen["half_life_days"], chosen.get("window_days")
        return model


def _quality(tried: Trial, half_life_days: float, window_days: float | None) -> float:
    scores = _recent(tried.dataset, half_life_days, window_days)
    return tried.ndcg(lambda histories: np.broadcast_to(scores, (len(histories), len(scores))))


def _recent(dataset: Dataset, half_life_days: float, window_days: float | None) -> Floats:
    liked = dataset.positive
    if not liked.any():
        return np.full(dataset.n_items, np.nan, np.float32)
    times = _times(dataset)
    age = (times.max() - times[liked]) / DAY
    decay = np.exp2(-age / half_life_days)
    if window_days is not None:
        # What lies before the window keeps its order and comes after everything within.
        decay[age > window_days] *= _BEFORE
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
