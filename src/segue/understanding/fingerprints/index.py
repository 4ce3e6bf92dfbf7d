"""Inverted index of sub-hashes: which items share the most keys with one item.

A key is 24 bits wide. Only postings whose key some item asks for are kept and sorted, so that finding the copies of a
few new items takes one pass over the keys of all: of 100,000 items with 256 keys each half a second, and 300 MB while
it lasts (4 bytes a key, 4 for whose it is, and the pass). What remains answers in less than a millisecond an item.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Rows

KEY_BITS = 24
KEYS = 256
"""Keys of one item; a longer one does not have more."""
CANDIDATES = 24
"""Items that are looked at closely for each new one: those that share the most keys."""
COMMON = 2_000
"""A key that more items than this have tells nothing."""
PARTS, PART_BITS = 6, 20
"""Of a picture that stands alone: so many keys, each of so many of its bits."""
WEAK = 3
"""Bits of a key that noise may have turned: with each of their combinations it is asked for."""


def keys_of(strength: Floats, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """`Print.keys` and `Print.asks` of a sequence of words of bits.

    Chosen are the moments whose weakest bit is strongest: there a copy most likely has all bits equal, and chooses the
    same moments. Asking also for what the weakest bits would make of a key is the "soft decision" of Haitsma & Kalker.

    Args:
        strength: (n, bits) how far each bit is from turning; the sign is not looked at.
        words: (n,) the bits; the lowest `KEY_BITS` of them make the key.
    """
    return _keys(np.abs(strength[:, :KEY_BITS]), words & np.uint64((1 << KEY_BITS) - 1))


def keys_of_few(strength: Floats, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """As `keys_of` where there are but a few words: each gives a key for every part of its bits."""
    keys, asks = [], []
    for part in range(PARTS):
        begin = part * (strength.shape[1] - PART_BITS) // (PARTS - 1)
        bits = words >> np.uint64(begin) & np.uint64((1 << PART_BITS) - 1)
        found = _keys(np.abs(strength[:, begin : begin + PART_BITS]), bits)
        # The number of the part keeps equal bits of different parts apart.
        keys.append(found[0] | np.uint32(part << PART_BITS))
        asks.append(found[1] | np.uint32(part << PART_BITS))
    return np.concatenate(keys), np.concatenate(asks)


def _keys(margin: Floats, short: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    order = np.argsort(-margin.min(axis=1), kind="stable")
    ordered = short[order].astype(np.uint32)
    first = np.sort(np.unique(ordered, return_index=True)[1])[:KEYS]
    keys = ordered[first]
    weak = np.uint32(1) << np.argsort(margin[order[first]], axis=1)[:, :WEAK].astype(np.uint32)
    turned = [np.bitwise_xor.reduce(weak[:, combination], axis=1) for combination in _COMBINATIONS]
    return keys, np.unique(np.concatenate([keys, *(keys ^ one for one in turned)]))


_COMBINATIONS = [
    list(combination) for size in range(1, WEAK + 1) for combination in itertools.combinations(range(WEAK), size)
]


class Index:
    """Postings (key, row), sorted by key.

    Args:
        keys: (n,) of all items.
        rows: (n,) the row of the item that each belongs to.
        wanted: keys that will be asked for; the others are not kept.
    """

    def __init__(self, keys: NDArray[np.uint32], rows: Rows, wanted: NDArray[np.uint32]) -> None:
        asked = np.zeros(1 << KEY_BITS, dtype=bool)
        asked[wanted] = True
        kept = asked[keys]
        postings = keys[kept].astype(np.uint64) << np.uint64(32) | rows[kept].astype(np.uint64)
        postings.sort()
        self._keys = (postings >> np.uint64(32)).astype(np.uint32)
        self._rows = postings.astype(np.uint32).astype(np.int32)  # the low half

    def find(self, keys: NDArray[np.uint32], limit: int = CANDIDATES) -> tuple[Rows, Rows]:
        """Rows that share the most keys, and how many they share; at most ``limit``, the most first."""
        begin = np.searchsorted(self._keys, keys, side="left")
        count = np.searchsorted(self._keys, keys, side="right") - begin
        telling = count <= COMMON
        begin, count = begin[telling], count[telling]
        ends = np.cumsum(count)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - ends + count, count)
        rows, shared = np.unique(self._rows[places], return_counts=True)
        best = np.argsort(-shared, kind="stable")[:limit]
        return rows[best], shared[best].astype(np.int32)
