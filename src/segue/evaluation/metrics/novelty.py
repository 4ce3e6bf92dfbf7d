"""Novelty: mean self-information (Vargas and Castells, RecSys 2011)."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def novelty_at_k(shown: Shown) -> Values:
    """(n,) mean of -log2 p(item) in bits, p being the share of people in the training who met it.

    An item that nobody met is as novel as the rarest that somebody did, and not infinitely so. NaN for an empty list.
    """
    known = shown.ground.popularity[shown.ground.popularity > 0]
    if not len(known):
        return np.full(len(shown.items), np.nan)
    information = -np.log2(np.maximum(shown.ground.popularity, known.min()))
    listed = shown.items >= 0
    total = np.where(listed, information[shown.items], 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / listed.sum(axis=1), dtype=np.float64)
