"""``/v1/evaluation``: how good the serving version was on what it had not seen."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ...errors import NotFound
from ..auth import EngineHere
from ..files import FILE_POLICY
from ..schemas import Language

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/evaluation")
def evaluation(engine: EngineHere) -> dict[str, Any]:
    """The evaluation of the serving version: a row per model and slice, with confidence intervals."""
    report = engine.evaluation()
    if report is None:
        raise NotFound("Nothing has been evaluated yet. `segue train` trains and evaluates a version.")
    return report


@router.get("/evaluation/plots")
def plots(engine: EngineHere, language: Language = "en") -> list[str]:
    """Names of the pictures that there are of it."""
    return list(engine.evaluation_plots(language))


@router.get(
    "/evaluation/plots/{name}.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
def plot(engine: EngineHere, name: str, language: Language = "en") -> Response:
    """One of them, as SVG."""
    pictures = engine.evaluation_plots(language)
    if name not in pictures:
        raise NotFound.named("plot", name, pictures)
    headers = {"content-security-policy": FILE_POLICY, "cache-control": "private, no-cache"}
    return Response(pictures[name], media_type="image/svg+xml", headers=headers)
