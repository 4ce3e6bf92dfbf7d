"""What the networks share that read a person's whole history at once and answer with a score for every item.

`Autoencoder` is the frame: sparse rows in, early stopping on what people did next, serving. A model adds its network
and its `Learner`, which knows how the network learns from the rows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, NamedTuple, Self

import numpy as np
import torch
from pydantic import Field
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from ..arrays import Floats, Rows, Sparse
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from . import device
from .base import Model, ModelConfig, TrainOptions
from .loop import Loop, LoopConfig, load_network, save_network
from .validation import Trial, choose_decay, trial
from .weighting import HistoryDecay, training_matrix, weight_matrix


class AutoencoderConfig(LoopConfig):
    """Settings of every autoencoder, besides those of the training loop."""

    batch_size: Annotated[int, Field(ge=1)] = 128
    """People in one step. Their scores take people × items × 4 bytes, a few times over."""
    hidden: Annotated[int, Field(ge=1, le=8192)] = 256
    """Width of the hidden layers."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


class Bags(NamedTuple):
    """Sparse rows: row j holds ``items[offsets[j]:offsets[j + 1]]``, each with its weight."""

    items: Tensor
    weights: Tensor
    offsets: Tensor

    @classmethod
    def of(cls, matrix: Sparse, where: torch.device) -> Bags:
        """The rows of a matrix, each brought to length 1 so that long and short histories are alike to the network."""
        weights = matrix.data / np.maximum(_lengths(matrix), np.finfo(np.float32).tiny)[_owners(matrix)]
        arrays = (matrix.indices.astype(np.int64), weights, matrix.indptr.astype(np.int64))
        return cls(*(torch.from_numpy(array).to(where) for array in arrays))

    def dropped(self, share: float) -> Bags:
        """The same with this share of the entries taken out and the others enlarged to make up for them."""
        return self._replace(weights=functional.dropout(self.weights, share))


class BagLayer(nn.Module):
    """A linear layer that reads sparse rows: the weighted sum of the items' vectors, and a bias."""

    def __init__(self, n_items: int, width: int) -> None:
        super().__init__()
        self.items = nn.Parameter(nn.init.xavier_normal_(torch.empty(n_items, width)))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, bags: Bags) -> Tensor:
        """(rows, width)."""
        total = functional.embedding_bag(
            bags.items,
            self.items,
            bags.offsets,
            mode="sum",
            per_sample_weights=bags.weights,
            include_last_offset=True,
        )
        return total + self.bias


def dense(n_in: int, n_out: int) -> nn.Linear:
    """A linear layer that begins with Glorot's normal weights and without bias."""
    layer = nn.Linear(n_in, n_out)
    nn.init.xavier_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Turn(NamedTuple):
    """One step: the part of the learner whose turn it is, and the rows it learns from."""

    part: str
    rows: Sparse


class Learner(nn.Module):
    """The network, what only its training needs, and how it is trained."""

    network: nn.Module
    """What serves: from `Bags` to scores (rows, items)."""

    @abstractmethod
    def turns(self, rows: Sparse, rng: np.random.Generator, size: int) -> Iterator[Turn]:
        """The steps of an epoch over all rows, ``size`` rows each."""

    @abstractmethod
    def loss(self, turn: Turn) -> Tensor:
        """What the part whose turn it is makes small."""

    @property
    def where(self) -> torch.device:
        """The device that it is on."""
        return next(self.parameters()).device


def shuffled(rows: Sparse, rng: np.random.Generator, size: int) -> Iterator[Sparse]:
    """All rows in a new order, ``size`` at a time."""
    order = rng.permutation(rows.shape[0])
    for start in range(0, len(order), size):
        yield rows[order[start : start + size]]


