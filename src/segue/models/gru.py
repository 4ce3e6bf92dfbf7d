"""GRU: a recurrent network over what a person did, trained like `sequential`.

Hidasi et al., "Session-based Recommendations with Recurrent Neural Networks", ICLR 2016 (GRU4Rec), with the softmax
over the catalogue that its authors' later work recommends instead of single negatives.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn

from .base import ModelConfig
from .sequence_model import Events, Network, SequenceConfig, SequenceModel


class GRUConfig(SequenceConfig):
    """Settings of ``gru``."""

    hidden_dim: Annotated[int, Field(ge=1)] = 256
    """Numbers that the network remembers."""
    layers: Annotated[int, Field(ge=1)] = 1
    """Recurrent layers."""


class GRU(SequenceModel):
    """Scores W h_L·e_i with h_L what is remembered after the newest event."""

    name: ClassVar[str] = "gru"
    Config: ClassVar[type[ModelConfig]] = GRUConfig
    config: GRUConfig

    def network(self, n_items: int, content: Tensor | None) -> Network:
        return Recurrent(self.config, n_items, content)


class Recurrent(Network):
    """Gated recurrent units, then a layer back to the length of the item vectors."""

    config: GRUConfig

    def __init__(self, config: GRUConfig, n_items: int, content: Tensor | None) -> None:
        super().__init__(config, n_items, content)
        self.recurrence = nn.GRU(config.embedding_dim, config.hidden_dim, config.layers, batch_first=True)
        self.out = nn.Linear(config.hidden_dim, config.embedding_dim)
        self.norm = nn.LayerNorm(config.embedding_dim)

    def states(self, events: Events, table: Tensor) -> Tensor:
        remembered, _ = self.recurrence(self.vectors(events, table))
        return self.norm(self.out(remembered))  # type: ignore[no-any-return]
