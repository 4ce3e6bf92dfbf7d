"""Graph convolution: an item is what it is together with the people who met it and the entities it shares.

He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation", SIGIR 2020: vectors spread
over the graph of people and items, every edge divided by the roots of the degrees at its ends, and the mean over the
layers is the result. As in the paper nothing else is learnt: no weights between the layers, no non-linearity.

Three things differ from the paper. Only items have vectors of their own; the people's are 0. So a person is what their
items are, by the rule that every layer uses, and people seen and unseen in training are alike; the paper's vector of a
person is this one plus a free part, and benchmarks/graphs.py measures what that part is worth. Then 2h + 1 layers come
down to vectors F = (E + S E + … + S^h E) / (h + 1) of the items, with S = BᵀB and B the normalised edges, and a person
is B F. Degrees are smoothed, and learning begins at the leading singular vectors of the graph: most of the quality is
there before the first step.

The entities of the catalogue, which are credits, genres, tags, series and albums, are further neighbours of the items
(`GraphConfig.entity_weight`). So an item that nobody has met is placed by what it shares.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import torch
from pydantic import Field
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from torch import Tensor, nn
from torch.nn import functional

from ..arrays import Floats, Mask, Rows, Sparse, by_column
from ..dataset import Dataset, History
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from . import device
from .base import Model, ModelConfig, TrainOptions
from .entities import entity_edges
from .loop import Loop, LoopConfig
from .losses import sampled_softmax
from .validation import Trial, best, choose_decay, trial
from .weighting import HistoryDecay, event_weights, item_weights, training_matrix, weight_matrix

SMOOTHINGS = (10.0, 30.0, 100.0, 300.0)
"""Tried by ``smoothing = "auto"``."""
ENTITY_WEIGHTS = (0.5, 2.0, 0.0)
"""Tried by ``entity_weight = "auto"``; the first where there is nothing to try on."""


class GraphConfig(LoopConfig):
    """Settings of ``graph``."""

    batch_size: Annotated[int, Field(ge=1)] = 4096
    """Events in one step. Each step spreads over the whole graph."""
    warmup: Annotated[int, Field(ge=0)] = 20
    """Steps in which the learning rate grows from 0."""
    patience: Annotated[int, Field(ge=1)] = 2
    """Passes without a better validation after which training stops; the best state is kept."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.003
    """Of Adam (Kingma and Ba, 2015), reached after `warmup` steps."""
    factors: Annotated[int, Field(ge=1, le=2048)] = 128
    """Length of the vectors."""
    hops: Annotated[int, Field(ge=1, le=8)] = 1
    """Steps from item to item over whatever they share: h are the 2h + 1 layers of the paper."""
    smoothing: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """Added to every degree, in events. Without it, handfuls of people and items that touch few others stand out of the
    graph (Chaudhuri, Chung and Tsiatas, "Spectral clustering of graphs with general degrees", COLT 2012). ``auto``: the
    best of `SMOOTHINGS` on validation, before learning."""
    loss: Literal["softmax", "bpr"] = "softmax"
    """``softmax``: each event's item against all of the batch and `negatives` more; ``bpr``: against one drawn evenly,
    as in the paper."""
    negatives: Annotated[int, Field(ge=1)] = 1024
    """Items besides those of the batch that the softmax compares with, drawn evenly; all where there are no more."""
    entity_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """What the edge from an item to an entity weighs, in events of people. Entities are credits, genres, tags, series
    and albums that items share; 0: the graph is of people and items alone. ``auto``: the best of `ENTITY_WEIGHTS` on
    validation, before learning."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


_LEARNT = ("history_decay", "smoothing", "entity_weight", "epochs")
"""What is kept of a model besides its arrays."""


class Graph(Model):
    """Scores f_i · Σ_j w_j f_j / √(d_j d) over the items j of the history, d_j an item's degree and d = Σ|w|, smoothed.

    Dislikes have w_j < 0.
    """

    name: ClassVar[str] = "graph"
    Config: ClassVar[type[ModelConfig]] = GraphConfig
    config: GraphConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self.smoothing = SMOOTHINGS[0]
        """The smoothing in use, once trained."""
        self.entity_weight = ENTITY_WEIGHTS[0]
        """The weight of entities in use, once trained."""
        self.epochs = 0
        """Epochs behind the vectors in use, once trained."""
        self._hold(np.zeros((0, self.config.factors), np.float32), np.zeros(0, np.float32), np.zeros(0, bool))

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        entities = entity_edges(dataset.catalogue)
        self.smoothing = SMOOTHINGS[0] if self.config.smoothing == "auto" else self.config.smoothing
        self.entity_weight = ENTITY_WEIGHTS[0] if self.config.entity_weight == "auto" else self.config.entity_weight
        if not entities.shape[1]:
            self.entity_weight = 0.0
        self.history_decay = choose_decay(self.config.history_decay, None, self._product)
        tried = trial(dataset, options)
        with blas_threads(options.threads):
            if tried is not None:
                self._settle(entities, tried, options)
                self._fit(tried.dataset, entities, self.config, tried, options)
                self._quality(tried)
            if tried is None:
                self._fit(dataset, entities, self.config, None, options)
            elif tried.refit:
                config = self.config.model_copy(update={"epochs": self.epochs})
                self._fit(dataset, entities, config, None, options)
        options.progress(self.name, 1.0)

    def _settle(self, entities: Sparse, tried: Trial, options: TrainOptions) -> None:
        """What is to be chosen of the smoothing and then of the weight of entities: the best where learning begins."""
        matrix = training_matrix(tried.dataset)

        def quality(smoothing: float, entity_weight: float) -> float:
            self.smoothing, self.entity_weight = smoothing, entity_weight
            self._begin(matrix, entities, options)
            return self._quality(tried)

        weight = self.entity_weight
        if self.config.smoothing == "auto":
            self.smoothing = best(SMOOTHINGS, lambda smoothing: quality(smoothing, weight))
        smoothing = self.smoothing
        if self.config.entity_weight == "auto" and entities.shape[1]:
            weight = best(ENTITY_WEIGHTS, lambda weight: quality(smoothing, weight))
        self.smoothing, self.entity_weight = smoothing, weight

    def _begin(self, matrix: Sparse, entities: Sparse, options: TrainOptions) -> _Network | None:
        """The network where learning begins, its vectors held; None where nobody has met anything."""
        if not self.entity_weight:
            entities = entities[:, :0]
        edges, scale = normalised(matrix, entities * np.float32(self.entity_weight), self.smoothing)
        met = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 0
        known = met | (edges.T @ (edges @ met) > 0)
        self._hold(np.zeros((len(met), self.config.factors), np.float32), scale, known)
        if not met.any():
            return None
        start = leading(edges, scale, met, self.config.factors, options.seed)
        network = _Network(matrix, edges, start, self.config, device.pick(options.device))
        self._take(network)
        return network

    def _fit(
        self, dataset: Dataset, entities: Sparse, config: GraphConfig, tried: Trial | None, options: TrainOptions
    ) -> None:
        """Learn the vectors, and count the epochs: the best on ``tried``, or else all."""
        self.epochs = 0
        network = self._begin(training_matrix(dataset), entities, options)
        if network is None:
            return

        def validate() -> float:
            self._take(network)
            assert tried is not None
            return self._quality(tried)

        stage, begun = ("all", 0.5) if tried is None else ("trial", 0.0)
        loop = Loop(
            network,
            config,
            replace(
                options,
                checkpoint=options.checkpoint and options.checkpoint.child(stage),
                progress=lambda _what, share: options.progress(self.name, begun + share / 2),
            ),
            network.where,
            batches=network.batches,
            loss=network.loss,
            validate=validate if tried is not None else None,
        )
        curve = loop.run()
        self.epochs = int(np.argmax(curve)) + 1 if tried and curve else len(curve)
        self._take(network)

    def _take(self, network: _Network) -> None:
        with torch.inference_mode():
            self._hold(network().cpu().numpy(), self._scale, self._known)

    def _quality(self, tried: Trial) -> float:
        """NDCG@10 under the decay that suits the vectors as they are."""
        self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
        return tried.ndcg(lambda histories: self._product(histories, self.history_decay))

    def _hold(self, factors: Floats, scale: Floats, known: Mask) -> None:
        self._factors, self._scale, self._known = by_column(factors), scale, known

    @property
    def n_items(self) -> int:
        return len(self._known)

    @property
    def scores_unmet(self) -> bool:
        """Where entities have a weight."""
        return self.entity_weight > 0

    def person(self, history: History) -> Floats | None:
        """(factors,) the person's vector; None where the history says nothing that the model knows."""
        items, weights = item_weights(history, self.n_items, self.history_decay)
        told = self._known[items]
        items, weights = items[told], weights[told]
        if not len(items):
            return None
        vector: Floats = (weights * self._scale[items] / self._length(np.abs(weights).sum())) @ self._factors[items]
        return vector

    def _length(self, degree: Any) -> Any:
        return np.sqrt(degree + self.smoothing)

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
        told = weight_matrix(histories, self.n_items, decay)
        told.data *= self._known[told.indices]
        size = np.abs(told).sum(axis=1)
        told.data *= self._scale[told.indices]
        people = (told @ self._factors) / self._length(size)[:, None]
        scores: Floats = people.astype(np.float32) @ self._factors.T
        scores[:, ~self._known] = np.nan
        scores[size == 0] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        added = np.zeros((len(items), len(history)), np.float32)
        told, total = item_weights(history, self.n_items, self.history_decay)
        size = np.abs(total[self._known[told]]).sum()
        if not size:
            return added
        weights = event_weights(history, self.n_items, self.history_decay) / self._length(size)
        counted = np.flatnonzero(weights)
        counted = counted[self._known[history.items[counted]]]
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        own = history.items[counted]
        likeness = self._factors[items[targets]] @ self._factors[own].T
        added[np.ix_(targets, counted)] = likeness * (weights[counted] * self._scale[own])
        return added

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, **{name: getattr(self, name) for name in _LEARNT})
        for name, array in (("factors", self._factors), ("scale", self._scale), ("known", self._known)):
            folder.write(name, array)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, *_LEARNT)
        model._hold(folder.read("factors"), folder.read("scale"), folder.read("known", mapped=False))
        return model


