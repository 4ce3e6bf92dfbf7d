"""Filters, a seed and a direction read from a sentence, in English and in Chinese, by rules.

A rule takes a stretch of the sentence and says in both languages what it understood; what no rule took remains as the
words to be searched. A sentence that is a title here, or the beginning of one, is left whole: nobody who types "No
Country for Old Men" asks for less country. Whatever was read is told with the answer and can be taken back part by
part. The rules lie in `rules`, a file for each thing that a sentence may ask for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from ...conditions import All, AnyOf, Condition, Is
from ...queries import Constraints
from ..sources.words import folded
from .ideas import ideas_in
from .lexicon import FILLERS_EN, FILLERS_ZH, JOINTS_EN, JOINTS_ZH
from .reading import Found, Reader, Rule
from .rules import RULES
from .titles import Names

LONGEST_READ = 1000
"""Characters from which filters are read; what stands behind them is words."""


@dataclass(frozen=True)
class Part:
    """One thing understood."""

    what: str
    """``duration`` ``year`` ``language`` ``kind`` ``genre`` ``without`` ``creator`` ``audience`` ``seed`` ``leaning``
    ``spelling``."""
    text: str
    """As it was typed."""
    english: str
    chinese: str
    without: str
    """The sentence without it: what to send to take it back; empty where it cannot be."""
    constraints: Constraints = field(default_factory=Constraints)
    """What it alone asks of every item."""
    seeds: tuple[str, ...] = ()
    leanings: tuple[str, ...] = ()

    def said(self, chinese: bool) -> str:
        """How it was understood, in a few words."""
        return self.chinese if chinese else self.english


@dataclass(frozen=True)
class ReadSentence:
    """A sentence taken apart."""

    typed: str
    words: str
    """What remains to be searched; empty where all was understood."""
    constraints: Constraints = field(default_factory=Constraints)
    seeds: tuple[str, ...] = ()
    leanings: tuple[str, ...] = ()
    """Names of `lexicon.LEANINGS`."""
    also: tuple[str, ...] = ()
    """Other names of the genres among the words, as this catalogue writes them."""
    parts: tuple[Part, ...] = ()


def understood(
    typed: str, names: Names, year: int | None = None, rules: Iterable[Rule] = RULES, may_be_title: bool = True
) -> ReadSentence:
    """Take a sentence apart.

    Args:
        year: what "this year" means; None: that of the clock.
        rules: what is read, in their order.
        may_be_title: whether a sentence that is a title here is left whole.
    """
    text = readable(typed)
    if not text or (may_be_title and names.is_title(text)):
        return ReadSentence(typed, text)
    text, tail = text[:LONGEST_READ], text[LONGEST_READ:]
    reader = Reader(text, names, year or datetime.now(UTC).year)
    reader.apply(rules)
    every = [found for _, _, found in reader.taken]
    limits: dict[str, Any] = {}
    for found in every:
        limits = _both(limits, found.limits)
    words = _tidy(reader.left(text))
    also = dict.fromkeys(name for genre in ideas_in(words) for name in reader.genre_names(genre))
    parts = [_part(found, text, begin, end, tail) for begin, end, found in reader.taken]
    if meant := names.index.corrected(words):
        parts.append(Part("spelling", words, f"also “{meant}”", f"也搜索“{meant}”", ""))
    return ReadSentence(
        typed=typed,
        words=" ".join(part for part in (words, tail.strip()) if part),
        constraints=Constraints(**limits),
        seeds=tuple(dict.fromkeys(seed for found in every for seed in found.seeds)),
        leanings=tuple(dict.fromkeys(leaning for found in every for leaning in found.leanings)),
        also=tuple(name for name in also if folded(name) not in folded(words)),
        parts=tuple(parts),
    )


def joined(stated: Constraints, read: Constraints) -> Constraints:
    """What a caller states and what was read from the sentence, both held: of a genre here and another one there an
    item must have both, and where the kinds or the languages have none in common there is no such item."""
    a, b = _limits(stated), _limits(read)
    apart = [name for name in _ANY_OF if name in a and name in b and not _common(name, a[name], b[name])]
    trees = [_any_of(name, b.pop(name)) for name in apart]
    both = _both(a, b)
    if trees:
        trees = [both["where"], *trees] if "where" in both else trees
        both["where"] = trees[0] if len(trees) == 1 else All(of=tuple(trees))
    return Constraints(**both)


_ANY_OF: Mapping[str, Literal["kind", "language", "genre", "creator"]] = {
    "kinds": "kind", "languages": "language", "genres": "genre", "creators": "creator",
}  # fmt: skip
"""Limits that admit any of their values, and what a condition calls them."""


def _common(name: str, one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two limits can be held by their common values: an item has one kind and one language."""
    return bool(set(one) & set(other)) if name in ("kinds", "languages") else set(one) == set(other)


