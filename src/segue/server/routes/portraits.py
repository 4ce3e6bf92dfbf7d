"""``/v1/users/…/profile``: what is believed about a person, for them to read, correct and begin afresh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from ...edits import Edit
from ...engine import Engine
from ..auth import EngineHere
from ..schemas import Language, ProfileOut

router = APIRouter(prefix="/v1", tags=["people"])

MOST_EDITS = 100
"""Of one request."""


@router.get("/users/{user_id:path}/profile")
def profile(
    engine: EngineHere,
    user_id: str,
    language: Language = "en",
    written: Annotated[
        bool, Query(description="Let the language model write the short text, where one is configured.")
    ] = True,
) -> ProfileOut:
    """What the engine believes about a person, with the items that show it."""
    return _shown(engine, user_id, engine.portrait(user_id, language, written))


@router.patch("/users/{user_id:path}/profile")
def edit(
    engine: EngineHere,
    user_id: str,
    edits: Annotated[list[Edit], Body(min_length=1, max_length=MOST_EDITS)],
) -> ProfileOut:
    """Change lines of a person's portrait, all or none; the next answer follows.

    What each line takes stands in its ``actions``.
    """
    return _shown(engine, user_id, engine.edit_profile(user_id, edits))


@router.delete("/users/{user_id:path}/profile")
def reset(engine: EngineHere, user_id: str) -> ProfileOut:
    """Start a person afresh: what they did no longer speaks, what they chose on purpose stays.

    Likes, dislikes, ratings, lists and what they have hidden or deleted stay, and so does the log;
    ``DELETE /v1/users/{user_id}`` deletes that.
    """
    return _shown(engine, user_id, engine.reset_profile(user_id))


def _shown(engine: Engine, user_id: str, portrait: dict[str, Any]) -> ProfileOut:
    taste = engine.profile(user_id).as_json()
    named = sorted(_named(taste, portrait))
    titles = {item_id: item.name for item_id, item in engine.find_items(named).items()}
    return ProfileOut.model_validate({**taste, "user_id": user_id, "portrait": portrait, "titles": titles})


def _named(taste: dict[str, Any], portrait: dict[str, Any]) -> Iterator[str]:
    """Ids of the items that a profile mentions, each once; the page shows the id of one that is gone."""
    leanings = [entry for part in taste.values() if isinstance(part, list | tuple) for entry in part]
    named = {item for entry in leanings if isinstance(entry, dict) for item in entry.get("items", ())}
    named.update(taste["liked"], taste["disliked"])
    named.update(proof["item"] for line in portrait["lines"] for proof in line["evidence"] if proof["item"])
    yield from named
