"""``/v1/accounts``: profiles under one account; ``/v1/groups``: what people chose together."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ...groups import People
from ...households import Age, Name
from ...items import Id
from ..auth import EngineHere

router = APIRouter(prefix="/v1", tags=["people"])


class MemberIn(BaseModel):
    """A new member, or what is to change of one. What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Ben", "max_maturity": 6}})
    user_id: Id | None = None
    """The user id of the profile. Left out: a new member with a new id."""
    name: Name | None = None
    max_maturity: Age | None = None
    """The highest minimum age of what may ever be shown to them; null takes the limit away."""


class MemberOut(BaseModel):
    """One profile of an account."""

    user_id: str
    name: str
    max_maturity: int | None


class HouseholdOut(BaseModel):
    """Everybody who shares an account, in the order in which they came; ``account`` is null for nobody's."""

    account: str | None
    members: list[MemberOut]


class ChoiceIn(BaseModel):
    """What people chose together."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"id": "c1", "group": ["ada", "ben"], "item": "t1"}}
    )
    id: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """The same id twice is one choice."""
    group: Annotated[People, Field(min_length=2)]
    """User ids of everybody who was there."""
    item: Id
    kind: Literal["play", "complete"] = "play"


class FitOut(BaseModel):
    """How well the choice suited one of them, 0 … 1, by what was known then."""

    user_id: str
    name: str
    suits: float


class ChoiceOut(BaseModel):
    """What was recorded: an event for each of them."""

    accepted: int
    duplicate: int
    members: list[FitOut]


@router.get("/accounts")
def account_of(
    engine: EngineHere, member: Annotated[str, Query(min_length=1, max_length=512, description="A user id.")]
) -> HouseholdOut:
    """The household that a person is a member of; without an account where there is none."""
    return HouseholdOut.model_validate(engine.household_of(member).as_json())


@router.get("/accounts/{account:path}/members")
def members(engine: EngineHere, account: str) -> HouseholdOut:
    """The members of an account; none for one that nobody knows."""
    return HouseholdOut.model_validate(engine.household(account).as_json())


@router.put("/accounts/{account:path}/members")
def put_member(engine: EngineHere, account: str, member: MemberIn) -> MemberOut:
    """Add a member, or change one: another name, another age limit. Each has a taste of their own."""
    limit = {"max_maturity": member.max_maturity} if "max_maturity" in member.model_fields_set else {}
    return MemberOut.model_validate(engine.put_member(account, member.name, member.user_id, **limit).as_json())


@router.delete("/accounts/{account:path}/members")
def remove_member(
    engine: EngineHere, account: str, user_id: Annotated[str, Query(min_length=1, max_length=512)]
) -> MemberOut:
    """Take a member out of an account; what is known of the person stays, their age limit goes."""
    return MemberOut.model_validate(engine.remove_member(account, user_id).as_json())


@router.post("/groups/choices", status_code=202)
def choose(request: Request, engine: EngineHere, choice: ChoiceIn) -> ChoiceOut:
    """Record that people chose an item together, so that the strategy ``fairness`` knows whose turn is next.

    Everybody has an event of it in their own history, with ``context.group`` and ``context.fit``; those whom it hardly
    suited do not learn from it.
    """
    recorded, answer = engine.choose_together(choice.group, choice.item, choice.kind, choice.id)
    request.app.state.metrics.received(recorded.accepted, len(recorded.duplicates), len(recorded.rejected))
    fits: list[dict[str, Any]] = [one.as_json() for one in answer[0].suits]
    return ChoiceOut(
        accepted=recorded.accepted,
        duplicate=len(recorded.duplicates),
        members=[FitOut.model_validate({name: one[name] for name in FitOut.model_fields}) for one in fits],
    )
