"""Evidence: the words of an item that speak for a label, as they stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ...arrays import Floats
from ...items import Item
from ...llm.text import one_line
from ..encoders.ngram import hashed

MAX_WORDS = 300
"""Different words of an item that are looked at."""
SHOWN = 3

# A run of a script without spaces is looked at in pairs of characters, as the n-gram channel reads it.
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W\d_]{3,}")


def words_of(item: Item) -> list[str]:
    """The different words of an item, in the order of the text; of Chinese, the pairs of neighbouring characters."""
    text = " ".join(t for t in (item.title, item.description, (item.lyrics_or_transcript or "")[:2_000]) if t)
    found: dict[str, None] = {}
    for run in _WORD.findall(text):
        if "\u3400" <= run[0] <= "\u9fff" and len(run) > 2:
            found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            found[run] = None
        if len(found) >= MAX_WORDS:
            break
    return list(found)[:MAX_WORDS]


def word_vectors(words: Sequence[str]) -> Floats:
    """(words, dim) of the n-gram space, at the length that the words add to their text."""
    return np.stack([hashed(word) for word in words]) if words else np.zeros((0, 1), np.float32)


def speaking(
    words: Sequence[str], vectors: Floats, direction: Floats, at_least: float = 0.0
) -> list[dict[str, object]]:
    """The words that add most along a direction of the n-gram space, the strongest first."""
    if not len(words):
        return []
    added = vectors @ direction
    order = np.argsort(-added)[:SHOWN]
    strong = [words[i] for i in order if added[i] > max(at_least, 0.35 * float(added[order[0]]))]
    return [{"kind": "words", "text": one_line(" · ".join(strong), 80)}] if strong else []


def shared(words: Sequence[str], said: Mapping[str, object] | Sequence[str]) -> list[dict[str, object]]:
    """The words of an item that stand in a label's description, too (their first five letters, or a Chinese pair)."""
    stems = {_stem(word) for word in said}
    common = [word for word in words if _stem(word) in stems][:SHOWN]
    return [{"kind": "words", "text": one_line(" · ".join(common), 80)}] if common else []


def _stem(word: str) -> str:
    return word.casefold() if "\u3400" <= word[0] <= "\u9fff" else word.casefold()[:5]
