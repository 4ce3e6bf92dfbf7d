"""Liked and disliked topics out of what a person said, with strength, date and evidence; and the vector of it all.

v_u = f_L(L(u)): each statement counts by its polarity, halves every `HALF_LIFE_DAYS`, and counts once however often it
was repeated. What was searched for, or named without a verdict, is of interest: a weak pull without polarity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...arrays import Floats
from ...events import EventKind
from ...opinions import Statement

HALF_LIFE_DAYS = 180.0
SEARCHED = 0.3
"""What a search says for its topics, beside a verdict of 1."""
NAMED = 0.2
"""What it says for a topic to be named without a verdict."""
ABOUT_AN_ITEM = 0.5
"""A genre or person named in a comment on an item: the verdict may be the item's."""
_EVIDENCE = 5
_DAY_S = 86_400.0


@dataclass(frozen=True)
class SaidTopic:
    """One thing that a person spoke of."""

    topic: str
    strength: float
    """-1 … 1: below 0 disliked; nearer to 1 the more often, the more strongly and the more lately it was said."""
    at: float | None
    """When it was last said, seconds since 1970; None where no time is known."""
    events: tuple[str, ...]
    """Ids of the events that say it, the newest first, at most five."""


@dataclass(frozen=True)
class SaidTopics:
    """What a person says they like, dislike and look for; each the strongest first."""

    liked: tuple[SaidTopic, ...]
    disliked: tuple[SaidTopic, ...]
    looked_for: tuple[SaidTopic, ...]
    """Searched or named, without any verdict."""

    def as_json(self) -> dict[str, Any]:
        """For profiles and ``--json``."""
        return asdict(self)


def said_topics(statements: Iterable[Statement], now: float) -> SaidTopics:
    """Read a person's statements, in any order.

    Args:
        now: seconds since 1970; what has no time counts as said now.
    """
    verdicts: dict[str, list[tuple[float, Statement]]] = {}
    interests: dict[str, list[tuple[float, Statement]]] = {}
    for statement, age in counted(statements, now):
        for topic, polarity in statement.opinion.topics.items():
            if polarity is not None:
                doubt = 1.0 if statement.item_id is None or topic.startswith("aspect:") else ABOUT_AN_ITEM
                verdicts.setdefault(topic, []).append((age * doubt * polarity, statement))
            else:
                weak = SEARCHED if statement.kind == EventKind.SEARCH.value else NAMED
                interests.setdefault(topic, []).append((age * weak, statement))
    judged = [_summed(topic, said) for topic, said in verdicts.items()]
    return SaidTopics(
        liked=_strongest(one for one in judged if one.strength > 0),
        disliked=_strongest(one for one in judged if one.strength < 0),
        looked_for=_strongest(_summed(topic, said) for topic, said in interests.items() if topic not in verdicts),
    )


def said_vector(statements: Iterable[Statement], now: float, dim: int) -> Floats | None:
    """(dim,) of length 1 in the space ``text``: the statements without an item, times what they say; None: nothing.

    Statements whose vector has another length, of an earlier encoder, are passed over.
    """
    total = np.zeros(dim, np.float32)
    for statement, age in counted(statements, now):
        if statement.vector is not None and len(statement.vector) == dim:
            searched = statement.kind == EventKind.SEARCH.value
            weight = SEARCHED if searched else (statement.opinion.sentiment or 0.0)
            total += np.float32(age * weight) * statement.vector
    length = float(np.linalg.norm(total))
    return total / np.float32(length) if length > 1e-6 else None


def counted(statements: Iterable[Statement], now: float) -> Iterator[tuple[Statement, float]]:
    """Statements that count, each thing said once (at its newest), with a weight by age, 0 … 1."""
    newest: dict[int, Statement] = {}
    for statement in statements:
        before = newest.get(statement.opinion.same)
        if statement.train and (before is None or _place(statement) > _place(before)):
            newest[statement.opinion.same] = statement
    # Sums of floats depend on their order; the order of arrival must not show.
    for statement in sorted(newest.values(), key=_place, reverse=True):
        days = 0.0 if statement.at is None else max(0.0, now - statement.at) / _DAY_S
        yield statement, 0.5 ** (days / HALF_LIFE_DAYS)


def _place(statement: Statement) -> tuple[float, str]:
    return (math.inf if statement.at is None else statement.at, statement.event_id)


def _summed(topic: str, said: Sequence[tuple[float, Statement]]) -> SaidTopic:
    times = [statement.at for _, statement in said if statement.at is not None]
    strength = round(math.tanh(sum(weight for weight, _ in said)), 4)
    return SaidTopic(
        topic, strength, max(times, default=None), tuple(statement.event_id for _, statement in said[:_EVIDENCE])
    )


def _strongest(found: Iterable[SaidTopic]) -> tuple[SaidTopic, ...]:
    return tuple(sorted(found, key=lambda one: (-abs(one.strength), one.topic)))
