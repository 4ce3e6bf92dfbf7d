"""Meaning: what was read from a turn."""

from __future__ import annotations

from dataclasses import dataclass

from ..dialogue import Wish
from .acts import What


@dataclass(frozen=True)
class Act:
    """One thing that a turn does beside its wishes."""

    what: What
    numbers: tuple[int, ...] = ()
    """Places in the list that was shown, from 1; one may be beyond it."""
    ids: tuple[str, ...] = ()
    """Items that it is about."""
    text: str = ""
    """What it names: a title that is not known here, a taste, a wish to take back."""
    rest: str = ""
    """Of a playlist: the turn without the request for one, which is what it is to hold."""


@dataclass(frozen=True)
class Meaning:
    """What a turn means."""

    text: str
    """As it was read: one line, without hidden characters, bounded."""
    chinese: bool
    intent: str
    """``recommend`` ``search`` ``more`` ``critique`` ``like``, the first act (`acts.What`), ``empty``, ``unclear``."""
    acts: tuple[Act, ...] = ()
    wishes: tuple[Wish, ...] = ()
    """Those that hold now."""
    new: tuple[str, ...] = ()
    gone: tuple[Wish, ...] = ()
    """Those that held before."""
    lists: bool = True
    """Whether a list of items is wanted."""
    fresh: bool = False
    """Nothing that was shown before is wanted again."""
    unknown: str = ""
    """What is looked for by words that nothing here says: a title, or a name, that this catalogue has not."""
    cut: bool = False
    """The message was longer than what is read."""

    def act(self, *what: str) -> Act | None:
        """The first act of these sorts."""
        return next((one for one in self.acts if one.what in what), None)