def normalised(matrix: Sparse, entities: Sparse, smoothing: float) -> tuple[Sparse, Floats]:
    """(people + entities, n items): each edge over the roots of its ends' degrees; and 1/√degree of the items."""
    edges = sparse.vstack([matrix, entities.T], format="csr", dtype=np.float32)
    left, right = (1 / np.sqrt(edges.sum(axis=axis, dtype=np.float64) + smoothing) for axis in (1, 0))
    edges.data *= (np.repeat(left, np.diff(edges.indptr)) * right[edges.indices]).astype(np.float32)
    return edges, right.astype(np.float32)


def leading(edges: Sparse, scale: Floats, met: Mask, factors: int, seed: int) -> Floats:
    """(n items, factors) where learning begins: leading right singular vectors × degree^¼; 0 where nobody met the item.

    That is the linear graph filter of Shen et al. ("How Powerful is Graph Convolution for Recommendation?", CIKM 2021)
    with the roots of the degrees shared evenly between what is met and what is scored. From random vectors the same
    quality takes many times the steps. The products of people with items have a root mean square of 1, about where the
    softmax of every data set tried was likeliest.
    """
    rows = edges[:, met]
    rank = min(factors, *rows.shape)
    _, _, found = randomized_svd(sparse.csr_matrix(rows), rank, n_iter=4, random_state=seed)
    found = found.T / np.sqrt(scale[met])[:, None]
    people = rows @ found
    square = np.sum((people.T @ people) * (found.T @ found)) / rows.shape[0] / rows.shape[1]
    vectors = np.zeros((len(met), factors), np.float32)
    vectors[np.flatnonzero(met)[:, None], np.arange(rank)] = found / square**0.25
    return vectors


