"""``/v1/explanations``: why this, or why not."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ..auth import EngineHere
from ..schemas import Language

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/explanations")
def explanation(
    engine: EngineHere,
    user: Annotated[str, Query(description="Id of the person.")],
    item: Annotated[str, Query(description="Id of the item.")],
    language: Language = "en",
) -> dict[str, Any]:
    """Why an item is, or is not, recommended to a person: from the record of a real request, made now."""
    content: dict[str, Any] = engine.explain(user, item, language=language).as_json()
    return content
