"""``state_taste``: what the person says they like or dislike, kept for good."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..desk import Desk
from .tool import Arguments, Tool


class StateTaste(Arguments):
    """What was said."""

    text: Annotated[
        str, Field(min_length=1, max_length=1_000, description="In the person's own words: 'I hate musicals'.")
    ]


def use(desk: Desk, args: StateTaste) -> dict[str, Any]:
    """Read the sentence and keep what it states."""
    told = desk.engine.state(desk.person(), args.text)
    language = "zh" if desk.chinese else "en"
    understood = [
        {"name": one["name"][language], "topic": one["topic"], "strength": one["strength"]}
        for one in told["understood"]
    ]
    return {"understood": understood, "left_out": told["left_out"], "recorded": told["recorded"]}


TOOL = Tool(
    "state_taste",
    "Keep for good what this person says they like or dislike, in their own words. What holds only for this "
    "conversation ('no horror tonight') is not for this: use `filter`.",
    StateTaste,
    use,
    writes="profile",
)
