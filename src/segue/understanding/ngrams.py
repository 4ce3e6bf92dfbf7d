"""Words and character n-grams as hashed, weighed features: what a head reads of scripts that no encoder here knows.

Runs of letters give words, pairs of words and the character 3- to 5-grams of each word; runs of ideographs give 1- to
4-grams (in Chinese a character is a syllable and mostly a word of its own). Each is hashed to one of `FEATURES` places
(Weinberger et al. 2009); counts are damped by a logarithm, weighed by inverse document frequency, rows at length 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import Floats, Sparse

FEATURES = 2**18
_CHARACTERS = 2_000
"""Read of one text."""
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_RUN = re.compile(rf"([{_IDEOGRAPHS}]+)|([^\W{_IDEOGRAPHS}]+(?:['’][^\W{_IDEOGRAPHS}]+)?)|([!?！？…～~]+)")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain(text: str) -> str:
    """One line without control, direction and private characters: what is written is read, and nothing else."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (c if not c.isspace() else " " for c in text if c.isspace() or unicodedata.category(c) not in _UNSAFE)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def grams(text: str) -> list[str]:
    """The features of a text, as often as they occur."""
    found: list[str] = []
    words: list[str] = []
    for run in _RUN.finditer(plain(text[:_CHARACTERS]).casefold()):
        ideographs, word, mark = run.groups()
        if ideographs:
            found += [ideographs[at : at + n] for n in (1, 2, 3, 4) for at in range(len(ideographs) - n + 1)]
        elif word:
            words.append(word)
            bounded = f"<{word}>"
            found += [f"#{bounded[at : at + n]}" for n in (3, 4, 5) for at in range(len(bounded) - n + 1)]
        else:
            found.append(mark[0])
    return found + words + [f"{one} {two}" for one, two in pairwise(words)]


def counts(texts: Sequence[str]) -> Sparse:
    """(len(texts), FEATURES) 1 + ln(count) of each feature."""
    from scipy import sparse
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(analyzer=grams, n_features=FEATURES, alternate_sign=False, norm=None, dtype=np.float32)
    found: Any = hashing.transform(texts)
    found.data = 1 + np.log(found.data)
    return sparse.csr_array(found)


def rarity(table: Sparse) -> Floats:
    """(FEATURES,) inverse document frequency, smoothed; 0 for what no text has, which then says nothing."""
    met = np.bincount(table.indices, minlength=FEATURES)
    weight = np.log((1 + table.shape[0]) / (1 + met)) + 1
    return np.where(met > 0, weight, 0).astype(np.float32)


def weighed(table: Sparse, weight: Floats) -> Sparse:
    """The rows times the weights, at length 1; rows of nothing stay empty."""
    rows = table.copy()
    rows.data = rows.data * weight[rows.indices]
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data = (rows.data / np.repeat(np.maximum(lengths, 1e-9), np.diff(rows.indptr))).astype(np.float32)
    return rows
