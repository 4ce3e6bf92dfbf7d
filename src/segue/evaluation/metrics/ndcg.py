"""Normalised discounted cumulative gain (Järvelin and Kekäläinen, TOIS 2002), with gain 1 for an answer."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def ndcg_at_k(shown: Shown) -> Values:
    """(n,) Σ 1/log2(rank + 1) over the hits ÷ the same for a list that begins with all answers."""
    gain = 1.0 / np.log2(np.arange(2, shown.k + 2))
    best = np.cumsum(gain)[np.minimum(shown.answers, shown.k) - 1]
    return np.asarray(shown.hits @ gain / best, dtype=np.float64)
