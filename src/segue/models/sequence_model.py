"""What all models of sequences share: items as vectors, training on what came next, and scores for a live history.

A model adds its network alone: events in, one state for every event out. Its score for an item is the product of the
last state with the item's vector, the same that the events are read by (tied embeddings).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from ..arrays import Floats, Mask, by_column
from ..dataset import Dataset, History
from ..errors import InvalidInput
from ..events import EventKind
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from . import device, losses
from .base import Model, ModelConfig, TrainOptions
from .dropout import Dropout
from .loop import Loop, LoopConfig, autocast, load_network, precision, save_network
from .sequences import WHOLE_CATALOGUE, Batch, Sequences, bucketed, windows
from .validation import few_withheld
from .weighting import item_weights

LEAST_PEOPLE = 50
"""Early stopping asks at least this many people: fewer say more about chance than about the epoch."""

Share = Annotated[float, Field(ge=0, lt=1)]


class SequenceConfig(LoopConfig):
    """Settings of every model of sequences."""

    batch_size: Annotated[int, Field(ge=1)] = 4096
    """Events in one step."""
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.998
    """Decay of the moving average of the weights, by step; the average is what is validated and kept. 0: none."""
    embedding_dim: Annotated[int, Field(ge=2)] = 128
    """Length of the vectors of items and states."""
    max_length: Annotated[int, Field(ge=1)] = 200
    """Newest events that are read."""
    dropout: Share = 0.3
    """Share of the numbers between layers that is set to 0 while learning."""
    item_dropout: Share = 0.0
    """Share of the events whose item is hidden while learning."""
    items: Literal["ids", "content", "both"] = "ids"
    """What an item's vector is made of: its own row, learnt; its content (`space`), through a small network; the sum.
    With content, items that nobody has met are scored too."""
    space: str = "mixed"
    """The content vectors that are read."""
    row_dropout: Share = 0.1
    """With ``both``: share of the items whose own row is hidden in a step, so that content learns to do without."""
    actions: bool = False
    """Whether the kind of each event is read, and events that speak against an item with it."""
    time_gaps: bool = False
    """Whether the time since the event before is read."""
    loss: Literal["auto", "cross_entropy", "sampled_softmax", "gbce"] = "auto"
    """`losses`: over the whole catalogue, over a part of it, or one item against single others. ``auto``: the whole
    catalogue up to 5,000 items; beyond, a part of it: on Beauty's 12,101 items as good in .4 of the time."""
    negatives: Annotated[int, Field(ge=1)] = 1024
    """Items drawn for a step of ``sampled_softmax`` and ``gbce``."""
    calibration: Annotated[float, Field(ge=0, le=1)] = 0.75
    """t of ``gbce``; 0 is the binary cross-entropy of the first SASRec."""
    all_cuts: bool = False
    """Cut long histories elsewhere in every epoch, and learn from all of their stretches; otherwise from the newest."""
    aversion: Annotated[float, Field(ge=0)] = 0.3
    """How far an event that speaks against its item moves the state away from the item's vector (Rocchio, 1971)."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of products while learning; ``auto``: bfloat16 where the machine has instructions for it."""


@dataclass(frozen=True)
class Events:
    """A `Batch` as tensors (B, L): what a network reads."""

    items: Tensor
    kinds: Tensor
    weights: Tensor
    times: Tensor
    filled: Tensor

    @classmethod
    def of(cls, batch: Batch, where: torch.device) -> Events:
        """On the device."""

        def tensor(array: NDArray[Any], dtype: torch.dtype) -> Tensor:
            return torch.as_tensor(array, dtype=dtype, device=where)

        return cls(
            items=tensor(batch.items, torch.int64),
            kinds=tensor(batch.kinds, torch.int64),
            weights=tensor(batch.weights, torch.float32),
            times=tensor(batch.timestamps, torch.float64),
            filled=tensor(batch.filled, torch.bool),
        )


GAPS = 16
"""Classes of time between two events: unknown, then a factor of four each, from seconds to years."""


