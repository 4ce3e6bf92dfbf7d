"""The tables of the lexicon as parts of patterns."""

from __future__ import annotations

from collections.abc import Iterable

from ..lexicon import GENRES, KINDS, LANGUAGES


def one_of(words: Iterable[str]) -> str:
    """Any of the words, the longest that fits."""
    return "|".join(sorted(words, key=len, reverse=True))


LANGUAGE = {word: tag for tag, (_, english, chinese) in LANGUAGES.items() for word in (*english, *chinese)}
"""Word for a language → its tag."""
LANGUAGE_EN = one_of(word for word in LANGUAGE if word.isascii())
LANGUAGE_ZH = one_of(word for word in LANGUAGE if not word.isascii())
KIND_EN = one_of(word for word in KINDS if word.isascii())
KIND_ZH = one_of(word for word in KINDS if not word.isascii())
GENRE_EN = one_of({form for genre in GENRES for e in genre.english for form in (e, e.replace(" ", "-"))})
GENRE_ZH = one_of(word for genre in GENRES for word in genre.chinese)
