"""A real server on a real workspace: uvicorn in a thread, asked over real HTTP."""

from __future__ import annotations

import json
import math
import shutil
import struct
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
import uvicorn

from segue.engine import Engine
from segue.items import Credit, Item, ItemKind
from segue.server.app import create_app
from segue.testing.worlds import checkerboard

from .browsing import QUICKLY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def write_tone(file: Path, seconds: float, hertz: float) -> None:
    """A playable file of the given length."""
    rate = 8000
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        count = int(rate * seconds)
        out.writeframes(
            b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * hertz * n / rate))) for n in range(count))
        )


def write_song(file: Path, seconds: float = 24) -> None:
    """Chords of A minor, two a second, the second half four times as loud."""
    rate = 22_050
    t = np.arange(rate // 2) / rate
    out = np.zeros(int(seconds * rate))
    for beat in range(int(seconds * 2)):
        for midi in ((57, 60, 64), (53, 57, 60), (52, 56, 59), (57, 60, 64))[beat // 2 % 4]:
            hertz = 440 * 2 ** ((midi - 69) / 12)
            note = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in (1, 2, 3)) * np.exp(-4 * t)
            out[beat * len(t) :][: len(t)] += (0.05 if beat < seconds else 0.2) * note
    with wave.open(str(file), "wb") as song:
        song.setnchannels(1)
        song.setsampwidth(2)
        song.setframerate(rate)
        song.writeframes((np.clip(out, -1, 1) * 32_000).astype("<i2").tobytes())


def fill(workspace: Path) -> None:
    """A workspace with two groups of listeners, some music that can be played, and one hostile title."""
    Engine.create(workspace)
    write_tone(workspace / "tone.wav", 6, 220)
    world = checkerboard()
    music = [
        Item(
            id=f"tone-{n}",
            kind=ItemKind.TRACK,
            title=title,
            description=f"{title}, held for six seconds.",
            creators=(Credit("Ada Lumen", "composer"),),
            genres=("drone", "ambient"),
            tags=("夜晚",),
            released="2026",
            duration_s=6.0,
            media_uri="tone.wav",
        )
        for n, title in enumerate(("Harbour Light", "雨夜钢琴", "Slow Machine", "Paper Lantern", "Salt and Glass"))
    ]
    hostile = Item(id="hostile", kind=ItemKind.TRACK, title=HOSTILE, description=HOSTILE, genres=("<b>drone</b>",))
    with Engine.open(workspace) as engine:
        engine.add_items([*world.items, *music, hostile])
        engine.record(world.events)


@contextmanager
def running(workspace: Path, warm: bool = False, **config: Any) -> Iterator[str]:
    """The base URL of a server on the workspace, until the block ends."""
    app = create_app(Engine.open(workspace), close_engine=True, warm=warm)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", access_log=False, timeout_graceful_shutdown=2, **config)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server took too long to start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("served") / "workspace"
    fill(place)
    return place


@pytest.fixture(scope="session")
def base(workspace: Path) -> Iterator[str]:
    with running(workspace) as url:
        # The first search loads the text encoder; no test shall wait for that.
        assert httpx.get(f"{url}/v1/search?q=light", timeout=180).status_code == 200
        yield url


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Starts a server on a workspace and tells its base URL; it stops after the test, once its pages are closed."""
    with ExitStack() as stack:
        yield lambda workspace: stack.enter_context(running(workspace))


@pytest.fixture
def http(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, timeout=120) as client:
        yield client


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a workspace of its own with these settings added."""

    def make(toml: str) -> Path:
        place = tmp_path / "own"
        fill(place)
        with (place / "segue.toml").open("a", encoding="utf-8") as file:
            file.write("\n" + toml)
        return place

    return make


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_api.sync_playwright() as play:
        if chromium is None and not Path(play.chromium.executable_path).exists():
            pytest.skip("no Chromium; scripts/browser.sh installs one")
        started = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, base: str, serve: Callable[[Path], str]) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody; at the end no page may have complained. It needs `serve` to close before that does."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "", person: str | None = None, url: str = base, **context: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **context})
        contexts.append(context)
        if person is not None:
            # Only where nothing is remembered yet, so that the pages may change it.
            chosen = json.dumps(json.dumps({"id": person}))
            context.add_init_script(
                f"localStorage.getItem('segue.person') ?? localStorage.setItem('segue.person', {chosen})"
            )
        page = context.new_page()
        page.set_default_timeout(QUICKLY)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer is a problem document of that status; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = answer.json()
    assert content["status"] == status
    assert {"type", "title", "detail", "request_id"} <= set(content)
    assert content["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return content
