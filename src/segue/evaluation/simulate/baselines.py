"""What a conversation must beat: the most popular page by page, each sentence searched alone, chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from ...items import Item
from .facts import Shelf
from .meeting import SEEN, Heard
from .people import Person

Search = Callable[[str, str], Sequence[Item]]
"""(words, language) → items, the most fitting first."""


class PopularPages:
    """Shows the next ten best known items, whatever is said."""

    name = "popular_pages"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def begin(self, person: Person) -> None:
        """From the first page."""
        self._page = 0

    def say(self, text: str) -> Heard:
        """The next page."""
        begin = self._page * SEEN
        self._page += 1
        return Heard(tuple(self._shelf.of[one] for one in self._shelf.popular[begin : begin + SEEN]))


class AtRandom:
    """Shows ten items that were not shown before."""

    name = "random"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def begin(self, person: Person) -> None:
        """In an order of this person's own."""
        chance = random.Random(person.seed + 1)
        most = min(SEEN * person.patience, len(self._shelf.items))
        self._left = chance.sample(list(self._shelf.items), most)

    def say(self, text: str) -> Heard:
        """The next ten."""
        shown, self._left = self._left[:SEEN], self._left[SEEN:]
        return Heard(tuple(shown))


class SearchAlone:
    """Searches each sentence as if it were the first.

    Args:
        search: of the engine.
        together: search all sentences so far as one, the newest first.
    """

    def __init__(self, search: Search, together: bool = False) -> None:
        self._search, self._together = search, together
        self.name = "search_together" if together else "search_alone"

    def begin(self, person: Person) -> None:
        """Nothing was said yet."""
        self._language: str = person.language
        self._said: list[str] = []

    def say(self, text: str) -> Heard:
        """What the search finds."""
        self._said.append(text)
        words = ", ".join(reversed(self._said)) if self._together else text
        return Heard(tuple(self._search(words, self._language)[:SEEN]))
