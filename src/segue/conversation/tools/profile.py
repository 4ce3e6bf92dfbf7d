"""``profile``: what is believed about the person."""

from __future__ import annotations

from typing import Any

from ..desk import Desk
from .tool import Arguments, Tool

MOST_LINES = 40


class Nothing(Arguments):
    """Nothing is needed."""


def use(desk: Desk, _: Nothing) -> dict[str, Any]:
    """The portrait, line by line, as code words it."""
    found = desk.engine.portrait(desk.person(), desk.language, written=False)
    language = "zh" if desk.chinese else "en"
    lines = [
        {
            "line": one["id"],
            "sort": one["sort"],
            "name": one["name"][language],
            "text": one["text"][language],
            "strength": one["strength"],
            "state": one["state"],
            "actions": one["actions"],
        }
        for one in found["lines"][:MOST_LINES]
    ]
    return {"text": found["text"][language], "lines": lines, "more": max(len(found["lines"]) - MOST_LINES, 0)}


TOOL = Tool(
    "profile",
    "What is believed about this person: their tastes and habits, line by line with how strong each is, and what can "
    "be done to each with `edit_profile`.",
    Nothing,
    use,
)
