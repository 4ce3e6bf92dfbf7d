"""Mean reciprocal rank (Voorhees, TREC-8, 1999)."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def mrr_at_k(shown: Shown) -> Values:
    """(n,) 1 ÷ rank of the first answer; 0 where the list has none."""
    first = shown.hits.argmax(axis=1)
    return np.where(shown.hits.any(axis=1), 1.0 / (first + 1), 0.0)
