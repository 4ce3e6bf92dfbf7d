"""``record``: what the person did with an item, or thinks of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ...errors import ToolError
from ...events import Context
from ..desk import Desk
from .tool import Tool, Which

SURFACE = "chat"
SCALE = (1.0, 5.0)
"""Of ratings."""


class Record(Which):
    """Which item, and what of it."""

    kind: Annotated[
        Literal["like", "dislike", "already_seen", "not_interested", "play", "complete", "rate", "add_to_list"],
        Field(description="What the person did or said; 'rate' needs a value."),
    ]
    value: Annotated[float | None, Field(ge=SCALE[0], le=SCALE[1], description="The rating, 1 … 5.")] = None

    @model_validator(mode="after")
    def _rated(self) -> Record:
        if (self.kind == "rate") != (self.value is not None):
            raise ValueError("a value, 1 … 5, belongs to the kind 'rate' and to no other")
        return self


def use(desk: Desk, args: Record) -> dict[str, Any]:
    """Keep the event, with the list and the place in it where the item was shown."""
    item = desk.item_of(args.n, args.handle)
    shown = next((one for one in reversed(desk.dialogue.lists) if item.id in one.items), None)
    context = Context(
        surface=SURFACE,
        rank=None if shown is None else shown.items.index(item.id),
        request_id=(shown.request_id or None) if shown is not None else None,
    )
    rating = {} if args.value is None else {"value": args.value, "scale": SCALE}
    event = desk.engine.event(desk.person(), item.id, args.kind, context=context, source=SURFACE, **rating)
    recorded = desk.engine.record([event])
    if recorded.rejected:
        raise ToolError(f"It was not kept: {recorded.rejected[0][1]}.")
    return {"recorded": args.kind, "handle": desk.handle(item.id), "title": item.name, "event": event.id}


TOOL = Tool(
    "record",
    "Keep what this person did with an item or thinks of it: liked, disliked, has seen it, does not want it, plays it.",
    Record,
    use,
    writes="feedback",
)
