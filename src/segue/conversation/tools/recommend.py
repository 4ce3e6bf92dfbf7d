"""``recommend``: what the person should see next."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ...items import ItemKind
from ...pipeline.asking.sentence import joined
from ...queries import Constraints, Query
from ..desk import Desk
from .tool import Arguments, HowMany, Tool, listed


class Recommend(Arguments):
    """What is wanted, if anything in particular."""

    kinds: Annotated[tuple[ItemKind, ...], Field(description="Only these kinds; empty: all.")] = ()
    moods: Annotated[
        tuple[Annotated[str, Field(max_length=60)], ...],
        Field(max_length=5, description="Moods that the list should suit, such as calm, funny or 治愈."),
    ] = ()
    k: HowMany = 10


def use(desk: Desk, args: Recommend) -> dict[str, Any]:
    """Recommend, within what the conversation has settled."""
    query = Query(
        user_id=desk.user_id,
        recipe="mood" if args.moods else "home",
        k=args.k,
        constraints=joined(desk.held(), Constraints(kinds=args.kinds)),
        moods=args.moods,
        language=desk.language,
    )
    return listed(desk, desk.engine.ask(query))


TOOL = Tool(
    "recommend",
    "What this person should watch, listen to or play next, by their taste, each with a reason. For something in "
    "particular use `search`, for hard conditions `filter`.",
    Recommend,
    use,
)
