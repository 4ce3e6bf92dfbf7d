"""``search``: items that words mean."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..desk import Desk
from .tool import Arguments, HowMany, Tool, listed


class Search(Arguments):
    """What is looked for."""

    words: Annotated[
        str, Field(min_length=1, max_length=500, description="What is looked for, as a person would type it.")
    ]
    k: HowMany = 10


def use(desk: Desk, args: Search) -> dict[str, Any]:
    """Search, within what the conversation has settled."""
    return listed(
        desk,
        desk.engine.search(
            args.words,
            k=args.k,
            user_id=desk.user_id,
            constraints=desk.held(),
            language=desk.language,
            personal=True,
            rewrite=False,  # who calls this has chosen the words
        ),
    )


TOOL = Tool(
    "search",
    "Find items by what words mean: a theme, a title, a creator, a mood. Limits such as 'under 90 minutes' or 'not "
    "horror' are read from the words, in English and Chinese. What the person wants in general is `recommend`.",
    Search,
    use,
)
