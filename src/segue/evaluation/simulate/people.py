"""Simulated people: each has something in mind that nobody tells the engine, some patience and a way of talking."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...items import Item
from .facts import Fact, Shelf, facts_of
from .ideas import PARTS, Part
from .words import Language

MANNERS: Mapping[str, str] = {
    "facts": "states what is known of it: what it is, from when, how long, in which language",
    "mood": "begins with a mood or with nothing, and is drawn out",
    "plot": "remembers what it is about",
    "creator": "remembers who is in it",
    "like": "names something that it resembles",
    "critic": "names one thing, and then says what is wrong with the list",
    "changer": "asks for something else first, and changes their mind",
    "any": "takes whatever has all of two to four wishes",
    "title": "knows the title, now and then with a slip",
}
"""Ways in which people look for something."""
PATIENCE = (4, 6, 8)
"""Turns after which people give up."""
SLIPPING, SLIPS = 0.2, 0.5
"""Share of the people who write in haste, and share of their turns with a slip."""
FEWEST, MOST = 3, 60
"""Items that meet all wishes of somebody who takes any of them."""


@dataclass(frozen=True)
class Person:
    """Somebody who looks for something."""

    name: str
    language: Language
    manner: str
    part: Part
    target: Item
    """What they have in mind."""
    facts: tuple[Fact, ...]
    """What they know of it, in the order in which it comes to their mind; for ``any`` all of their wishes."""
    other: tuple[Fact, ...]
    """What somebody who changes their mind asks for first."""
    patience: int
    """Turns."""
    slips: float
    seed: int

    def accepts(self, item: Item) -> bool:
        """Whether this is it; whoever takes any item wants it to meet all wishes."""
        if self.manner == "any":
            return all(fact.holds(item) for fact in self.facts)
        return item.id == self.target.id


def part_of(item_id: str) -> Part:
    """Whether an item may be what somebody of the part ``tuning`` has in mind, or of the part ``test``."""
    return PARTS[hashlib.sha256(item_id.encode()).digest()[0] % 2]


def people(
    shelf: Shelf,
    part: Part,
    each: int,
    languages: Sequence[Language] = ("en", "zh"),
    manners: Sequence[str] = tuple(MANNERS),
    seed: int = 7,
) -> list[Person]:
    """Draw people whose targets are of one part of the catalogue, each item as often as it is known.

    Args:
        each: people of one manner in one language; fewer where the catalogue does not state what they would have to
            know.
    """
    found = []
    targets = [item for item in shelf.items if part_of(item.id) == part and item.title]
    weights = [float(shelf.known.get(item.id, 0)) if shelf.known else 1.0 for item in targets]
    for language in languages:
        for manner in manners:
            chance = random.Random(f"{seed}/{part}/{language}/{manner}")
            made = 0
            for target in chance.choices(targets, weights, k=40 * each) if targets else ():
                if made == each:
                    break
                person = _person(shelf, target, part, language, manner, f"{language}-{manner}-{made}", chance)
                if person is not None:
                    found.append(person)
                    made += 1
    return found


def _person(
    shelf: Shelf, target: Item, part: Part, language: Language, manner: str, name: str, chance: random.Random
) -> Person | None:
    """Somebody of that manner who looks for that; None: it is not known enough of it."""
    known = facts_of(target, chance, shelf.genres)
    chance.shuffle(known)
    seed_item = shelf.resembling(target, chance) if manner == "like" or chance.random() < 0.2 else None
    if seed_item is not None:
        known.append(Fact("like", seed_item.name))
    facts = _ordered(known, _FIRST[manner])
    other: tuple[Fact, ...] = ()
    if manner in ("plot", "creator", "like") and (not facts or facts[0].sort != manner):
        return None
    if len(facts) < 3 and manner != "title":
        return None
    if manner == "any":
        wanted = _wishes(shelf, facts, chance)
        if wanted is None:
            return None
        facts = list(wanted)
    if manner == "changer":
        first = chance.choice(shelf.items)
        other = tuple(f for f in facts_of(first, chance) if f.sort in ("genre", "decade", "plot"))[:2]
        if not other or all(fact.holds(target) for fact in other):
            return None
    return Person(
        name=name,
        language=language,
        manner=manner,
        part=part,
        target=target,
        facts=tuple(facts),
        other=other,
        patience=chance.choice(PATIENCE),
        slips=SLIPS if chance.random() < SLIPPING else 0.0,
        seed=chance.getrandbits(32),
    )


_FIRST: Mapping[str, tuple[str, ...]] = {
    "facts": ("genre", "kind"),
    "mood": ("mood", "genre"),
    "plot": ("plot", "genre", "kind"),
    "creator": ("creator",),
    "like": ("like",),
    "critic": ("genre", "kind"),
    "changer": ("genre", "decade"),
    "any": (),
    "title": (),
}
"""What comes to mind first."""
_ONE_OF: tuple[tuple[str, ...], ...] = (("decade", "after", "before"), ("tongue", "not_tongue"), ("mood",), ("like",))
"""Of these, whoever has said one has said enough."""


def _ordered(known: Sequence[Fact], first: Sequence[str]) -> list[Fact]:
    """In the order of coming to mind, without what says the same again."""
    rank = {sort: place for place, sort in enumerate(first)}
    ordered = sorted(known, key=lambda fact: rank.get(fact.sort, len(rank)))
    kept: list[Fact] = []
    for fact in ordered:
        group = next((sorts for sorts in _ONE_OF if fact.sort in sorts), ())
        if not any(one.sort in group for one in kept):
            kept.append(fact)
    return kept


_WISHES = ("genre", "not_genre", "after", "before", "decade", "longest", "shortest", "tongue", "not_tongue", "plot")


def _wishes(shelf: Shelf, facts: Sequence[Fact], chance: random.Random) -> tuple[Fact, ...] | None:
    """Two to four facts that a few items meet."""
    able = [fact for fact in facts if fact.sort in _WISHES]
    for _ in range(20):
        count = chance.randint(2, 4)
        if len(able) < count:
            return None
        chosen = tuple(chance.sample(able, count))
        # What is not wanted says nothing alone, and something must be asked for first.
        if chosen[0].sort == "not_genre" or len({fact.sort for fact in chosen}) < count:
            continue
        if FEWEST <= sum(all(fact.holds(item) for fact in chosen) for item in shelf.items) <= MOST:
            return chosen
    return None
