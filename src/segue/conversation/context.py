"""A conversation, read: which items were named, by whom and with what feeling; what is asked for; what is refused.

No model reads here: names are found by `Names`, feelings by the words of `profiles.said`, genres by the words for them
in English and Chinese. What was said later counts more, what the person said more than what was said to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..arrays import Floats, Rows
from ..pipeline.asking.ideas import single
from ..pipeline.asking.lexicon import GENRES, STOP
from ..pipeline.sources.words import folded, tokens
from ..profiles.said.names import Names
from ..profiles.said.reader import read

MOST_TURNS = 60
"""Of a conversation; earlier ones are not read."""
MOST_CHARACTERS = 2_000
"""Of a message."""
FADE = 0.9
"""What a word counts in parts of the same word one message later."""
ECHO = 0.6
"""What a word of the one who recommends counts, in parts of the person's own."""
_LATELY = 4
"""Messages of which a genre is asked for just now."""
_BEFORE = 4
"""Words within which a negation stands before a genre."""
_NOT = frozenset(["not", "no", "don't", "dont", "doesn't", "never", "without", "hate", "dislike", "isn't", "except"])
_NOT_CHINESE = ("不", "别", "没", "除了")
_EMPTY = frozenset(
    ["movie", "film", "films", "movies", "one", "watch", "seen", "see", "any", "can", "what", "just", "really", "would",
     "love", "liked", "like", "think", "great", "know", "which", "how", "haven", "there", "they", "then", "we", "he",
     "she", "his", "her", "out", "up", "been", "also", "more", "too", "all", "ok", "okay", "yes", "hi", "hello",
     "thanks", "thank", "bye", "want", "looking", "recommend", "suggest", "good", "have", "has", "had", "do", "did",
     "does", "not", "no", "so", "if", "but", "don", "am", "ve", "ll", "re", "didn", "loved", "will", "anything",
     "something", "heard", "maybe", "well", "much", "when", "who", "get", "enjoy"]
)  # fmt: skip
"""Words of every conversation; they say nothing about an item."""
_ERAS = {
    "old": re.compile(r"\b(?:classics?|old(?:er)?|[4-9]0'?s|vintage)\b|经典|老片|老电影", re.IGNORECASE),
    "new": re.compile(r"\b(?:new(?:er|est)?|recent(?:ly)?|latest|theat(?:er|re)s?|cinemas?)\b|最新|新片|最近", re.I),
}

VIEWS = ("all", "asked", "last")
"""What was said by both; by the person alone; and since an item was recommended last."""
_FADE_VECTOR, _READ_WORDS, _TELLING_WORDS = 0.88, 60, 12

Encode = Callable[[Sequence[str]], Floats]
"""n texts → (n, dim) vectors; zeros for an empty text."""


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    text: str
    """As it was said, without the names of the items in `rows`."""
    by_person: bool
    """Said by the person who looks for something; else by the one who recommends."""
    rows: tuple[int, ...] = ()
    """Rows of the items that it names, in their order."""

    @property
    def beginning(self) -> str:
        """As much of it as is read for its meaning."""
        return " ".join(self.text[:MOST_CHARACTERS].split()[:_READ_WORDS])


def heard(text: str, by_person: bool, names: Names, row_of: Mapping[str, int]) -> Turn:
    """A message as it was typed, with the titles in it found and taken out of its words.

    Args:
        names: of the catalogue.
        row_of: row by item id.
    """
    text = text[:MOST_CHARACTERS]
    rows = []
    for named in names.find(text):
        row = row_of.get(named.topic.removeprefix("item:")) if named.topic.startswith("item:") else None
        if row is not None:
            rows.append(row)
            text = text.replace(named.text, " ", 1)
    return Turn(text, by_person, tuple(rows))


@dataclass(frozen=True)
class Mention:
    """An item that was named."""

    row: int
    by_person: bool
    """By whom it was named first."""
    feeling: float
    """-1 … 1, from the person's words about it; 0 where they say nothing of it."""


