"""The weights of the recommender, learnt from conversations in which somebody recommended well.

A conditional logit over the catalogue. Each answer is set against some sampled other items, whose terms are weighed by
how likely they were drawn (importance sampling; Bengio & Senécal, "Adaptive importance sampling to accelerate training
of a neural probabilistic language model", 2008), so that the sum stands for the whole catalogue. A penalty keeps the
weights of features, each over its spread, small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Rows
from .features import FEATURES

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
