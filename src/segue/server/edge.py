"""What happens to every request before a route sees it, and to every answer after: the outermost layers.

Written as plain ASGI, so that streamed answers stay streamed.
"""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics
from .problems import problem

log = logging.getLogger("segue.server")

MAX_BODY = 10_000_000
"""Bytes of one request."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""Those that are told apart in log and metrics; a client may make up others."""
_SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Own files only, nothing inline: a title that contains markup stays a title even where a page had a mistake."""

_HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Observe:
    """Gives the request its id, measures it, adds the security headers, and catches what nobody has caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SAFE_ID.match(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception:
            log.exception("request %s failed: %s %.200r", request_id, scope["method"], scope["path"])
            if status:  # The answer has begun; cutting it short is all that is left.
                raise
            answer = problem(
                500,
                "Something went wrong inside Segue. The log has the details under this request id.",
                request_id=request_id,
            )
            await answer(scope, receive, send_on)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).observe(seconds)
            log.info("%s %s %s %d %.1f ms", request_id, method, route, status, 1000 * seconds)


class Below:
    """Lets the app live below a path, whether the proxy in front takes that path off or leaves it on."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._path and scope["type"] == "http":
            whole = scope["path"]
            if not (whole + "/").startswith(self._path + "/"):
                whole = self._path + whole  # ASGI: the path includes the root path
            scope = {**scope, "path": whole, "root_path": self._path}
        await self._app(scope, receive, send)


class Gate:
    """Refuses bodies that are too large, and writes that a foreign page could have sent.

    A browser sends a JSON body, or DELETE, to another origin only after asking that origin, and Segue never agrees; so
    a write with a JSON content type comes from our own pages or from no page at all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = _refusal(scope["method"], headers)
        if refused is not None:
            status, detail = refused
            await problem(status, detail, request_id=scope["state"]["request_id"])(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise HTTPException(413, _TOO_LARGE)
            return message

        await self._app(scope, receive_counted, send)


_TOO_LARGE = f"The request is larger than {MAX_BODY // 1_000_000} MB. Send it in smaller parts."


def _refusal(method: str, headers: Headers) -> tuple[int, str] | None:
    if headers.get("sec-fetch-site") == "cross-site":
        return 403, "A page of another site must not write here."
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_BODY:
        return 413, _TOO_LARGE
    media_type = headers.get("content-type", "").split(";")[0].strip().lower()
    if method != "DELETE" and media_type != "application/json":
        return 415, f"Expected Content-Type: application/json, got {media_type or 'none'!r}."
    return None
