"""What a conversation compares items by: their titles, people, genres, words and vectors, ready as tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import sparse

from ..arrays import Floats, Sparse, unit_rows
from ..pipeline.asking.ideas import ideas_in
from ..pipeline.asking.lexicon import GENRES, STOP
from ..pipeline.sources.words import WordIndex, index_of, tokens
from ..pipeline.stages import World
from ..topics import Topics

_OFTEN = 25
"""A word of so many titles connects none of them."""


class Library:
    """Tables of a world's items, each made on first use; see `of`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.n = len(world.catalogue)

    @classmethod
    def of(cls, world: World) -> Library:
        """That of a world, kept with it."""
        return world.derived("conversation", lambda: cls(world))

    @cached_property
    def credits(self) -> Sparse:
        """(n items, people) 1 / √items of the person."""
        matrix = _columns(self.topics, "creator:")
        having = np.asarray(matrix.sum(axis=0)).ravel()
        matrix.data = (1 / np.sqrt(np.maximum(having, 1)))[matrix.indices].astype(np.float32)
        return matrix

    @cached_property
    def titles(self) -> Sparse:
        """(n items, words) unit rows of the rarer words of titles, counted by their rarity."""
        return _unit_table(_bag([_telling(item.title) if item else () for item in self.world.catalogue.items], _OFTEN))

    @property
    def topics(self) -> Topics:
        return self.world.catalogue.topics

    @cached_property
    def ideas(self) -> Floats:
        """(n items, ideas of genres) 1 where a genre or tag of the item is the idea."""
        found = np.zeros((self.n, len(GENRES)), np.float32)
        number = {id(genre): at for at, genre in enumerate(GENRES)}
        read: dict[str, list[int]] = {}
        for row, item in enumerate(self.world.catalogue.items):
            for name in item.genres if item else ():
                if name not in read:
                    read[name] = [number[id(genre)] for genre in ideas_in(name)]
                found[row, read[name]] = 1
        return found

    @cached_property
    def genres(self) -> Floats:
        """(n items, genres) unit rows."""
        return unit_rows(_columns(self.topics, "genre:").toarray())

    @cached_property
    def texts(self) -> Floats | None:
        """(n items, dim) unit vectors without what all items have in common; zeros where nothing is written."""
        vectors = self.world.vectors.get("text")
        if vectors is None:
            return None
        known = np.isfinite(vectors[:, 0])
        centred = vectors - vectors[known].mean(axis=0) if known.any() else vectors
        return unit_rows(np.where(known[:, None], centred, 0))

    @cached_property
    def idea_shares(self) -> Floats:
        return np.asarray(self.ideas / np.sqrt(np.maximum(self.ideas.sum(axis=1, keepdims=True), 1)), np.float32)

    @cached_property
    def rarity(self) -> Floats:
        return np.asarray(np.log(self.n / (self.ideas.sum(axis=0) + 1)), np.float32)

    @cached_property
    def index(self) -> WordIndex:
        return index_of(self.world)

    @cached_property
    def credit_words(self) -> tuple[dict[str, int], Sparse]:
        """Row by word, and (words, n items) how much a word of a name says: its inverse document frequency."""
        items = self.world.catalogue.items
        spelt = [[t for c in item.creators for t in tokens(c.name)] if item else () for item in items]
        matrix = _bag(spelt, self.n)
        words = {word: at for at, word in enumerate(dict.fromkeys(word for own in spelt for word in own))}
        turned: Sparse = matrix.T.tocsr()
        return words, turned


def _columns(topics: Topics, sort: str) -> Sparse:
    """The topics of one sort, as a matrix of their own."""
    chosen = [at for at, key in enumerate(topics.keys) if key.startswith(sort)]
    found: Sparse = sparse.csr_array(topics.matrix[:, chosen], dtype=np.float32)
    return found


def _telling(title: str | None) -> list[str]:
    return [word for word in tokens(title or "") if word not in STOP and not word.isdigit()]


def _bag(texts: Sequence[Sequence[str]], most: int) -> Sparse:
    """(texts, words in order of appearance) inverse document frequency; 0 for words of ``most`` texts and more."""
    words: dict[str, int] = {}
    rows, columns = [], []
    for row, own in enumerate(texts):
        for word in dict.fromkeys(own):
            rows.append(row)
            columns.append(words.setdefault(word, len(words)))
    shape = (len(texts), len(words))
    having = np.bincount(np.array(columns, np.int64), minlength=len(words))
    worth = np.where(having < most, np.log(max(len(texts), 1) / np.maximum(having, 1)), 0)
    return sparse.csr_array((worth[columns].astype(np.float32), (rows, columns)), shape=shape)


def _unit_table(matrix: Sparse) -> Sparse:
    """Rows at length 1."""
    length = np.sqrt(np.asarray((matrix * matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(np.maximum(length, 1e-6), np.diff(matrix.indptr)).astype(np.float32)
    return matrix
