"""A conversation as it is kept, and what an answer in it is made of.

Items are never named by whoever talks: they lie in numbered lists on the server, and are spoken of by their number.
What was understood is kept as wishes, each of which the person sees as a chip and can take back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from ..answers import KeptEvidence, Pick, Reason
from ..grants import Grant
from ..items import Id, Noun
from ..queries import Constraints, Query

MOST_WISHES = 24
MOST_LISTS = 30
MOST_TURNS = 200
"""Of what is kept of one conversation; the oldest goes first."""
MOST_REASONS = 100
"""Items of one conversation whose reasons are kept; those of the older lists go first."""

Role = Literal["person", "segue"]
"""What a turn may change: plays, likes and dislikes; the portrait; lists of the person's own."""


class Wish(Noun):
    """One thing that was understood and holds until it is taken back: what the person sees as a chip."""

    id: str
    """Unique within the conversation."""
    what: str
    """As `segue.pipeline.asking.sentence.Part.what`, or ``words``, ``mood``, ``known`` …"""
    text: str
    """As it was said."""
    english: str
    chinese: str
    constraints: Constraints = Constraints()
    words: str = ""
    """What is looked for."""
    moods: tuple[str, ...] = ()
    seeds: tuple[Id, ...] = ()
    leanings: tuple[str, ...] = ()
    passing: bool = False
    """Holds for one turn: a title that is not here is looked for once."""
    turn: int = 0
    """Number of the turn in which it was said."""

    def said(self, chinese: bool) -> str:
        """How it was understood, in a few words."""
        return self.chinese if chinese else self.english


class Told(Noun):
    """Why an item was shown, as it was told then."""

    text: str
    evidence: tuple[KeptEvidence, ...] = ()
    query: Query | None = None
    """What found it, where that is not what the list was asked with."""


class Shown(Noun):
    """A list that was shown; its items are spoken of by their number, from 1."""

    id: str
    items: tuple[Id, ...]
    request_id: str = ""
    recipe: str = "home"
    reasons: tuple[Told | None, ...] = ()
    """Of each item; empty: they are no longer kept."""
    query: Query | None = None
    """What was asked; kept as long as the reasons are."""

    @property
    def found_by(self) -> dict[str, Query]:
        """What found the items that the query of the list did not find."""
        there = zip(self.items, self.reasons, strict=False)
        return {item_id: told.query for item_id, told in there if told is not None and told.query is not None}

    @property
    def why(self) -> dict[str, Reason]:
        """The reasons that are kept, by item."""
        there = zip(self.items, self.reasons, strict=False)
        return {item_id: Reason.of(told.text, told.evidence) for item_id, told in there if told is not None}


class Utterance(Noun):
    """One turn."""

    role: Role
    text: str
    at: float
    """Seconds since 1970."""
    shown: str | None = None
    """Id of the list that was shown with it."""
    degraded: tuple[str, ...] = ()
    by: Literal["person", "code", "language_model"] = "person"


class Dialogue(Noun):
    """What is kept of one conversation. Immutable: a turn makes a new one."""

    id: Id
    user_id: Id | None = None
    """None: nobody's, and nothing of anybody is read or written."""
    language: Literal["en", "zh"] = "en"
    wishes: Annotated[tuple[Wish, ...], Field(max_length=MOST_WISHES)] = ()
    lists: Annotated[tuple[Shown, ...], Field(max_length=MOST_LISTS)] = ()
    turns: Annotated[tuple[Utterance, ...], Field(max_length=MOST_TURNS)] = ()
    question: str | None = None
    """What was asked of the person and not answered yet: the id of a question."""
    asked: Annotated[tuple[str, ...], Field(max_length=MOST_TURNS)] = ()
    """Ids of all questions so far, each with the number of its turn behind a colon: none is asked twice."""
    quiet: bool = False
    """The person wants no questions."""
    begun_at: float = 0.0
    changed_at: float = 0.0

    @property
    def shown(self) -> Shown | None:
        """The list that numbers refer to: the newest."""
        return self.lists[-1] if self.lists else None


def bounded(lists: Sequence[Shown]) -> tuple[Shown, ...]:
    """The newest lists, of which the newest keep their reasons."""
    left, kept = MOST_REASONS, []
    for shown in reversed(lists[-MOST_LISTS:]):
        left -= len(shown.reasons)
        kept.append(shown if left >= 0 else shown.model_copy(update={"reasons": (), "query": None}))
    return tuple(reversed(kept))


# What an answer is made of, in the order in which it is streamed


@dataclass(frozen=True)
class Understood:
    """The wishes that hold now. First of all."""

    wishes: tuple[Wish, ...]
    new: tuple[str, ...] = ()
    """Ids of those that this turn has brought."""
    intent: str = ""
    """What the turn is taken for: ``recommend``, ``more``, ``critique``, ``why``, ``play`` …"""
    conversation: str = ""
    """Id of the conversation; the engine states it."""


@dataclass(frozen=True)
class Words:
    """Some more words of the answer."""

    text: str


@dataclass(frozen=True)
class Listed:
    """A list of items, numbered from 1."""

    id: str
    picks: tuple[Pick, ...]
    request_id: str
    recipe: str
    degraded: tuple[str, ...] = ()
    query: Query | None = None
    """What was asked."""
    handles: tuple[str, ...] = ()
    """Of the picks; the engine states them."""


@dataclass(frozen=True)
class Asked:
    """A question that it pays to ask, with answers to choose from: (label, what to send)."""

    id: str
    text: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Wrote:
    """Something that was changed, as the person asked."""

    writing: Grant
    what: str
    """In a sentence."""
    data: dict[str, Any]


@dataclass(frozen=True)
class Proposed:
    """Something that would be changed; it is done when the person sends ``say``."""

    writing: Grant
    what: str
    say: str


@dataclass(frozen=True)
class Played:
    """An item that the person asked to begin."""

    pick: Pick
    number: int
    handle: str = ""
    """The engine states it."""


@dataclass(frozen=True)
class Done:
    """The answer is whole."""

    dialogue: Dialogue
    by: Literal["code", "language_model"]
    degraded: tuple[str, ...] = ()


Piece = Understood | Words | Listed | Asked | Wrote | Proposed | Played | Done
