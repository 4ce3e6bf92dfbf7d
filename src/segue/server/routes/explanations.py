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
    user_id: Annotated[str, Query(description="Id of the person.")],
    item: Annotated[str, Query(description="Id of the item.")],
    language: Language = "en",
    level: Annotated[str, Query(description="`line`, `paragraph` or `full`, with all numbers.")] = "line",
    recipe: Annotated[str, Query(description="Of which list.")] = "home",
    words: Annotated[str | None, Query(description="What was typed, for `search` and `mood`.", max_length=2000)] = None,
    seed: Annotated[list[str] | None, Query(description="Ids that `similar` and `radio` start from.")] = None,
    request_id: Annotated[str | None, Query(description="Of an answer: `then` says when it showed the item.")] = None,
    worded: Annotated[bool, Query(description="Let the language model, if one is set, word the paragraph.")] = False,
) -> dict[str, Any]:
    """Why an item is, or is not, recommended to a person: from the record of a real request, made now.

    `reason.evidence` has for each piece its `influence`: how much the score falls without it. At the level `full`,
    `account` has every claim, each part of the blend, the filters, the sources and the way through the knowledge graph;
    there the influence is measured by ranking again. Of an item that is not shown, `obstacles` says which choice keeps
    it out and what would change that, and `lacks` by what it stays behind the last one shown.
    """
    content: dict[str, Any] = engine.explain(
        user_id,
        item,
        language=language,
        level=level,
        recipe=recipe,
        words=words,
        request_id=request_id,
        worded=worded,
        seeds=tuple(seed or ()),
    ).as_json()
    return content
