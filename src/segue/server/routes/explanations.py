"""``/v1/explanations``: why this, or why not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ...items import Id
from ...queries import Query as Asked
from ..auth import EngineHere

router = APIRouter(prefix="/v1", tags=["recommendations"])


class WhyIn(BaseModel):
    """Which item, for whom, and how much is to be told."""

    user_id: Annotated[str, Field(description="Id of the person.")]
    item: Annotated[str, Field(description="Id of the item.")]
    language: Annotated[Literal["en", "zh"], Field(description="Language of the reasons.")] = "en"
    level: Annotated[str, Field(description="`line`, `paragraph` or `full`, with all numbers.")] = "line"
    request_id: Annotated[str | None, Field(description="Of an answer: `then` says when it showed the item.")] = None
    worded: Annotated[bool, Field(description="Let the language model, if one is set, word the paragraph.")] = False


class WhyInListIn(WhyIn):
    """The same, and which list is meant."""

    recipe: Annotated[str, Field(description="Of which list.")] = "home"
    words: Annotated[str | None, Field(description="What was typed, for `search` and `mood`.", max_length=2000)] = None
    seeds: Annotated[
        list[str], Field(alias="seed", description="Ids that `similar` and `radio` start from.", max_length=50)
    ] = []


class AskedIn(Asked):
    """What was asked, as an answer gives it in `query`."""

    k: Annotated[int, Field(ge=1, le=200)] = 10
    seeds: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    also: Annotated[tuple[str, ...], Field(max_length=64)] = ()
    leanings: Annotated[tuple[str, ...], Field(max_length=20)] = ()


class WhyInAnswerIn(WhyIn):
    """The same, and the answer that is meant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"user_id": "ada", "item": "t1", "query": {"recipe": "mood", "moods": ["calm"]}}},
    )
    query: AskedIn = AskedIn()
    """What was asked, as the answer gives it in `query`; whose it was is not looked at."""


@router.get("/explanations")
def explanation(engine: EngineHere, wanted: Annotated[WhyInListIn, Query()]) -> dict[str, Any]:
    """Why an item is, or is not, recommended to a person: from the record of a real request, made now.

    `reason.evidence` has for each piece its `influence`: how much the score falls without it. At the level `full`,
    `account` has every claim, each part of the blend, the filters, the sources and the way through the knowledge graph;
    there the influence is measured by ranking again. Of an item that is not shown, `obstacles` says which choice keeps
    it out and what would change that, and `lacks` by what it stays behind the last one shown.
    """
    return _told(engine, wanted)


@router.post("/explanations")
def explanation_of_answer(engine: EngineHere, wanted: WhyInAnswerIn) -> dict[str, Any]:
    """The same of any list that was answered: it is asked for again as `query` of that answer says."""
    return _told(engine, wanted)


def _told(engine: EngineHere, wanted: WhyIn) -> dict[str, Any]:
    asked = {name: value for name, value in wanted if name not in ("user_id", "item")}
    content: dict[str, Any] = engine.explain(wanted.user_id, wanted.item, **asked).as_json()
    return content