class Autoencoder(Model):
    """Scores f(x) of a network f that was shown what people like, for the row x of a history's weights.

    Training knows likes only, so dislikes enter by odd extension: with x = x⁺ - x⁻,
    f(0) + |x⁺|/|x| (f(x⁺) - f(0)) - |x⁻|/|x| (f(x⁻) - f(0)): what is shown to people who like x⁻ goes down. For a
    linear network that is f(x) itself.
    """

    config: AutoencoderConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self.epochs = 0
        """Epochs that the network in use has learned, once trained."""
        self._cover(0, np.zeros(0, np.int32))

    @abstractmethod
    def _network(self, n_items: int) -> nn.Module:
        """A new network for so many items."""

    @abstractmethod
    def _learner(self, network: nn.Module) -> Learner:
        """What trains it."""

    def _cover(self, n_items: int, rows: Rows) -> None:
        """Have an opinion on these rows out of so many."""
        self._n_items, self._rows = n_items, rows

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        matrix = training_matrix(dataset)
        self._cover(dataset.n_items, np.unique(matrix.indices).astype(np.int32))
        self.epochs = 0
        self.history_decay = choose_decay(self.config.history_decay, None, self._product)
        if len(self._rows):
            tried = trial(dataset, options)
            if tried is not None:
                self._fit(training_matrix(tried.dataset), self.config, tried, options)
                self._quality(tried)
            if tried is None:
                self._fit(matrix, self.config, None, options)
            elif tried.refit and self.epochs:
                self._fit(matrix, self.config.model_copy(update={"epochs": self.epochs}), None, options)
            self._net.to("cpu")
        if not self.epochs:
            self._cover(dataset.n_items, np.zeros(0, np.int32))
        options.progress(self.name, 1.0)

    def _fit(self, matrix: Sparse, config: AutoencoderConfig, tried: Trial | None, options: TrainOptions) -> None:
        """Train a new network and count its epochs: the best on ``tried``, or else all."""
        rows = matrix[:, self._rows]
        rows = rows[np.flatnonzero(np.diff(rows.indptr))]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            learner = self._learner(self._network(len(self._rows)))
        self._net = learner.network
        stage, begun = ("all", 0.5) if tried is None else ("trial", 0.0)
        loop = Loop(
            learner,
            config,
            replace(
                options,
                checkpoint=options.checkpoint and options.checkpoint.child(stage),
                progress=lambda _what, share: options.progress(self.name, begun + share / 2),
            ),
            device.pick(options.device),
            batches=lambda rng, size: learner.turns(rows, rng, size),
            loss=learner.loss,
            validate=None if tried is None else lambda: self._quality(tried),
        )
        curve = loop.run()
        self.epochs = int(np.argmax(curve)) + 1 if tried and curve else len(curve)

    def _quality(self, tried: Trial) -> float:
        """NDCG@10 under the decay that suits the network as it is: networks that recall the past worse win by it."""
        self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
        return tried.ndcg(lambda histories: self._product(histories, self.history_decay))

    @property
    def n_items(self) -> int:
        return self._n_items

    def score(self, history: History) -> Floats:
        scores: Floats = self.score_many([history])[0]
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        told = weight_matrix(histories, self._n_items, decay)[:, self._rows]
        scores = np.full((len(histories), self._n_items), np.nan, np.float32)
        answered = np.flatnonzero(np.diff(told.indptr))
        if len(answered):
            scores[np.ix_(answered, self._rows)] = self._extended(told[answered])
        return scores

    def _extended(self, told: Sparse) -> Floats:
        """(rows, known items) scores of rows of signed weights."""
        mixed = np.unique(_owners(told)[told.data < 0])
        if not len(mixed):
            return self._seen(told)
        likes, dislikes = told.copy(), told[mixed]
        likes.data, dislikes.data = np.maximum(told.data, 0), np.maximum(-dislikes.data, 0)
        nobody = sparse.csr_array((1, told.shape[1]), dtype=np.float32)
        seen = self._seen(sparse.vstack([likes, dislikes, nobody], format="csr"))
        scores, away, nothing = seen[: told.shape[0]], seen[told.shape[0] : -1], seen[-1]
        liked, disliked = (_lengths(part)[:, None] for part in (likes[mixed], dislikes))
        pull = liked * (scores[mixed] - nothing) - disliked * (away - nothing)
        scores[mixed] = nothing + pull / np.hypot(liked, disliked)
        return scores

    def _seen(self, likes: Sparse) -> Floats:
        """What the network answers to rows without dislikes."""
        with torch.inference_mode():
            scores = self._net(Bags.of(likes, next(self._net.parameters()).device))
        return np.asarray(scores.cpu().numpy(), dtype=np.float32)

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, _n_items=self._n_items, epochs=self.epochs, history_decay=self.history_decay)
        folder.write("rows", self._rows)
        if len(self._rows):
            save_network(self._net, folder.child("network"))

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "_n_items", "epochs", "history_decay")
        model._rows = folder.read("rows", mapped=False)
        if len(model._rows):
            model._net = model._network(len(model._rows))
            load_network(model._net, folder.child("network"))
        return model


def _owners(matrix: Sparse) -> Rows:
    """The row of each entry."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))


def _lengths(matrix: Sparse) -> Floats:
    """(rows,) Euclidean length of each row."""
    return np.sqrt(np.bincount(_owners(matrix), matrix.data**2, matrix.shape[0])).astype(np.float32)
