"""Many conversations of people who type anything, each by a seed of its own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ... import Engine
from ...conversation.dialogue import Asked, Done, Listed, Piece, Proposed
from ...errors import SegueError
from .judge import Judge, Listening
from .logged import troubles
from .turns import Names, Turn, conversation

PEOPLE = 12
"""People who come back, beside those who come once and those who are nobody."""


@dataclass(frozen=True)
class Finding:
    """Something that must not be."""

    conversation: int
    """Its number, by which it can be held again."""
    turn: int
    message: str
    what: str

    def __str__(self) -> str:
        return f"conversation {self.conversation}, turn {self.turn}, {self.message[:200]!r}: {self.what}"


@dataclass
class Report:
    """What came of them."""

    conversations: int = 0
    turns: int = 0
    items: int = 0
    """Items listed."""
    refused: Counter[str] = field(default_factory=Counter)
    """Turns that ended in a clear error, by its sort."""
    by: Counter[str] = field(default_factory=Counter)
    """Answers by who made them."""
    degraded: int = 0
    pieces: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


class Fuzz:
    """Holds conversations with an engine and judges them.

    Args:
        engine: with or without a language model.
        judge: of that engine.
        names: what attacks can name.
        before: called before each turn with the number of the conversation and of the turn in it, from 1: for a world
            that changes meanwhile, or a model that is to say something of its own in each.
    """

    def __init__(
        self,
        engine: Engine,
        judge: Judge,
        names: Names,
        seed: int = 7,
        before: Callable[[int, int], None] | None = None,
    ) -> None:
        self._engine, self._judge, self._names, self._seed = engine, judge, names, seed
        self._before = before

    def hold(self, numbers: Sequence[int], report: Report | None = None) -> Report:
        """Conversations of these numbers; the same number is the same conversation, as far as the engine is."""
        report = Report() if report is None else report
        for number in numbers:
            self._one(number, report)
        return report

    def _one(self, number: int, report: Report) -> None:
        chance = random.Random(f"{self._seed}/{number}")
        user = _whose(chance, number)
        listening = Listening(self._judge, user)
        offered: list[str] = []
        report.conversations += 1
        for n, planned in enumerate(conversation(chance, self._names), 1):
            sent = planned
            if offered and chance.random() < 0.4:
                sent = Turn(chance.choice(offered))
            if self._before is not None:
                self._before(number, n)
            pieces: list[Piece] = []
            report.turns += 1
            with troubles() as heard:
                try:
                    wrong = self._turn(listening, sent, user, pieces)
                except SegueError as error:
                    report.refused[type(error).__name__] += 1
                    text = str(error)
                    wrong = []
                    if error.status >= 500 or not text.strip() or "Traceback" in text or len(text) > 2_000:
                        wrong = [f"an unclear error, {type(error).__name__} {error.status}: {text[:300]}"]
                except Exception as error:
                    wrong = [f"{type(error).__name__}: {str(error)[:300]}"]
            wrong += heard
            report.findings += [Finding(number, n, sent.message, what) for what in wrong]
            report.pieces.update(type(piece).__name__ for piece in pieces)
            report.items += sum(len(piece.picks) for piece in pieces if isinstance(piece, Listed))
            offered = [say for piece in pieces if isinstance(piece, Asked) for _, say in piece.options]
            offered += [piece.say for piece in pieces if isinstance(piece, Proposed)]
            done = pieces[-1] if pieces else None
            if isinstance(done, Done):
                report.by[done.by] += 1
                report.degraded += bool(done.degraded)

    def _turn(self, listening: Listening, sent: Turn, user: str | None, pieces: list[Piece]) -> list[str]:
        own = None if listening.dialogue is None else listening.dialogue.id
        held = [wish.id for wish in listening.wishes]
        without = tuple(
            held[int(one[1:])] if one[:1] == "#" and one[1:].isdigit() and int(one[1:]) < len(held) else one
            for one in sent.without
        )
        answer = self._engine.chat(
            user,
            sent.message,
            own if sent.conversation is None else sent.conversation,
            sent.language,
            without,
            sent.grants,
            sent.k,
        )
        pieces += answer
        # Whoever has begun with another's id has been refused; nobody gets here with it.
        wrong = listening.turn(sent.message, pieces)
        return [*wrong, *(["somebody went on with another's conversation"] if sent.conversation else [])]


def person(number: int, seed: int) -> str | None:
    """Who holds a conversation: somebody who comes once, somebody who comes back, or nobody."""
    return _whose(random.Random(f"{seed}/{number}"), number)


def _whose(chance: random.Random, number: int) -> str | None:
    roll = chance.random()
    return None if roll < 0.25 else f"u{number}" if roll < 0.8 else f"p{chance.randrange(PEOPLE)}"
