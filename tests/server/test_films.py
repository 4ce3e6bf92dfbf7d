"""Pictures made of films, over HTTP and as a person sees them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from segue.engine import Engine
from segue.items import Item, ItemKind

from ..understanding.films import film
from .conftest import is_problem, running

SCENES = [("test", 3.0), ("red", 4.0), ("bars", 3.0), ("blue", 5.0), ("life", 3.0), ("rgb", 2.0), ("red", 2.0)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("films") / "workspace"
    Engine.create(workspace)
    film(workspace / "film.webm", SCENES, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8")
    film(workspace / "short.mp4", SCENES[:2])
    shutil.copy(workspace / "film.webm", workspace / "other.webm")
    with Engine.open(workspace) as engine:
        engine.add_items(
            [
                Item(id="film/1", kind=ItemKind.MOVIE, title="Seven Scenes", media_uri="film.webm", duration_s=22),
                Item(id="short", kind=ItemKind.SHORT, title="Two Scenes", media_uri="short.mp4"),
                Item(id="gone", kind=ItemKind.MOVIE, title="Taken Away", media_uri="other.webm"),
                Item(id="bare", kind=ItemKind.MOVIE, title="No File"),
            ]
        )
        engine.understand(only=["picture"])
    return workspace


@pytest.fixture(scope="module")
def url(place: Path) -> Iterator[str]:
    with running(place) as url:
        yield url


def test_pictures_of_a_film_over_http(url: str) -> None:
    with httpx.Client(base_url=url) as http:
        for name, kind, magic in (
            ("thumbnail", "image/jpeg", b"\xff\xd8\xff"),
            ("sheet", "image/jpeg", b"\xff\xd8\xff"),
            ("preview", "video/webm", b"\x1aE\xdf\xa3"),
        ):
            answer = http.get(f"/films/{name}/film%2F1")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == kind
            assert answer.content.startswith(magic)
            assert "sandbox" in answer.headers["content-security-policy"]
        # The film's best picture is the cover of an item that has none.
        assert http.get("/covers/film%2F1").content == http.get("/films/thumbnail/film%2F1").content
        assert http.get("/covers/bare").headers["content-type"] == "image/svg+xml"
        is_problem(http.get("/films/sheet/bare"), 404)
        is_problem(http.get("/films/sheet/nowhere"), 404)
        is_problem(http.get("/films/segue.db/short"), 422)
        timeline = http.get("/v1/items/film%2F1/facts").json()["picture"]["timeline"]
        assert len(timeline["shots"]) == 7


def test_pictures_go_with_the_item(place: Path) -> None:
    with Engine.open(place) as engine:
        thumbnail = engine.film_picture("gone", "thumbnail.jpg")
        assert thumbnail is not None
        kept = engine.film_picture("short", "thumbnail.jpg")
        assert engine.remove_items(["gone"]) == 1
        assert not thumbnail.parent.exists()
        assert kept is not None
        assert kept.exists()


def test_facts_name_no_pictures_that_are_not_there(place: Path) -> None:
    with Engine.open(place) as engine:
        thumbnail = engine.film_picture("short", "thumbnail.jpg")
        assert thumbnail is not None
        assert "derived" in engine.facts("short")["picture"]
        shutil.rmtree(thumbnail.parent)
        assert "derived" not in engine.facts("short")["picture"]
        assert engine.facts("short")["picture"]["timeline"]["shots"]


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_item_page_shows_the_film_over_time(url: str, tmp_path: Path, language: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    complaints: list[str] = []

    def complained(text: str) -> None:
        if not text.startswith("Failed to load resource"):  # `refused` knows which
            complaints.append(text)

    def refused(address: str, status: int) -> None:
        # An item that another test has just removed may still be in the row of similar ones.
        if "film%2F1" in address or "/static/" in address:
            complaints.append(f"{status} {address}")

    with sync_api.sync_playwright() as play:
        if chromium is None and not Path(play.chromium.executable_path).exists():
            pytest.skip("no Chromium; scripts/browser.sh installs one")
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 1400}, locale=language)
        page.set_default_timeout(20_000)
        page.on("console", lambda m: complained(m.text) if m.type in ("error", "warning") else None)
        page.on("response", lambda r: refused(r.url, r.status) if r.status >= 400 else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/item?id=film%2F1")
        page.wait_for_selector(".timeline .strip")
        title = page.locator(".timeline figcaption").first.inner_text()
        assert title == ("7 shots in 0:22" if language == "en-GB" else "0:22 内有 7 个镜头")
        assert page.locator(".timeline .strip").first.locator(".piece").count() == 7
        assert page.locator(".curve").count() == 3
        page.locator(".sheet img").scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.querySelector('.sheet img').naturalWidth") == 4 * 240 + 3 * 4
        # A shot of five seconds among seven of 22 takes its share of the width.
        widths = page.eval_on_selector_all(".timeline figure:first-child .piece", "ps => ps.map(p => p.offsetWidth)")
        assert widths[3] / sum(widths) == pytest.approx(5 / 22, abs=0.02)
        # The preview moves.
        page.evaluate("document.querySelector('.preview video').play()")
        page.wait_for_timeout(800)
        assert page.evaluate("document.querySelector('.preview video').currentTime") > 0.3
        page.screenshot(path=tmp_path / f"film-{language}.png", full_page=True)
        # A click on a picture of the sheet plays the film from there.
        page.locator(".jumps button").nth(3).click()
        page.wait_for_timeout(500)
        at = page.evaluate("document.querySelector('.stage video').currentTime")
        assert 10 <= at <= 17
        browser.close()
    assert not complaints
