"""Names for the array types that pass between rooms. Shapes are given in docstrings; dtypes are fixed here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]
"""Scores, weights, vectors."""

Times = NDArray[np.float64]
"""Seconds since 1970-01-01T00:00Z; NaN where unknown."""

Rows = NDArray[np.int32]
"""Row numbers of items in a `Catalogue` or of people in a `Dataset`; -1 where there is none."""

Mask = NDArray[np.bool_]

Sparse = sparse.csr_array[Any]
"""Compressed sparse rows, float32 unless said otherwise."""


def unit_rows(rows: Floats) -> Floats:
    """Vectors (…, dim) at length 1; zeros and NaN stay what they are."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


def by_column(table: Floats) -> Floats:
    """The table with each column in one piece: its product with one vector takes half the time that rows take."""
    return np.asfortranarray(table)
