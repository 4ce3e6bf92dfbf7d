"""Search by meaning: items whose words lie near the words typed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...arrays import Floats
from ...understanding.fuse import WORD_SHARES
from ..stages import Request
from .scored import Scored


class Meaning(Scored):
    """Mean cosine of the encoded words with each item, over the spaces in which both are known.

    Those are ``text`` and ``ngram``, and ``picture`` or ``audio`` where their encoder reads words. Between words and
    pictures or sounds even the best cosine is small (the modality gap, Liang et al. 2022): these are brought to the
    mean and spread of the others first, so that having a picture neither helps nor harms an item.
    """

    name = "meaning"

    def compute(self, request: Request) -> Floats | None:
        vectors = request.world.vectors
        columns = {space: vectors[space] @ words for space, words in request.words.items() if space in vectors}
        if not columns:
            return None
        read = [column for space, column in columns.items() if space in WORD_SHARES]
        seen = [column for space, column in columns.items() if space not in WORD_SHARES]
        if read:
            written = _mean(read)
            seen = [_like(column, written) for column in seen]
        return _mean([*read, *seen])


def _mean(columns: Sequence[Floats]) -> Floats:
    """Over the columns that know an item; NaN where none does."""
    stacked = np.stack(columns)
    known = np.isfinite(stacked)
    total = np.where(known, stacked, 0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan).astype(np.float32)


def _like(column: Floats, other: Floats) -> Floats:
    """The column with mean and spread of another, though never narrower than it is."""
    own, there = column[np.isfinite(column)], other[np.isfinite(other)]
    if len(own) < 2 or not len(there):
        return column
    wider = max(float(there.std() / max(own.std(), 1e-6)), 1.0)
    return np.asarray((column - own.mean()) * wider + there.mean(), dtype=np.float32)
