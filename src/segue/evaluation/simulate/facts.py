"""What a person would know of something that they once saw, or what they want of it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...items import Item, ItemKind
from .ideas import GENRES, MOODS, NOT_CALLED, PLOTS, TONGUES, Idea

Sort = Literal[
    "genre", "not_genre", "decade", "after", "before", "longest", "shortest", "tongue", "not_tongue", "creator", "plot",
    "mood", "like", "kind",
]  # fmt: skip
GENRE, PLOT, MOOD = ({idea.name: idea for idea in table} for table in (GENRES, PLOTS, MOODS))
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Fact:
    """One thing that is true of what a person looks for."""

    sort: Sort
    value: str | int
    """Name of an idea, a year, minutes, a tag, a name; for ``like`` the title of something that it resembles."""

    def holds(self, item: Item) -> bool:
        """Whether it is true of an item as well; of one that does not state it, it is not."""
        year, minutes, value = item.year, None if item.duration_s is None else item.duration_s / 60, self.value
        if self.sort in ("genre", "mood"):
            return (GENRE if self.sort == "genre" else MOOD)[str(value)].in_genres(item)
        if self.sort == "not_genre":
            return not GENRE[str(value)].in_genres(item)
        if self.sort == "plot":
            return PLOT[str(value)].in_plot(item)
        if self.sort in ("decade", "after", "before"):
            low, high = _span(self.sort, int(value))
            return year is not None and low <= year <= high
        if self.sort in ("longest", "shortest"):
            if minutes is None:
                return False
            return minutes <= int(value) if self.sort == "longest" else minutes >= int(value)
        if self.sort in ("tongue", "not_tongue"):
            return item.language is not None and (item.language == value) == (self.sort == "tongue")
        if self.sort == "creator":
            return any(credit.name == value for credit in item.creators)
        if self.sort == "kind":
            return item.kind.value == value
        return True  # what it resembles rules nothing out


def _span(sort: str, year: int) -> tuple[int, int]:
    return {"decade": (year, year + 9), "after": (year + 1, 9999), "before": (0, year - 1)}[sort]


@dataclass
class Shelf:
    """A catalogue as people know it: its items, and how well known each is."""

    items: Sequence[Item]
    known: Mapping[str, int] = field(default_factory=dict)
    """Id → how many people have met it; what is not in it is not known at all. Empty: nothing is known of that."""

    def __post_init__(self) -> None:
        self.of: dict[str, Item] = {item.id: item for item in self.items}
        self.popular: list[str] = sorted(self.known, key=lambda one: (-self.known[one], one))
        self._famous = [self.of[one] for one in self.popular[:FAMOUS] if one in self.of] or [
            item for item in self.items if item.description and item.genres
        ]
        self.genres: frozenset[str] = frozenset(idea.name for idea in GENRES if self._share(idea) >= NAMEABLE)
        self._ideas = {item.id: ideas_of(item) for item in self._famous}

    def _share(self, idea: Idea) -> float:
        return sum(idea.in_genres(item) for item in self.items) / max(len(self.items), 1)

    def resembling(self, item: Item, chance: random.Random) -> Item | None:
        """Something well known that shares the most with an item and does not give its title away."""
        own, mine = ideas_of(item), words_of(item.name)
        people = {credit.name for credit in item.creators}
        best: list[tuple[float, Item]] = []
        for other in self._famous:
            if other.id == item.id or words_of(other.name) & mine or other.kind != item.kind:
                continue
            if not other.name.isprintable() or not 2 <= len(other.name) <= 40:
                continue
            theirs = self._ideas[other.id]
            alike = len(own & theirs) / max(len(own | theirs), 1)
            alike += 0.3 * bool(people & {credit.name for credit in other.creators})
            if alike >= 0.5:
                best.append((alike, other))
        best.sort(key=lambda one: (-one[0], one[1].id))
        return chance.choice(best[:5])[1] if best else None


NAMEABLE = 0.01
"""Share of the items that have a genre, so that somebody may say that they do not want it."""
FAMOUS = 800
"""Of the best known items: those that people compare others with."""


def ideas_of(item: Item) -> frozenset[str]:
    """Genres and plots that an item shows."""
    return frozenset(
        [f"genre:{i.name}" for i in GENRES if i.in_genres(item)] + [f"plot:{i.name}" for i in PLOTS if i.in_plot(item)]
    )


def words_of(title: str) -> frozenset[str]:
    """Words of a title that tell it: those of four letters and more, in other scripts the whole."""
    plain = title.casefold()
    return frozenset(word for word in _WORD.findall(plain) if len(word) >= 4 or not word.isascii()) or frozenset(
        [plain]
    )


def facts_of(item: Item, chance: random.Random, genres: frozenset[str] = frozenset(GENRE)) -> list[Fact]:
    """What somebody who knows the item could say of it.

    Args:
        genres: those that the catalogue has.
    """
    found = [Fact("genre", idea.name) for idea in GENRES if idea.in_genres(item)]
    # "a drama" tells little where the item is something else besides.
    if len(found) > 1:
        found = [fact for fact in found if fact.value != "drama"]
    found += [Fact("mood", idea.name) for idea in MOODS if idea.in_genres(item)]
    found += [Fact("plot", idea.name) for idea in PLOTS if idea.in_plot(item) and not _told(idea, item)]
    if found:
        found += [Fact("not_genre", name) for name in NOT_CALLED if name in genres and not GENRE[name].in_genres(item)]
    if item.year is not None:
        found.append(Fact("decade", item.year // 10 * 10))
        found.append(Fact("after", (item.year - chance.randint(1, 6)) // 5 * 5))
        if item.year < 2005:
            found.append(Fact("before", (item.year // 5 + 1) * 5 + 5 * chance.randint(0, 1)))
    if item.duration_s is not None and item.duration_s >= 1800:
        minutes = item.duration_s / 60
        found.append(Fact("longest", next((m for m in (45, 60, 90, 100, 120, 150) if m >= minutes), 180)))
        if minutes > 180:
            found.pop()
        if minutes >= 110:
            found.append(Fact("shortest", next(m for m in (180, 150, 120, 100) if m <= minutes)))
    if item.language in TONGUES and item.language != "en":
        found += [Fact("tongue", item.language), Fact("not_tongue", "en")]
    elif item.language == "en" and chance.random() < 0.3:
        found.append(Fact("tongue", "en"))
    people = [credit.name for credit in item.creators if credit.role in ("director", "actor", "artist", "导演")]
    found += [Fact("creator", name) for name in dict.fromkeys(people[:4])]
    if item.kind in (ItemKind.SERIES, ItemKind.PODCAST_EPISODE, ItemKind.TRACK, ItemKind.GAME):
        found.append(Fact("kind", item.kind.value))
    return [fact for fact in found if fact.holds(item)]


def _told(idea: Idea, item: Item) -> bool:
    """Whether what the idea is called gives the title away."""
    title = words_of(item.name)
    said = " ".join(form for part in (*idea.english, *idea.chinese) for form in part)
    return any(word in said.casefold() for word in title) or bool(re.search(idea.pattern, item.name, re.IGNORECASE))
