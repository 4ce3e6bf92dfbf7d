"""Search by meaning: items whose words lie near the words typed."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ...errors import InvalidInput
from ..stages import Request
from .scored import Scored


class Meaning(Scored):
    """Mean cosine of the encoded words with each item, over the spaces in which both are known (``text``, ``ngram``).

    Raises:
        InvalidInput: the words were encoded in another number of dimensions than the items.
    """

    name = "meaning"

    def compute(self, request: Request) -> Floats | None:
        columns = []
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
        if not columns:
            return None
        stacked = np.stack(columns)
        known = np.isfinite(stacked)
        total = np.where(known, stacked, 0).sum(axis=0)
        return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan).astype(np.float32)
