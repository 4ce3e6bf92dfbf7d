"""``/v1/events``: what people do."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import ValidationError

from ...errors import InvalidInput
from ...events import Event, now
from ..auth import EngineHere
from ..problems import in_words, said
from ..schemas import MAX_BATCH, RecordedOut

router = APIRouter(prefix="/v1", tags=["events"])

_EXAMPLE = {
    "id": "9f1c",
    "user_id": "ada",
    "item_id": "t1",
    "kind": "complete",
    "at": "2026-03-01T20:15:00Z",
    "played_s": 337,
}
_SCHEMA = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    {"$ref": "#/components/schemas/Event"},
                    {"type": "array", "maxItems": MAX_BATCH, "items": {"$ref": "#/components/schemas/Event"}},
                ]
            },
            "examples": {"one": {"value": _EXAMPLE}, "many": {"value": [_EXAMPLE, {**_EXAMPLE, "id": "9f1d"}]}},
        }
    },
}


@router.post("/events", status_code=202, openapi_extra={"requestBody": _SCHEMA})
def record(request: Request, engine: EngineHere, sent: Annotated[Any, Body()]) -> RecordedOut:
    """Record one event, or many. They are on disk when the answer arrives, and the next recommendation knows them.

    The sender chooses the ids: the same id twice is one event, so that a lost answer is no reason not to send again.
    In a batch, what cannot be taken is named in ``rejected`` and the others are kept. An event without a time happened
    now.
    """
    many = sent if isinstance(sent, list) else [sent]
    if len(many) > MAX_BATCH:
        raise InvalidInput(f"{len(many)} events in one request; send at most {MAX_BATCH} at once.")
    taken: list[Event] = []
    rejected: list[dict[str, Any]] = []
    for number, one in enumerate(many):
        try:
            # As JSON: times and tuples come as JSON writes them, and types are not guessed.
            event = Event.model_validate_json(json.dumps(one))
        except ValidationError as error:
            event_id = one.get("id") if isinstance(one, dict) else None
            where = "" if isinstance(event_id, str) else f"event number {number + 1}: "
            rejected.append(
                {"id": event_id if isinstance(event_id, str) else None, "why": where + in_words(said(error))}
            )
        else:
            taken.append(event if event.at else event.model_copy(update={"at": now()}))
    recorded = engine.record(taken)
    rejected += [{"id": event_id, "why": why} for event_id, why in recorded.rejected]
    if rejected and not isinstance(sent, list):
        raise InvalidInput(f"The event was not recorded: {rejected[0]['why']}.")
    request.app.state.metrics.received(recorded.accepted, len(recorded.duplicates), len(rejected))
    return RecordedOut.model_validate(
        {"accepted": recorded.accepted, "duplicate": len(recorded.duplicates), "rejected": rejected}
    )