def _any_of(name: str, values: Sequence[Any]) -> Condition:
    field = _ANY_OF[name]
    own = tuple(Is(field=field, value=getattr(one, "name" if name == "creators" else "value", one)) for one in values)
    return own[0] if len(own) == 1 else AnyOf(of=own)


def _limits(of: Constraints) -> dict[str, Any]:
    """What is stated, by field."""
    nothing = Constraints()
    return {name: value for name, value in of if value != getattr(nothing, name)}


def readable(typed: str) -> str:
    """One line in compatibility form, without control and direction characters."""
    plain = unicodedata.normalize("NFKC", typed)
    plain = "".join(" " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(plain.split())


def _part(found: Found, text: str, begin: int, end: int, tail: str) -> Part:
    return Part(
        found.what,
        text[begin:end].strip(),
        found.english,
        found.chinese,
        cut(text + tail, begin, end),
        Constraints(**found.limits),
        found.seeds,
        found.leanings,
    )


def cut(text: str, begin: int, end: int) -> str:
    """A sentence without a stretch, and without the comma or the word that held it."""
    left = text[:begin].rstrip(" ,，") + " " + text[end:].lstrip(" ,，")
    return re.sub(r"\s*(?:\b(?:but|and)\b|但是|但|不过)\s*$", "", " ".join(left.split()))


def _both(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Both limits: the narrower of two numbers, the common years, kinds and languages, all of what is excluded."""
    joined = dict(a)
    for name, value in b.items():
        if name not in joined:
            joined[name] = value
        elif name in ("min_duration_s", "min_year"):
            joined[name] = max(joined[name], value)
        elif name in ("max_duration_s", "max_year", "max_maturity"):
            joined[name] = min(joined[name], value)
        elif name in ("genres", "without_genres", "without_words", "without_languages", "creators", "exclude"):
            joined[name] = (*joined[name], *(one for one in value if one not in joined[name]))
        elif name == "years":
            # A span that ends before it begins holds no year, and says so where two limits have none in common.
            pairs = [(max(a, c), min(b, d)) for a, b in joined[name] for c, d in value]
            joined[name] = tuple([pair for pair in pairs if pair[0] <= pair[1]] or pairs[:1])
        elif name == "where":
            joined[name] = All(of=(joined[name], value))
        elif name in ("kinds", "languages"):
            common = tuple(one for one in joined[name] if one in value)
            joined[name] = common or tuple(dict.fromkeys((*joined[name], *value)))
    return joined


_FILLER = re.compile(rf"^(?:\s|(?:{FILLERS_EN})\b|{FILLERS_ZH})+", re.IGNORECASE)
_JOINT_BEFORE = re.compile(rf"^(?:[\s,，.;；、]|(?:{JOINTS_EN})\b|(?:{JOINTS_ZH}))+", re.IGNORECASE)
_JOINT_BEHIND = re.compile(rf"(?:[\s,，.;；、]|\b(?:{JOINTS_EN})|(?:{JOINTS_ZH}))+$", re.IGNORECASE)


def _tidy(left: str) -> str:
    """The words between what was taken, without what only held the sentence together."""
    if "\0" not in left:
        kept = _FILLER.sub("", left).strip()
        return kept or left.strip()
    parts = []
    for part in re.split("\0+", left):
        bare = _JOINT_BEHIND.sub("", _JOINT_BEFORE.sub("", _FILLER.sub("", part)))
        if bare and re.search(r"\w", bare):
            parts.append(bare)
    return " ".join(parts)
