"""Who may call: a bearer key for programs, a cookie made from it for the pages.

``<img>`` and ``<audio>`` cannot send a header, so a page trades the key once for a cookie that scripts cannot read and
that is never sent along from another site. The cookie holds an HMAC of the key, not the key.
"""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..engine import Engine

COOKIE = "segue_session"

_bearer = HTTPBearer(
    auto_error=False, bearerFormat="key", description="The key of `[server] api_key`; not needed where none is set."
)


async def engine_of(request: Request) -> Engine:
    """The engine that this app serves."""
    engine: Engine = request.app.state.engine
    return engine


EngineHere = Annotated[Engine, Depends(engine_of)]


def key_of(engine: Engine) -> bytes | None:
    """The key, if calls need one."""
    secret = engine.settings.server.api_key
    return secret.get_secret_value().encode() if secret else None


def token(key: bytes) -> str:
    """What the cookie carries."""
    return hmac.new(key, b"segue pages", "sha256").hexdigest()


def is_key(given: str, key: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), key)


async def allowed(
    request: Request,
    engine: EngineHere,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    """Let the request pass, or raise 401."""
    key = key_of(engine)
    if key is None:
        return
    if bearer is not None and is_key(bearer.credentials, key):
        return
    cookie = request.cookies.get(COOKIE, "")
    if bearer is None and hmac.compare_digest(cookie.encode("utf-8", "surrogateescape"), token(key).encode()):
        return
    raise HTTPException(
        401,
        "This server asks for its key: send `Authorization: Bearer KEY`.",
        headers={"WWW-Authenticate": 'Bearer realm="segue"'},
    )


def remember(request: Request, response: Response, key: bytes) -> None:
    """Set the cookie of a page that has shown the key."""
    response.set_cookie(
        COOKIE,
        token(key),
        max_age=90 * 86_400,
        path=request.scope.get("root_path") or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
