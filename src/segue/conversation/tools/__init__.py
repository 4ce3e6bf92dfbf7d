"""What a conversation can ask the engine for. One definition of each, for a language model, over MCP and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ...errors import NotFound, ToolError, in_one_line
from ...llm.text import cleaned, visible
from ..desk import Desk
from . import (
    edit_profile,
    explain,
    filter,
    item,
    make_playlist,
    profile,
    recommend,
    record,
    search,
    similar,
    state_taste,
)
from .tool import LONGEST_TEXT, Arguments, Tool

__all__ = ["TOOLS", "Tool", "checked", "named", "use"]

TOOLS: tuple[Tool, ...] = (
    search.TOOL,
    recommend.TOOL,
    similar.TOOL,
    filter.TOOL,
    item.TOOL,
    explain.TOOL,
    profile.TOOL,
    edit_profile.TOOL,
    state_taste.TOOL,
    record.TOOL,
    make_playlist.TOOL,
)


def named(name: str) -> Tool:
    """The tool of that name. Raises NotFound."""
    for tool in TOOLS:
        if tool.name == name:
            return tool
    raise NotFound.named("tool", visible(name, 64), (tool.name for tool in TOOLS))


def checked(tool: Tool, arguments: Mapping[str, Any]) -> Arguments:
    """The arguments as the tool takes them. Raises ToolError."""
    try:
        return tool.takes.model_validate(arguments)
    except ValidationError as error:
        what = visible(in_one_line(error), 400)
        raise ToolError(f"The arguments of {tool.name} do not fit: {what}.") from error


def use(desk: Desk, tool: Tool, arguments: Mapping[str, Any] | Arguments) -> dict[str, Any]:
    """Use a tool. What it answers is data: bounded, and without hidden characters.

    Raises:
        NeedsGrant: it writes what the desk has no grant for; NeverGranted: what the settings do not let anybody write.
        ToolError: the arguments do not fit, or it cannot be done.
        SegueError: as the engine says.
    """
    if tool.writes is not None:
        desk.allow(tool.writes)
    args = arguments if isinstance(arguments, Arguments) else checked(tool, arguments)
    told: dict[str, Any] = cleaned(tool.use(desk, args), LONGEST_TEXT)
    return told
