"""``/v1/suspects``: profiles that look made to push an item, and what people decide about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from ...items import Id
from ..auth import EngineHere
from ..schemas import Page

router = APIRouter(prefix="/v1", tags=["people"])


class VerdictIn(BaseModel):
    """What a person decides about a suspected profile."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"user_id": "u17", "confirm": True}})
    user_id: Id
    confirm: bool
    """True: it counts for nothing in training. False: it counts in full, whatever speaks against it."""


@router.get("/suspects")
def suspects(
    engine: EngineHere,
    status: Literal["pending", "confirmed", "cleared"] = "pending",
    language: Annotated[str, Query(max_length=35)] = "en",
    limit: Page = 100,
) -> list[dict[str, Any]]:
    """Suspected profiles, the surest first, with what speaks against each. Reads all events: ask rarely."""
    return [suspect.as_json() for suspect in engine.suspects(status, language)[:limit]]


@router.post("/suspects")
def decide(engine: EngineHere, verdict: VerdictIn) -> dict[str, Any]:
    """Confirm or clear a suspected profile; the next training follows it."""
    engine.decide(verdict.user_id, verdict.confirm)
    return {"user_id": verdict.user_id, "status": "confirmed" if verdict.confirm else "cleared"}


@router.delete("/suspects")
def undecide(engine: EngineHere, user_id: Annotated[str, Query(min_length=1, max_length=500)]) -> dict[str, Any]:
    """Forget what was decided about a profile."""
    engine.undecide(user_id)
    return {"user_id": user_id, "status": "pending"}
