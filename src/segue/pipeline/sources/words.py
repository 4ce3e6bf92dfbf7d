"""Search by words: BM25 over what an item says about itself, and n-grams of its title for the misspelt and the partial.

A word that nobody has written here stands for the nearest one that names or labels something (Damerau's edits: one in
words of four letters or more, two from eight on), at a lower weight. Traditional Chinese characters are read as their
simplified ones, on both sides.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009: the fields are joined with weights
before saturation (BM25F). A field that holds more different words than is usual for it here says little with any of
them, so that no title, description or list of tags wins searches by being filled with words; what stands in the item's
other fields counts as before. Scripts that put no spaces between words are read as pairs of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...arrays import Floats, Mask, Sparse
from ...catalogue import Catalogue
from ...items import Item
from ...letters import fold_letters
from ..asking.lexicon import STOP, TRADITIONAL
from ..stages import Request, World
from .scored import Scored

FIELDS: dict[str, float] = {
    "title": 3.0,
    "creators": 2.0,
    "genres": 2.0,
    "tags": 2.0,
    "group": 1.5,
    "description": 1.0,
    "transcript": 0.3,
}
"""How much a word counts by where it stands."""

K1, B = 1.2, 0.6
USUAL, USUAL_AT_LEAST, STEEP = 95.0, 10, 4.0
"""A field of more different words than this percentile of the other items that have it, and than this number, counts
less: by the power of how many times as many there are. See *stuffing* in `attack_suite`, and docs/log.md."""
TITLE_WEIGHT = 4.0
"""What a title equal to the query adds; less by the share of n-grams in common."""
LONGEST = 4000
"""Characters of a description or transcript that are indexed."""
CORRECTED = 0.6
"""What a corrected word counts, in parts of the word itself."""
ALIKE_FROM = 0.35
"""Trigram cosine of query and title from which on the likeness counts: below, a few n-grams in common mean nothing."""
MOST_WORDS = 64
"""Different words of a query that are looked up: those of a whole page say no more about what is wanted."""

# Runs of a script without spaces (Han, kana, Hangul), or of letters and digits of any other.
_RUN = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0002ffff]+)|([^\W_]+)")


def fields(item: Item) -> Iterator[tuple[str, str]]:
    """(field, text) of everything in an item that can be searched; the names of `FIELDS`."""
    if item.title:
        yield "title", item.title
    for credit in item.creators:
        yield "creators", credit.name
    for genre in item.genres:
        yield "genres", genre
    for tag in item.tags:
        yield "tags", tag
    for group in (item.series, item.album):
        if group:
            yield "group", group
    if item.description:
        yield "description", item.description[:LONGEST]
    if item.lyrics_or_transcript:
        yield "transcript", item.lyrics_or_transcript[:LONGEST]


_SIMPLIFIED = str.maketrans(dict(zip(TRADITIONAL[::2], TRADITIONAL[1::2], strict=True)))


def simplified(text: str) -> str:
    """Traditional Chinese characters as their simplified ones, as far as the table goes; as long as before."""
    return text.translate(_SIMPLIFIED)


def folded(text: str) -> str:
    """Lower case, plain forms, no accents, simplified Chinese: Ｊａｚｚ → jazz, Varèse → varese, 鋼 → 钢."""
    return simplified(fold_letters(text))


def tokens(text: str) -> list[str]:
    """Words of a text; of scripts without spaces, each pair of neighbours (one character alone stays)."""
    found: list[str] = []
    for unspaced, word in _RUN.findall(folded(text)):
        if word:
            found.append(word)
        elif len(unspaced) == 1:
            found.append(unspaced)
        else:
            found.extend(unspaced[i : i + 2] for i in range(len(unspaced) - 1))
    return found


def entries(field: str, text: str) -> list[str]:
    """What a text is found by: its tokens and, in short fields, the single characters of scripts without spaces."""
    found = tokens(text)
    if field not in ("description", "transcript"):
        for unspaced, _ in _RUN.findall(folded(text)):
            if len(unspaced) > 1:
                found.extend(unspaced)
    return found


def ngrams(text: str) -> set[str]:
    """Character trigrams of the padded text; of short words in scripts without spaces, the pairs and characters too."""
    plain = " ".join(a or b for a, b in _RUN.findall(folded(text)))
    padded = f" {plain} "
    grams = {padded[i : i + 3] for i in range(len(padded) - 2)}
    for unspaced, _ in _RUN.findall(plain):
        grams.update(unspaced)
        grams.update(unspaced[i : i + 2] for i in range(len(unspaced) - 1))
    return grams


NEWCOMERS = 1000
"""Rows behind those that an index has kept, up to which they are read again each time: until then they may change."""


@dataclass(frozen=True)
class Texts:
    """The words and the titles' n-grams of items, row by row."""

    words: dict[str, int] = field(default_factory=dict)
    """Code by word, by first appearance."""
    word_at: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """Codes of the different words of each row's fields, field after field and row after row."""
    counts: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    """How often each stands there, times the weight of the field."""
    word_ends: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1, np.int32))
    """(rows · fields + 1,) where the words of each field of each row begin and end."""
    grams: dict[str, int] = field(default_factory=dict)
    gram_at: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    gram_ends: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1, np.int32))
    names: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.gram_ends) - 1

    def extended(self, items: Sequence[Item | None]) -> Texts:
        """These and further rows."""
        words, grams, names = dict(self.words), dict(self.grams), set(self.names)
        word_at: list[int] = []
        gram_at: list[int] = []
        counts: list[float] = []
        word_ends, gram_ends = np.zeros(len(items) * len(FIELDS), np.int32), np.zeros(len(items), np.int32)
        for row, item in enumerate(items):
            own: dict[str, dict[int, float]] = {where: {} for where in FIELDS}
            if item is not None:
                for where, text in fields(item):
                    found = entries(where, text)
                    if where not in ("description", "transcript"):
                        names.update(found)
                    there = own[where]
                    for token in found:
                        code = words.setdefault(token, len(words))
                        there[code] = there.get(code, 0.0) + FIELDS[where]
                gram_at.extend(grams.setdefault(g, len(grams)) for g in ngrams(item.name))
            for at, there in enumerate(own.values(), row * len(FIELDS)):
                word_at.extend(there)
                counts.extend(there.values())
                word_ends[at] = len(word_at)
            gram_ends[row] = len(gram_at)
        return Texts(
            words,
            np.concatenate([self.word_at, np.array(word_at, np.int32)]),
            np.concatenate([self.counts, np.array(counts, np.float32)]),
            np.concatenate([self.word_ends, self.word_ends[-1] + word_ends]),
            grams,
            np.concatenate([self.gram_at, np.array(gram_at, np.int32)]),
            np.concatenate([self.gram_ends, self.gram_ends[-1] + gram_ends]),
            names,
        )

    def joined(self, counts: Floats) -> Sparse:
        """(rows, words) the sum over the fields of a row."""
        shape = (len(self), len(self.words))
        ends = self.word_ends[:: len(FIELDS)].copy()
        matrix = sparse.csr_array((counts.copy(), self.word_at.copy(), ends), shape=shape)  # summed up in place
        matrix.sum_duplicates()
        return matrix

    def worth(self) -> Floats:
        """(rows · fields,) what a word of each field counts: 1; less where the field holds more than is usual."""
        sizes = np.diff(self.word_ends).reshape(len(self), len(FIELDS)).astype(np.float32)
        usual = []
        for column in sizes.T:
            others = np.sort(column[column > 0])[:-1]  # the fullest is not what it is measured by
            usual.append(max(float(np.percentile(others, USUAL)) if len(others) else 0.0, USUAL_AT_LEAST))
        return np.asarray(np.minimum(1, np.array(usual) / np.maximum(sizes, 1)) ** STEEP, np.float32).ravel()


