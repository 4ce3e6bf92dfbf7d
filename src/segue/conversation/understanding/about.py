"""What each act of a turn is about: items of the list by their places, titles that are typed, or nothing here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ...pipeline.asking.titles import Names, simple
from ...pipeline.sources.words import folded
from ...pipeline.stages import World
from ..dialogue import Dialogue
from .acts import Spotted, What, plain
from .meaning import Act
from .pointing import last_pointed, places, pointed, superlative
from .rules import Terms

_LISTED = re.compile(r"\s?(?:,|\band\b|&|、|和)\s?")
_FRAME = re.compile(
    r"^(?:please|can you|could you|would you|i want you to|请|帮我|给我|麻烦|能不能|可以)+\s*"
    r"|^(?:of|with|from|for|that has|:|：|，|,)+\s*|(?:\s|^)(?:please|for me|吧|吗)$",
    re.IGNORECASE,
)
"""What frames a request for a playlist and says nothing of what it is to hold."""
_NAMED = re.compile(
    r"[,，]?\s?\b(?:called|named)\s[“\"]?([^”\"]{1,60})[”\"]?$|[,，]?(?:名?叫做?|名为|命名为|取名)\s?[“《]?([^”》]{1,40})[”》]?$",
    re.IGNORECASE,
)
"""What a playlist is to be called."""


class About:
    """One message, the list before it and the titles of the world."""

    def __init__(self, world: World, dialogue: Dialogue, text: str, names: Names, terms: Terms) -> None:
        self.world, self.dialogue, self.text, self.names, self.terms = world, dialogue, text, names, terms
        self.plain, self.shown = plain(text), dialogue.shown

    def acts(self, found: Sequence[Spotted]) -> Iterator[tuple[Spotted, Act]]:
        told: list[Act] = []
        for pair in self._meant(found, told):
            told.append(pair[1])
            yield pair

    def _meant(self, found: Sequence[Spotted], told: Sequence[Act]) -> Iterator[tuple[Spotted, Act]]:
        """What each act is about; one that is about nothing here is none.

        Args:
            told: those that were told before.
        """
        for one in found:
            numbers, ids, title = self._items(one)
            if one.what in ("play", "why") and one.title and not ids and not numbers:
                row = self.titled(one.title)
                if row is None:
                    continue
                ids = (self.world.catalogue.ids[row],)
            if one.what == "why_not":
                row = self.titled(one.title) if one.title else None
                ids = ids or ((self.world.catalogue.ids[row],) if row is not None else ())
            if one.what in ("seen", "like", "dislike", "about") and one.title and not one.place:
                ids, title = self._all_named(one.title), one.title
            if one.what == "taste":
                if not self._is_taste(one) or any(act.text and act.what in ("like", "dislike", "seen") for act in told):
                    continue
                title = self.text
            if one.what == "playlist" and one.title:
                at = self.plain.find(one.title, one.begin)  # a name keeps its capitals
                title = self.text[at : at + len(one.title)]
            rest = ""
            if one.what == "playlist":
                kept = self.text[one.kept[0] : one.kept[1]]
                rest = f"{self.text[: one.begin]} {kept} {self.text[one.end :]}"
                rest = _FRAME.sub("", " ".join(rest.split())).strip(" ,，.。:：;；!！?？")
                if not title and (named := _NAMED.search(rest)):
                    title, rest = next(filter(None, named.groups())), rest[: named.start()].strip(" ,，")
            yield one, Act(one.what, numbers, ids, title, rest)

    def _items(self, one: Spotted) -> tuple[tuple[int, ...], tuple[str, ...], str]:
        if not one.place or self.shown is None:
            return (), (), one.title
        count = len(self.shown.items)
        numbers: list[int] = list(self._most(one.place))
        if not numbers:
            pieces = re.split(r"\s?(?:,|\band\b|&|、|和|跟)\s?", one.place)
            numbers = [n for piece in pieces for n in places(piece, count)]
        if not numbers:
            here = [n for each in pointed(self.plain, count) for n in each.numbers]
            last = here[-1] if here else last_pointed(self.dialogue)
            numbers = [] if last is None else [last]
        ids = tuple(self.shown.items[n - 1] for n in numbers if 1 <= n <= count)
        # What has left the catalogue since is nothing to act on.
        catalogue = self.world.catalogue
        ids = tuple(one for one in ids if (row := catalogue.row_of.get(one)) is not None and catalogue.alive[row])
        return tuple(dict.fromkeys(numbers)), ids, one.title

    def _most(self, said: str) -> Iterator[int]:
        """The place of the shortest, the newest … of the list."""
        word = superlative(said)
        catalogue = self.world.catalogue
        if word is None or self.shown is None:
            return
        rows = catalogue.rows(self.shown.items)
        column = catalogue.durations if word in ("shortest", "longest") else catalogue.years.astype(np.float32)
        values = np.where(rows >= 0, column[rows], np.nan)
        values = np.where(values > 0, values, np.nan)
        if np.isfinite(values).any():
            yield 1 + int(np.nanargmin(values) if word in ("shortest", "oldest") else np.nanargmax(values))

    def titled(self, title: str) -> int | None:
        """Row of a title that was typed, in spite of a slip."""
        bare = title.strip(" “”\"'《》?？")
        if not bare:
            return None
        return self.names.title(bare, 0.75)

    def is_here(self, what: What, title: str) -> bool:
        return self.titled(title) is not None if what == "play" else bool(self._all_named(title))

    def _all_named(self, title: str) -> tuple[str, ...]:
        """Ids of the item of that title, or of those of a list of titles; none where one of them is not here."""
        whole = self._named(title)
        rows = [whole] if whole is not None else [self._named(one) for one in _LISTED.split(title)]
        return tuple(self.world.catalogue.ids[row] for row in rows if row is not None) if None not in rows else ()

    def _named(self, title: str) -> int | None:
        """Row of the item whose whole title stands there: in quotation marks, of several words, or with a capital."""
        bare = title.strip(" “”\"'《》?？.!。！")
        titles = self.names.titles
        row = titles.get(folded(bare), titles.get(simple(bare))) if bare else None
        at = self.plain.find(bare)
        typed = self.text[at : at + len(bare)] if at >= 0 else ""
        if "《" in self.text or typed[:1].isupper():
            return row
        sure = " " in bare or not bare.isascii()
        return row if sure and not (bare in self.terms.own or bare in self.names.labels) else None

    def _is_taste(self, one: Spotted) -> bool:
        """Whether a "like" is one in general: not of tonight, and not the beginning of a request."""
        said = one.title.lower()
        if re.search(
            r"\b(?:tonight|today|now|this time|right now|this evening)\b|今晚|今天|现在|这次", self.text.lower()
        ):
            return False
        return not re.match(r"(?:something|anything|some |one |a (?!\w+ fan)|an |the )|(?:点|些|一部|一首)", said)
