"""``/films/{name}/{item_id}``: pictures made of the film of an item."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse

from ...errors import NotFound
from ..auth import EngineHere
from ..files import COVER_TYPES, MEDIA_TYPES, file_response

router = APIRouter(tags=["files"])

_FILES = {"thumbnail": "thumbnail.jpg", "sheet": "sheet.jpg", "preview": "preview.webm"}


@router.get("/films/{name}/{item_id:path}", response_class=FileResponse)
def film(engine: EngineHere, name: Literal["thumbnail", "sheet", "preview"], item_id: str) -> FileResponse:
    """The best picture of a film, a contact sheet of its shots, or a short preview; `segue understand` makes them."""
    engine.item(item_id)
    path = engine.film_picture(item_id, _FILES[name])
    if path is None:
        raise NotFound(f"The item {item_id!r} has no {name}. `segue understand` makes one of a film that can be read.")
    return file_response(path, {**COVER_TYPES, **MEDIA_TYPES})
