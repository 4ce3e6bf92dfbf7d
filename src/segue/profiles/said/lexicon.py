"""The words that the base reader knows, in English and Chinese, from ``lexicon.txt``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

LONGEST_PHRASE = 4
"""Words of an English phrase."""


class Word(NamedTuple):
    """What a word does to the sentence it stands in."""

    role: str
    """``value``, ``aspect``, or one of the bare sections: ``not plain more less but although if irony``."""
    value: float = 0.0
    """Of a value: -2 … 2."""
    aspect: str = ""


PLAIN = Word("plain")


@dataclass(frozen=True)
class Lexicon:
    """Words by their text."""

    words: Mapping[str, Word]
    """English words and phrases (words one space apart), Chinese words and emoji."""
    openers: frozenset[str]
    """First words of English phrases."""
    longest: Mapping[str, int]
    """First character of Chinese words → length of the longest."""
    version: str


@cache
def lexicon() -> Lexicon:
    """The built-in one; read once."""
    text = (Path(__file__).parent / "lexicon.txt").read_text(encoding="utf-8")
    words: dict[str, Word] = {}
    made = PLAIN
    for line in text.splitlines():
        if line.startswith("["):
            made = _section(line.strip(" []"))
        elif not line.startswith("#"):
            for word in line.split():
                name = word.replace("_", " ")
                # A part of a work may be praised by its own name ("laughs"): the value wins. Of values, the stronger.
                before = words.get(name)
                if before is None or made.role == "plain" or (made.role == "value" and before.role == "aspect"):
                    words[name] = made
    longest: dict[str, int] = {}
    for word in words:
        if not word[0].isascii():
            longest[word[0]] = max(len(word), longest.get(word[0], 0))
    return Lexicon(
        words,
        frozenset(w.split(" ")[0] for w in words if " " in w),
        longest,
        hashlib.sha256(text.encode()).hexdigest()[:8],
    )


def _section(name: str) -> Word:
    kind, _, detail = name.partition(" ")
    if kind == "aspect":
        return Word("aspect", aspect=detail)
    if kind == "emoji":
        return Word("value", float(detail))
    return Word("value", float(kind)) if kind.lstrip("+-").isdigit() else Word(kind)
