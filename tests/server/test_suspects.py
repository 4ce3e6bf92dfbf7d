"""Suspects over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from segue.engine import Engine
from segue.events import Event, EventKind

from .conftest import is_problem, running


def test_suspects_are_listed_and_decided(settings_of: Callable[[str], Path]) -> None:
    workspace = settings_of("")
    begin = datetime(2026, 3, 1, 12, tzinfo=UTC)
    plays = [
        Event(id=f"b{n}", user_id="bot", item_id="tone-0", kind=EventKind.PLAY, at=begin + timedelta(seconds=3 * n))
        for n in range(1100)
    ]
    with Engine.open(workspace) as engine:
        engine.record(plays)
    with running(workspace) as url, httpx.Client(base_url=url, timeout=60) as http:
        (waiting,) = http.get("/v1/suspects?language=zh").json()
        assert (waiting["user_id"], waiting["status"], waiting["factor"]) == ("bot", "pending", 0)
        assert "1000" in waiting["why"][0]
        assert http.post("/v1/suspects", json={"user_id": "bot", "confirm": False}).json()["status"] == "cleared"
        assert http.get("/v1/suspects").json() == []
        assert [s["user_id"] for s in http.get("/v1/suspects?status=cleared").json()] == ["bot"]
        assert http.delete("/v1/suspects", params={"user_id": "bot"}).json() == {"user_id": "bot", "status": "pending"}
        is_problem(http.delete("/v1/suspects", params={"user_id": "bot"}), 404)
        is_problem(http.post("/v1/suspects", json={"user_id": "nobody", "confirm": True}), 404)
        is_problem(http.post("/v1/suspects", json={"user_id": "bot", "confirm": True, "x": 1}), 422)
        is_problem(http.get("/v1/suspects?status=open"), 422)
