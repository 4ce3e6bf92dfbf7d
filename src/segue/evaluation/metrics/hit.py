"""Hit rate: whether the list holds at least one answer."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def hit_at_k(shown: Shown) -> Values:
    """(n,) 1 or 0. With one answer a person this is recall."""
    return np.asarray(shown.hits.any(axis=1), dtype=np.float64)
