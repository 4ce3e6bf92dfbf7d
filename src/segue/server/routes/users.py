"""``/v1/users``: what is known about a person, all of it, and how to have it deleted."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from ...events import EventKind
from ..auth import EngineHere
from ..schemas import Card, HistoryEntry, Language, Page, PreviewOut, UsersOut

router = APIRouter(prefix="/v1", tags=["people"])

_ACTIVE = tuple(kind for kind in EventKind if kind not in (EventKind.IMPRESSION, EventKind.NOW_PLAYING))


@router.get("/users")
def listed(
    engine: EngineHere,
    limit: Page = 100,
    after: Annotated[str | None, Query(description="Id of the last person of the page before.")] = None,
) -> UsersOut:
    """Ids of people. Without ``after``, those with most events come first; with it (``after=`` for the first page), all
    in the order of their ids."""
    found = engine.users(limit=limit + 1, after=after)
    more = after is not None and len(found) > limit
    return UsersOut(users=found[:limit], next=found[limit - 1] if more else None)


@router.get("/users/{user_id:path}/history")
def history(
    engine: EngineHere,
    user_id: str,
    limit: Page = 50,
    passive: Annotated[bool, Query(description="Also what was merely shown or begun.")] = False,
) -> list[HistoryEntry]:
    """A person's events, newest first: what they did and said."""
    found = engine.history(user_id, limit=limit, kinds=None if passive else _ACTIVE)
    return [HistoryEntry(event=event, card=Card.of(item) if item else None) for event, item in found]


@router.get("/users/{user_id:path}/preview")
def preview(engine: EngineHere, user_id: str, language: Language = "en") -> PreviewOut:
    """What there is for a person tonight, in a few sentences over the first picks of their home page.

    By the language model, where one is set: each sentence is checked against what is stated of its item.
    """
    return PreviewOut.model_validate(engine.preview(user_id, language).as_json())


@router.get(
    "/users/{user_id:path}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def export(engine: EngineHere, user_id: str) -> StreamingResponse:
    """Everything stored about a person, as JSON lines."""
    lines = (json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in engine.export(user_id))
    return StreamingResponse(
        lines,
        media_type="application/x-ndjson",
        headers={"content-disposition": 'attachment; filename="segue-export.jsonl"', "cache-control": "no-store"},
    )


@router.delete("/users/{user_id:path}")
def erase(engine: EngineHere, user_id: str) -> dict[str, Any]:
    """Delete everything stored about a person. There is no way back."""
    return engine.erase(user_id)
