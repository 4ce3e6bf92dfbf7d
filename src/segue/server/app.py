"""The app: routes, errors, the edge around them; and how it is run."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from anyio import to_thread
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from .. import __version__
from ..engine import Engine
from ..errors import SegueError, SettingsError
from ..logs import to_stderr
from . import problems
from .auth import allowed
from .edge import Below, Gate, Observe
from .metrics import Metrics
from .newcomers import Newcomers
from .routes import GUARDED, OPEN
from .routes.pages import WEB
from .schemas import Problem
from .turns import Turns
from .upkeep import Upkeep, purge_conversations, refresh_playlists

log = logging.getLogger(__name__)

THREADS = 40
"""For requests that wait for nobody."""

_ABOUT = """Recommendations for audio and video, with reasons.

Errors are problem documents (RFC 9457). Where the server has a key, send `Authorization: Bearer KEY`.
Ids go into paths percent-encoded; they may contain slashes."""


def create_app(engine: Engine, *, close_engine: bool = False, warm: bool = False) -> FastAPI:
    """The API and the pages over an open engine.

    Args:
        close_engine: close the engine when the app stops.
        warm: load what search and conversations need while the first requests may already come in; until that is done
            ``/readyz`` answers 503.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Those who wait for a language model must leave threads enough to all others.
        to_thread.current_default_thread_limiter().total_tokens = THREADS + 2 * engine.settings.llm.max_parallel
        # The catalogue and the models are read before the first request, not during it.
        await run_in_threadpool(engine.ready)
        if engine.settings.server.understand:
            app.state.newcomers.start()
        app.state.upkeep.start()
        if warm:
            threading.Thread(target=_warm, args=(engine, app.state.warm), name="segue-warm", daemon=True).start()
        else:
            app.state.warm.set()
        yield
        await run_in_threadpool(app.state.upkeep.stop)
        if engine.settings.server.understand:
            await run_in_threadpool(app.state.newcomers.stop)
        if close_engine:
            await run_in_threadpool(engine.close)

    app = FastAPI(
        title="Segue",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: f"{route.endpoint.__module__.rsplit('.', 1)[-1]}_{route.name}",
        responses={
            number: {"description": text, "content": {problems.MEDIA_TYPE: {"schema": _PROBLEM}}}
            for number, text in _PROBLEMS.items()
        },
    )
    app.state.engine = engine
    app.state.metrics = Metrics()
    app.state.warm = threading.Event()
    app.state.turns = Turns(engine.settings.chat.at_once)
    app.state.newcomers = Newcomers(engine)
    living = (refresh_playlists,) if engine.settings.playlists.refresh else ()
    app.state.upkeep = Upkeep(engine, (*living, purge_conversations))
    problems.install(app)
    for router in GUARDED:
        app.include_router(router, dependencies=[Depends(allowed)])
    for router in OPEN:
        app.include_router(router)
    app.mount("/static", Revalidated(directory=WEB / "static"), name="static")
    app.mount("/messages", Revalidated(directory=WEB / "messages"), name="messages")
    app.add_middleware(Gate)
    app.add_middleware(Observe, metrics=app.state.metrics)
    app.add_middleware(Below, path=engine.settings.server.root_path)  # added last: it stands outermost
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _warm(engine: Engine, done: threading.Event) -> None:
    began = time.monotonic()
    try:
        engine.warm()
        log.info("warm after %.1f s", time.monotonic() - began)
    except SegueError as error:
        log.warning("search and conversations are not ready: %s", error)
    finally:
        done.set()


_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_PROBLEMS: dict[int | str, str] = {
    401: "The key is missing or wrong.",
    404: "There is no such thing.",
    422: "The request cannot be taken; `errors` says which part of it.",
    "default": "Anything else that went wrong.",
}


class Revalidated(StaticFiles):
    """Files that a browser may keep but asks about each time, so that an update is seen at once."""

    def file_response(self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200) -> Any:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = "no-cache"
        return response


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the problem document among its schemas."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
        )
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = schema
        root = app.state.engine.settings.server.root_path.rstrip("/")
        document["servers"] = [{"url": root or "/"}]
        app.openapi_schema = document
    return app.openapi_schema


_TAGS: list[dict[str, Any]] = [
    {"name": "events", "description": "What people do."},
    {"name": "items", "description": "The catalogue."},
    {"name": "cataloguing", "description": "What is said about an item, by whom; corrections; moderation."},
    {"name": "entities", "description": "People, works, places and themes, and what connects them."},
    {"name": "recommendations", "description": "What to see next, and why."},
    {"name": "search", "description": "What words mean."},
    {"name": "conversations", "description": "Talk about what to see, and the tools that a conversation uses."},
    {"name": "playlists", "description": "Playlists from a sentence, and channels."},
    {"name": "people", "description": "What is known about a person."},
    {"name": "status", "description": "What serves, how good it is, what it weighs."},
    {"name": "files", "description": "Sound, pictures, covers."},
    {"name": "session", "description": "The key, for pages."},
    {"name": "operation", "description": "For whoever keeps the service running."},
]

_WORKSPACE = "SEGUE_SERVE_WORKSPACE"


def from_environment() -> FastAPI:
    """The app of the workspace that the environment names: how each of several worker processes makes its own."""
    engine = Engine.open(os.environ[_WORKSPACE])
    to_stderr(engine.settings.log_level)
    return create_app(engine, close_engine=True, warm=True)


def serve(workspace: str | Path, host: str | None = None, port: int | None = None, workers: int | None = None) -> None:
    """Serve a workspace until stopped; requests under way are finished first. What is None comes from the settings.

    Raises:
        SettingsError: the address is taken or does not exist.
        SegueError: the workspace cannot be opened.
    """
    # One request is the work of one thread: on a busy machine several only wait for each other. torch reads this when
    # it is loaded, with the first network; the others have `blas_threads`.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    engine = Engine.open(workspace)
    to_stderr(engine.settings.log_level)
    wanted = engine.settings.server
    host, port, workers = host or wanted.host, wanted.port if port is None else port, workers or wanted.workers
    check_free(host, port)
    common: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": "info",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": 10,
    }
    if workers == 1:
        uvicorn.run(create_app(engine, close_engine=True, warm=True), **common)
        return
    engine.close()  # each worker opens its own
    os.environ[_WORKSPACE] = str(Path(workspace).resolve())
    with tempfile.TemporaryDirectory(prefix="segue-metrics-") as shared:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", shared)
        uvicorn.run("segue.server.app:from_environment", factory=True, workers=workers, **common)


def check_free(host: str, port: int) -> None:
    """Say in one line what uvicorn would say in many."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingsError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port.") from error
