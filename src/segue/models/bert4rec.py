"""BERT4Rec: attention in both directions, trained to fill in hidden items.

Sun et al., "BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations from Transformer", CIKM
2019. At request time a hidden item is put behind the history, and what would fill it in is recommended.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from .base import ModelConfig
from .loop import autocast
from .sequence_model import Events, Network, SequenceConfig, SequenceModel


class BERT4RecConfig(SequenceConfig):
    """Settings of ``bert4rec``."""

    layers: Annotated[int, Field(ge=1)] = 2
    """Blocks one after the other."""
    heads: Annotated[int, Field(ge=1)] = 2
    """Attention heads in a block; they share ``embedding_dim``."""
    hidden_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the events that are hidden while learning; the newest one of each stretch always is."""


class BERT4Rec(SequenceModel):
    """Scores h·e_i with h the state of a hidden event behind the newest one."""

    name: ClassVar[str] = "bert4rec"
    Config: ClassVar[type[ModelConfig]] = BERT4RecConfig
    config: BERT4RecConfig

    def network(self, n_items: int, content: Tensor | None) -> Network:
        return Bidirectional(self.config, n_items, content)

    def _loss(self, events: Events, dtype: torch.dtype) -> Tensor:
        network = self._network
        assert isinstance(network, Bidirectional)
        table = network.vectors.table()
        newest = events.filled & ~functional.pad(events.filled[:, 1:], (0, 1))
        hidden = (torch.rand(events.items.shape, device=events.items.device) < self.config.hidden_share) | newest
        hidden &= events.filled & (events.weights > 0)
        with autocast(dtype, table.device):
            states = network.states(events, table, hidden).float()
        return self._against(states[hidden], events.items[hidden], table, events.weights[hidden], dtype)

    def _last(self, events: Events, lengths: Tensor) -> Tensor:
        network = self._network
        assert isinstance(network, Bidirectional)
        # One more place behind the newest event, to be filled in.
        events = Events(*(functional.pad(getattr(events, c), (0, 1)) for c in Events.__dataclass_fields__))
        rows = torch.arange(len(lengths), device=lengths.device)
        events.filled[rows, lengths] = True
        hidden = torch.zeros_like(events.filled)
        hidden[rows, lengths] = True
        return network.states(events, self._held, hidden)[rows, lengths]


class Bidirectional(Network):
    """Blocks of attention over all events, those to come included; hidden ones are a vector of their own."""

    config: BERT4RecConfig

    def __init__(self, config: BERT4RecConfig, n_items: int, content: Tensor | None) -> None:
        super().__init__(config, n_items, content)
        dim = config.embedding_dim
        self.hidden = nn.Parameter(torch.randn(dim) * 0.02)
        # Stretches while learning have one event more than the histories that are read, and so has the hidden one.
        self.places = nn.Embedding(config.max_length + 1, dim)
        nn.init.normal_(self.places.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            dim, config.heads, 4 * dim, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(dim), enable_nested_tensor=False)

    def states(self, events: Events, table: Tensor, hidden: Tensor | None = None) -> Tensor:
        vectors = self.vectors(events, table)
        if hidden is not None:
            vectors = torch.where(hidden[..., None], self.hidden, vectors)
        # Places are counted from the newest event, whose successor is asked for.
        lengths = events.filled.sum(1, keepdim=True)
        places = (lengths - 1 - torch.arange(vectors.shape[1], device=vectors.device)).clamp_min(0)
        vectors = vectors + self.places(places)
        return self.encoder(vectors, src_key_padding_mask=~events.filled)  # type: ignore[no-any-return]