@dataclass(frozen=True)
class WordIndex:
    """Which items have which words, and whose title has which n-grams."""

    words: dict[str, int]
    """Row of `weights` by word."""
    weights: Sparse
    """(n words, n items) BM25 weight."""
    grams: dict[str, int]
    titles: Sparse
    """(n grams, n items) 1 / √(number of the title's n-grams)."""
    names: frozenset[str]
    """The words of titles, creators, genres, tags and groups: what a misspelt word may have meant."""
    read: Texts
    """The catalogue's beginning, which the index of a later one with the same beginning goes on from."""

    @classmethod
    def of(cls, catalogue: Catalogue, before: WordIndex | None = None, same: int = 0) -> WordIndex:
        """Read every item once; 100,000 items of a sentence each take some ten seconds.

        Args:
            before: the index of an earlier catalogue. It is gone on from, with the same result, where nothing that it
                has kept has changed.
            same: how many rows both catalogues begin with alike.
        """
        start = before.read if before is not None and len(before.read) <= same else Texts()
        whole = start.extended(catalogue.items[len(start) :])
        n = len(whole)
        rows = np.repeat(np.arange(n), np.diff(whole.word_ends[:: len(FIELDS)]))
        lengths = np.bincount(rows, weights=whole.counts, minlength=n).astype(np.float32)
        by_item = whole.joined(whole.counts * np.repeat(whole.worth(), np.diff(whole.word_ends)))
        having = np.bincount(by_item.indices, minlength=len(whole.words))
        idf = np.log1p((n - having + 0.5) / (having + 0.5)).astype(np.float32)
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if n else 0.0, 1e-6))
        tf = by_item.data
        by_item.data = idf[by_item.indices] * tf * (K1 + 1) / (tf + np.repeat(norm, np.diff(by_item.indptr)))
        sizes = np.diff(whole.gram_ends)
        title_weights = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
        by_title = sparse.csr_array((title_weights, whole.gram_at, whole.gram_ends), shape=(n, len(whole.grams)))
        kept = start if len(start) and n - len(start) <= NEWCOMERS else whole
        return cls(
            whole.words, _transposed(by_item), whole.grams, _transposed(by_title), frozenset(whole.names), read=kept
        )

    def rarity(self, word: str) -> float:
        """Inverse document frequency of a word as typed: that of the rarest of its tokens; 0 where none is known."""
        n = self.weights.shape[1]
        rows = [self.words[token] for token in tokens(word) if token in self.words]
        having = [float(self.weights.indptr[row + 1] - self.weights.indptr[row]) for row in rows]
        return max((float(np.log1p((n - h + 0.5) / (h + 0.5))) for h in having), default=0.0)

    def search(self, text: str) -> Floats:
        """(n items,) how well each item fits; 0 where no word and no n-gram is shared.

        The sum of BM25 weights, times the share of the query's words that the item has, plus the title's likeness.
        """
        n = self.weights.shape[1]
        typed = list(dict.fromkeys(tokens(text)))
        wanted = ([token for token in typed if token not in STOP] or typed)[:MOST_WORDS]
        score, hits = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
        for token in wanted:
            meant, worth = (token, 1.0) if token in self.words else (self.near(token), CORRECTED)
            if meant is not None:
                row = self.words[meant]
                at = slice(self.weights.indptr[row], self.weights.indptr[row + 1])
                score[self.weights.indices[at]] += np.float32(worth) * self.weights.data[at]
                hits[self.weights.indices[at]] += np.float32(worth)
        score *= hits / max(len(wanted), 1)
        alike = self.alike(text)
        return score + np.float32(TITLE_WEIGHT) * np.where(alike > ALIKE_FROM, alike, 0)

    def alike(self, text: str) -> Floats:
        """(n items,) cosine of the text's n-grams with each title's."""
        asked = ngrams(text[:LONGEST])
        alike = np.zeros(self.weights.shape[1], dtype=np.float32)
        for row in (self.grams[gram] for gram in asked if gram in self.grams):
            at = slice(self.titles.indptr[row], self.titles.indptr[row + 1])
            alike[self.titles.indices[at]] += self.titles.data[at]
        return np.asarray(alike / np.float32(np.sqrt(max(len(asked), 1))), dtype=np.float32)

    def having(self, text: str) -> Mask:
        """(n items,) which items have all words of a text somewhere, in the plural too; none where it has no words."""
        mask: Mask = np.ones(self.weights.shape[1], dtype=bool)
        found = list(dict.fromkeys(tokens(text)))[:MOST_WORDS]
        for token in found:
            own = np.zeros(len(mask), dtype=bool)
            forms = (token, f"{token}s", token.removesuffix("s")) if token.isascii() else (token,)
            if len(token) == 1 and not token.isascii():  # long texts are indexed by pairs of characters
                forms = (token, *self._by_character.get(token, ()))
            for form in forms:
                row = self.words.get(form)
                if row is not None:
                    own[self.weights.indices[self.weights.indptr[row] : self.weights.indptr[row + 1]]] = True
            mask &= own
        return mask if found else ~mask

    def near(self, word: str) -> str | None:
        """The name that a word which nobody wrote may have meant; None where none is near, or the word is too short."""
        if len(word) < 4 or len(word) > 40 or word in self.names or not word.isalpha():
            return None
        most = 1 if len(word) < 8 else 2
        first: dict[str, int] = {}
        for gram in _pairs(word):
            for other in self._by_pair.get(gram, ()):
                first[other] = first.get(other, 0) + 1
        # Each edit spoils at most three pairs.
        enough = max(len(word) + 1 - 3 * most, 1)
        near = [
            (edits(word, other, most), -count, other)
            for other, count in first.items()
            if count >= enough and abs(len(other) - len(word)) <= most
        ]
        best = min((one for one in near if one[0] <= most), default=None)
        return best[2] if best else None

    def corrected(self, text: str) -> str | None:
        """The text with its misspelt words set right; None where there is nothing to set right."""
        words = list(dict.fromkeys(tokens(text)))[:MOST_WORDS]
        if all(word in self.words for word in words):
            return None
        right = {word: meant for word in words if word not in self.words and (meant := self.near(word))}
        return re.sub(r"[^\W_]+", lambda m: right.get(m.group(), m.group()), folded(text)) if right else None

    @cached_property
    def _by_character(self) -> dict[str, list[str]]:
        """Pairs of neighbours by each character in them, of scripts without spaces."""
        found: dict[str, list[str]] = {}
        for word in self.words:
            if len(word) == 2 and not word.isascii():
                for character in set(word):
                    found.setdefault(character, []).append(word)
        return found

    @cached_property
    def _by_pair(self) -> dict[str, list[str]]:
        """Names by each pair of letters in them, a space at both ends; of scripts that are written in letters."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.names):
            if 4 <= len(name) <= 42 and name.isalpha() and not _RUN.findall(name)[0][0]:
                for gram in _pairs(name):
                    found.setdefault(gram, []).append(name)
        return found


def _pairs(word: str) -> set[str]:
    padded = f" {word} "
    return {padded[i : i + 2] for i in range(len(padded) - 1)}


def edits(a: str, b: str, most: int) -> int:
    """Letters to insert, drop, change or swap with a neighbour (Damerau, 1964), up to ``most`` + 1."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]


