"""Bag of words with TF-IDF, the classic baseline (Salton & Buckley 1988), hashed: a vector depends on its item alone.

Words are hashed into signed places (Weinberger et al. 2009). The inverse document frequency is not fitted on the
catalogue, which would change every vector with every item, but read off a word's rank in a general vocabulary: by
Zipf's law a word of rank r is about r times rarer than the commonest. The vocabulary is that of the bundled text
model, whose whole words stand in the order of their frequency (characters first); a word that is not in it counts as
the rarest. On the plots of 1,500 TMDB films the ten nearest neighbours' mean Jaccard overlap of genres is .268,
without rarity .226, with one fitted on the catalogue and no hashing .286, of all-MiniLM-L6-v2 .354.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import ClassVar

import numpy as np

from ...arrays import Floats
from ...items import Item
from ...letters import fold_letters
from ...readings import Reading
from .base import WordEncoder, unit
from .text import bundled_folder, item_text

DIM = 4096
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_]+")
"""A run of letters and digits; of scripts without spaces, each character."""


class BagOfWords(WordEncoder):
    """(1 + ln count) · idf of the words written about an item; ``understanding.text_model = "bag_of_words"``."""

    name: ClassVar[str] = "text"

    @property
    def dim(self) -> int:
        return DIM

    @property
    def version(self) -> str:
        return f"bag-of-words-1-{DIM}"

    def wants(self, item: Item) -> str | None:
        return item_text(item) or None

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self.reading(item, vector=bag(item_text(item))) for item in items]

    def encode_words(self, words: Sequence[str]) -> Floats:
        rows = np.zeros((len(words), DIM), np.float32)
        for row, text in enumerate(words):
            vector = unit(bag(text))
            if vector is not None:
                rows[row] = vector
        return rows


def bag(text: str) -> Floats:
    """(DIM,) the weighted words of a text, not yet of length 1."""
    vector = np.zeros(DIM, np.float32)
    for word, count in Counter(_words(text)).items():
        place = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
        sign = 1.0 if place >> 63 else -1.0
        vector[place % DIM] += sign * (1 + math.log(count)) * _rarity(word)
    return vector


def _words(text: str) -> list[str]:
    return _WORD.findall(fold_letters(text))


def _rarity(word: str) -> float:
    ranks = _ranks()
    return math.log(1 + ranks.get(word, len(ranks)))


@cache
def _ranks() -> Mapping[str, int]:
    """Rank by word, 1 for the commonest, of the whole words of the bundled vocabulary."""
    lines = (bundled_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = [w for w in lines if w.isalnum() and w.isascii()]
    return {word: rank for rank, word in enumerate(words, 1)}
