"""Two turns of one conversation that overlapped, as one conversation in which both have been said.

That happens where a turn ends so late that another one could begin meanwhile: a machine slept, or a line hung.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

from .dialogue import MOST_LISTS, MOST_TURNS, MOST_WISHES, Dialogue, Wish

T = TypeVar("T")


def merged(newest: Dialogue, before: Dialogue, after: Dialogue) -> Dialogue:
    """A conversation with what a turn has changed of it, put behind all that has come to it since that turn began.

    Args:
        newest: as it is kept now.
        before: as it was when the turn began.
        after: what the turn has made of that.
    """
    return newest.model_copy(
        update={
            "language": after.language,
            "wishes": tuple(_told_apart(_joined(newest.wishes, before.wishes, after.wishes, MOST_WISHES))),
            "lists": _joined(newest.lists, before.lists, after.lists, MOST_LISTS),
            "turns": _joined(newest.turns, before.turns, after.turns, MOST_TURNS),
            "asked": _joined(newest.asked, before.asked, after.asked, MOST_TURNS),
            "question": after.question,
            "quiet": newest.quiet or after.quiet,
            "changed_at": max(newest.changed_at, after.changed_at),
        }
    )


def _joined(newest: tuple[T, ...], before: tuple[T, ...], after: tuple[T, ...], most: int) -> tuple[T, ...]:
    """What is there now, less what the turn has taken out, and then what it has put in."""
    left = [one for one in newest if one in after or one not in before]
    return (*left, *(one for one in after if one not in before and one not in left))[-most:]


def _told_apart(wishes: Sequence[Wish]) -> Iterator[Wish]:
    """The wishes, each with an id of its own: both turns have numbered theirs from 1."""
    taken: set[str] = set()
    for wish in wishes:
        free = next(one for n in count() if (one := f"{wish.id}.{n}" if n else wish.id) not in taken)
        taken.add(free)
        yield wish if free == wish.id else wish.model_copy(update={"id": free})
