"""Recall: the share of what was held out that the list found."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def recall_at_k(shown: Shown) -> Values:
    """(n,) hits ÷ number held out, also where more than k were held out (1 is then out of reach)."""
    return np.asarray(shown.hits.sum(axis=1) / shown.answers, dtype=np.float64)
