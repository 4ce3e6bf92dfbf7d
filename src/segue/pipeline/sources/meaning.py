"""Search by meaning: items whose words lie near the words typed."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ...errors import InvalidInput
from ...understanding.align import WORDS, aligned
from ..stages import Request
from .scored import Scored

ALIGNED_SHARE = 0.5
"""Weight of a projected picture or sound beside what is written about the item."""


class Meaning(Scored):
    """Weighted mean cosine of the encoded words with each item, over the spaces in which both are known: ``text``,
    ``ngram``, and the pictures and sounds that training has learnt to project into ``text`` (`understanding.align`).

    Raises:
        InvalidInput: the words were encoded in another number of dimensions than the items.
    """

    name = "meaning"

    def compute(self, request: Request) -> Floats | None:
        columns, weights = [], []
        for space, words in request.words.items():
            vectors = request.world.vectors.get(space)
            if vectors is None:
                continue
            if vectors.shape[1] != len(words):
                raise InvalidInput(
                    f"The words have {len(words)} dimensions in the space {space!r}, the items {vectors.shape[1]}. "
                    "Run `segue understand` and `segue train` with the encoder that is set now."
                )
            columns.append(vectors @ words)
            weights.append(1.0)
        for column in _in_media(request):
            columns.append(column)
            weights.append(ALIGNED_SHARE)
        if not columns:
            return None
        stacked = np.stack(columns)
        known = np.isfinite(stacked) * np.array(weights)[:, None]
        total = (np.where(known > 0, stacked, 0) * known).sum(axis=0)
        return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1e-9), np.nan).astype(np.float32)


def _in_media(request: Request) -> list[Floats]:
    """(n items,) cosine of the words with each projected space."""
    world, words = request.world, request.words.get(WORDS)
    if words is None:
        return []
    projected = world.derived("aligned", lambda: world.alignment.apply(world.vectors))
    return [
        projected[aligned(space)] @ bridge.words(words)
        for space, bridge in world.alignment.bridges.items()
        if aligned(space) in projected and len(bridge.words_mean) == len(words)
    ]
