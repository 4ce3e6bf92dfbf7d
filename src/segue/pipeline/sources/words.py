"""Search by words: BM25 over what an item says about itself, and n-grams of its title for the misspelt and the partial.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009: the fields are joined with weights
before saturation (BM25F). Scripts that put no spaces between words are read as pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from ...arrays import Floats, Mask, Sparse
from ...catalogue import Catalogue
from ...items import Item
from ..stages import Request
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
TITLE_WEIGHT = 4.0
"""What a title equal to the query adds; less by the share of n-grams in common."""
LONGEST = 4000
"""Characters of a description or transcript that are indexed."""

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


def folded(text: str) -> str:
    """Lower case, compatibility forms and accents gone: Ｊａｚｚ → jazz, Varèse → varese."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


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

    @classmethod
    def of(cls, catalogue: Catalogue) -> WordIndex:
        """Read every item once; 100,000 items of a sentence each take some seconds."""
        n = len(catalogue)
        words: dict[str, int] = {}
        grams: dict[str, int] = {}
        word_at: list[int] = []
        gram_at: list[int] = []
        counts: list[float] = []
        word_ends, gram_ends = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
        for row, item in enumerate(catalogue.items):
            if item is not None:
                own: dict[int, float] = {}
                for field, text in fields(item):
                    for token in entries(field, text):
                        code = words.setdefault(token, len(words))
                        own[code] = own.get(code, 0.0) + FIELDS[field]
                word_at.extend(own)
                counts.extend(own.values())
                gram_at.extend(grams.setdefault(g, len(grams)) for g in ngrams(item.name))
            word_ends[row + 1], gram_ends[row + 1] = len(word_at), len(gram_at)
        by_item = sparse.csr_array(
            (np.array(counts, np.float32), np.array(word_at, np.int64), word_ends), shape=(n, len(words))
        )
        lengths = np.asarray(by_item.sum(axis=1)).ravel()
        having = np.bincount(by_item.indices, minlength=len(words))
        idf = np.log1p((n - having + 0.5) / (having + 0.5)).astype(np.float32)
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if n else 0.0, 1e-6))
        tf = by_item.data
        by_item.data = idf[by_item.indices] * tf * (K1 + 1) / (tf + np.repeat(norm, np.diff(by_item.indptr)))
        sizes = np.diff(gram_ends)
        title_weights = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
        by_title = sparse.csr_array((title_weights, np.array(gram_at, np.int64), gram_ends), shape=(n, len(grams)))
        return cls(words, _transposed(by_item), grams, _transposed(by_title))

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
        wanted = list(dict.fromkeys(tokens(text)))
        score, hits = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
        for row in (self.words[token] for token in wanted if token in self.words):
            at = slice(self.weights.indptr[row], self.weights.indptr[row + 1])
            score[self.weights.indices[at]] += self.weights.data[at]
            hits[self.weights.indices[at]] += 1
        score *= hits / max(len(wanted), 1)
        asked = ngrams(text)
        alike = np.zeros(n, dtype=np.float32)
        for row in (self.grams[gram] for gram in asked if gram in self.grams):
            at = slice(self.titles.indptr[row], self.titles.indptr[row + 1])
            alike[self.titles.indices[at]] += self.titles.data[at]
        alike /= np.float32(np.sqrt(max(len(asked), 1)))
        # A few n-grams in common mean nothing; from about a third on, a title is a likely slip of the pen.
        return score + np.float32(TITLE_WEIGHT) * np.where(alike > 0.35, alike, 0)


class Words(Scored):
    """Proposes the items that share words with what was typed; the others have score 0."""

    name = "words"

    def compute(self, request: Request) -> Floats | None:
        if not request.query.words:
            return None
        return index(request).search(request.query.words)

    def speaks(self, scores: Floats) -> Mask:
        return scores > 0


def index(request: Request) -> WordIndex:
    """The index of the request's world, built on first use."""
    world = request.world
    return world.derived("words", lambda: WordIndex.of(world.catalogue))


def matches(query: str, item: Item) -> dict[str, tuple[str, ...]]:
    """Field → the query's words found there, as typed, fields in the order of `FIELDS`."""
    typed = spans(query)
    found: dict[str, dict[str, None]] = {}
    for field, text in fields(item):
        own = set(entries(field, text))
        for word, parts in typed:
            if own.issuperset(parts):
                found.setdefault(field, {})[word] = None
    return {field: tuple(found[field]) for field in FIELDS if field in found}


@lru_cache(maxsize=256)
def spans(query: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words of a query as a person would quote them, each with its tokens; an unspaced run also by its pairs."""
    words: list[tuple[str, tuple[str, ...]]] = []
    for unspaced, word in _RUN.findall(folded(query)):
        run = unspaced or word
        words.append((run, tuple(tokens(run))))
        if len(unspaced) > 2:
            words.extend((pair, (pair,)) for pair in tokens(run))
    return tuple(dict.fromkeys(words))


def _transposed(matrix: Sparse) -> Sparse:
    turned: Sparse = matrix.T.tocsr()
    return turned


def longest(words: Iterable[str]) -> tuple[str, ...]:
    """Without the words that are part of another one."""
    listed = list(words)
    return tuple(w for w in listed if not any(w != other and w in other for other in listed))
