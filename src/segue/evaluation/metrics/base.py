"""The contract of a metric: from the lists that a model showed to one number a person, or one number for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...arrays import Mask, Rows, Sparse

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """What metrics know about the items; the same for every model of a report."""

    candidates: Mask
    """(n items,) what could have been shown."""
    popularity: Values
    """(n items,) share of the people in the training who met the item."""
    features: Sparse | NDArray[np.floating[Any]] | None
    """(n items, d) rows of length 1 by which two items are alike, all zeros where nothing is known; None: unknown."""


@dataclass(frozen=True)
class Shown:
    """The lists that one model showed to n people, and which of their entries were right."""

    items: Rows
    """(n, k) best first; -1 where a list is shorter than k, only at its end."""
    hits: Mask
    """(n, k) True where the entry is an answer."""
    answers: NDArray[np.int64]
    """(n,) how many items were held out of each person, at least 1."""
    ground: Ground

    @property
    def k(self) -> int:
        """Length of a full list."""
        return int(self.items.shape[1])

    def only(self, people: Mask) -> Shown:
        """The lists of some of the people."""
        return Shown(self.items[people], self.hits[people], self.answers[people], self.ground)

    def exposure(self) -> NDArray[np.int64]:
        """(n items,) how often each item was shown."""
        return np.bincount(self.items[self.items >= 0], minlength=len(self.ground.candidates))

    def incidence(self) -> Sparse:
        """(n, n items) 1 where an item was shown to a person."""
        person, _ = at = np.nonzero(self.items >= 0)
        shape = (len(self.items), len(self.ground.candidates))
        return sparse.csr_array((np.ones(len(person)), (person, self.items[at])), shape=shape)


Metric = Callable[[Shown], Values]
"""(n,) one value a person, NaN where it is not defined; or a single number, shape (), about all lists together."""
