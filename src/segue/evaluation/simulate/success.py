"""How often people get what they want, and after how many turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..bootstrap import ci95, paired
from .meeting import Outcome


@dataclass(frozen=True)
class Success:
    """Of a number of conversations."""

    people: int
    rate: float
    """Share of the people who got what they wanted before their patience ended."""
    rate_ci95: tuple[float, float]
    turns: float
    """Turns until then, of those who did; NaN where nobody did."""
    turns_ci95: tuple[float, float]


def success(outcomes: Sequence[Outcome]) -> Success:
    """The figures, with bootstraps over people."""
    got = np.array([outcome.accepted for outcome in outcomes], dtype=np.float64)
    turns = np.array([outcome.turns for outcome in outcomes if outcome.accepted], dtype=np.float64)
    return Success(
        people=len(got),
        rate=float(got.mean()) if len(got) else float("nan"),
        rate_ci95=ci95(got),
        turns=float(turns.mean()) if len(turns) else float("nan"),
        turns_ci95=ci95(turns),
    )


def gain(outcomes: Sequence[Outcome], over: Sequence[Outcome]) -> tuple[float, float, float]:
    """How much oftener the same people get what they want: (difference, low, high), 95 %."""
    one, other = ({o.person.name: float(o.accepted) for o in every} for every in (outcomes, over))
    names = [name for name in one if name in other]
    return paired(np.array([one[name] for name in names]), np.array([other[name] for name in names]))
