"""``/v1/transparency``: the main parameters of the recommendations."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..auth import EngineHere
from ..schemas import Language

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/transparency")
def transparency(engine: EngineHere, language: Language = "en") -> dict[str, Any]:
    """What decides which items are recommended and in which order, from the live settings, in plain words."""
    return engine.transparency(language)
