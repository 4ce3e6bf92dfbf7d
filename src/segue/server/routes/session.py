"""``/v1/session``: how a page shows the key of the server, once."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from ..auth import COOKIE, EngineHere, is_key, key_of, remember
from ..schemas import KeyIn

router = APIRouter(prefix="/v1", tags=["session"])


@router.post("/session", status_code=204)
def begin(request: Request, response: Response, engine: EngineHere, sent: KeyIn) -> None:
    """Trade the key for a cookie, for callers that cannot send a header: pictures and players in a page."""
    key = key_of(engine)
    if key is None:
        return
    if not is_key(sent.key, key):
        raise HTTPException(401, "This is not the key of this server.", headers={"WWW-Authenticate": "Bearer"})
    remember(request, response, key)


@router.delete("/session", status_code=204)
def end(request: Request, response: Response) -> None:
    """Give the cookie back."""
    response.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")