class Spread(torch.autograd.Function):
    """The product of a sparse matrix with vectors; its gradient is the product with the transpose, kept at hand."""

    @staticmethod
    def forward(context: Any, edges: Tensor, transposed: Tensor, vectors: Tensor) -> Tensor:
        context.transposed = transposed
        return edges @ vectors

    @staticmethod
    def backward(context: Any, *grads: Tensor) -> Any:
        return None, None, context.transposed @ grads[0].contiguous()


class _Batch(NamedTuple):
    people: Tensor
    items: Tensor
    edges: Tensor
    """What the item's own edge adds to the person's vector, see `normalised`."""
    weights: Tensor


class _Network(nn.Module):
    """The items' own vectors E, how they spread, and how they learn.

    An event's item is told from others by the person's vector without that event, which else would give it away.
    """

    def __init__(self, matrix: Sparse, edges: Sparse, start: Floats, config: GraphConfig, where: torch.device) -> None:
        super().__init__()
        self.config, self.where = config, where
        self.own = nn.Parameter(torch.from_numpy(start).to(where))
        self._edges, self._transposed = (as_tensor(m).to(where) for m in (edges, edges.T.tocsr()))
        people = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        # The people's rows of the edges come first, their entries in the order of the matrix.
        columns = (people, matrix.indices.astype(np.int64), edges.data[: matrix.nnz], matrix.data)
        self._events = _Batch(*(torch.from_numpy(column).to(where) for column in columns))
        self._met = torch.unique(self._events.items)
        self._mask = torch.zeros(len(start), 1, device=where).index_fill(0, self._met, 1.0)

    def forward(self) -> Tensor:
        """(n items, factors) the mean over the layers."""
        layer = self.own * self._mask
        total = layer
        for _ in range(self.config.hops):
            layer = self._up(self._down(layer))
            total = total + layer
        return total / (self.config.hops + 1)

    def _down(self, items: Tensor) -> Tensor:
        """From items to people and entities."""
        spread: Tensor = Spread.apply(self._edges, self._transposed, items)  # type: ignore[no-untyped-call]
        return spread

    def _up(self, others: Tensor) -> Tensor:
        spread: Tensor = Spread.apply(self._transposed, self._edges, others)  # type: ignore[no-untyped-call]
        return spread

    def batches(self, rng: np.random.Generator, size: int) -> Iterator[_Batch]:
        """All events in a new order."""
        order = torch.from_numpy(rng.permutation(len(self._events.people))).to(self.where)
        for rows in torch.split(order, size):
            yield _Batch(*(column[rows] for column in self._events))

    def loss(self, batch: _Batch) -> Tensor:
        """The mean over the events of a batch."""
        vectors = self()
        people = self._down(vectors)[batch.people] - vectors[batch.items] * batch.edges[:, None]
        if self.config.loss == "softmax":
            table = vectors[self._met]
            targets = torch.searchsorted(self._met, batch.items)
            return sampled_softmax(people, targets, table, batch.weights, table.dtype, self.config.negatives)
        drawn = self._met[torch.randint(len(self._met), batch.items.shape, device=self.where)]
        margin = (people * (vectors[batch.items] - vectors[drawn])).sum(1)
        return (functional.softplus(-margin) * batch.weights).sum() / batch.weights.sum()


def as_tensor(matrix: Sparse) -> Tensor:
    """The matrix as torch holds compressed sparse rows."""
    begins, columns = (torch.from_numpy(part.astype(np.int64)) for part in (matrix.indptr, matrix.indices))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse")  # what torch says of its CSR: it is in beta, unchecked
        return torch.sparse_csr_tensor(begins, columns, torch.from_numpy(matrix.data), size=matrix.shape)
