"""Content neighbours: items that look, sound or read like what the person liked.

Cosine between content vectors, which need no other person and so cover new items and new people. Vectors are centred on
the catalogue's mean first: what all items share (a language, a loudness) says nothing about taste.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import ClassVar, Self

import numpy as np

from ..arrays import Floats, Mask, Rows, by_column
from ..dataset import Dataset, History
from ..errors import InvalidInput
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from .base import Model, ModelConfig, TrainOptions
from .validation import choose_decay, trial
from .weighting import HistoryDecay, event_weights, item_weights, weight_matrix


class ContentConfig(ModelConfig):
    """Settings of ``content`` and its kin."""

    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class Content(Model):
    """Scores Σ_e w_e cos(v_i, v_e) / Σ_j |w_j| over the history's events e and its items j: one profile, one product.

    Between -1 and 1. NaN for items without a vector, and everywhere for a history of such items.
    """

    space: ClassVar[str]  # narrows the base: these models always read one
    """Which of `Dataset.vectors` it reads."""
    Config: ClassVar[type[ModelConfig]] = ContentConfig
    config: ContentConfig

    scores_unmet = True

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self._mean: Floats = np.zeros(0, np.float32)
        self._vectors: Floats = np.zeros((0, 0), np.float32)
        self._known: Mask = np.zeros(0, bool)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        stated = dataset.vectors.get(self.space)
        raw = np.full((dataset.n_items, 0), np.nan, np.float32) if stated is None else _sound(stated, self.space)
        known = _has_vector(raw)
        # One vector alone is its own mean: centring would leave nothing of it.
        self._mean = raw[known].mean(axis=0) if known.sum() > 1 else np.zeros(raw.shape[1], np.float32)
        self._hold(raw)
        tried = trial(dataset, options) if self.config.history_decay == "auto" and known.any() else None
        self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
        options.progress(self.name, 1.0)

    def _hold(self, raw: Floats) -> None:
        """Keep the vectors centred, at length 1; zeros where there is none."""
        self._known = _has_vector(raw)
        centred = (raw - self._mean).astype(np.float32, copy=False)
        centred[~self._known] = 0
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        centred /= np.where(lengths > 1e-6, lengths, np.inf)
        self._vectors = by_column(centred)

    @property
    def n_items(self) -> int:
        return len(self._known)

    def _told(self, history: History) -> Floats:
        """(len(history),) weight of each event on an item with a vector, by the absolute sum of the items' weights."""
        items, total = item_weights(history, self.n_items, self.history_decay)
        weights = event_weights(history, self.n_items, self.history_decay)
        counted = np.flatnonzero(weights)
        weights[counted] *= self._known[history.items[counted]]
        size = np.abs(total[self._known[items]]).sum()
        return weights / np.float32(size) if size > 0 else np.zeros_like(weights)

    def score(self, history: History) -> Floats:
        weights = self._told(history)
        counted = np.flatnonzero(weights)
        if not len(counted):
            return np.full(self.n_items, np.nan, np.float32)
        with blas_threads(1):
            scores: Floats = self._vectors @ (weights[counted] @ self._vectors[history.items[counted]])
        scores[~self._known] = np.nan
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        told = weight_matrix(histories, self.n_items, decay)
        told.data *= self._known[told.indices]
        total = np.abs(told).sum(axis=1).astype(np.float32)
        with np.errstate(invalid="ignore", divide="ignore"):
            people = (told @ self._vectors) / np.where(total > 0, total, np.nan)[:, None]
        scores: Floats = people @ self._vectors.T
        scores[:, ~self._known] = np.nan
        scores[total == 0] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats | None:
        added = np.zeros((len(items), len(history)), np.float32)
        weights = self._told(history)
        counted = np.flatnonzero(weights)
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        likeness = self._vectors[items[targets]] @ self._vectors[history.items[counted]].T
        added[np.ix_(targets, counted)] = likeness * weights[counted]
        return added

    def with_vectors(self, vectors: Mapping[str, Floats]) -> Model:
        """The model over these vectors, for as many items as they have rows.

        Raises:
            InvalidInput: the vectors have another length than those of the training.
        """
        if self.space not in vectors or not self._vectors.shape[1]:
            return self
        raw = _sound(vectors[self.space], self.space)
        self._check_dimensions(self.space, raw.shape[1], len(self._mean))
        wider = copy(self)
        wider._hold(raw)
        return wider

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, history_decay=self.history_decay)
        for name, array in (("mean", self._mean), ("vectors", self._vectors), ("known", self._known)):
            folder.write(name, array)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "history_decay")
        model._mean, model._vectors = folder.read("mean"), folder.read("vectors")
        model._known = folder.read("known", mapped=False)
        return model


class ContentMixed(Content):
    """Neighbours in the mixed embedding of words and media."""

    name: ClassVar[str] = "content"
    space: ClassVar[str] = "mixed"


class ContentText(Content):
    """Neighbours by what is written about an item."""

    name: ClassVar[str] = "content_text"
    space: ClassVar[str] = "text"


class ContentAudio(Content):
    """Neighbours by sound."""

    name: ClassVar[str] = "content_audio"
    space: ClassVar[str] = "audio"


class ContentPicture(Content):
    """Neighbours by picture."""

    name: ClassVar[str] = "content_picture"
    space: ClassVar[str] = "picture"


def _sound(vectors: Floats, space: str) -> Floats:
    if vectors.ndim != 2:
        raise InvalidInput(f"Expected the vectors of {space!r} as a table (items, dimensions), got {vectors.shape}.")
    return vectors


def _has_vector(raw: Floats) -> Mask:
    return np.asarray(np.isfinite(raw).all(axis=1) & (raw.shape[1] > 0))
