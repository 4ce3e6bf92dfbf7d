"""A sentence becomes a playlist in a real browser: chips, reasons, pinning, playing through, files, its end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segue.engine import Engine
from segue.events import now

from .browsing import until
from .conftest import HOSTILE, fill

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("SEGUE_PICTURES")
"""Folder for the pictures of the page, for whoever wants to look at them."""


def picture(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=(Path(PICTURES) if PICTURES else folder) / f"{name}.png", full_page=True)


def entries(page: Page) -> list[str]:
    return page.eval_on_selector_all(".entry", "rows => rows.map(r => r.dataset.item)")


def made(page: Page, sentence: str) -> list[str]:
    page.fill("[data-make] input", sentence)
    page.locator("[data-make] button").click()
    page.wait_for_selector(".entry")
    return entries(page)


@pytest.mark.parametrize(
    ("locale", "sentence", "chip", "because", "scheme"),
    [
        ("en-GB", "3 drone songs, every day", "made anew every day ×", "Because", "light"),
        ("zh-CN", "3首 drone 音乐，每天更新", "每天更新 ×", "因为", "dark"),
    ],
)
def test_a_sentence_becomes_a_playlist(
    visit: Callable[..., Page],
    tmp_path: Path,
    locale: str,
    sentence: str,
    chip: str,
    because: str,
    scheme: str,
    serve: Callable[[Path], str],
) -> None:
    fill(tmp_path / "workspace")
    url = serve(tmp_path / "workspace")
    page = visit("playlists", "u0", url, locale=locale, color_scheme=scheme)
    page.wait_for_selector("[data-playlist] .empty")
    picture(page, tmp_path, f"playlists-none-{locale}")
    first = made(page, sentence)
    assert len(first) == 3
    assert all(item.startswith("tone") for item in first)
    assert chip in page.locator(".understood .chip").all_inner_texts()
    assert all(text.startswith(because) for text in page.locator(".entry .reason").all_inner_texts())
    picture(page, tmp_path, f"playlists-{locale}")

    # A pinned entry says so, also when the page comes again; what is removed does not come back.
    page.locator(f"[data-pin='{first[1]}']").click()
    until(page, f"document.querySelector('[data-pin=\"{first[1]}\"]').getAttribute('aria-pressed') === 'true'")
    until(page, f"document.activeElement.dataset.pin === '{first[1]}'")
    page.locator(f"[data-remove='{first[0]}']").click()
    until(page, "document.querySelectorAll('.entry').length === 2")
    page.locator("[data-anew]").click()
    until(page, "document.querySelectorAll('.entry').length === 3")
    again = entries(page)
    assert first[0] not in again
    assert first[1] in again

    # A chip taken back changes what is on it.
    page.locator(".understood [data-chip=genre]").click()
    until(page, "!document.querySelector('.understood [data-chip=genre]')")

    # Files for other players, by this person's own address.
    page.locator("details summary").click()
    picture(page, tmp_path, f"playlists-more-{locale}")
    for format_ in ("m3u8", "xspf", "jspf"):
        address = page.locator(f".playlist-settings a[href*='.{format_}']").get_attribute("href")
        answer = page.request.get(f"{url}/{address}")
        assert answer.ok
        assert str(tmp_path) not in answer.text()
    page.select_option("#playlist-schedule", "weekly")
    until(page, "document.querySelector('#playlist-schedule option[selected]')?.value === 'weekly'")
    (kept,) = page.request.get(f"{url}/v1/playlists?user_id=u0").json()["playlists"]
    assert kept["refresh"] == "weekly"

    page.locator("[data-delete]").click()
    page.wait_for_selector("[data-playlist] .empty")
    assert page.request.get(f"{url}/v1/playlists?user_id=u0").json() == {"playlists": []}


def test_a_playlist_plays_through_and_a_channel_plays_on(
    visit: Callable[..., Page],
    tmp_path: Path,
    serve: Callable[[Path], str],
) -> None:
    fill(tmp_path / "workspace")
    url = serve(tmp_path / "workspace")
    page = visit("playlists", "u0", url)
    page.wait_for_selector("[data-playlist] .empty")
    first, second = made(page, "2 drone songs")
    page.locator("[data-play]").click()
    until(page, f"document.querySelector('.entry.current')?.dataset.item === '{first}'")
    until(page, "document.querySelector('.playlist-stage audio').currentTime > 0")
    # Pinning something does not interrupt what sounds.
    page.locator(f"[data-pin='{second}']").click()
    until(page, f"document.querySelector('[data-pin=\"{second}\"]').getAttribute('aria-pressed') === 'true'")
    assert not page.evaluate("document.querySelector('.playlist-stage audio').paused")
    picture(page, tmp_path, "playlists-playing")
    page.evaluate("document.querySelector('.playlist-stage audio').currentTime = 5.7")
    until(page, f"document.querySelector('.entry.current')?.dataset.item === '{second}'")
    page.evaluate("document.querySelector('.playlist-stage audio').currentTime = 5.7")
    until(page, "document.querySelector('.playlist-stage').hidden")
    history = page.request.get(f"{url}/v1/users/u0/history?limit=20&passive=true").json()
    assert {one["event"]["item_id"] for one in history if one["event"]["kind"] == "now_playing"} >= {first, second}

    # A channel: what was played leaves, something else comes.
    page.fill("[data-make] input", "a radio of drone, 2 songs")
    page.locator("[data-make] button").click()
    until(page, "document.querySelector('.playlist-head .label') !== null")
    before = entries(page)
    page.locator("[data-play]").click()
    until(page, f"document.querySelector('.entry.current')?.dataset.item === '{before[0]}'")
    page.locator("[data-forth]").click()
    until(page, f"document.querySelector('.entry.current')?.dataset.item === '{before[1]}'")
    until(page, f"!document.querySelector('.entry[data-item=\"{before[0]}\"]')")
    assert len(entries(page)) == 2


def test_playlists_on_a_phone(visit: Callable[..., Page], tmp_path: Path, serve: Callable[[Path], str]) -> None:
    fill(tmp_path / "workspace")
    with Engine.open(tmp_path / "workspace") as engine:
        made_of = engine.make_playlist("u0", "4 drone songs that last, every day", language="en")
        engine._store.put_playlist(
            made_of.model_copy(
                update={
                    "problem": "the disk is full",
                    "made_at": made_of.made_at - 90_000,
                    "next_at": now().timestamp() + 3600,
                    "entries": tuple(e.model_copy(update={"since": e.since - 9}) for e in made_of.entries),
                }
            ),
            1,
        )
        engine.make_playlist("u0", "", title=HOSTILE, pinned=["hostile", "tone-1"])
    url = serve(tmp_path / "workspace")
    page = visit("playlists", "u0", url, viewport={"width": 360, "height": 740}, color_scheme="dark")
    page.wait_for_selector(".entry")
    assert page.title() != "taken"
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
    page.locator("[data-choose]").nth(1).click()
    until(page, "document.querySelector('[role=alert].problem:not(:empty)')?.textContent.includes('disk is full')")
    until(page, "document.querySelectorAll('.entry .label').length === document.querySelectorAll('.entry').length")
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
    picture(page, tmp_path, "playlists-phone")
