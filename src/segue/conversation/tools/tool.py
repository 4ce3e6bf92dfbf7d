"""Tool: one thing that a conversation can ask the engine for; and what several of them have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ...answers import Answer
from ...grants import Grant
from ...items import Item
from ..desk import Desk
from ..handles import LONGEST

MOST_ITEMS = 20
"""Of one list."""
LONGEST_TEXT = 600
"""Characters of a text in what a tool answers."""

HowMany = Annotated[int, Field(ge=1, le=MOST_ITEMS, description="How many items at most.")]


class Arguments(BaseModel):
    """What a tool is called with; an unknown name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Which(Arguments):
    """An item, by one of the two."""

    n: Annotated[int | None, Field(description="Number of the item in the newest list.")] = None
    handle: Annotated[
        str | None, Field(max_length=LONGEST, description="Handle of the item, as a tool has answered it.")
    ] = None


@dataclass(frozen=True)
class Tool:
    """One definition, shown to a language model, over MCP and over HTTP alike."""

    name: str
    about: str
    """What it does, for whoever calls it."""
    takes: type[Arguments]
    use: Callable[[Desk, Any], dict[str, Any]]
    """The arguments are an instance of ``takes``. Returns JSON; raises `segue.errors.SegueError`."""
    writes: Grant | None = None
    """What it changes; None: nothing."""

    def as_json(self) -> dict[str, Any]:
        """For lists of tools."""
        return {
            "name": self.name,
            "about": self.about,
            "takes": self.takes.model_json_schema(),
            "writes": self.writes,
        }


def listed(desk: Desk, answer: Answer) -> dict[str, Any]:
    """An answer as the list that numbers refer to from now on."""
    made = desk.show(answer)
    items = [
        {
            "n": n,
            "handle": desk.handle(pick.item.id),
            **facts(pick.item),
            **({} if pick.reason is None else {"reason": pick.reason.text}),
        }
        for n, pick in enumerate(made.picks, 1)
    ]
    told: dict[str, Any] = {"list": made.id, "items": items}
    if answer.understood:
        told["understood"] = [part["said"] for part in answer.understood]
    if answer.emptied_by:
        told["emptied_by"] = list(answer.emptied_by)
    if answer.degraded:
        told["degraded"] = list(answer.degraded)
    return told


def facts(item: Item) -> dict[str, Any]:
    """What a list says of an item. What is not known is left out."""
    stated = {
        "title": item.name,
        "kind": item.kind.value,
        "creators": list(dict.fromkeys(credit.name for credit in item.creators))[:3],
        "genres": list(item.genres[:5]),
        "year": int(item.released[:4]) if item.released else None,
        "minutes": round(item.duration_s / 60, 1) if item.duration_s is not None else None,
        "language": item.language,
    }
    return {name: value for name, value in stated.items() if value not in (None, [])}
