"""How a simulated person says something: forms filled with facts, now and then with a slip of the finger."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ...items import Item
from .facts import GENRE, MOOD, PLOT, Fact, words_of
from .ideas import NOT_CALLED, TONGUES, Forms, Part, forms
from .words import DECADES, KINDS, ORDINALS, SLIPS, TONGUE, Language

BEHIND = (
    "decade", "after", "before", "longest", "shortest", "tongue", "not_tongue", "creator", "plot", "like", "not_genre",
)  # fmt: skip
"""Sorts of facts that can stand behind what is looked for."""


@dataclass(frozen=True)
class Speaker:
    """A way of talking."""

    language: Language
    part: Part
    chance: random.Random
    slips: float = 0.0
    """How often a turn has a slip of the finger, 0 … 1."""

    def say(self, act: str, **slots: object) -> str:
        """One of the forms of an act."""
        return self._slipped(self._form(TONGUE[self.language][act]).format(**slots))

    def ask_for(self, facts: Sequence[Fact], act: str = "open") -> str:
        """A first sentence with all of these facts."""
        return self.say(act, x=self._phrase(facts))

    def tell(self, fact: Fact, further: bool = False) -> str:
        """One fact as a sentence of its own.

        Args:
            further: another of its sort was told before, and holds too.
        """
        act = "also_genre" if further and fact.sort == "genre" else f"tell_{fact.sort}"
        return self.say(act, x=self._value(fact))

    def nth(self, act: str, n: int) -> str:
        """About item ``n`` of the list, from 1."""
        return self.say(act, n=ORDINALS[self.language][n - 1], i=n)

    def _phrase(self, facts: Sequence[Fact]) -> str:
        chinese = self.language == "zh"
        heads = [fact for fact in facts if fact.sort in ("genre", "kind")]
        head = self._value(heads[0]) if heads else self.say("something")
        behind = [
            self._form(TONGUE[self.language][f"with_{fact.sort}"]).format(x=self._value(fact))
            for fact in facts
            if fact.sort in BEHIND
        ]
        self.chance.shuffle(behind)
        if chinese:
            return "".join(behind) + head
        joint = self.chance.choice((" ", ", ", " and ")) if len(behind) > 1 else " "
        return " ".join((head, joint.join(behind))).strip()

    def _value(self, fact: Fact) -> str:
        """What the value of a fact is called."""
        chinese, value = self.language == "zh", str(fact.value)
        if fact.sort in ("genre", "plot", "mood"):
            idea = {"genre": GENRE, "plot": PLOT, "mood": MOOD}[fact.sort][value]
            return self._form(idea.chinese if chinese else idea.english)
        if fact.sort == "not_genre":
            return self._form(NOT_CALLED[value][chinese])
        if fact.sort == "decade":
            return self._form(DECADES[int(value)][chinese]) if int(value) in DECADES else f"{value}s"
        if fact.sort in ("tongue", "not_tongue"):
            return TONGUES[value][chinese]
        if fact.sort == "kind":
            return KINDS[value][chinese]
        return f"《{value}》" if fact.sort == "like" and chinese and self.chance.random() < 0.5 else value

    def _form(self, of: Forms) -> str:
        return self.chance.choice(forms(of, self.part))

    def _slipped(self, text: str) -> str:
        if self.chance.random() >= self.slips:
            return text
        if self.language == "zh":
            right = next((word for word in SLIPS if word in text), None)
            return text if right is None else text.replace(right, SLIPS[right], 1)
        words = text.split(" ")
        long = [n for n, word in enumerate(words) if len(word) >= 5 and word.isalpha() and word.islower()]
        if not long:
            return text
        at = self.chance.choice(long)
        word, cut = words[at], self.chance.randrange(1, len(words[at]) - 2)
        words[at] = self.chance.choice(
            (
                word[:cut] + word[cut + 1 :],
                word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :],
                word[:cut] + word[cut] + word[cut:],
            )
        )
        return " ".join(words)


def gives_away(text: str, item: Item) -> bool:
    """Whether a sentence names the item: by its whole title, its id, or all telling words of its title."""
    said = text.casefold()
    title = item.name.casefold().strip()
    telling = words_of(item.name)
    return (len(title) > 3 and title in said) or telling <= words_of(said) or (len(item.id) > 4 and item.id in text)
