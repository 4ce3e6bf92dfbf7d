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
    user_id: Annotated[str | None, Query(description="Leave out what this person does not want to see.")] = None,
    k: Count = 10,
    kind: Annotated[list[ItemKind], Query(description="Only these kinds; may be repeated.")] = [],  # noqa: B006
    language: Language = "en",
    cards: Cards = False,
    personal: Annotated[bool, Query(description="Rank by what this person likes, too.")] = False,
    filters: Annotated[bool, Query(description="Read filters, names and directions from the words.")] = True,
    rewrite: Annotated[
        bool, Query(description="Let the language model put the words in others, where the answer is not sure.")
    ] = True,
    left_out: Annotated[
        list[str],
        Query(max_length=20, description="The `leave` of what it understood and is taken back; may be repeated."),
    ] = [],  # noqa: B006
) -> AnswerOut:
    """Find items by what the words mean and by how they are written.

    Filters ("under 90 minutes", "not horror", "80 年代"), an item to start from ("like X") and a direction ("but
    calmer") are read from the words, in English and Chinese; `understood` tells which, and how to take one back. Where
    a language model is set and the answer is not sure, it may put the words in others, which `understood` tells with
    `by: language_model`.
    """
    answer = engine.search(
        q,
        k=k,
        user_id=user_id,
        constraints=Constraints(kinds=tuple(kind)),
        language=language,
        personal=personal,
        filters=filters,
        rewrite=rewrite,
        left_out=left_out,
    )
    request.app.state.metrics.answered(answer.degraded)
    return AnswerOut.of(answer, cards)
