"""``/v1/search``: items that words mean."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from ...items import ItemKind
from ...queries import Constraints
from ..auth import EngineHere
from ..schemas import AnswerOut, Cards, Count, Language

router = APIRouter(prefix="/v1", tags=["search"])


@router.get("/search", response_model_exclude_unset=True)
def search(
    request: Request,
    engine: EngineHere,
    q: Annotated[str, Query(min_length=1, max_length=500, description="Words, in any language.")],
    user: Annotated[str | None, Query(description="Leave out what this person does not want to see.")] = None,
    k: Count = 10,
    kind: Annotated[list[ItemKind], Query(description="Only these kinds; may be repeated.")] = [],  # noqa: B006
    language: Language = "en",
    cards: Cards = False,
) -> AnswerOut:
    """Find items by what the words mean and by how they are written."""
    answer = engine.search(q, k=k, user=user, constraints=Constraints(kinds=tuple(kind)), language=language)
    request.app.state.metrics.answered(answer.degraded)
    return AnswerOut.of(answer, cards)
