"""``/v1/segments`` and the habits of one person."""

from __future__ import annotations

from fastapi import APIRouter

from ..auth import EngineHere
from ..schemas import PatternsOut, PersonSegmentsOut, SegmentsOut

router = APIRouter(prefix="/v1", tags=["people"])


@router.get("/segments")
def segments(engine: EngineHere) -> SegmentsOut:
    """The segments of people: by activity, and by taste, as of the last training. Recipes and reports know them."""
    return SegmentsOut.model_validate(engine.segments())


@router.get("/users/{user_id:path}/segments")
def of_person(engine: EngineHere, user_id: str) -> PersonSegmentsOut:
    """The segments of one person now, the most telling first."""
    return PersonSegmentsOut.model_validate(engine.segments(user_id))


@router.get("/users/{user_id:path}/patterns")
def patterns(engine: EngineHere, user_id: str) -> PatternsOut:
    """When and how a person listens and watches, their interests over time, and what they will likely do next."""
    content = engine.patterns(user_id)
    named = {item for one in content["interests"] for item in one["items"]}
    found = engine.find_items(sorted(named.union(item for item, _ in content["repeats"]["items"])))
    titles = {item_id: item.name for item_id, item in found.items()}  # of one removed since the page shows the id
    return PatternsOut.model_validate({**content, "titles": titles})
