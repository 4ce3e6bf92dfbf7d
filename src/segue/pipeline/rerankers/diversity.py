"""Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): good, and not the same again."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Rows
from ...candidates import Candidates
from ..stages import Request

DEPTH = 100
"""Candidates looked at, at least; the others follow in their order."""


class Diversity:
    """Picks, one after the other, the candidate with the highest (1-d) · relevance - d · likeness to the picks so far.

    Relevance is ``final``, scaled to 0 … 1 over the candidates looked at. Likeness is the cosine of the ``mixed``
    vectors, or the Jaccard index of the genres where either has no vector. For a person of whom nothing is known, being
    of the same kind counts for half of the likeness: the first page offers a bit of everything.

    Args:
        strength: d, 0 … 1; 0 leaves the order as it is.
    """

    name = "diversity"

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        n, k = len(candidates), request.query.k
        depth = min(n, max(DEPTH, 2 * k))
        if self.strength == 0 or depth < 2:
            return np.arange(n, dtype=np.int32)
        final = np.nan_to_num(candidates.scores["final"][:depth].astype(np.float32), neginf=0.0, posinf=0.0)
        spread = float(np.ptp(final))
        relevance = (final - final.min()) / spread if spread > 0 else np.zeros(depth, np.float32)
        alike = likeness(request, candidates.items[:depth])
        value = (1 - self.strength) * relevance
        nearest = np.zeros(depth, dtype=np.float32)
        picked = np.zeros(depth, dtype=bool)
        order = []
        for _ in range(min(k, depth)):
            choice = int(np.argmax(np.where(picked, -np.inf, value - self.strength * nearest)))
            order.append(choice)
            picked[choice] = True
            np.maximum(nearest, alike[choice], out=nearest)
        rest = np.flatnonzero(~picked)
        return np.concatenate([np.array(order), rest, np.arange(depth, n)]).astype(np.int32)


def likeness(request: Request, rows: Rows) -> Floats:
    """(n, n) how alike the items are, 0 … 1."""
    catalogue, vectors = request.world.catalogue, request.world.vectors.get("mixed")
    genres = catalogue.genres[rows]
    shared = (genres @ genres.T).toarray()
    own = genres.sum(axis=1)
    union = own[:, None] + own[None, :] - shared
    alike = (shared / np.maximum(union, 1)).astype(np.float32)
    if vectors is not None:
        content = np.asarray(vectors[rows])
        known = np.isfinite(content[:, 0])
        content = np.where(known[:, None], content, 0)
        alike = np.where(known[:, None] & known[None, :], np.clip(content @ content.T, 0, 1), alike)
    if not len(request.told):
        kinds = catalogue.kinds[rows]
        alike = (alike + (kinds[:, None] == kinds[None, :])) / 2
    return np.asarray(alike, dtype=np.float32)
