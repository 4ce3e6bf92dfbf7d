"""Conditions that an item must meet, as a typed tree: all of, any of, not, and what an item states.

As JSON: ``{"op": "any", "of": [{"op": "is", "field": "genre", "value": "jazz"}, {"op": "at_most", "field":
"duration_s", "value": 600}]}``. An item that does not state what is asked about does not meet a condition; ``not``
turns that round, as every other answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from .items import Noun

MOST_NODES = 60
DEEPEST = 8
"""Levels of a tree."""

Named = Literal["kind", "genre", "tag", "mood", "theme", "language", "creator", "series", "word", "id"]
"""Fields with names; compared without regard to case, a language by its primary subtag, words all at once."""
Numbered = Literal["duration_s", "year", "maturity", "popularity"]
"""Popularity: how many people met an item, or what a model of popularity makes of that; stated of no item where nothing
is known of anybody."""


class Is(Noun):
    """The item has the name."""

    op: Literal["is"] = "is"
    field: Named
    value: Annotated[str, Field(min_length=1, max_length=200)]


class AtLeast(Noun):
    """The number is so much or more."""

    op: Literal["at_least"] = "at_least"
    field: Numbered
    value: Annotated[float, Field(allow_inf_nan=False)]


class AtMost(Noun):
    """The number is so much or less."""

    op: Literal["at_most"] = "at_most"
    field: Numbered
    value: Annotated[float, Field(allow_inf_nan=False)]


class All(Noun):
    """Every one of the conditions; of none: always."""

    op: Literal["all"] = "all"
    of: tuple[Condition, ...]


class AnyOf(Noun):
    """At least one of the conditions; of none: never."""

    op: Literal["any"] = "any"
    of: tuple[Condition, ...]


class Not(Noun):
    """The condition does not hold."""

    op: Literal["not"] = "not"
    of: Condition


Condition = Annotated[Is | AtLeast | AtMost | All | AnyOf | Not, Field(discriminator="op")]


def nodes(condition: Is | AtLeast | AtMost | All | AnyOf | Not) -> Iterator[tuple[int, Condition]]:
    """Every part of a tree with its level, from 1, the tree itself first."""
    waiting: list[tuple[int, Is | AtLeast | AtMost | All | AnyOf | Not]] = [(1, condition)]
    while waiting:
        level, one = waiting.pop()
        yield level, one
        if isinstance(one, All | AnyOf):
            waiting.extend((level + 1, inner) for inner in one.of)
        elif isinstance(one, Not):
            waiting.append((level + 1, one.of))


def checked(condition: Is | AtLeast | AtMost | All | AnyOf | Not) -> Is | AtLeast | AtMost | All | AnyOf | Not:
    """The tree, if it is no larger than one may be. Raises ValueError."""
    for count, (level, _) in enumerate(nodes(condition), 1):
        if count > MOST_NODES or level > DEEPEST:
            raise ValueError(
                f"A tree of conditions has at most {MOST_NODES} parts and {DEEPEST} levels, and this one has more."
            )
    return condition


for _model in (All, AnyOf, Not):
    _model.model_rebuild()
