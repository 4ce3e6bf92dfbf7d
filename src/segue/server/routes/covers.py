"""``/covers/{item_id}``: the picture of an item."""

from __future__ import annotations

from fastapi import APIRouter, Response

from ..auth import EngineHere
from ..covers import placeholder
from ..files import COVER_TYPES, FILE_POLICY, file_response, servable

router = APIRouter(tags=["files"])


@router.get(
    "/covers/{item_id:path}",
    response_class=Response,
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
def cover(engine: EngineHere, item_id: str) -> Response:
    """The cover of an item; else the best picture of its film, or a picture drawn for it."""
    item = engine.item(item_id)
    path = servable(engine, item.cover_uri, COVER_TYPES) or engine.film_picture(item_id, "thumbnail.jpg")
    if path is not None:
        return file_response(path, COVER_TYPES)
    headers = {"content-security-policy": FILE_POLICY, "cache-control": "private, max-age=3600"}
    return Response(placeholder(item), media_type="image/svg+xml", headers=headers)
