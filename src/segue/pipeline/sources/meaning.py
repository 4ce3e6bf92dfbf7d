"""Search by meaning: items whose words, pictures or sounds lie near the words typed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...arrays import Floats
from ...understanding.align import WORDS, aligned
from ...understanding.fuse import WORD_SHARES
from ..stages import Request
from .scored import Scored

ALIGNED_SHARE = 0.5
"""Weight of a projected picture or sound beside what is written about the item."""


class Meaning(Scored):
    """Weighted mean cosine of the encoded words with each item, over the spaces in which both are known.

    Those are ``text`` and ``ngram``; ``picture`` or ``audio`` where their encoder reads words; and where it does not,
    the pictures and sounds that training has learnt to project into ``text`` (`segue.understanding.align`). Between
    words and pictures or sounds even the best cosine is small (the modality gap, Liang et al. 2022): what an encoder
    says is brought to the mean and spread of the words first, so that having a picture neither helps nor harms an item.
    """

    name = "meaning"

    def compute(self, request: Request) -> Floats | None:
        vectors = request.world.vectors
        columns = {space: vectors[space] @ words for space, words in request.words.items() if space in vectors}
        read = [column for space, column in columns.items() if space in WORD_SHARES]
        seen = [column for space, column in columns.items() if space not in WORD_SHARES]
        if read:
            written = _mean(read, [1.0] * len(read))
            seen = [_like(column, written) for column in seen]
        projected = [column for space, column in _projected(request).items() if space not in columns]
        every = [*read, *seen, *projected]
        weights = [1.0] * (len(read) + len(seen)) + [ALIGNED_SHARE] * len(projected)
        return _mean(every, weights) if every else None


def _mean(columns: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Weighted, over the columns that know an item; NaN where none does."""
    stacked = np.stack(columns)
    known = np.isfinite(stacked) * np.array(weights)[:, None]
    total = (np.where(known > 0, stacked, 0) * known).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1e-9), np.nan).astype(np.float32)


def _like(column: Floats, other: Floats) -> Floats:
    """The column with mean and spread of another, though never narrower than it is."""
    own, there = column[np.isfinite(column)], other[np.isfinite(other)]
    if len(own) < 2 or not len(there):
        return column
    wider = max(float(there.std() / max(own.std(), 1e-6)), 1.0)
    return np.asarray((column - own.mean()) * wider + there.mean(), dtype=np.float32)


def _projected(request: Request) -> dict[str, Floats]:
    """Space → (n items,) cosine of the words with the pictures or sounds projected into their space."""
    world, words = request.world, request.words.get(WORDS)
    if words is None:
        return {}
    found = world.derived("aligned", lambda: world.alignment.apply(world.vectors))
    return {
        space: found[aligned(space)] @ bridge.words(words)
        for space, bridge in world.alignment.bridges.items()
        if aligned(space) in found and len(bridge.words_mean) == len(words)
    }
