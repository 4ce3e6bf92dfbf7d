"""Candidates: what a request chooses from, with every score, its provenance, and what which filter removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats, Mask, Rows


@dataclass(frozen=True)
class Removed:
    """What one filter took out."""

    by: str
    """Name of the filter."""
    items: Rows


@dataclass(frozen=True)
class Candidates:
    """n items as immutable columns; a stage returns a changed copy.

    ``sources[name]`` is the score with which a source proposed each item, NaN where it did not.
    ``scores[name]`` is what a ranker said, NaN where it has no opinion; ``scores["final"]`` decides the order.
    """

    items: Rows
    sources: Mapping[str, Floats] = field(default_factory=dict)
    scores: Mapping[str, Floats] = field(default_factory=dict)
    removed: tuple[Removed, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def keep(self, mask: Mask, by: str) -> Candidates:
        """Those where ``mask`` is true; the others are remembered as removed by the filter ``by``."""
        gone = Removed(by=by, items=self.items[~mask])
        return replace(self.take(np.flatnonzero(mask)), removed=(*self.removed, gone))

    def take(self, order: NDArray[np.integer[Any]]) -> Candidates:
        """These positions, in this order."""
        return replace(
            self,
            items=self.items[order],
            sources={name: column[order] for name, column in self.sources.items()},
            scores={name: column[order] for name, column in self.scores.items()},
        )

    def with_scores(self, **columns: Floats) -> Candidates:
        """With these score columns added or replaced."""
        return replace(self, scores={**self.scores, **columns})
