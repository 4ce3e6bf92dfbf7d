"""Names as people type them: titles and creators of the catalogue, found in spite of slips of the pen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ...catalogue import Catalogue
from ...items import Credit, Item
from ..sources.words import NEWCOMERS, WordIndex, folded, index_of, ngrams, tokens
from ..stages import World

SURE = 0.6
"""Trigram cosine from which on a title is taken for the one that was meant."""
LITERAL = 0.72
"""Trigram cosine from which on the whole sentence is a title, and no filter is read from it."""
NAME_ALIKE = 0.55
_COMPARED = re.compile(
    r"(?:(?:just )?like |similar to |像|类似于?)(.+?)(?:一样|差不多|那样|那种|似的)?的?$", re.IGNORECASE
)
"""A sentence that compares; one letter more than a title would else be the title itself."""


@dataclass
class _Read:
    """The fields of `Names` for the first rows of a catalogue."""

    rows: int = 0
    titles: dict[str, int] = field(default_factory=dict)
    stripped: set[str] = field(default_factory=set)
    """Titles that stand there without an article that they have."""
    openings: set[str] = field(default_factory=set)
    creators: dict[str, str] = field(default_factory=dict)
    creator_words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def extended(self, items: Sequence[Item | None]) -> _Read:
        """These and further rows."""
        found = _Read(
            self.rows + len(items),
            dict(self.titles),
            set(self.stripped),
            set(self.openings),
            dict(self.creators),
            dict(self.creator_words),
            set(self.labels),
        )
        for row, item in enumerate(items, self.rows):
            if item is not None:
                found._add(row, item)
        return found

    def _add(self, row: int, item: Item) -> None:
        if plain := simple(item.title or ""):
            full = folded(item.title or "")
            self.titles.setdefault(full, row)
            if full == plain and plain in self.stripped:  # "Heat" is Heat, before The Heat
                self.titles[plain] = row
                self.stripped.discard(plain)
            elif plain not in self.titles:
                self.titles[plain] = row
                self.stripped.add(plain)
            words = plain.split()
            self.openings.update(" ".join(words[:n]) for n in range(2, len(words)) if len(words) > 2)
        for credit in item.creators:
            name = simple(credit.name)
            if name and name not in self.creators:
                self.creators[name] = credit.name
                for word in set(tokens(name)):
                    self.creator_words[word] = (*self.creator_words.get(word, ()), name)
        self.labels.update(folded(word) for word in (*item.genres, *item.tags))


@dataclass(frozen=True)
class Names:
    """What the sentence reader knows of a catalogue."""

    catalogue: Catalogue
    index: WordIndex
    titles: dict[str, int]
    """Row by folded title, as it is and without its article; of equal titles the first."""
    openings: frozenset[str]
    """The first two, three … words of titles with at least three, folded: what somebody may be typing just now."""
    creators: dict[str, str]
    """Name as the catalogue writes it, by folded name."""
    creator_words: dict[str, tuple[str, ...]]
    """Folded names by each of their words."""
    labels: frozenset[str]
    """Genres and tags, folded."""
    read: _Read
    """The catalogue's beginning, which the names of a later one with the same beginning go on from."""

    @classmethod
    def of(cls, catalogue: Catalogue, index: WordIndex, before: Names | None = None, same: int = 0) -> Names:
        """Read every item once.

        Args:
            before: those of an earlier catalogue, which are gone on from where nothing that they have kept has changed.
            same: how many rows both catalogues begin with alike.
        """
        start = before.read if before is not None and before.read.rows <= same else _Read()
        whole = start.extended(catalogue.items[start.rows :])
        kept = start if start.rows and whole.rows - start.rows <= NEWCOMERS else whole
        openings, labels = frozenset(whole.openings), frozenset(whole.labels)
        return cls(catalogue, index, whole.titles, openings, whole.creators, whole.creator_words, labels, read=kept)

    @classmethod
    def in_world(cls, world: World) -> Names:
        """Those of a world, read on first use."""
        return world.derived("names", lambda: cls.of(world.catalogue, index_of(world)))

    def title(self, text: str, at_least: float = SURE) -> int | None:
        """Row of the item of that title: the same, else the most alike by trigrams; None where nothing is alike enough.

        Of equally alike ones the one with the most votes of words wins, then the first.
        """
        plain = simple(text)
        if not plain:
            return None
        for exact in (folded(text), plain):
            if exact in self.titles:
                return self.titles[exact]
        alike = self.index.alike(text)
        if not len(alike):
            return None
        row = int(np.argmax(alike))
        if alike[row] >= at_least:
            return row
        # A title whose beginning, up to a colon or the last word, is what was typed: "The Godfather" of a trilogy.
        starts = [other for title, other in self.titles.items() if title.startswith(f"{plain} ")]
        if len(tokens(plain)) >= 2 and starts:
            return min(starts)
        corrected = self.index.corrected(text)
        return self.title(corrected, at_least) if corrected and simple(corrected) != plain else None

    def is_title(self, text: str) -> bool:
        """Whether the whole text is, but for slips, a title or the beginning of one."""
        plain = simple(text)
        if plain in self.titles or plain in self.openings:
            return True
        compared = _COMPARED.match(text)
        if compared and simple(compared.group(1)) in self.titles:
            return False
        alike = self.index.alike(text)
        return bool(len(alike)) and float(alike.max()) >= LITERAL

    def creator(self, text: str) -> str | None:
        """The creator of that name, as the catalogue writes it, in spite of a slip; None where nobody is."""
        plain = simple(text)
        if plain in self.creators:
            return self.creators[plain]
        near = dict.fromkeys(name for word in self._near(plain) for name in self.creator_words.get(word, ()))
        if not near:
            return None
        best = max(near, key=partial(likeness, plain))
        return self.creators[best] if likeness(plain, best) >= NAME_ALIKE else None

    def _near(self, plain: str) -> Iterator[str]:
        for word in tokens(plain):
            yield word
            corrected = self.index.near(word)
            if corrected:
                yield corrected


