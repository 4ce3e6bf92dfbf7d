"""Catalogue coverage (Ge, Delgado-Battenfeld and Jannach, RecSys 2010)."""

from __future__ import annotations

import numpy as np

from .base import Shown, Values


def coverage_at_k(shown: Shown) -> Values:
    """() share of the candidates that were shown to anybody."""
    possible = np.count_nonzero(shown.ground.candidates)
    return np.asarray(np.count_nonzero(shown.exposure()) / possible if possible else np.nan, dtype=np.float64)