class Words(Scored):
    """Proposes the items that share words with what was typed; the others have score 0."""

    name = "words"

    def compute(self, request: Request) -> Floats | None:
        if not request.query.words:
            return None
        own = index(request)
        scores = own.search(request.query.words)
        others = [own.search(name) for name in request.query.also[:MOST_WORDS]]
        return scores + np.maximum.reduce(others) if others else scores

    def speaks(self, scores: Floats) -> Mask:
        return scores > 0


def index(request: Request) -> WordIndex:
    """The index of the request's world."""
    return index_of(request.world)


def index_of(world: World) -> WordIndex:
    """The index of a world, built on first use."""
    return world.derived("words", lambda: WordIndex.of(world.catalogue))


def matches(query: str, item: Item) -> dict[str, tuple[str, ...]]:
    """Field → the query's words found there, as typed, fields in the order of `FIELDS`."""
    typed = spans(query)
    found: dict[str, dict[str, None]] = {}
    for where, text in fields(item):
        own = set(entries(where, text))
        for word, parts in typed:
            if own.issuperset(parts):
                found.setdefault(where, {})[word] = None
    return {where: tuple(found[where]) for where in FIELDS if where in found}


@lru_cache(maxsize=256)
def spans(query: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words of a query as a person would quote them, each with its tokens; an unspaced run also by its pairs.

    Words that say nothing are left out, where others stand beside them."""
    words: list[tuple[str, tuple[str, ...]]] = []
    for unspaced, word in _RUN.findall(folded(query)):
        run = unspaced or word
        words.append((run, tuple(tokens(run))))
        if len(unspaced) > 2:
            words.extend((pair, (pair,)) for pair in tokens(run))
    telling = [one for one in words if one[0] not in STOP]
    return tuple(dict.fromkeys(telling or words))


def _transposed(matrix: Sparse) -> Sparse:
    turned: Sparse = matrix.T.tocsr()
    return turned


def longest(words: Iterable[str]) -> tuple[str, ...]:
    """Without the words that are part of another one."""
    listed = list(words)
    return tuple(w for w in listed if not any(w != other and w in other for other in listed))
