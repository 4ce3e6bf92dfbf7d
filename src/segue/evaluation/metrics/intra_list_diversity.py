"""Intra-list diversity (Ziegler et al., WWW 2005)."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def intra_list_diversity_at_k(shown: Shown) -> Values:
    """(n,) 1 - mean cosine of all pairs of the list; entries without features are left out; NaN below two entries.

    For m vectors of length 1, Σ cos over ordered pairs = ‖Σv‖² - m, so no pair is ever formed.
    """
    features = shown.ground.features
    if features is None:
        return np.full(len(shown.items), np.nan)
    known = np.asarray((features * features).sum(axis=1)).ravel() > 0
    incidence = shown.incidence()
    m = incidence @ known.astype(np.float64)
    total = incidence @ features
    squared = np.asarray((total * total).sum(axis=1), dtype=np.float64).ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(m >= 2, 1.0 - (squared - m) / (m * (m - 1)), np.nan)
