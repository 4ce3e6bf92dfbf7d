"""Reciprocal-rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009): several orders made one, whatever the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats
from ...candidates import Candidates
from ...training.ensemble import reciprocal_ranks
from ..sources.scored import Scored
from ..stages import Request
from .blend import PART


@dataclass
class Fusion:
    """final = Σ w_m / (60 + rank of the candidate by score m); a score without an opinion adds nothing.

    Where none of the weighted scores says anything, the other sources' scores count, each with weight 1.
    """

    weighted: Mapping[Scored, float]
    """What is fused, with its weight."""
    otherwise: tuple[Scored, ...] = ()
    """What counts when nothing weighted says anything."""
    name: str = "fusion"

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        if request.balance is not None:
            every = {**dict.fromkeys(self.otherwise, 1.0), **self.weighted}
            kept = {source: weight for source, weight in every.items() if source.name in request.balance}
            columns = self._columns(request, candidates, kept)
        else:
            columns = self._columns(request, candidates, self.weighted)
            if not columns:
                columns = self._columns(request, candidates, dict.fromkeys(self.otherwise, 1.0))
            weights = {
                source.name: weight
                for source, weight in (*self.weighted.items(), *((one, 1.0) for one in self.otherwise))
            }
            request.weighed = {name: weights[name] for name in weights if PART + name in columns}
        final = np.zeros(len(candidates), dtype=np.float32)
        for name, column in columns.items():
            if name.startswith(PART):
                final += column
        return {**columns, "final": final}

    @staticmethod
    def _columns(request: Request, candidates: Candidates, sources: Mapping[Scored, float]) -> dict[str, Floats]:
        columns: dict[str, Floats] = {}
        for source, weight in sources.items():
            if source.name in request.muted:
                continue
            scores = source.scores(request)
            if scores is None or not np.isfinite(own := scores[candidates.items]).any():
                continue
            columns[source.name] = own
            columns[PART + source.name] = np.float32(weight) * reciprocal_ranks(own)
        return columns
