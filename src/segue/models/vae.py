"""Variational autoencoders of whole histories: RecVAE, and Mult-VAE by other settings.

Liang et al., "Variational Autoencoders for Collaborative Filtering", WWW 2018: multinomial likelihood, Kullback-Leibler
term annealed to a cap (`MULT_VAE`). Shenbin et al., "RecVAE: a New Variational Autoencoder for Top-N Recommendations
with Implicit Feedback", WSDM 2020: a deep encoder, a composite prior, the term weighed by the length of the history,
encoder and decoder trained by turns (`RECVAE`, the default).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..arrays import Sparse
from .autoencoder import Autoencoder, AutoencoderConfig, BagLayer, Bags, Learner, Turn, dense, shuffled
from .base import ModelConfig

_PRIOR = ((0.15, 0.0), (0.10, 10.0))
"""RecVAE's composite prior: share and log variance of its two fixed normals around 0; the rest is the posterior of the
encoder as it was one epoch ago."""


class VAEConfig(AutoencoderConfig):
    """Settings of ``vae``."""

    latent: Annotated[int, Field(ge=1, le=8192)] = 200
    """Length of a person's vector."""
    depth: Annotated[int, Field(ge=1, le=16)] = 5
    """Layers of the encoder, each fed with all before it (RecVAE: 5)."""
    decoder_hidden: bool = False
    """A hidden layer in the decoder too (Mult-VAE); else it is one linear layer."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of a history hidden from the encoder while it learns."""
    prior: Literal["normal", "composite"] = "composite"
    """``composite``: also the posterior of one epoch ago, so that the encoder does not forget."""
    kl_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.005
    """Weight of the Kullback-Leibler term: β, the cap of the annealing, or with `kl_by_length` γ, per item."""
    kl_by_length: bool = True
    """Multiply the weight by the length of the history (RecVAE)."""
    anneal_epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs over which the weight of the term rises from 0."""
    encoder_turns: Annotated[int, Field(ge=0)] = 3
    """Passes of the encoder before each pass of the decoder alone, which sees whole histories; together they are one
    epoch. 0: both learn in one pass, as in Mult-VAE."""


RECVAE = VAEConfig()
MULT_VAE = VAEConfig(
    depth=1,
    decoder_hidden=True,
    prior="normal",
    kl_weight=0.2,
    kl_by_length=False,
    anneal_epochs=20,
    encoder_turns=0,
)


class VAE(Autoencoder):
    """Scores are the logits of a multinomial over items, decoded from the mean of the history's posterior."""

    name: ClassVar[str] = "vae"
    Config: ClassVar[type[ModelConfig]] = VAEConfig
    config: VAEConfig

    def _network(self, n_items: int) -> nn.Module:
        return _Network(n_items, self.config)

    def _learner(self, network: nn.Module) -> Learner:
        assert isinstance(network, _Network)
        return _Learner(network, self.config)


class _Encoder(nn.Module):
    """Bags → mean and log variance (rows, latent) of the posterior."""

    def __init__(self, n_items: int, config: VAEConfig) -> None:
        super().__init__()
        self.first = BagLayer(n_items, config.hidden)
        self.deep = nn.ModuleList([dense(config.hidden, config.hidden) for _ in range(config.depth - 1)])
        self.norms = nn.ModuleList([nn.LayerNorm(config.hidden) for _ in range(config.depth)])
        self.last = dense(config.hidden, 2 * config.latent)

    def forward(self, bags: Bags) -> tuple[Tensor, Tensor]:
        layers = iter(self.norms)
        hidden = total = next(layers)(functional.silu(self.first(bags)))
        for layer, norm in zip(self.deep, layers, strict=True):
            hidden = norm(functional.silu(layer(hidden) + total))
            total = total + hidden
        mean, log_variance = self.last(hidden).chunk(2, dim=1)
        return mean, log_variance


class _Network(nn.Module):
    """Bags → logits (rows, items)."""

    def __init__(self, n_items: int, config: VAEConfig) -> None:
        super().__init__()
        self.encoder = _Encoder(n_items, config)
        self.decoder: nn.Module = dense(config.latent, n_items)
        if config.decoder_hidden:
            self.decoder = nn.Sequential(dense(config.latent, config.hidden), nn.Tanh(), dense(config.hidden, n_items))

    def forward(self, bags: Bags) -> Tensor:
        logits: Tensor = self.decoder(self.encoder(bags)[0])
        return logits


class _Learner(Learner):
    """The parts whose turn it can be: the encoder, the decoder, or the network as a whole."""

    risen: Tensor
    """Share of its weight that the Kullback-Leibler term has reached."""

    def __init__(self, network: _Network, config: VAEConfig) -> None:
        super().__init__()
        self.network: _Network = network
        self.config = config
        self.register_buffer("risen", torch.tensor(0.0 if config.anneal_epochs else 1.0))
        if config.prior == "composite":
            self.former = copy.deepcopy(network.encoder).requires_grad_(False)

    def turns(self, rows: Sparse, rng: np.random.Generator, size: int) -> Iterator[Turn]:
        if self.config.anneal_epochs:
            self.risen.add_(1 / self.config.anneal_epochs).clamp_(max=1)
        together = not self.config.encoder_turns
        for _ in range(max(self.config.encoder_turns, 1)):
            for part in shuffled(rows, rng, size):
                yield Turn("network" if together else "encoder", part)
        if self.config.prior == "composite":
            self.former.load_state_dict(self.network.encoder.state_dict())
        if not together:
            for part in shuffled(rows, rng, size):
                yield Turn("decoder", part)

    def loss(self, turn: Turn) -> Tensor:
        self.network.encoder.requires_grad_(turn.part != "decoder")
        self.network.decoder.requires_grad_(turn.part != "encoder")
        bags = Bags.of(turn.rows, self.where)
        # Only an encoder that learns is shown a part of the history.
        shown = bags if turn.part == "decoder" else bags.dropped(self.config.dropout)
        mean, log_variance = self.network.encoder(shown)
        sample = mean + torch.randn_like(mean) * torch.exp(log_variance / 2)
        wanted = torch.from_numpy(turn.rows.toarray()).to(self.where)
        loss = -(wanted * functional.log_softmax(self.network.decoder(sample), dim=1)).sum(dim=1)
        if turn.part != "decoder":
            weight = self.config.kl_weight * (wanted.sum(dim=1) if self.config.kl_by_length else 1)
            loss = loss + self.risen * weight * self._divergence(bags, sample, mean, log_variance)
        # Per event, so that the gradient is of the same size whatever the lengths of the histories.
        return loss.sum() / wanted.sum()

    def _divergence(self, bags: Bags, sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(rows,) of the posterior from the prior: exact for the normal one, by the sample for the composite."""
        if self.config.prior == "normal":
            return 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(dim=1)
        rest = 1 - sum(share for share, _ in _PRIOR)
        centre = torch.zeros_like(sample)
        parts = [_log_normal(sample, centre, centre + wide) + math.log(share) for share, wide in _PRIOR]
        parts.append(_log_normal(sample, *self.former(bags)) + math.log(rest))
        prior = torch.logsumexp(torch.stack(parts), dim=0)
        return (_log_normal(sample, mean, log_variance) - prior).sum(dim=1)


def _log_normal(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log density in each dimension."""
    density: Tensor = -0.5 * (math.log(2 * math.pi) + log_variance + (x - mean) ** 2 / log_variance.exp())
    return density