def simple(text: str) -> str:
    """A name without case, accents and punctuation, words one space apart; an article at the end goes."""
    plain = " ".join("".join(c if c.isalnum() else " " for c in folded(text).replace("'", "")).split())
    for article in (" the", " a", " an"):
        plain = plain.removesuffix(article)
    words = plain.split()
    # "Godfather, The (1972)": the year of some catalogues' titles is no part of the name.
    if len(words) > 1 and len(words[-1]) == 4 and words[-1].isdigit() and text.rstrip().endswith(")"):
        words.pop()
        if len(words) > 1 and words[-1] in ("the", "a", "an"):
            words.pop()
    if len(words) > 1 and words[0] in ("the", "a", "an"):
        words = words[1:]
    return " ".join(words)


def likeness(one: str, other: str) -> float:
    """Cosine of the trigrams of two names."""
    a, b = ngrams(one), ngrams(other)
    return len(a & b) / max(float(np.sqrt(len(a) * len(b))), 1.0)


def has_role(credit: Credit, wanted: str) -> bool:
    """Whether a credit is of the wanted sort (``director``, ``actor`` …); every credit is of the sort ``""``."""
    return not wanted or credit.role.casefold() in ROLES.get(wanted, (wanted,))


ROLES: dict[str, tuple[str, ...]] = {
    "director": ("director", "导演", "指导", "creator"),
    "actor": ("actor", "actress", "cast", "star", "演员", "主演", "演奏", "performer", "voice"),
    "writer": ("writer", "author", "screenplay", "编剧", "作者"),
    "artist": ("artist", "singer", "band", "performer", "歌手", "音乐人", "乐队", "bandleader", "dj"),
    "host": ("host", "presenter", "主播", "主持", "主持人"),
}
"""What roles are called by those who fill catalogues."""
