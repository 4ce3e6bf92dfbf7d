"""``/media/{item_id}``: the playable file of an item."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from ...errors import NotFound
from ..auth import EngineHere
from ..files import MEDIA_TYPES, file_response, servable

router = APIRouter(tags=["files"])


@router.get("/media/{item_id:path}", response_class=FileResponse)
@router.head("/media/{item_id:path}", response_class=FileResponse, include_in_schema=False)
def media(engine: EngineHere, item_id: str) -> FileResponse:
    """The sound or moving picture of an item; ``Range`` requests are honoured."""
    path = servable(engine, engine.item(item_id).media_uri, MEDIA_TYPES)
    if path is None:
        raise NotFound(f"The item {item_id!r} has no file that can be played from here.")
    return file_response(path, MEDIA_TYPES)
