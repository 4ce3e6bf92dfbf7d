"""``edit_profile``: change lines of the portrait."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ...edits import Edit
from ..desk import Desk
from .profile import TOOL as PROFILE
from .profile import Nothing
from .tool import Arguments, Tool


class EditProfile(Arguments):
    """What to change."""

    edits: Annotated[tuple[Edit, ...], Field(min_length=1, max_length=20, description="All are done, or none.")]


def use(desk: Desk, args: EditProfile) -> dict[str, Any]:
    """All edits or none; the portrait afterwards."""
    desk.engine.edit_profile(desk.person(), args.edits)
    return {"edited": len(args.edits), "profile": PROFILE.use(desk, Nothing())}


TOOL = Tool(
    "edit_profile",
    "Change lines of what is believed about this person, as they ask: like or dislike more or less, pin, lock, mute or "
    "delete. `profile` tells the ids of lines and what each takes.",
    EditProfile,
    use,
    writes="profile",
)
