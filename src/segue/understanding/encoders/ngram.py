"""Character n-grams, hashed: the channel that reads every script, tolerates typos and needs no weights.

Feature hashing after Weinberger et al. (2009), with each n-gram spread over four signed places (a very sparse random
projection, Li et al. 2006), so that two texts' cosine is close to the cosine of their n-gram counts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats
from ...items import Item
from ...readings import Reading
from .base import WordEncoder, unit

DIM = 512
_PLACES = 4
"""Places of the vector that one n-gram touches."""

_ALPHABETIC = {1: 0.05, 2: 0.3, 3: 1.0, 4: 1.0}
"""Weight by length of an n-gram of letters and digits; word ends count as a character."""
_IDEOGRAPHIC = {1: 0.6, 2: 1.2, 3: 0.5}
"""Weight by length where a single character is already a syllable or a word (Han, kana, hangul)."""

_FIELDS = (("title", 3.0), ("credits", 1.5), ("labels", 2.0), ("body", 1.0))
_BODY_CHARACTERS = 2_000

_COMMON_WEIGHT = 0.15
_STOP = """a an and are as at be but by for from has have he her his i in into is it its of on or she that the their
them they this to was were who will with you your"""
_COMMON_WORDS = frozenset(_STOP.split())
_COMMON_HAN = frozenset(map(ord, "的了是在和与及之也就都而着或一个这那有不我你他她它们"))
_SPACE = ord(" ")


class NgramEncoder(WordEncoder):
    """Hashed character n-grams of what is written about an item; title and labels weigh more than running text."""

    name: ClassVar[str] = "ngram"

    @property
    def dim(self) -> int:
        return DIM

    @property
    def version(self) -> str:
        return f"ngram-1-{DIM}"

    def wants(self, item: Item) -> str | None:
        text = "\x1f".join(_fields(item).values())
        return text if text.strip("\x1f") else None

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        readings = []
        for item in items:
            total = np.zeros(DIM, np.float32)
            fields = _fields(item)
            for field, weight in _FIELDS:
                if fields[field]:
                    # Each field is one voice: a long description cannot drown the title.
                    part = hashed(fields[field])
                    total += weight * part / max(float(np.linalg.norm(part)), 1e-12)
            readings.append(self.reading(item, vector=total))
        return readings

    def encode_words(self, words: Sequence[str]) -> Floats:
        rows = np.zeros((len(words), DIM), np.float32)
        for row, text in enumerate(words):
            vector = unit(hashed(text))
            if vector is not None:
                rows[row] = vector
        return rows


def _fields(item: Item) -> dict[str, str]:
    body = " ".join(t for t in (item.description, item.lyrics_or_transcript) if t)
    return {
        "title": " ".join(t for t in (item.title, item.series, item.album) if t),
        "credits": " ".join(c.name for c in item.creators),
        "labels": " ".join((*item.genres, *item.tags)),
        "body": body[:_BODY_CHARACTERS],
    }


def hashed(text: str) -> Floats:
    """(DIM,) the hashed n-grams of a text with sublinear counts, not yet of length 1.

    The text is folded (NFKC, case) first; n-grams do not cross from one word or kind of script into another.
    """
    points, ideographic, weight = _code_points(text)
    vector = np.zeros(DIM, np.float64)
    for script, weights in ((False, _ALPHABETIC), (True, _IDEOGRAPHIC)):
        for n, by_length in weights.items():
            keys, count = _ngrams(points, ideographic, weight, script, n)
            if len(keys):
                _spread(keys, by_length * count, vector)
    return vector.astype(np.float32)


def _code_points(text: str) -> tuple[NDArray[np.uint64], NDArray[np.bool_], Floats]:
    """The folded text as code points, which of them are ideographs or syllables, and how much each counts."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded).split()
    joined = f" {' '.join(words)} "
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    ideographic = (
        ((points >= 0x2E80) & (points <= 0x9FFF))
        | ((points >= 0xAC00) & (points <= 0xD7AF))
        | ((points >= 0xF900) & (points <= 0xFAFF))
        | ((points >= 0x20000) & (points <= 0x3FFFF))
    )
    weight = np.ones(len(points), np.float32)
    at = 1
    for word in words:
        if word in _COMMON_WORDS:
            weight[at : at + len(word)] = _COMMON_WEIGHT
        at += len(word) + 1
    for row in np.flatnonzero(ideographic):
        if int(points[row]) in _COMMON_HAN:
            weight[row] = _COMMON_WEIGHT
    return points.astype(np.uint64), ideographic, weight


def _ngrams(
    points: NDArray[np.uint64], ideographic: NDArray[np.bool_], weight: Floats, script: bool, n: int
) -> tuple[NDArray[np.uint64], Floats]:
    """Hashes of the different n-grams of one kind of script, and their damped counts: weight · (1 + ln count)."""
    windows = len(points) - n + 1
    if windows <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.float32)
    at = np.lib.stride_tricks.sliding_window_view
    gram, kind = at(points, n), at(ideographic, n)
    space = gram == _SPACE
    if script:
        keep = kind.all(axis=1)
    else:
        # A space may open or close an n-gram (it marks the word's end) but not stand alone or inside.
        keep = ~kind.any(axis=1) & ~space[:, 1:-1].any(axis=1) & (space.sum(axis=1) < n)
        if n == 2:
            keep &= ~space.all(axis=1)
    gram = gram[keep]
    loud = np.where(space, 1.0, at(weight, n)).min(axis=1)[keep]
    with np.errstate(over="ignore"):
        keys = np.full(len(gram), np.uint64(n + 16 * script) * np.uint64(0x9E3779B97F4A7C15))
        for column in range(n):
            keys = _mixed(keys ^ gram[:, column])
    different, first, count = np.unique(keys, return_index=True, return_counts=True)
    return different, (loud[first] * (1 + np.log(count))).astype(np.float32)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele et al. 2014): stable over machines and runs."""
    x = (x + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFFFFFF)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _spread(keys: NDArray[np.uint64], values: Floats, vector: NDArray[np.float64]) -> None:
    """Add each value, with a sign of its own, to the places its key names."""
    for place in range(_PLACES):
        bits = keys >> np.uint64(16 * place)
        index = (bits & np.uint64(DIM - 1)).astype(np.intp)
        sign = 1.0 - 2.0 * ((bits >> np.uint64(15)) & np.uint64(1)).astype(np.float64)
        vector += np.bincount(index, weights=sign * values, minlength=DIM)
