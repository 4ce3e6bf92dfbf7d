"""The weights of `Judge`, learnt from conversations in which somebody recommended well.

A conditional logit over the catalogue. Each answer is set against some sampled other items, whose terms are weighed by
how likely they were drawn (importance sampling; Bengio & Senécal, "Adaptive importance sampling to accelerate training
of a neural probabilistic language model", 2008), so that the sum stands for the whole catalogue. First the weighted
sum (convex, with a penalty on the weights of standard scores), then from it the small network, a few times from
different beginnings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Rows
from .features import FEATURES
from .judge import BOUND, Judge

DRAWN = 150
"""Other items beside each answer."""
PENALTY = 1e-3
"""Of the squared weights of standardised features, beside the mean loss of an answer."""
MINGLED = 0.2
"""Share of a draw that is from all items alike; the rest follows the guess."""
_FLATTER = 0.8
_STEPS = 80


@dataclass(frozen=True)
class Choices:
    """Answers, each with the items that it was preferred to."""

    table: Floats
    """(answers, 1 + drawn, features), the answer first."""
    correction: Floats
    """(answers, 1 + drawn) -log of how often each is expected in the draw; 0 for the answer."""

    @classmethod
    def joined(cls, parts: Sequence[Choices]) -> Choices:
        """All of them."""
        return cls(np.concatenate([part.table for part in parts]), np.concatenate([p.correction for p in parts]))

    def only(self, mask: NDArray[np.bool_]) -> Choices:
        """Some of the answers."""
        return Choices(self.table[mask], self.correction[mask])


def choices(
    table: Floats, answers: Rows, named: Rows, guess: Floats, rng: np.random.Generator, drawn: int = DRAWN
) -> Choices:
    """Set the answers of a moment against others.

    Args:
        table: (n items, features) of the moment.
        named: items that could not be the answer.
        guess: (n items,) scores near what the weights will make of it: hard items are drawn more often.
    """
    logits = _FLATTER * (guess.astype(np.float64) - guess.max())
    open_ = np.ones(len(table), bool)
    open_[named] = False
    open_[answers] = False
    chance = np.where(open_, np.exp(logits), 0)
    chance = (1 - MINGLED) * chance / chance.sum() + MINGLED * open_ / open_.sum()
    rows = rng.choice(len(table), (len(answers), drawn), p=chance / chance.sum())
    correction = np.zeros((len(answers), 1 + drawn), np.float32)
    correction[:, 1:] = -np.log(chance[rows] * drawn)
    return Choices(table[np.column_stack([answers, rows])], correction)


def learn(examples: Choices, penalty: float = PENALTY) -> dict[str, float]:
    """Weight by feature; features that never differ get none."""
    from scipy.optimize import minimize

    spread = examples.table.reshape(-1, examples.table.shape[2]).std(axis=0)
    varies = spread > 1e-6
    table = examples.table[..., varies] / spread[varies]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = table @ weights.astype(np.float32)
        shown = scores + examples.correction
        top = shown.max(axis=1, keepdims=True)
        share = np.exp(shown - top)
        total = share.sum(axis=1, keepdims=True)
        value = float((np.log(total[:, 0]) + top[:, 0] - scores[:, 0]).mean()) + penalty * float(weights @ weights)
        slope = np.einsum("ac,acf->f", share / total, table, optimize=True) - table[:, 0].sum(axis=0)
        return value, slope / len(table) + 2 * penalty * weights

    found = minimize(loss, np.zeros(int(varies.sum())), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    weights = np.zeros(len(FEATURES))
    weights[varies] = found / spread[varies]
    return {name: round(float(weight), 5) for name, weight in zip(FEATURES, weights, strict=True) if weight}


UNITS, NETWORKS, EPOCHS, BATCH = 24, 3, 12, 64
RATE, DECAY, DROPPED = 4e-3, 1e-2, 0.1
"""Of the network: highest rate of the one cycle, weight decay, share of hidden units left out."""


def taught(examples: Choices, seed: int = 7, networks: int = NETWORKS) -> Judge:
    """The weighted sum, and the network that goes on from it, by AdamW under one cycle of the rate."""
    flat = examples.table.reshape(-1, len(FEATURES))
    middle, spread = flat.mean(axis=0), flat.std(axis=0) + np.float32(1e-6)
    spread[spread < 1e-5] = 1.0
    weights = learn(examples)
    linear = np.array([weights.get(name, 0.0) for name in FEATURES], np.float32) * spread
    table = np.clip((examples.table - middle) / spread, -BOUND, BOUND)
    return Judge.together(
        [_network(table, examples.correction, middle, spread, linear, seed + more) for more in range(networks)]
    )


def _network(table: Floats, correction: Floats, middle: Floats, spread: Floats, linear: Floats, seed: int) -> Judge:
    import torch

    generator = torch.Generator().manual_seed(seed)
    shown, corrected = torch.from_numpy(table), torch.from_numpy(correction)
    width = table.shape[2] ** -0.5
    sum_ = torch.from_numpy(linear.copy()).requires_grad_()
    hidden = ((torch.rand((table.shape[2], UNITS), generator=generator) * 2 - 1) * width).requires_grad_()
    bias = ((torch.rand(UNITS, generator=generator) * 2 - 1) * width).requires_grad_()
    out = torch.zeros(UNITS, requires_grad=True)
    parameters = [sum_, hidden, bias, out]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(shown) // BATCH)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(shown), generator=generator)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            z = shown[rows]
            inner = torch.nn.functional.silu(z @ hidden + bias)
            kept = (torch.rand(inner.shape, generator=generator) >= DROPPED) / (1 - DROPPED)
            scores = z @ sum_ + (inner * kept) @ out
            loss = (torch.logsumexp(scores + corrected[rows], 1) - scores[:, 0]).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            cycle.step()
    made = [parameter.detach().numpy() for parameter in parameters]
    return Judge(middle, spread, *made)
