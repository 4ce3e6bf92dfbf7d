"""Grant: what a conversation, or a program through its tools, is allowed to write."""

from __future__ import annotations

from typing import Literal, get_args

Grant = Literal["feedback", "profile", "playlist"]
"""Plays, likes and dislikes; what is believed about the person; playlists."""
GRANTS: tuple[Grant, ...] = get_args(Grant)
