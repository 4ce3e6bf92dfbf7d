"""A sentence while it is read: what rules have taken of it, what they made of that, and what they may ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...catalogue import KIND_CODE
from ...items import ItemKind
from ..sources.words import simplified
from .ideas import names_of
from .lexicon import Genre
from .titles import Names


@dataclass
class Found:
    """What a rule made of a stretch."""

    what: str
    """See `sentence.Part`."""
    english: str
    chinese: str
    limits: dict[str, Any] = field(default_factory=dict)
    """Fields of `Constraints`."""
    seeds: tuple[str, ...] = ()
    leanings: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    """Where the stretch was shorter or longer than the pattern."""


class Reader:
    """One sentence on its way through the rules."""

    def __init__(self, text: str, names: Names, year: int) -> None:
        self.text, self.names, self.year = text, names, year
        # Every character keeps its place, so that a stretch of the lower-case text is one of what was typed.
        self.plain = simplified("".join(low if len(low := c.lower()) == 1 else c for c in text))
        self.taken: list[tuple[int, int, Found]] = []
        self.seed: int | None = None
        """Row of the item that was named behind "like"."""

    def apply(self, rules: Iterable[Rule]) -> None:
        """Let each rule take what those before have left."""
        for pattern, make in rules:
            for match in pattern.finditer(self.left(self.plain)):
                if "\0" in match.group():
                    continue
                found = make(match, self)
                if found is not None:
                    begin, end = found.span or match.span()
                    self.taken.append((begin, end, found))
        self.taken.sort(key=lambda one: one[:2])

    def left(self, text: str) -> str:
        """The text with a NUL for every character that a rule has taken."""
        left = list(text)
        for begin, end, _ in self.taken:
            left[begin:end] = "\0" * (end - begin)
        return "".join(left)

    # What rules ask

    def genre_names(self, genre: Genre) -> tuple[str, ...]:
        """Genres of this catalogue that are the idea: `Horror`, `Horror Movies`, `恐怖`."""
        return names_of(genre, self.names.catalogue.genre_names)

    def has_kind(self, kinds: Iterable[ItemKind]) -> bool:
        """Whether the catalogue has any."""
        return bool(np.isin(self.names.catalogue.kinds, [KIND_CODE[kind] for kind in kinds]).any())


Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Reader], Found | None]]
"""A pattern of the sentence in lower case and simplified characters; what it means, or None where it means nothing."""
