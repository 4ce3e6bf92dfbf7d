"""``make_playlist``: a sentence, or the newest list, becomes a list that is kept."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ...answers import Answer, Pick
from ...errors import ToolError
from ..desk import Desk
from .tool import Arguments, Tool, listed


class MakePlaylist(Arguments):
    """What the list is to be."""

    words: Annotated[
        str, Field(min_length=1, max_length=500, description="What it is to hold: 'calm piano, under 5 minutes each'.")
    ]
    name: Annotated[str | None, Field(max_length=120, description="What it is called; null: as the words.")] = None
    k: Annotated[
        int | None, Field(ge=1, le=50, description="How many items; null: as the words say, else the usual number.")
    ] = None
    these: Annotated[bool, Field(description="Keep the newest list as it is; the words are its name alone.")] = False


def use(desk: Desk, args: MakePlaylist) -> dict[str, Any]:
    """Have the engine make it; its entries are the list that numbers refer to from now on."""
    shown = desk.dialogue.shown
    if args.these and (shown is None or not shown.items):
        raise ToolError("There is no list yet to keep. Search or recommend first, or leave out `these`.")
    made = desk.engine.make_playlist(
        desk.person(),
        "" if args.these else args.words,
        title=(args.name or (args.words if args.these else "")).strip() or None,
        language="zh" if desk.chinese else "en",
        length=None if args.k is None or args.these else {"items": args.k},
        constraints=None if args.these else desk.held(),
        pinned=shown.items if args.these and shown is not None else (),
        shown=shown.why if args.these and shown is not None else None,
    )
    items = desk.engine.find_items(entry.item for entry in made.entries)
    picks = tuple(
        Pick(items[entry.item], score=0.0, sources=(), reason=entry.why)
        for entry in made.entries
        if entry.item in items
    )
    answer = Answer(desk.user_id, "playlist", None, picks, made.degraded, query=desk.engine.query_of_playlist(made))
    notes = [note.said(desk.chinese) for note in made.notes]
    return {"name": made.title, "playlist": made.id, "refresh": made.refresh, "notes": notes, **listed(desk, answer)}


TOOL = Tool(
    "make_playlist",
    "Make a playlist that is kept: of what a sentence asks for ('an hour of calm piano, renewed every day'), or of the "
    "newest list as it is. Hard conditions hold for every entry, and each has a reason.",
    MakePlaylist,
    use,
    writes="playlist",
)
