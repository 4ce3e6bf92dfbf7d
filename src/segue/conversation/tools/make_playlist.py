"""``make_playlist``: a sentence becomes a list of its own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..desk import Desk
from .tool import Arguments, Tool, listed


class MakePlaylist(Arguments):
    """What the list is to be."""

    words: Annotated[
        str, Field(min_length=1, max_length=500, description="What it is to hold: 'calm piano, under 5 minutes each'.")
    ]
    name: Annotated[str | None, Field(max_length=120, description="What it is called; null: as the words.")] = None
    k: Annotated[int, Field(ge=1, le=50, description="How many items.")] = 20


def use(desk: Desk, args: MakePlaylist) -> dict[str, Any]:
    """Put the list together."""
    name = (args.name or args.words).strip()
    # The one place that knows how a list comes about: a list that lasts is made by the engine.
    answer = desk.engine.search(
        args.words,
        k=args.k,
        user=desk.person(),
        constraints=desk.held(),
        language=desk.language,
        personal=True,
    )
    return {"name": name, "kept": False, **listed(desk, answer)}


TOOL = Tool(
    "make_playlist",
    "Make a playlist of what a sentence asks for; hard conditions in it hold for every entry, and each has a reason.",
    MakePlaylist,
    use,
    writes="playlist",
)
