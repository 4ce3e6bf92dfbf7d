"""Losses over a catalogue of items, for models whose score is the product of a state with an item's vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

ROWS = 256
"""States scored at once: their scores stay in the processor's cache and never exist as a whole."""


def cross_entropy(states: Tensor, targets: Tensor, table: Tensor, weights: Tensor, dtype: torch.dtype) -> Tensor:
    """Mean negative log probability of the targets under the softmax over the whole catalogue.

    Args:
        states: (n, dim).
        targets: (n,) row in ``table`` of what came next.
        table: (n items, dim).
        weights: (n,) how much each state counts.
        dtype: of the products and of the softmax; what is summed up is float32.
    """
    bias = table.new_zeros(len(table))
    return _weighted(_softmax(states, table, bias, targets, weights, dtype), weights)


def sampled_softmax(
    states: Tensor, targets: Tensor, table: Tensor, weights: Tensor, dtype: torch.dtype, negatives: int
) -> Tensor:
    """`cross_entropy` against a part of the catalogue: all targets of the batch, and ``negatives`` of the other items.

    Those others are drawn evenly and each stands for as many as were left out, by adding log((n items - targets) /
    negatives) to its score: the logQ correction (Bengio and Senécal, 2008) for a draw in two strata. The sum under the
    softmax is then right on average, whatever the batch.
    """
    own, places = torch.unique(targets, return_inverse=True)
    others = len(table) - len(own)
    if negatives >= others:
        return cross_entropy(states, targets, table, weights, dtype)
    left = torch.ones(len(table), dtype=torch.bool, device=table.device)
    left[own] = False
    left_rows = left.nonzero().squeeze(1)
    drawn = left_rows[torch.randperm(others, device=table.device)[:negatives]]
    bias = torch.zeros(len(own) + negatives, dtype=table.dtype, device=table.device)
    bias[len(own) :] = torch.log(torch.tensor(others / negatives))
    rivals = table[torch.cat([own, drawn])]
    return _weighted(_softmax(states, rivals, bias, places, weights, dtype), weights)


def gbce(states: Tensor, targets: Tensor, table: Tensor, weights: Tensor, negatives: int, calibration: float) -> Tensor:
    """Generalised binary cross-entropy (Petrov and Macdonald, RecSys 2023) with negatives that the batch shares.

    Args:
        calibration: t; 0 is plain binary cross-entropy, 1 makes the probabilities right under sampling.
    """
    drawn = torch.randint(len(table), (negatives,), device=table.device)
    rate = negatives / max(len(table) - 1, 1)
    beta = rate * (calibration * (1 - 1 / rate) + 1 / rate)
    own = (states * table[targets]).sum(1)
    others = states @ table[drawn].T
    others = others.masked_fill(drawn == targets[:, None], float("-inf"))
    loss = -beta * functional.logsigmoid(own) + functional.softplus(others).sum(1)
    return _weighted((loss * weights).sum(), weights)


def _weighted(total: Tensor, weights: Tensor) -> Tensor:
    """The mean, from a sum that is weighted already."""
    return total / weights.sum().clamp_min(1e-9)


class _Softmax(torch.autograd.Function):
    """See `_softmax`: the gradient is made on the way forward."""

    @staticmethod
    def forward(
        context: Any, states: Tensor, table: Tensor, bias: Tensor, targets: Tensor, weights: Tensor, dtype: torch.dtype
    ) -> Tensor:
        cast, columns = table.detach().to(dtype), table.detach().T.to(dtype).contiguous()
        of_states = torch.empty(states.shape, dtype=torch.float32, device=states.device)
        of_table = torch.zeros(table.shape, dtype=torch.float32, device=table.device)
        total = torch.zeros((), dtype=torch.float32, device=states.device)
        shift = bias.to(dtype)
        for begin in range(0, len(states), ROWS):
            rows = slice(begin, begin + ROWS)
            part = states.detach()[rows].to(dtype)
            answer = targets[rows, None]
            chance = torch.softmax(torch.addmm(shift, part, columns), 1)
            weight = weights[rows, None]
            likely = chance.gather(1, answer).float().clamp_min(1e-30)
            total -= (likely.log() * weight).sum()
            chance.scatter_add_(1, answer, torch.full_like(answer, -1, dtype=dtype))
            of_states[rows] = (chance @ cast) * weight
            of_table += chance.T @ (part * weight.to(dtype))
        context.save_for_backward(of_states, of_table)
        return total

    @staticmethod
    def backward(context: Any, *grads: Tensor) -> Any:
        of_states, of_table = context.saved_tensors
        return grads[0] * of_states, grads[0] * of_table, None, None, None, None


_softmax: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, torch.dtype], Tensor] = _Softmax.apply
"""Σ w (log Σ exp(states · tableᵀ + bias) - score of the target)."""
