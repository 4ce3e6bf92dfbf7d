"""Sequential: causal self-attention over what a person did, in order, trained to tell each next item.

With ``block = "attention"`` it is SASRec (Kang and McAuley, ICDM 2018) as later work trains it: a softmax over the
catalogue instead of single negatives (Klenitskiy and Vasilev, RecSys 2023). With ``block = "hstu"`` the blocks are
those of HSTU (Zhai et al., ICML 2024): gated, with pointwise attention and a bias by distance in place and time.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from .base import ModelConfig
from .dropout import Dropout
from .sequence_model import GAPS, Events, Network, SequenceConfig, SequenceModel, one_each


class SequentialConfig(SequenceConfig):
    """Settings of ``sequential``."""

    block: Literal["attention", "hstu"] = "hstu"
    """The layers: softmax attention and a feed-forward network, or gated pointwise attention."""
    layers: Annotated[int, Field(ge=1)] = 2
    """Blocks one after the other."""
    heads: Annotated[int, Field(ge=1)] = 2
    """Attention heads in a block; they share ``embedding_dim``."""
    expansion: Annotated[int, Field(ge=1)] = 4
    """Width of the feed-forward network, in ``embedding_dim``."""
    positions: Literal["absolute", "relative", "both"] = "both"
    """How order is told besides by causality: a vector for each place, or a bias for each distance."""
    time_bias: bool = False
    """Whether attention has a bias for the time between two events."""


class Sequential(SequenceModel):
    """Scores h_L·e_i with h_L the state after the newest event and e_i the item's vector."""

    name: ClassVar[str] = "sequential"
    Config: ClassVar[type[ModelConfig]] = SequentialConfig
    config: SequentialConfig

    def network(self, n_items: int, content: Tensor | None) -> Network:
        return Attentive(self.config, n_items, content)


