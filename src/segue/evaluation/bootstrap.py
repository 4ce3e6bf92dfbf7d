"""How sure a mean over people is: percentile bootstrap (Efron and Tibshirani, 1993)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput

RESAMPLES = 1000
_BLOCK = 4_000_000
"""Draws made at once, so that memory does not grow with the number of people."""


def ci95(values: NDArray[np.float64], seed: int = 7, resamples: int = RESAMPLES) -> tuple[float, float]:
    """The interval that holds 95 % of the means of resampled people.

    Args:
        values: (n,) one number a person; NaN is left out.

    Returns:
        (low, high); (NaN, NaN) without any value.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) * 8 < len(values):
        # Few different values, as with one answer a person: drawing how often each comes up is the same and faster.
        means = rng.multinomial(len(values), counts / len(values), size=resamples) @ distinct / len(values)
    else:
        step = max(1, _BLOCK // len(values))
        means = np.concatenate(
            [
                values[rng.integers(0, len(values), size=(min(step, resamples - done), len(values)))].mean(axis=1)
                for done in range(0, resamples, step)
            ]
        )
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def paired(a: NDArray[np.float64], b: NDArray[np.float64], seed: int = 7) -> tuple[float, float, float]:
    """How much better a is than b for the same people: (mean difference, low, high), 95 %.

    The difference is certain at that level where the interval leaves out 0. People for whom either is NaN are left out.

    Raises:
        InvalidInput: the two are not about the same number of people.
    """
    if a.shape != b.shape:
        raise InvalidInput(
            f"A paired comparison needs values of the same people; got {len(a)} and {len(b)}. "
            "Evaluate both models in one run."
        )
    difference = a - b
    low, high = ci95(difference, seed)
    finite = difference[np.isfinite(difference)]
    return float(finite.mean()) if len(finite) else float("nan"), low, high
