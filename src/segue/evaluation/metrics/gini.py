"""Gini index of exposure: how unevenly the lists spread over the catalogue."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def gini_at_k(shown: Shown) -> Values:
    """() 0: every candidate shown equally often; towards 1: a few take everything. NaN when nothing was shown."""
    x = np.sort(shown.exposure()[shown.ground.candidates]).astype(np.float64)
    n, total = len(x), x.sum()
    if not total:
        return np.asarray(np.nan)
    return np.asarray((2 * np.arange(1, n + 1) - n - 1) @ x / (n * total), dtype=np.float64)
