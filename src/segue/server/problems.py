"""Errors as RFC 9457 problem documents: ``{"type", "title", "status", "detail", "request_id", "errors"?}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from ..errors import Overloaded, SegueError

MEDIA_TYPE = "application/problem+json"


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = MEDIA_TYPE


def problem(
    status: int,
    detail: str,
    *,
    request_id: str,
    kind: str | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """A response that says what went wrong.

    Args:
        kind: name of the problem's type; without one the HTTP status says all (``about:blank``).
        errors: one ``{"detail", "pointer" | "parameter"}`` per value that cannot be taken.
    """
    content: dict[str, Any] = {
        "type": f"urn:segue:problem:{kind}" if kind else "about:blank",
        "title": kind.replace("-", " ").capitalize() if kind else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    if errors:
        content["errors"] = list(errors)
    return ProblemResponse(content, status_code=status, headers=dict(headers or {}))


def said(error: ValidationError | RequestValidationError) -> list[dict[str, Any]]:
    """What a validation complains of, one entry a value; the offending input is not repeated."""
    found: list[dict[str, Any]] = []
    for one in error.errors():
        place = [str(part) for part in one["loc"]]
        text = str(one["msg"]).removeprefix("Value error, ")
        if place[:1] in (["query"], ["path"], ["header"], ["cookie"]):
            found.append({"detail": text, "parameter": ".".join(place[1:])})
        else:
            inner = place[1:] if place[:1] == ["body"] else place
            # RFC 6901: the parts of a JSON pointer are escaped.
            pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in inner)
            found.append({"detail": text, "pointer": f"#{pointer}"})
    return found


def in_words(errors: Sequence[Mapping[str, Any]]) -> str:
    """The same as one sentence: ``k: input should be greater than 0; …``."""
    parts = []
    for one in errors:
        where = str(one.get("parameter") or str(one["pointer"]).removeprefix("#/").replace("/", "."))
        parts.append(f"{where.removeprefix('#') or 'the whole'}: {one['detail']}")
    return "; ".join(parts) or "nothing was wrong"


def of_error(error: SegueError, request_id: str) -> ProblemResponse:
    """What Segue raised on purpose."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    headers = {"Retry-After": str(error.wait_s)} if isinstance(error, Overloaded) else None
    return problem(error.status, str(error), kind=kind, request_id=request_id, headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of the app become a problem document."""

    def of_segue(request: Request, error: Exception) -> ProblemResponse:
        assert isinstance(error, SegueError)
        return of_error(error, request.state.request_id)

    def of_http(request: Request, error: Exception) -> ProblemResponse:
        assert isinstance(error, HTTPException)
        standard = error.detail == HTTPStatus(error.status_code).phrase
        detail = _explained(request, error.status_code) if standard else str(error.detail)
        return problem(error.status_code, detail, headers=error.headers, request_id=request.state.request_id)

    def of_validation(request: Request, error: Exception) -> ProblemResponse:
        assert isinstance(error, RequestValidationError | ValidationError)
        errors = said(error)
        return problem(
            422,
            f"The request cannot be taken: {in_words(errors)}.",
            kind="invalid-input",
            errors=errors,
            request_id=request.state.request_id,
        )

    app.add_exception_handler(SegueError, of_segue)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_validation)


def _explained(request: Request, status: int) -> str:
    if status == 404:
        return f"There is nothing at {request.url.path!r}. /openapi.json lists what there is."
    if status == 405:
        return f"{request.method} is not possible at {request.url.path!r}; the Allow header says what is."
    return HTTPStatus(status).description or HTTPStatus(status).phrase
