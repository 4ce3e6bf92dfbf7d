"""Mean average precision."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def map_at_k(shown: Shown) -> Values:
    """(n,) precision at the rank of each hit, summed, ÷ the most hits possible, min(k, number held out)."""
    precision = np.cumsum(shown.hits, axis=1) / np.arange(1, shown.k + 1)
    return np.asarray((precision * shown.hits).sum(axis=1) / np.minimum(shown.answers, shown.k), dtype=np.float64)
