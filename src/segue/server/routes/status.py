"""``/v1/status``: counts, the serving version and its models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..auth import EngineHere

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/status")
def status(engine: EngineHere) -> dict[str, Any]:
    """What there is: items, events, people, the serving version, its models."""
    told = dict(engine.status())
    del told["workspace"]  # where it lies is for whoever sits at the machine
    return told
