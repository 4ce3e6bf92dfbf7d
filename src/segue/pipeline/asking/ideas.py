"""The ideas of genres that words name, in any number and either language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..sources.words import folded
from .lexicon import GENRES, Genre


def ideas_of(word: str) -> list[Genre]:
    """The ideas that one word names; some name two (惊悚)."""
    plain = single(word)
    return [genre for genre in GENRES if plain in (*genre.english, *genre.chinese)]


def ideas_in(text: str) -> Iterator[Genre]:
    """The ideas that a text names, by whole words."""
    plain = folded(text)
    words = f" {' '.join(single(word) for word in re.findall(r'[a-z0-9]+', plain))} "
    for genre in GENRES:
        if any(f" {single(name)} " in words for name in genre.english) or any(name in plain for name in genre.chinese):
            yield genre


def names_of(genre: Genre, names: Iterable[str]) -> tuple[str, ...]:
    """Those of a catalogue's genres that are the idea."""
    return tuple(name for name in names if genre in ideas_in(name))


def single(word: str) -> str:
    """A genre's word in the singular, hyphens as spaces."""
    plain = word.replace("-", " ").strip()
    if not plain.endswith("s") or plain.endswith("ss") or plain in ("docuseries", "kids"):
        return plain
    return f"{plain[:-3]}y" if plain.endswith("ies") and plain != "series" else plain[:-1]
