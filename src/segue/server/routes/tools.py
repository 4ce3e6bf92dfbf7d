"""``/v1/tools``: what a conversation asks the engine for, for programs that hold one of their own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from ...grants import Grant
from ...items import Id
from ..auth import EngineHere

router = APIRouter(prefix="/v1", tags=["conversations"])


class ToolOut(BaseModel):
    """A tool."""

    name: str
    about: str
    takes: dict[str, Any]
    """JSON schema of its arguments."""
    writes: Grant | None
    """What it changes, and which grant it needs; null: nothing."""


class ToolsOut(BaseModel):
    """All tools."""

    tools: list[ToolOut]


class UseIn(BaseModel):
    """A tool to use, for one person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"user_id": "ada", "arguments": {"words": "rainy-night piano", "k": 5}},
                {"user_id": "ada", "arguments": {"handle": "6b127cd3.dDE.…", "kind": "like"}, "grants": ["feedback"]},
            ]
        },
    )
    user_id: Id | None = None
    """Whom it works for; null: nobody, and nothing of anybody is read or written."""
    arguments: dict[str, Any] = {}
    """As its schema says."""
    conversation: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Where the lists that it makes are kept, so that `n` is a number in the newest of them; handles work only there.
    Null: nothing is kept, and handles work without one."""
    language: Literal["en", "zh"] = "en"
    grants: list[Grant] = []
    """What it may write, of ``[chat] grants``."""


@router.get("/tools")
def tools(engine: EngineHere) -> ToolsOut:
    """The tools, as a conversation and MCP have them, too."""
    return ToolsOut.model_validate({"tools": [tool.as_json() for tool in engine.tools()]})


@router.post("/tools/{name}", responses={403: {"description": "It writes, and was given no grant."}})
def use(engine: EngineHere, name: Annotated[str, Path(description="Of the tool.")], wanted: UseIn) -> dict[str, Any]:
    """Use a tool for one person. Items are spoken of by handle, or by their number in a conversation's newest list."""
    box = engine.toolbox(wanted.user_id, wanted.conversation, wanted.language, wanted.grants)
    return box.use(name, wanted.arguments)