def gap_classes(times: Tensor) -> Tensor:
    """(B, L) class of the time since the event before, 0 … `GAPS` - 1; 0 for the first one and where it is unknown."""
    apart = torch.diff(times, dim=1, prepend=torch.full_like(times[:, :1], torch.nan))
    return (1 + torch.log2(apart.clamp_min(1)) / 2).nan_to_num(0).long().clamp_max(GAPS - 1)


class ItemVectors(nn.Module):
    """The vectors of the catalogue, and of events as inputs."""

    def __init__(self, config: SequenceConfig, n_items: int, content: Tensor | None) -> None:
        super().__init__()
        dim = config.embedding_dim
        self.config = config
        self.ids = None if config.items == "content" else nn.Embedding(n_items, dim)
        if self.ids is not None:
            nn.init.normal_(self.ids.weight, std=dim**-0.5)
        self.content: Tensor | None
        self.register_buffer("content", content, persistent=False)
        self.reader = None
        if content is not None:
            self.reader = nn.Sequential(nn.Linear(content.shape[1], 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.kinds = nn.Embedding(len(EventKind), dim) if config.actions else None
        self.signs = nn.Embedding(len(EventKind), dim) if config.actions else None
        self.gaps = nn.Embedding(GAPS, dim) if config.time_gaps else None
        for table in (self.kinds, self.gaps):
            if table is not None:
                nn.init.zeros_(table.weight)
        if self.signs is not None:
            nn.init.ones_(self.signs.weight)
        self.dropout = Dropout(config.dropout)

    def table(self) -> Tensor:
        """(n items, dim)."""
        read: Tensor | None = None if self.reader is None else self.reader(self.content)
        if self.ids is None:
            assert read is not None
            return read
        if read is None:
            return self.ids.weight
        own = self.ids.weight
        if self.training:
            own = own * (torch.rand(len(own), 1, device=own.device) >= self.config.row_dropout)
        return own + read

    def forward(self, events: Events, table: Tensor) -> Tensor:
        """(B, L, dim)."""
        vectors = table[events.items] * self.config.embedding_dim**0.5
        if self.signs is not None and self.kinds is not None:
            against = torch.where(events.weights < 0, -1.0, 1.0)[..., None]
            vectors = vectors * self.signs(events.kinds) * against + self.kinds(events.kinds)
        if self.training and self.config.item_dropout:
            kept = torch.rand(events.items.shape, device=vectors.device) >= self.config.item_dropout
            vectors = vectors * kept[..., None]
        if self.gaps is not None:
            vectors = vectors + self.gaps(gap_classes(events.times))
        return self.dropout(vectors)  # type: ignore[no-any-return]


def one_each(x: Tensor, places: Tensor) -> Tensor:
    """(B, …) of (B, L, …) what is at one place (B,) of each row."""
    return x[torch.arange(len(x), device=x.device), places]


class Network(nn.Module):
    """Item vectors and whatever turns a sequence of them into states."""

    def __init__(self, config: SequenceConfig, n_items: int, content: Tensor | None) -> None:
        super().__init__()
        self.config = config
        self.vectors = ItemVectors(config, n_items, content)

    @abstractmethod
    def states(self, events: Events, table: Tensor) -> Tensor:
        """(B, L, dim): the state after each event, told that event and those before it."""

    def state_at(self, events: Events, table: Tensor, places: Tensor) -> Tensor:
        """(B, dim): of `states` the one at a place (B,) of each row, for networks that need not make the others."""
        return one_each(self.states(events, table), places)


class SequenceModel(Model):
    """Trains its `network` to tell each next item, and scores live histories by the last state."""

    Config: ClassVar[type[ModelConfig]] = SequenceConfig
    config: SequenceConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.curve: list[float] = []
        """NDCG@10 on the validation after each epoch, once trained."""
        self._network: Network | None = None
        self._table: Floats = np.zeros((0, self.config.embedding_dim), np.float32)
        self._known: Mask = np.zeros(0, bool)
        self._unknown: NDArray[np.int64] = np.zeros(0, np.int64)

    @abstractmethod
    def network(self, n_items: int, content: Tensor | None) -> Network:
        """A fresh network."""

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        where = device.pick(options.device)
        tried = few_withheld(dataset, options)
        fitted = dataset if tried is None else tried.dataset
        content = self._content(dataset.vectors)
        self._known = np.bincount(fitted.items[fitted.positive], minlength=dataset.n_items) > 0
        if content is not None:
            self._known |= content.any(1).numpy()
        self._prepare(fitted, options)
        sequences = Sequences.of_dataset(fitted, self.config.actions)
        self.curve = []
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(options.seed)
            self._network = self.network(dataset.n_items, content)
        dtype = precision(self.config.precision, where)
        enough = tried is not None and len(tried.answers) >= LEAST_PEOPLE

        def validate() -> float:
            assert tried is not None
            self._hold(where)
            return tried.ndcg(self.score_many)

        if len(self._training(sequences, None)):
            loop = Loop(
                network=self._network,
                config=self.config,
                options=options,
                device=where,
                batches=lambda rng, size: self._batches(sequences, rng, size, where),
                loss=lambda events: self._loss(events, dtype),
                validate=validate if enough else None,
            )
            self.curve = loop.run()
        if not self.curve:
            # Weights that have learnt nothing have no opinion.
            self._known[:] = False
        self._network.cpu().eval()
        self._hold(torch.device("cpu"))
        options.progress("", 1.0)

    def _prepare(self, dataset: Dataset, options: TrainOptions) -> None:
        """For models that learn something of the catalogue before their network is made."""

    def _training(self, sequences: Sequences, rng: np.random.Generator | None) -> NDArray[np.int64]:
        cut = windows(sequences, self.config.max_length + 1, 2, rng if self.config.all_cuts else None)
        if not self.config.all_cuts:
            ends = np.isin(cut[:, 1], sequences.offsets[1:])
            cut = cut[ends]
        return cut

    def _batches(
        self, sequences: Sequences, rng: np.random.Generator, size: int, where: torch.device
    ) -> Iterable[Events]:
        cut = self._training(sequences, rng)
        for picked in bucketed(cut, size, rng):
            yield Events.of(sequences.batch(cut[picked, 0], cut[picked, 1]), where)

    def _loss(self, events: Events, dtype: torch.dtype) -> Tensor:
        """What comes next, at every event that has a next one which speaks for its item."""
        assert self._network is not None
        table = self._network.vectors.table()
        told = Events(*(getattr(events, c)[:, :-1] for c in Events.__dataclass_fields__))
        with autocast(dtype, table.device):
            states = self._network.states(told, table).float()
        asked = events.filled[:, 1:] & (events.weights[:, 1:] > 0)
        return self._against(states[asked], events.items[:, 1:][asked], table, events.weights[:, 1:][asked], dtype)

    def _against(self, states: Tensor, targets: Tensor, table: Tensor, weights: Tensor, dtype: torch.dtype) -> Tensor:
        weights = weights.clamp(max=1)
        loss = self.config.loss
        if loss == "auto":
            loss = "cross_entropy" if len(table) <= WHOLE_CATALOGUE else "sampled_softmax"
        if loss == "cross_entropy":
            return losses.cross_entropy(states, targets, table, weights, dtype)
        if loss == "sampled_softmax":
            return losses.sampled_softmax(states, targets, table, weights, dtype, self.config.negatives)
        return losses.gbce(states, targets, table, weights, self.config.negatives, self.config.calibration)

    # Scoring

    @property
    def scores_unmet(self) -> bool:
        return self.config.items != "ids"

    @property
    def n_items(self) -> int:
        return len(self._known)

    @torch.inference_mode()
    def _hold(self, where: torch.device) -> None:
        """Keep the item vectors as they are now."""
        assert self._network is not None
        self._where = where
        self._unknown = np.flatnonzero(~self._known)
        self._held = self._network.vectors.table().detach()
        self._table = by_column(self._held.float().cpu().numpy())

    @torch.inference_mode()
    def people(self, histories: Sequence[History]) -> Floats:
        """(len(histories), embedding_dim): the state of each person now; NaN where the history says nothing."""
        states = np.full((len(histories), self._table.shape[1]), np.nan, np.float32)
        if not histories or self._network is None:
            return states
        told = Sequences.of_histories(histories, self._known, self.config.actions, self.config.max_length)
        stretches = np.stack([told.offsets[:-1], told.offsets[1:]], axis=1)
        spoken = np.flatnonzero(told.lengths > 0)
        for picked in bucketed(stretches[spoken], 32_768):
            rows = spoken[picked]
            batch = told.batch(stretches[rows, 0], stretches[rows, 1])
            lengths = torch.as_tensor(told.lengths[rows], device=self._where)
            states[rows] = self._last(Events.of(batch, self._where), lengths).float().cpu().numpy()
        for row, history in enumerate(histories):
            items, weights = item_weights(history.only(history.weights < 0), self.n_items)
            disliked = self._known[items]
            if disliked.any():
                away = weights[disliked] @ self._table[items[disliked]]
                states[row] = np.nan_to_num(states[row]) + self.config.aversion * away
        return states

    def _last(self, events: Events, lengths: Tensor) -> Tensor:
        """(B, dim): the state from which the next item is told."""
        assert self._network is not None
        return self._network.state_at(events, self._held, lengths - 1)

    def score(self, history: History) -> Floats:
        with blas_threads(1):
            scores: Floats = self._table @ self.people([history])[0]
        scores[self._unknown] = np.nan
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        scores: Floats = self.people(histories) @ self._table.T
        scores[:, self._unknown] = np.nan
        return scores

    # Content

    def _content(self, vectors: Mapping[str, Floats]) -> Tensor | None:
        if self.config.items == "ids":
            return None
        if self.config.space not in vectors:
            raise InvalidInput(
                f"The model {self.name!r} is to read the content vectors {self.config.space!r}, and there are "
                f"{', '.join(vectors) or 'none'}. Run `segue understand`, or set [models.{self.name}] items to 'ids'."
            )
        return torch.from_numpy(np.nan_to_num(np.asarray(vectors[self.config.space], dtype=np.float32)))

    def with_vectors(self, vectors: Mapping[str, Floats]) -> Model:
        """The model over these vectors, for as many items as they have rows; new items have their content alone.

        Raises:
            InvalidInput: the vectors have another length than those of the training.
        """
        before = None if self._network is None else self._network.vectors.content
        if before is None or not self.curve or self.config.space not in vectors:
            return self
        assert self._network is not None
        content = self._content(vectors)
        assert content is not None
        self._check_dimensions(self.config.space, content.shape[1], before.shape[1])
        wider = type(self)(self.config)
        wider.curve = self.curve
        state = dict(self._network.state_dict())
        if "vectors.ids.weight" in state:
            added = max(len(content) - len(before), 0)
            state["vectors.ids.weight"] = nn.functional.pad(state["vectors.ids.weight"], (0, 0, 0, added))
        wider._network = self.network(len(content), content)
        wider._network.load_state_dict(state)
        wider._network.eval()
        wider._known = np.pad(self._known, (0, len(content) - len(before))) | content.any(1).numpy()
        wider._hold(torch.device("cpu"))
        return wider

    # Keeping

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, curve=self.curve)
        folder.write("known", self._known)
        if self._network is not None:
            save_network(self._network, folder.child("network"))
            if self._network.vectors.content is not None:
                folder.write("content", self._network.vectors.content.numpy())

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "curve")
        model._known = folder.read("known", mapped=False)
        model._restore(folder)
        if (folder.path / "network").exists():
            content = None
            if (folder.path / "content.npy").exists():
                content = torch.from_numpy(folder.read("content", mapped=False))
            model._network = model.network(len(model._known), content)
            load_network(model._network, folder.child("network"))
            model._hold(torch.device("cpu"))
        return model

    def _restore(self, folder: ArtifactFolder) -> None:
        """What `_prepare` learnt, read before the network is made again."""
