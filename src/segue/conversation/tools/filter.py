"""``filter``: what meets conditions, without exception."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ...conditions import Condition, checked
from ...pipeline.asking.sentence import joined
from ...queries import Constraints, Query
from ..desk import Desk
from .tool import Arguments, HowMany, Tool, listed


class Filter(Arguments):
    """The conditions."""

    where: Annotated[Condition, AfterValidator(checked), Field(description="A tree of conditions.")]
    words: Annotated[
        str | None, Field(max_length=500, description="What the items should be about; null: by taste.")
    ] = None
    k: HowMany = 10


def use(desk: Desk, args: Filter) -> dict[str, Any]:
    """What meets them, within what the conversation has settled."""
    words = (args.words or "").strip() or None
    query = Query(
        user_id=desk.user_id,
        recipe="search" if words else "home",
        by_taste=bool(words and desk.user_id),
        k=args.k,
        words=words,
        constraints=joined(desk.held(), Constraints(where=args.where)),
        language=desk.language,
    )
    return listed(desk, desk.engine.ask(query))


TOOL = Tool(
    "filter",
    "Only items that meet conditions, without exception, the most fitting first. Conditions are a tree: all, any and "
    "not over 'is' (kind, genre, tag, mood, theme, language, creator, series, word) and 'at_least' or 'at_most' "
    "(duration_s in seconds, year, maturity as minimum age). An item that does not state what is asked about does not "
    "meet a condition.",
    Filter,
    use,
)
