"""``/healthz``, ``/readyz`` and ``/metrics``: for whoever keeps the service running."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from ..auth import EngineHere
from ..problems import problem

router = APIRouter(tags=["operation"])
guarded = APIRouter(tags=["operation"])


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """The process lives, however busy its threads are."""
    return "ok\n"


@guarded.get("/readyz", response_class=PlainTextResponse)
def readyz(request: Request, engine: EngineHere) -> Response:
    """The process can answer requests, and none of them waits for what is loaded once; 503 says what it lacks."""
    problems = engine.ready()
    if not request.app.state.warm.is_set():
        problems.append("search and conversations are still being loaded")
    if problems:
        return problem(503, "; ".join(problems), kind="not-ready", request_id=request.state.request_id)
    return PlainTextResponse("ready\n")


@guarded.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Latencies by route, degraded stages, events, use of language models: in the text format of Prometheus."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
