"""The pages: shells in the reader's language, filled in the browser from ``/v1``. They hold no data of their own."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..auth import EngineHere

WEB = Path(__file__).parents[1] / "web"
LANGUAGES = ("en", "zh")
PAGES = {
    "": "home",
    "item": "item",
    "entity": "entity",
    "search": "search",
    "playlists": "playlists",
    "chat": "chat",
    "person": "person",
    "start": "start",
    "moderation": "moderation",
    "status": "status",
}
"""All on one level below the root path, so that every link can be relative and works wherever a proxy puts it."""

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_templates = Environment(
    loader=FileSystemLoader(WEB / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def messages(language: str) -> dict[str, str]:
    """What the pages say in a language."""
    content: dict[str, str] = json.loads((WEB / "messages" / f"{language}.json").read_text(encoding="utf-8"))
    return content


def language_of(request: Request) -> str:
    """The language that was chosen here before, else the first one the browser asks for that we speak."""
    chosen = request.cookies.get("segue_language")
    if chosen in LANGUAGES:
        return chosen
    wanted = [
        (-_quality(rest), part.split("-")[0].strip().lower())
        for part, _, rest in (entry.partition(";") for entry in request.headers.get("accept-language", "").split(","))
    ]
    spoken = sorted((q, n, tag) for n, (q, tag) in enumerate(wanted) if tag in LANGUAGES and q < 0)
    return spoken[0][2] if spoken else LANGUAGES[0]


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
    except ValueError:
        return 0.0


def _page(request: Request, engine: EngineHere) -> HTMLResponse:
    language = language_of(request)
    name = PAGES[request.scope["route"].path.strip("/")]
    content: dict[str, Any] = {
        "page": name,
        "language": language,
        "say": messages(language),
        "log_impressions": engine.settings.server.log_impressions,
    }
    headers = {"cache-control": "no-cache", "vary": "Accept-Language, Cookie"}
    return HTMLResponse(_templates.get_template(f"{name}.html").render(content), headers=headers)


for _path in PAGES:
    router.get(f"/{_path}")(_page)
