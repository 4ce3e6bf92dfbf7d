"""CFGAN: a generator of whole histories that learns against a critic.

Chae et al., "CFGAN: A Generic Collaborative Filtering Framework based on Generative Adversarial Networks", CIKM 2018,
with zero reconstruction and partial masking: some items that a person has not met are drawn; the generator must leave
one part of them at zero, and the critic sees another part beside what the person likes, so that answering 1 everywhere
does not pass. An experiment beside the other models: docs/log.md says how it compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..arrays import Sparse
from .autoencoder import Autoencoder, AutoencoderConfig, BagLayer, Bags, Learner, Turn, dense, shuffled
from .base import ModelConfig


class GANConfig(AutoencoderConfig):
    """Settings of ``gan``."""

    zero_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the items a person has not met that the generator is told to leave at zero, drawn anew each step."""
    zero_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.1
    """α: weight of their squares in the generator's loss."""
    mask_share: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of the items a person has not met that the critic sees, drawn anew each step."""
    critic_turns: Annotated[int, Field(ge=1)] = 1
    """Passes of the critic in an epoch."""
    generator_turns: Annotated[int, Field(ge=1)] = 2
    """Passes of the generator in an epoch."""


class GAN(Autoencoder):
    """Scores are the logits of the generator's row, before the sigmoid."""

    name: ClassVar[str] = "gan"
    Config: ClassVar[type[ModelConfig]] = GANConfig
    config: GANConfig

    def _network(self, n_items: int) -> nn.Module:
        return _Generator(n_items, self.config.hidden)

    def _learner(self, network: nn.Module) -> Learner:
        assert isinstance(network, _Generator)
        return _Adversaries(network, self.config)


class _Generator(nn.Module):
    """Bags → logits (rows, items)."""

    def __init__(self, n_items: int, hidden: int) -> None:
        super().__init__()
        self.n_items = n_items
        self.read = BagLayer(n_items, hidden)
        self.write = dense(hidden, n_items)

    def forward(self, bags: Bags) -> Tensor:
        logits: Tensor = self.write(torch.tanh(self.read(bags)))
        return logits


class _Critic(nn.Module):
    """A row of preferences and the bag of the person it is said to be of → logit that it is real, (rows,)."""

    def __init__(self, n_items: int, hidden: int) -> None:
        super().__init__()
        self.person = BagLayer(n_items, hidden)
        self.row = dense(n_items, hidden)
        self.last = dense(hidden, 1)

    def forward(self, row: Tensor, bags: Bags) -> Tensor:
        logits: Tensor = self.last(torch.tanh(self.row(row) + self.person(bags)))
        return logits[:, 0]


class _Adversaries(Learner):
    """The parts whose turn it can be: the critic or the network, which is the generator."""

    def __init__(self, network: _Generator, config: GANConfig) -> None:
        super().__init__()
        self.network: _Generator = network
        self.critic = _Critic(network.n_items, config.hidden)
        self.config = config

    def turns(self, rows: Sparse, rng: np.random.Generator, size: int) -> Iterator[Turn]:
        for part, n in (("critic", self.config.critic_turns), ("network", self.config.generator_turns)):
            for _ in range(n):
                for batch in shuffled(rows, rng, size):
                    yield Turn(part, batch)

    def loss(self, turn: Turn) -> Tensor:
        self.network.requires_grad_(turn.part == "network")
        self.critic.requires_grad_(turn.part == "critic")
        bags = Bags.of(turn.rows, self.where)
        real = torch.from_numpy(turn.rows.toarray()).to(self.where)
        unmet = real == 0
        forged = torch.sigmoid(self.network(bags))
        seen = ~unmet | self._drawn(unmet, self.config.mask_share)
        doubt = self.critic(forged * seen, bags)
        if turn.part == "critic":
            return functional.softplus(-self.critic(real, bags)).mean() + functional.softplus(doubt).mean()
        # -ln D in place of the paper's ln(1 - D), whose slope vanishes as long as the critic wins (Goodfellow 2014).
        zeros = (forged**2 * self._drawn(unmet, self.config.zero_share)).sum(dim=1)
        return (functional.softplus(-doubt) + self.config.zero_weight * zeros).mean()

    def _drawn(self, unmet: Tensor, share: float) -> Tensor:
        """A share of the items that each person has not met."""
        return unmet & (torch.rand(unmet.shape, device=unmet.device) < share)