@dataclass(frozen=True)
class Context:
    """What is understood of a conversation so far."""

    turns: tuple[Turn, ...]
    mentions: tuple[Mention, ...] = ()
    """Each item once, in the order in which they were named first."""
    asked: Mapping[int, float] = field(default_factory=dict)
    """Ideas of genres (numbers in `GENRES`) and how much they are asked for, 0 … 1."""
    lately: Mapping[int, float] = field(default_factory=dict)
    """Those of the last messages."""
    refused: Mapping[int, float] = field(default_factory=dict)
    words: Mapping[str, float] = field(default_factory=dict)
    """Tokens that may say something about an item, and how much they count."""
    old: float = 0.0
    """How much older items are asked for, 0 … 1."""
    new: float = 0.0

    @cached_property
    def named(self) -> Rows:
        """Rows of the items named."""
        return np.array([mention.row for mention in self.mentions], np.int32)

    def heard_as(self, encode: Encode, centre: Floats) -> dict[str, Floats]:
        """What was said as vectors (dim,), see `VIEWS`: sums over the messages, zeros where nothing was said.

        Each message is read by itself, so that an encoder may keep its vector from turn to turn.

        Args:
            centre: (dim,) what messages have in common, taken away from each.
        """
        found = {view: np.zeros(len(centre), np.float32) for view in VIEWS}
        if not self.turns:
            return found
        vectors = encode([turn.beginning for turn in self.turns]) - centre
        own = np.array([turn.by_person for turn in self.turns])
        length = np.sqrt([min(len(turn.text.split()), _TELLING_WORDS) for turn in self.turns])
        weight = length * _FADE_VECTOR ** np.arange(len(self.turns))[::-1]
        told = [at for at, turn in enumerate(self.turns) if turn.rows and not turn.by_person]
        after = np.arange(len(self.turns)) > (told[-1] if told else -1)
        after[-1] = True
        for view, weights in zip(VIEWS, (weight * np.where(own, 1.0, 0.7), weight * own, length * after), strict=True):
            found[view] = weights.astype(np.float32) @ vectors
        return found


def understood(turns: Sequence[Turn]) -> Context:
    """Read a conversation up to now; of a very long one the end."""
    turns = tuple(turns[-MOST_TURNS:])
    asked: dict[int, float] = {}
    lately: dict[int, float] = {}
    refused: dict[int, float] = {}
    words: dict[str, float] = {}
    eras = dict.fromkeys(_ERAS, 0.0)
    for age, turn in enumerate(reversed(turns)):
        weight = FADE**age * (1.0 if turn.by_person else ECHO)
        text = turn.text[:MOST_CHARACTERS]
        for genre, negated in genres_in(text):
            for kept in (refused,) if negated else (asked, lately) if age < _LATELY else (asked,):
                kept[genre] = max(kept.get(genre, 0.0), weight)
        for token in tokens(text):
            if token not in STOP and token not in _EMPTY and (len(token) > 1):
                words[token] = max(words.get(token, 0.0), weight)
        for era, pattern in _ERAS.items():
            if pattern.search(text):
                eras[era] = max(eras[era], weight)
    return Context(turns, _mentions(turns), asked, lately, refused, words, **eras)


def _mentions(turns: Sequence[Turn]) -> tuple[Mention, ...]:
    """Each item named, with what the person says in the message that names it, or in answer to it."""
    first: dict[int, bool] = {}
    said: dict[int, list[float]] = {}
    open_: tuple[int, ...] = ()
    """What was recommended last and has had no answer of its own."""
    for turn in turns:
        for row in turn.rows:
            first.setdefault(row, turn.by_person)
        if not turn.by_person:
            open_ = turn.rows or open_
        else:
            feeling = read(turn.text).sentiment if turn.rows or open_ else None
            if feeling is not None:
                for row in turn.rows or open_:
                    said.setdefault(row, []).append(feeling)
            open_ = () if turn.rows else open_
    return tuple(
        Mention(row, by_person, float(np.mean(said[row])) if row in said else 0.0) for row, by_person in first.items()
    )


_NAMES: dict[str, tuple[int, ...]] = {}
for _number, _genre in enumerate(GENRES):
    for _name in (*_genre.english, *_genre.chinese):
        _NAMES[_name] = (*_NAMES.get(_name, ()), _number)
_LATIN = re.compile(r"[a-z0-9']+")
_CHINESE = re.compile("|".join(sorted((n for n in _NAMES if not n.isascii()), key=len, reverse=True)))


def genres_in(text: str) -> list[tuple[int, bool]]:
    """The genres that a text names, as numbers in `GENRES`, each with whether a negation stands before it."""
    plain = folded(text)
    words = _LATIN.findall(plain.replace("’", "'").replace("-", " "))
    alone = [single(word) for word in words]
    found = []
    for at in range(len(alone)):
        for n in (3, 2, 1):
            named = _NAMES.get(" ".join(alone[at : at + n])) if at + n <= len(alone) else None
            if named:
                negated = any(word in _NOT for word in words[max(0, at - _BEFORE) : at])
                found += [(genre, negated) for genre in named]
                break
    for match in _CHINESE.finditer(plain):
        negated = any(word in plain[max(0, match.start() - 3) : match.start()] for word in _NOT_CHINESE)
        found += [(genre, negated) for genre in _NAMES[match.group()]]
    return found
