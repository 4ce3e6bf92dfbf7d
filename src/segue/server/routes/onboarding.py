"""What to ask somebody who is new, and what they say of themselves in a sentence."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ...items import Id, Text
from ..auth import EngineHere
from ..schemas import Card

router = APIRouter(prefix="/v1", tags=["people"])


class Asked(BaseModel):
    """A title to ask about."""

    item: str
    title: str
    kind: str
    year: int | None
    card: Card


class AskedTopic(BaseModel):
    """A topic to ask about."""

    topic: str
    name: dict[str, str]
    """By language."""


class OnboardingOut(BaseModel):
    """What to ask, most telling first."""

    user_id: str
    answered: int
    titles: list[Asked]
    topics: list[AskedTopic]


class StatementIn(BaseModel):
    """What somebody says they like."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "I like slow Japanese films and hate musicals"}}
    )
    text: Annotated[Text, Field(min_length=1, max_length=10_000)]


class StatedOut(BaseModel):
    """One topic that was understood."""

    topic: str
    name: dict[str, str]
    strength: float
    """-1 … 1."""
    text: str
    """What stands there."""
    items: int
    """How many items have it."""


class StatementOut(BaseModel):
    """What was understood of a statement, which is recorded, and what was not."""

    user_id: str
    understood: list[StatedOut]
    left_out: list[str]
    recorded: int


@router.get("/users/{user_id:path}/onboarding")
def onboarding(
    engine: EngineHere,
    user_id: Id,
    k: Annotated[int, Query(ge=1, le=100, description="How many titles.")] = 5,
    shown: Annotated[
        list[str] | None, Query(max_length=500, description="What was shown before and left alone.")
    ] = None,
    max_maturity: Annotated[int | None, Query(ge=0, description="Ceiling of the minimum age.")] = None,
) -> OnboardingOut:
    """The titles and topics whose answers tell most about somebody who is new.

    Answers are events: ``like``, ``dislike``, ``already_seen`` of the item or the topic. What is left alone counts as
    not known: send it back as ``shown``, or record an ``impression`` of it.
    """
    constraints = {} if max_maturity is None else {"max_maturity": max_maturity}
    found: dict[str, Any] = engine.onboarding(user_id, k, shown or (), constraints)
    items = engine.find_items(one["item"] for one in found["titles"])
    cards = [{**one, "card": Card.of(items[one["item"]])} for one in found["titles"] if one["item"] in items]
    return OnboardingOut.model_validate({**found, "titles": cards})


@router.post("/users/{user_id:path}/statements")
def state(engine: EngineHere, user_id: Id, sent: StatementIn) -> StatementOut:
    """Take a taste stated in a sentence, English or Chinese; it counts in the next answer. What may mean one thing or
    another is left out and named."""
    return StatementOut.model_validate(engine.state(user_id, sent.text))
