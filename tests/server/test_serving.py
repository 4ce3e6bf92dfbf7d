"""How it is run: below a path, with several processes, until it is told to stop."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from segue.engine import Engine
from segue.errors import NotFound, SettingsError
from segue.server.app import serve

from .conftest import is_problem, running


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(workspace: Path, workers: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`serve` in a process of its own, as the command runs it."""
    port = free_port()
    code = f"from segue.server.app import serve; serve({str(workspace)!r}, port={port}, workers={workers})"
    # A session of its own, so that its workers end with it whatever happens to a test.
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            try:
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield url, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        if process.stderr:
            process.stderr.close()


@pytest.mark.parametrize("strips", [True, False], ids=["proxy strips the path", "proxy keeps the path"])
def test_below_a_path_everything_is_found(settings_of: Callable[[str], Path], strips: bool) -> None:
    workspace = settings_of('[server]\nroot_path = "/music/segue/"\napi_key = "k"\n')
    prefix = "" if strips else "/music/segue"
    with running(workspace) as url, httpx.Client(base_url=url + prefix) as http:
        page = http.get("/")
        assert page.status_code == 200
        for link in re.findall(r'(?:href|src)="((?:static|messages)/[^"]+)"', page.text):
            assert http.get(f"/{link}").status_code == 200, link
        cookie = http.post("/v1/session", json={"key": "k"}).headers["set-cookie"]
        assert "Path=/music/segue" in cookie
        assert http.get("/v1/status", headers={"authorization": "Bearer k"}).status_code == 200
        assert http.get("/openapi.json").json()["servers"] == [{"url": "/music/segue"}]


def test_it_is_ready_when_it_is_warm(settings_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    there = Engine.warm

    def warm(engine: Engine) -> None:
        begun.set()
        assert go_on.wait(60)
        there(engine)

    monkeypatch.setattr(Engine, "warm", warm)
    place = settings_of("")
    with running(place, warm=True) as url, httpx.Client(base_url=url, timeout=60) as http:
        assert begun.wait(60)
        assert "still being loaded" in is_problem(http.get("/readyz"), 503)["detail"]
        assert http.get("/healthz").text == "ok\n"
        assert http.post("/v1/recommendations", json={"k": 1}).json()["picks"], "it answers all the same"
        go_on.set()
        deadline = time.monotonic() + 120
        while http.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with sqlite3.connect(place / "segue.db") as rows:
        assert rows.execute("SELECT count(*) FROM conversations").fetchone() == (0,)


def test_it_finishes_what_it_has_begun_when_told_to_stop(settings_of: Callable[[str], Path]) -> None:
    workspace = settings_of("")
    with served(workspace, workers=1) as (url, process):
        event = {"id": uuid.uuid4().hex, "user_id": "ann", "item_id": "tone-0", "kind": "like"}
        assert httpx.post(f"{url}/v1/events", json=event).status_code == 202
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/healthz")
    with running(workspace) as url:  # what was acknowledged is there
        history = httpx.get(f"{url}/v1/users/ann/history").json()
        assert [e["event"]["id"] for e in history] == [event["id"]]


@pytest.mark.slow
def test_several_processes_see_the_same_events_and_count_together(settings_of: Callable[[str], Path]) -> None:
    workspace = settings_of("")
    with served(workspace, workers=2) as (url, process):
        for n in range(20):
            event = {"id": f"worker-{n}", "user_id": "ann", "item_id": f"tone-{n % 3}", "kind": "complete"}
            # A fresh connection each time, so that both processes get some.
            assert httpx.post(f"{url}/v1/events", json=event, timeout=30).status_code == 202
            picks = httpx.post(f"{url}/v1/recommendations", json={"user_id": "ann", "k": 30}, timeout=30).json()[
                "picks"
            ]
            assert event["item_id"] not in [p["item"] for p in picks]
        text = httpx.get(f"{url}/metrics").text
        accepted = next(line for line in text.splitlines() if line.startswith('segue_events_total{result="accepted"}'))
        assert float(accepted.split()[-1]) == 20
        os.kill(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def test_an_address_that_is_taken_is_one_clear_line(settings_of: Callable[[str], Path]) -> None:
    workspace = settings_of("")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Cannot listen on 127.0.0.1:{port}"):
            serve(workspace, host="127.0.0.1", port=port)


def test_a_workspace_that_is_none_is_said_before_anything_listens(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="segue init"):
        serve(tmp_path)
