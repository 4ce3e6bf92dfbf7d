"""``/v1/items/{id}/annotations``, ``/v1/warnings``, ``/v1/vocabularies``: labels, corrections, moderation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ...items import Id
from ..auth import EngineHere
from ..schemas import Page

router = APIRouter(prefix="/v1", tags=["cataloguing"])

Name = Annotated[str, Field(min_length=1, max_length=200)]


class CorrectionIn(BaseModel):
    """What a person says about one label of an item."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"vocabulary": "moods", "label": "calm", "holds": True}}
    )
    vocabulary: Name
    label: Name
    """One of the vocabulary, by its English or Chinese name, or one that the catalogue uses."""
    holds: bool = True
    """False: it does not hold, whatever anybody else says."""


class DecisionIn(BaseModel):
    """What a person decides about a content warning."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"item": "m1", "label": "violence", "confirm": True}}
    )
    item: Id
    label: Name
    confirm: bool
    """True: it counts for the filters. False: it does not come back for the same content."""


@router.get("/items/{item_id:path}/annotations")
def listed(engine: EngineHere, item_id: str) -> dict[str, Any]:
    """Every label of an item with who says so and why, which of them hold, and its summary."""
    return engine.annotations(item_id).as_json()


@router.put("/items/{item_id:path}/annotations")
def correct(engine: EngineHere, item_id: str, correction: CorrectionIn) -> dict[str, Any]:
    """A person's correction: it wins over every machine and over what is stated, and no run touches it."""
    engine.correct(item_id, correction.vocabulary, correction.label, correction.holds)
    return engine.annotations(item_id).as_json()


@router.delete("/items/{item_id:path}/annotations")
def withdraw(
    engine: EngineHere,
    item_id: str,
    vocabulary: Annotated[str, Query(min_length=1, max_length=200)],
    label: Annotated[str, Query(min_length=1, max_length=200)],
) -> dict[str, Any]:
    """Forget a person's correction."""
    engine.withdraw(item_id, vocabulary, label)
    return engine.annotations(item_id).as_json()


@router.get("/vocabularies")
def every_vocabulary(engine: EngineHere) -> dict[str, list[dict[str, Any]]]:
    """The closed vocabularies with the names of their labels."""
    return engine.vocabularies()


@router.get("/warnings")
def queue(
    engine: EngineHere, status: Literal["pending", "confirmed", "rejected"] = "pending", limit: Page = 100
) -> list[dict[str, Any]]:
    """The moderation queue: content warnings that machines have found and that wait for a person, the surest first."""
    return [warning.as_json() for warning in engine.warnings(status, limit)]


@router.post("/warnings")
def moderate(engine: EngineHere, decision: DecisionIn) -> dict[str, Any]:
    """Confirm or reject a content warning."""
    review = engine.moderate(decision.item, decision.label, decision.confirm)
    return {
        "item": review.item_id,
        "label": review.label,
        "status": "confirmed" if review.confirmed else "rejected",
    }
