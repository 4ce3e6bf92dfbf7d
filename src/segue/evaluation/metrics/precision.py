"""Precision: the share of the list that is right."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def precision_at_k(shown: Shown) -> Values:
    """(n,) hits ÷ k, also for lists shorter than k."""
    return np.asarray(shown.hits.sum(axis=1) / shown.k, dtype=np.float64)
