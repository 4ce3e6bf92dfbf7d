"""A simulated person talks with something that answers, until they have what they want or their patience ends."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...conversation.dialogue import Asked, Done, Listed, Piece, Words
from ...items import Item
from .facts import GENRE, Fact
from .people import Person
from .speaking import Speaker, gives_away

ANSWERING = 0.8
"""How often a question with options is answered by one of them."""
SEEN = 10
"""Items of a list that people look at."""


@dataclass(frozen=True)
class Heard:
    """One answer, as a person takes it in."""

    items: tuple[Item, ...] = ()
    question: Asked | None = None
    words: str = ""
    by: str = "code"
    degraded: tuple[str, ...] = ()


class Talker(Protocol):
    """Whoever a person talks with."""

    name: str

    def begin(self, person: Person) -> None:
        """A new conversation; nothing of the person but their language may be looked at."""
        ...

    def say(self, text: str) -> Heard:
        """What is answered."""
        ...


def heard(pieces: Iterable[Piece]) -> Heard:
    """The pieces of an answer together: the newest list, the words, the question."""
    items: tuple[Item, ...] = ()
    question: Asked | None = None
    words: list[str] = []
    by = "code"
    degraded: tuple[str, ...] = ()
    for piece in pieces:
        if isinstance(piece, Listed):
            items = tuple(pick.item for pick in piece.picks)
        elif isinstance(piece, Asked):
            question = piece
        elif isinstance(piece, Words):
            words.append(piece.text)
        elif isinstance(piece, Done):
            by, degraded = piece.by, piece.degraded
    return Heard(items, question, "".join(words), by, degraded)


@dataclass(frozen=True)
class Exchange:
    """One turn: what was said, what was shown."""

    said: str
    shown: tuple[str, ...]
    """Titles."""
    asked: str | None
    by: str
    degraded: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a conversation ended."""

    person: Person
    talker: str
    accepted: bool
    exchanges: tuple[Exchange, ...]

    @property
    def turns(self) -> int:
        """How many it took."""
        return len(self.exchanges)


def meet(person: Person, talker: Talker) -> Outcome:
    """The whole conversation."""
    mind = Mind(person)
    talker.begin(person)
    exchanges: list[Exchange] = []
    answer: Heard | None = None
    for _ in range(person.patience):
        said = mind.next(answer)
        answer = talker.say(said)
        shown = answer.items[:SEEN]
        asked = None if answer.question is None else answer.question.text
        exchanges.append(Exchange(said, tuple(item.name for item in shown), asked, answer.by, answer.degraded))
        if any(person.accepts(item) for item in shown):
            return Outcome(person, talker.name, True, tuple(exchanges))
    return Outcome(person, talker.name, False, tuple(exchanges))


