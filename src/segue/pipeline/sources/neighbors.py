"""The nearest items to the seeds, by content."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ..stages import Request
from .scored import Scored


class Neighbors(Scored):
    """Cosine with the mean content of the seeds; where no seed has a vector, the genres that they share (Jaccard)."""

    name = "neighbors"

    def compute(self, request: Request) -> Floats | None:
        if not len(request.seeds):
            return None
        vectors = request.world.vectors.get("mixed")
        if vectors is not None:
            seeds = vectors[request.seeds]
            seeds = seeds[np.isfinite(seeds[:, 0])]
            if len(seeds):
                towards = seeds.mean(axis=0)
                towards = (towards / max(float(np.linalg.norm(towards)), 1e-6)).astype(np.float32)
                scores: Floats = request.world.columns("mixed") @ towards
                return scores
        genres = request.world.catalogue.genres
        wanted = np.asarray(genres[request.seeds].max(axis=0).todense()).ravel()
        shared = genres @ wanted
        union = genres.sum(axis=1) + wanted.sum() - shared
        return np.where(union > 0, shared / np.maximum(union, 1), 0).astype(np.float32)
