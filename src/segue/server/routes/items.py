"""``/v1/items``: the catalogue."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response

from ...errors import InvalidInput, NotFound
from ...items import Item, ItemKind
from ..addresses import public, stated
from ..auth import EngineHere
from ..schemas import MAX_BATCH, AnswerOut, Cards, Count, DuplicateOut, ItemsOut, Language, MomentsOut, Page, PutOut

router = APIRouter(prefix="/v1", tags=["items"])

_EXAMPLE = {
    "id": "t1",
    "kind": "track",
    "title": "Blue in Green",
    "creators": [["Miles Davis", "artist"]],
    "genres": ["jazz"],
    "released": "1959-08-17",
    "duration_s": 337,
}
_ONE = Body(openapi_examples={"track": {"value": _EXAMPLE}})
_MANY = Body(openapi_examples={"two": {"value": [_EXAMPLE, {"id": "m1", "kind": "movie", "title": "Cléo"}]}})


@router.get("/items")
def listed(
    engine: EngineHere,
    kind: ItemKind | None = None,
    limit: Page = 100,
    after: Annotated[str | None, Query(description="Id of the last item of the page before.")] = None,
) -> ItemsOut:
    """The catalogue, page by page."""
    # One more than asked for says whether there is a next page.
    found = list(islice(engine.items(kind=kind.value if kind else None, limit=limit + 1, after=after), limit + 1))
    return ItemsOut(
        items=[public(engine, item) for item in found[:limit]], next=found[limit - 1].id if len(found) > limit else None
    )


@router.post("/items")
def put_many(request: Request, engine: EngineHere, items: Annotated[list[Item], _MANY]) -> PutOut:
    """Put many items into the catalogue. One that is there already takes over what the new one states.

    They are found by their words at once, and understood in the background.
    """
    if len(items) > MAX_BATCH:
        raise InvalidInput(f"{len(items)} items in one request; send at most {MAX_BATCH} at once.")
    counts = engine.add_items([stated(engine, item) for item in items])
    if engine.settings.server.understand and counts.added + counts.updated:
        request.app.state.newcomers.add(item.id for item in items)
    return PutOut(added=counts.added, updated=counts.updated, unchanged=counts.unchanged)


# The longer paths come first: an id may itself contain slashes.


@router.get("/items/{item_id:path}/similar", response_model_exclude_unset=True)
def similar(
    request: Request,
    engine: EngineHere,
    item_id: str,
    k: Count = 10,
    user_id: Annotated[str | None, Query(description="Leave out what this person does not want to see.")] = None,
    language: Language = "en",
    cards: Cards = False,
) -> AnswerOut:
    """More like one item."""
    answer = engine.similar(item_id, k=k, user_id=user_id, language=language)
    request.app.state.metrics.answered(answer.degraded)
    return AnswerOut.of(answer, cards)


@router.get("/items/{item_id:path}/duplicates")
def duplicates(engine: EngineHere, item_id: str) -> list[DuplicateOut]:
    """What holds the same recording, or nearly the same pictures, as an item; the most alike first."""
    return [DuplicateOut.of(link, other) for link, other in engine.duplicates(item_id)]


@router.get("/items/{item_id:path}/knowledge")
def knowledge(engine: EngineHere, item_id: str) -> dict[str, Any]:
    """What an item is connected to in the knowledge graph, and its neighbours with what they have in common."""
    return engine.knowledge(item_id)


@router.get("/items/{item_id:path}/moments")
def moments(engine: EngineHere, item_id: str) -> MomentsOut:
    """Where in an item people react: bullet comments counted by ten seconds, what they feel, and the peaks."""
    return MomentsOut.model_validate(engine.moments(item_id))


@router.get("/items/{item_id:path}/facts")
def facts(engine: EngineHere, item_id: str) -> dict[str, dict[str, Any]]:
    """What Segue read, heard and saw in an item, by modality."""
    return engine.facts(item_id)


@router.get("/items/{item_id:path}")
def one(engine: EngineHere, item_id: str) -> Item:
    """One item. Its ``media_uri`` and ``cover_uri`` are addresses on this server."""
    return public(engine, engine.item(item_id))


@router.put("/items/{item_id:path}", responses={201: {"model": Item, "description": "It is new."}})
def put(request: Request, engine: EngineHere, response: Response, item_id: str, item: Annotated[Item, _ONE]) -> Item:
    """Put one item into the catalogue. If it is there already, it takes over what this one states.

    It is found by its words at once, and understood in the background.
    """
    if item.id != item_id:
        raise InvalidInput(f"The path names the item {item_id!r} and the body {item.id!r}; they must be the same.")
    counts = engine.add_items([stated(engine, item)])
    if engine.settings.server.understand and counts.added + counts.updated:
        request.app.state.newcomers.add([item.id])
    response.status_code = 201 if counts.added else 200
    return public(engine, engine.item(item_id))


@router.delete("/items/{item_id:path}", status_code=204)
def remove(engine: EngineHere, item_id: str) -> None:
    """Take an item out of the catalogue. What people did with it stays."""
    if not engine.remove_items([item_id]):
        raise NotFound(f"Unknown item {item_id!r}. `segue search` finds ids by title.")