@dataclass
class Mind:
    """What a person says next; everything they say is true of what they look for."""

    person: Person
    told: set[Fact] = field(default_factory=set)
    """What they have said already."""
    acts: set[str] = field(default_factory=set)
    """What they have complained of already."""

    def __post_init__(self) -> None:
        chance = random.Random(self.person.seed)
        self.chance = chance
        self.speaker = Speaker(self.person.language, self.person.part, chance, self.person.slips)
        self._changing = bool(self.person.other)

    def next(self, answer: Heard | None) -> str:
        """The next sentence, after an answer or, where there is none yet, the first."""
        return self._kept(self._first) if answer is None else self._kept(lambda: self._then(answer))

    def _kept(self, make: Callable[[], str]) -> str:
        """A sentence that does not name what it is about, unless they know the title."""
        for _ in range(8):
            said = make()
            if self.person.manner == "title" or not gives_away(said, self.person.target):
                return said
        return self.speaker.say("more")

    # The first sentence

    def _first(self) -> str:
        person, say = self.person, self.speaker
        if person.manner == "title":
            return self._titled()
        if person.manner == "changer":
            return say.ask_for(person.other)
        if person.manner == "mood":
            mood = next((fact for fact in person.facts if fact.sort == "mood"), None)
            if mood is None or self.chance.random() < 0.35:
                return say.say("vague")
            self.told.add(mood)
            return say.tell(mood)
        count = {"facts": 3, "critic": 1, "any": self.chance.randint(1, 2)}.get(person.manner, 2)
        facts = [fact for fact in person.facts if fact.sort not in ("mood", "not_genre")]
        if person.manner in ("plot", "creator", "like"):
            facts = [fact for fact in facts if fact.sort in (person.manner, "genre", "kind", "decade")]
        chosen = _one_of_each(facts)[:count] or list(person.facts[:1])
        self.told.update(chosen)
        return say.ask_for(chosen)

    def _titled(self) -> str:
        title = self.person.target.name
        if self.chance.random() < 0.5 and title.isascii() and len(title) >= 6:
            at = self.chance.randrange(1, len(title) - 2)
            title = title[:at] + title[at + 1 :]
        return self.speaker.say("title", x=title)

    # Every other sentence

    def _then(self, answer: Heard) -> str:
        say, shown = self.speaker, answer.items[:SEEN]
        if self._changing:
            self._changing = False
            facts = _one_of_each(f for f in self.person.facts if f.sort not in ("mood", "not_genre"))[:2]
            self.told.update(facts)
            return say.say("change", x=say.ask_for(facts))
        if answer.question is not None and self.chance.random() < ANSWERING:
            answered = self._answered(answer.question)
            if answered is not None:
                return answered
        left = [fact for fact in self.person.facts if fact not in self.told]
        if not shown:
            return self._told(left) or say.say("more")
        wrong = [fact for fact in left if sum(not fact.holds(item) for item in shown) * 2 >= len(shown)]
        wrong = [fact for fact in wrong if fact.sort != "like"]
        if self.person.manner == "critic" and self.chance.random() < 0.7:
            complaint = self._complaint(shown)
            if complaint is not None:
                return complaint
        if self.chance.random() < 0.15 and (complaint := self._complaint(shown)) is not None:
            return complaint
        # What the list gets wrong comes to mind first; what is not wanted, only where it is seen.
        told = self._told(wrong) or self._told([f for f in left if f.sort != "not_genre"])
        if told is not None and self.chance.random() < 0.85:
            return told
        if self.person.manner == "title" and self.chance.random() < 0.5:
            return self._titled()
        return say.say("more")

    def _told(self, facts: Sequence[Fact]) -> str | None:
        if not facts:
            return None
        further = any(one.sort == facts[0].sort for one in self.told)
        self.told.add(facts[0])
        return self.speaker.tell(facts[0], further)

    def _complaint(self, shown: Sequence[Item]) -> str | None:
        """What is wrong with the list, without a number: a direction, or an item that comes near."""
        target, say = self.person.target, self.speaker
        able: list[tuple[str, int | None]] = []
        years = [item.year for item in shown if item.year is not None]
        if target.year is not None and years:
            mean = sum(years) / len(years)
            able += [("newer", None)] * (target.year > mean + 8) + [("older", None)] * (target.year < mean - 8)
        lengths = [item.duration_s for item in shown if item.duration_s is not None]
        if target.duration_s is not None and lengths:
            mean = sum(lengths) / len(lengths)
            able += [("shorter", None)] * (target.duration_s < mean * 0.85)
            able += [("longer", None)] * (target.duration_s > mean * 1.15)
        for name in ("horror", "drama", "action"):
            there = sum(GENRE[name].in_genres(item) for item in shown)
            if there * 2 >= len(shown) and not GENRE[name].in_genres(target):
                able.append((f"less_{name}", None))
        able += self._near(shown)
        able = [one for one in able if one[0] not in self.acts]
        if not able:
            return None
        act, n = self.chance.choice(able)
        self.acts.add(act)
        return say.say(act) if n is None else say.nth(act, n)

    def _near(self, shown: Sequence[Item]) -> list[tuple[str, int | None]]:
        """Items of the list that come near, and how what is looked for differs."""
        target = self.person.target
        genres = [idea for idea in GENRE.values() if idea.in_genres(target)]
        able: list[tuple[str, int | None]] = []
        for n, item in enumerate(shown, 1):
            if sum(idea.in_genres(item) for idea in genres) < min(2, len(genres)) or not genres:
                continue
            able.append(("like_nth", n))
            if target.year is not None and item.year is not None:
                able += [("like_nth_newer", n)] * (target.year > item.year + 3)
                able += [("like_nth_older", n)] * (target.year < item.year - 3)
            if target.duration_s is not None and item.duration_s is not None:
                able += [("like_nth_shorter", n)] * (target.duration_s < item.duration_s * 0.85)
        return self.chance.sample(able, min(2, len(able)))

    def _answered(self, question: Asked) -> str | None:
        """The first option that says something that they know to be true; where none does, that they do not mind."""
        for label, send in question.options:
            for fact in self.person.facts:
                if says(label, fact):
                    self.told.add(fact)
                    return send
        free = [send for label, send in question.options if _ANY.search(label)]
        left = [fact for fact in self.person.facts if fact not in self.told and fact.sort != "not_genre"]
        if left:
            return None  # something else comes to mind, and they say that
        return free[0] if free else self.speaker.say("any") if question.options else None


_ANY = re.compile(r"mind|matter|any|whatever|either|都可以|都行|无所谓|随便|不限", re.IGNORECASE)


def _one_of_each(facts: Iterable[Fact]) -> list[Fact]:
    """The first of each sort."""
    found: dict[str, Fact] = {}
    for fact in facts:
        found.setdefault(fact.sort, fact)
    return list(found.values())


def says(label: str, fact: Fact) -> bool:
    """Whether an option says a fact, as far as a person would read that from its words."""
    if fact.sort == "genre":
        idea = GENRE[str(fact.value)]
        called = [form for part in (*idea.english, *idea.chinese) for form in part]
        plain = label.casefold()
        return bool(re.search(idea.pattern, label, re.IGNORECASE)) or any(form.casefold() in plain for form in called)
    if fact.sort == "creator":
        return str(fact.value).casefold() in label.casefold()
    numbers = [int(number) for number in re.findall(r"\d{2,4}", label)]
    if fact.sort == "decade":
        return numbers == [int(fact.value)] or numbers == [int(fact.value) % 100]
    if fact.sort == "longest":
        return len(numbers) == 1 and numbers[0] >= int(fact.value) and bool(_AT_MOST.search(label))
    if fact.sort == "after":
        return len(numbers) == 1 and 1900 <= numbers[0] <= int(fact.value) and bool(_AFTER.search(label))
    return False


_AT_MOST = re.compile(r"under|less|short|at most|within|≤|以内|不到|以下|不超过", re.IGNORECASE)
_AFTER = re.compile(r"after|since|new|later|recent|以后|之后|以来", re.IGNORECASE)
