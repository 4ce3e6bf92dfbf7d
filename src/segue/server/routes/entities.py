"""``/v1/entities``: people, works, places and themes of the knowledge graph."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..auth import EngineHere
from ..schemas import Card

router = APIRouter(prefix="/v1", tags=["entities"])


@router.get("/entities/{entity_id:path}")
def entity(engine: EngineHere, entity_id: str) -> dict[str, Any]:
    """What it is, the items that it is connected to with their cards, and what it most often stands beside."""
    found = engine.entity(entity_id)
    items = engine.find_items([one["item"] for one in found["items"]])
    # One that was removed since the graph was made has no card.
    found["items"] = [one for one in found["items"] if one["item"] in items]
    for one in found["items"]:
        one["card"] = Card.of(items[one["item"]]).model_dump(mode="json")
    return found
