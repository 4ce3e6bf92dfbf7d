"""``/v1/chat`` and ``/v1/conversations``: talk about what to see."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from ...engine.chatting import MOST_SHOWN, Shown
from ...grants import Grant
from ...items import Id
from ..auth import EngineHere
from ..pieces import stream
from ..schemas import Card, Page, ReasonOut
from ..turns import Told

router = APIRouter(prefix="/v1", tags=["conversations"])

Whose = Annotated[str | None, Query(description="Whose conversation it is; without one, nobody's.")]


class ChatIn(BaseModel):
    """One turn."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"user_id": "ada", "message": "something calm for a rainy evening, no horror, under 90 minutes"},
                {"user_id": "ada", "conversation": "4f0c…", "message": "第二个那样的，但更新一点", "language": "zh"},
                {"user_id": "ada", "conversation": "4f0c…", "message": "", "without": ["w1a2b3c4"]},
            ]
        },
    )
    user_id: Id | None = None
    """Null: nobody's conversation, and nothing of anybody is read or written."""
    conversation: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """One to go on with; null: a new one."""
    message: str = ""
    """May be empty where ``without`` names something."""
    language: Literal["en", "zh"] | None = None
    """Of the answer; null: that of the message."""
    k: Annotated[int, Field(ge=1, le=MOST_SHOWN)] = 10
    """Items of a list."""
    without: Annotated[list[str], Field(max_length=50)] = []
    """Ids, of what was understood, to take back."""
    grants: list[Grant] | None = None
    """What may be written, of ``[chat] grants``; null: all of those."""


class BeginningOut(BaseModel):
    """A conversation in a list of them."""

    conversation: str
    begins: str
    """What the person said first."""
    turns: int
    begun_at: float
    changed_at: float
    """Seconds since 1970."""


class ConversationsOut(BaseModel):
    """Conversations, the newest first."""

    conversations: list[BeginningOut]


class WishOut(BaseModel):
    """A wish that holds."""

    id: str
    what: str
    text: str
    said: str


class SaidOut(BaseModel):
    """One message."""

    role: Literal["person", "segue"]
    text: str
    at: float
    list: str | None
    """Id of the list that was shown with it."""
    by: Literal["person", "code", "language_model"]
    degraded: tuple[str, ...]


class ListedItemOut(BaseModel):
    """An item of a list."""

    n: int
    handle: str | None
    item: Card | None
    """Null, as its handle: it is no longer in the catalogue, or may not be shown to this person any more."""
    reason: ReasonOut | None
    """As it was told then; null: it is no longer kept."""
    query: dict[str, Any] | None
    """What found it, where that is not what the list was asked with."""


class ListOut(BaseModel):
    """A list that was shown."""

    list: str
    request_id: str
    recipe: str
    items: tuple[ListedItemOut, ...]
    query: dict[str, Any] | None
    """What was asked, for `POST /v1/explanations`; null: it is no longer kept."""


class ConversationOut(BaseModel):
    """A conversation, read back."""

    conversation: str
    user_id: str | None
    language: Literal["en", "zh"]
    begun_at: float
    changed_at: float
    understood: list[WishOut]
    turns: list[SaidOut]
    lists: list[ListOut]


_EXAMPLE = """event: understood
data: {"conversation": "4f0c…", "intent": "recommend", "understood": [{"id": "w1a2b3c4", "what": "without", "text": "no horror", "said": "not horror", "new": true}]}

event: text
data: {"delta": "Here is what may suit you."}

event: items
data: {"list": "l17661c3a", "request_id": "9b2d…", "recipe": "search", "items": [{"n": 1, "handle": "6b12…", "item": {"id": "t1", "kind": "track", "title": "Blue in Green"}, "reason": {"text": "Because …", "evidence": []}}], "degraded": []}

event: done
data: {"conversation": "4f0c…", "by": "code", "degraded": [], "turn": 1}
"""  # noqa: E501 - events are one line


@router.post(
    "/chat",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `understood`, `text`, `items`, `question`, `wrote`, `proposed`, "
            "`play`, at last `done`; or `problem`, where it failed on the way.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        409: {"description": "Another turn of the conversation is being answered."},
        503: {
            "description": "As many turns are being answered as there may be at once; `Retry-After` says when to ask."
        },
    },
)
async def chat(request: Request, engine: EngineHere, wanted: ChatIn) -> StreamingResponse:
    """Say something, and hear the answer as it is made.

    What is understood comes first, and `without` takes it back; lists are numbered, and are spoken of by number.
    With a language model it plans and words the answer; without one, or where it fails (`degraded`), code does.
    """
    began = time.perf_counter()
    ask = partial(
        engine.chat,
        wanted.user_id,
        wanted.message,
        conversation=wanted.conversation,
        language=wanted.language,
        without=wanted.without,
        grants=wanted.grants,
        k=wanted.k,
    )
    turn = await request.app.state.turns.begin(ask)
    return Told(
        turn,
        stream(request, turn, began),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


@router.get("/users/{user_id:path}/conversations")
def conversations(engine: EngineHere, user_id: str, limit: Page = 50) -> ConversationsOut:
    """A person's conversations."""
    return ConversationsOut.model_validate({"conversations": engine.conversations(user_id, limit)})


@router.get("/conversations/{conversation}")
def conversation(engine: EngineHere, conversation: str, user_id: Whose = None) -> ConversationOut:
    """Read a conversation back: what was said, understood and shown."""
    found = engine.conversation(conversation, user_id)
    items = engine.showable(user_id, {item_id for shown in found.lists for item_id in shown.items})
    handles = engine.handles(found)

    def told(n: int, item_id: str, shown: Shown) -> dict[str, Any]:
        there = item_id in items
        why, found_by = shown.why, shown.found_by
        return {
            "n": n,
            "handle": handles[item_id] if there else None,
            "item": Card.of(items[item_id]) if there else None,
            "reason": why[item_id].as_json() if there and item_id in why else None,
            "query": found_by[item_id].asked() if there and item_id in found_by else None,
        }

    def listed(shown: Shown) -> list[dict[str, Any]]:
        return [told(n, item_id, shown) for n, item_id in enumerate(shown.items, 1)]

    return ConversationOut.model_validate(
        {
            "conversation": found.id,
            "user_id": found.user_id,
            "language": found.language,
            "begun_at": found.begun_at,
            "changed_at": found.changed_at,
            "understood": [
                {"id": w.id, "what": w.what, "text": w.text, "said": w.said(found.language == "zh")}
                for w in found.wishes
            ],
            "turns": [{**turn.model_dump(exclude={"shown"}), "list": turn.shown} for turn in found.turns],
            "lists": [
                {
                    "list": one.id,
                    "request_id": one.request_id,
                    "recipe": one.recipe,
                    "items": listed(one),
                    "query": None if one.query is None else one.query.asked(),
                }
                for one in found.lists
            ],
        }
    )


@router.delete("/conversations/{conversation}", status_code=204)
def forget(engine: EngineHere, conversation: str, user_id: Whose = None) -> Response:
    """Delete a conversation. What was recorded in it stays among the person's events."""
    engine.forget_conversation(conversation, user_id)
    return Response(status_code=204)