class Attentive(Network):
    """Blocks of causal attention."""

    config: SequentialConfig

    def __init__(self, config: SequentialConfig, n_items: int, content: Tensor | None) -> None:
        super().__init__(config, n_items, content)
        dim = config.embedding_dim
        self.places = None if config.positions == "relative" else nn.Embedding(config.max_length, dim)
        if self.places is not None:
            nn.init.normal_(self.places.weight, std=0.02)
        block = GatedBlock if config.block == "hstu" else AttentionBlock
        self.blocks = nn.ModuleList(block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(dim)

    def states(self, events: Events, table: Tensor) -> Tensor:
        return self._through(events, table, None)

    def state_at(self, events: Events, table: Tensor, places: Tensor) -> Tensor:
        return self._through(events, table, places)[:, 0]

    def _through(self, events: Events, table: Tensor, places: Tensor | None) -> Tensor:
        """(B, L, dim) states, or (B, 1, dim) those at a place of each row, which the last block makes alone."""
        vectors = self.vectors(events, table)
        length = vectors.shape[1]
        if self.places is not None:
            vectors = vectors + self.places.weight[:length]
        causal = torch.ones(length, length, dtype=torch.bool, device=vectors.device).tril()
        times = None
        if self.config.time_bias:
            times = _time_classes(events.times)
        for block in self.blocks:
            vectors = block(vectors, causal, times, places if block is self.blocks[-1] else None)
        return self.norm(vectors)  # type: ignore[no-any-return]


class Bias(nn.Module):
    """What attention adds by distance: a number for each head and each distance in place, and in time."""

    def __init__(self, config: SequentialConfig) -> None:
        super().__init__()
        self.place = None
        if config.positions != "absolute":
            self.place = nn.Parameter(torch.zeros(config.heads, config.max_length))
        self.time = nn.Embedding(2 * GAPS, config.heads) if config.time_bias else None
        if self.time is not None:
            nn.init.zeros_(self.time.weight)

    def forward(self, length: int, times: Tensor | None) -> Tensor | None:
        """(1 or B, heads, L, L); None where nothing is added."""
        bias = None
        if self.place is not None:
            at = torch.arange(length, device=self.place.device)
            bias = self.place[:, (at[:, None] - at).clamp_min(0)][None]
        if self.time is not None and times is not None:
            by_time = self.time(times).permute(0, 3, 1, 2)
            bias = by_time if bias is None else bias + by_time
        return bias


class AttentionBlock(nn.Module):
    """Attention, then a feed-forward network, each behind a layer norm and beside a short cut."""

    def __init__(self, config: SequentialConfig) -> None:
        super().__init__()
        dim = config.embedding_dim
        self.heads = config.heads
        self.norms = nn.ModuleList([nn.LayerNorm(dim), nn.LayerNorm(dim)])
        self.mix = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.up = nn.Linear(dim, config.expansion * dim)
        self.down = nn.Linear(config.expansion * dim, dim)
        self.bias = Bias(config)
        self.dropout = Dropout(config.dropout)

    def forward(self, x: Tensor, causal: Tensor, times: Tensor | None, places: Tensor | None = None) -> Tensor:
        """(B, L, dim) → (B, L, dim), or (B, 1, dim) at a place (B,) of each row."""
        length = x.shape[1]
        q, k, v = (_split(part, self.heads) for part in _parts(self.mix, self.norms[0](x), 1, 3, places))
        bias = self.bias(length, times)
        if bias is None and places is None:
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mask = _rows(causal[None, None], places, len(x))
            if bias is not None:
                mask = _rows(bias, places, len(x)).masked_fill(~mask, float("-inf"))
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        if places is not None:
            x = one_each(x, places)[:, None]
        x = x + self.dropout(self.out(_joined(mixed)))
        return x + self.dropout(self.down(functional.gelu(self.up(self.norms[1](x)))))  # type: ignore[no-any-return]


class GatedBlock(nn.Module):
    """HSTU: attention without a softmax, so that how often something was liked counts, times a gate."""

    def __init__(self, config: SequentialConfig) -> None:
        super().__init__()
        dim = config.embedding_dim
        self.heads, self.length = config.heads, config.max_length
        self.norms = nn.ModuleList([nn.LayerNorm(dim), nn.LayerNorm(dim)])
        self.mix = nn.Linear(dim, 4 * dim)
        self.out = nn.Linear(dim, dim)
        self.bias = Bias(config)
        self.dropout = Dropout(config.dropout)

    def forward(self, x: Tensor, causal: Tensor, times: Tensor | None, places: Tensor | None = None) -> Tensor:
        """(B, L, dim) → (B, L, dim), or (B, 1, dim) at a place (B,) of each row."""
        length = x.shape[1]
        gate, *parts = map(functional.silu, _parts(self.mix, self.norms[0](x), 2, 4, places))
        q, k, v = (_split(part, self.heads) for part in parts)
        weights = q @ k.transpose(-1, -2)
        bias = self.bias(length, times)
        if bias is not None:
            weights = weights + _rows(bias, places, len(x))
        told = _rows(causal[None, None], places, len(x))
        weights = functional.silu(weights).masked_fill(~told, 0.0) / self.length
        mixed = self.norms[1](_joined(weights @ v))
        if places is not None:
            x = one_each(x, places)[:, None]
        return x + self.out(self.dropout(mixed * gate))  # type: ignore[no-any-return]


def _parts(mix: nn.Linear, x: Tensor, asking: int, parts: int, places: Tensor | None) -> tuple[Tensor, ...]:
    """The product of ``mix`` in equal parts, of which the first ``asking`` are wanted only at the places, if stated."""
    if places is None:
        return mix(x).chunk(parts, dim=-1)  # type: ignore[no-any-return]
    cut = asking * mix.out_features // parts
    asked = functional.linear(one_each(x, places)[:, None], mix.weight[:cut], mix.bias[:cut])
    told = functional.linear(x, mix.weight[cut:], mix.bias[cut:])
    return *asked.chunk(asking, dim=-1), *told.chunk(parts - asking, dim=-1)


def _rows(matrix: Tensor, places: Tensor | None, people: int) -> Tensor:
    """(1 or B, heads, L, L) the same, or (B, heads, 1, L) its row at the place of each."""
    if places is None:
        return matrix
    return one_each(matrix.transpose(1, 2).expand(people, -1, -1, -1), places)[:, :, None]


def _split(x: Tensor, heads: int) -> Tensor:
    """(B, L, dim) → (B, heads, L, dim / heads)."""
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def _joined(x: Tensor) -> Tensor:
    """(B, heads, L, dim / heads) → (B, L, dim)."""
    return x.transpose(1, 2).flatten(-2)


def _time_classes(times: Tensor) -> Tensor:
    """(B, L, L) class of the time between two events, in factors of two from a second on; 0 where unknown."""
    apart = (times[:, :, None] - times[:, None, :]).clamp_min(1)
    return (1 + torch.log2(apart)).nan_to_num(0).long().clamp(0, 2 * GAPS - 1)
