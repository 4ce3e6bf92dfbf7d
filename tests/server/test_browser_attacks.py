"""Attacks in the words of a catalogue and of people, on the pages of a real browser: words stay words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from benchmarks._attack_world import changed_item
from benchmarks._attacks import Attack, attacks, of

from segue.engine import Engine
from segue.items import Item, ItemKind

from .conftest import fill

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("SEGUE_PICTURES")
"""Folder for the pictures of the pages, for whoever wants to look at them."""
PLANTED = [one for one in of(("title", "description", "tag", "creator"), attacks()) if one.aim != "write"]
NAMES = {"item": "Harbour Light", "other": "Salt and Glass", "person": "u0", "secret": "/etc/hostname"}
TURNED = "\u202eoem desrever\u2067"
VISITED = 10
"""Item pages that are looked at."""


def attacked(place: Path) -> list[Item]:
    """A workspace full of attacks; returns the items that they stand at."""
    fill(place)
    items = []
    for n, one in enumerate(PLANTED):
        own = Item(
            id=f"attack-{n}",
            kind=list(ItemKind)[n % 8],
            title=f"Attack {n}",
            genres=("drone",),
            tags=("夜晚",),
            description="Rain.",
        )
        items.append(changed_item(own, one.surface, one.filled(**NAMES)))
    with Engine.open(place) as engine:
        engine.add_items(items)
        said = of(("comment", "bullet", "review"), attacks())
        events = [
            engine.event(
                "u0",
                items[n % len(items)].id,
                "bullet_comment" if one.surface == "bullet" else "comment",
                text=one.filled(**NAMES)[:2000],
                position_s=3.0 if one.surface == "bullet" else None,
            )
            for n, one in enumerate(said)
        ]
        engine.record([*events, engine.event("u0", items[0].id, "complete"), engine.event("u0", items[1].id, "like")])
    return items


def watched(page: Page, url: str) -> list[str]:
    """Addresses that the page asks for and that are not of the server, as they are asked for."""
    foreign: list[str] = []
    own = urlsplit(url).netloc
    page.on("request", lambda one: foreign.append(one.url) if urlsplit(one.url).netloc not in (own, "") else None)
    page.on("dialog", lambda one: (foreign.append(f"dialog {one.message}"), one.dismiss()))
    page.on("popup", lambda one: foreign.append(f"popup {one.url}"))
    return foreign


def holds(page: Page) -> None:
    """Nothing has run, nothing leads elsewhere, nothing stands over the edge, and words turn only themselves."""
    page.wait_for_load_state("networkidle")
    assert page.title() not in ("taken", "1")
    assert page.eval_on_selector_all("script", "all => all.every(s => s.src.startsWith(location.origin))")
    assert (
        page.eval_on_selector_all(
            "iframe, object, embed, base, meta[http-equiv=refresh], body style", "all => all.length"
        )
        == 0
    )
    bad = "all => all.map(a => a.href).filter(h => !h.startsWith(location.origin + '/'))"
    assert page.eval_on_selector_all("a[href]", bad) == []
    over = """all => all.filter(e => {
        const box = e.getBoundingClientRect();
        if (!box.width || box.right <= innerWidth + 1) return false;
        for (let up = e; up; up = up.parentElement) {
            if (up !== document.body && getComputedStyle(up).overflowX !== "visible") return false;
        }
        return true;
    }).map(e => e.outerHTML.slice(0, 120))"""
    assert page.eval_on_selector_all("main *", over) == []
    inline = """all => all.filter(e => getComputedStyle(e).display === "inline" && e.textContent
        && !getComputedStyle(e).unicodeBidi.includes("isolate")).map(e => e.tagName)"""
    assert page.eval_on_selector_all("main *:not(mark):not(br):not(noscript)", inline) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_attacks_stay_words_in_their_place(
    visit: Callable[..., Page],
    tmp_path: Path,
    width: int,
    serve: Callable[[Path], str],
) -> None:
    items = attacked(tmp_path / "workspace")
    url = serve(tmp_path / "workspace")
    page = visit("", "u0", url, viewport={"width": width, "height": 900}, locale="zh-CN" if width < 400 else "en-GB")
    foreign = watched(page, url)
    paths = ["", "person?id=u0", "moderation", "start", "status"]
    chosen = [n for n, one in enumerate(PLANTED) if one.aim == "break"] or []
    paths += [f"item?id={items[n].id}" for n in chosen[width == 390 :: 2][:VISITED]]
    texts = [one for one in attacks() if one.surface == "search" and one.aim == "break"]
    paths += [f"search?q={quote(_sent(one))}" for one in texts[width == 390 :: 3]]
    for path in paths:
        page.goto(f"{url}/{path}")
        page.wait_for_selector("main *", state="attached")
        holds(page)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"attack-{width}-{paths.index(path)}.png", full_page=True)
    assert foreign == []


def _sent(attack: Attack) -> str:
    return attack.filled(**NAMES)[:400].encode("utf-8", "replace").decode()


def test_a_title_turns_nothing_round_but_itself(
    visit: Callable[..., Page],
    tmp_path: Path,
    serve: Callable[[Path], str],
) -> None:
    fill(tmp_path / "workspace")
    with Engine.open(tmp_path / "workspace") as engine:
        engine.add_items([Item(id="turned", kind=ItemKind.TRACK, title=f"Tide {TURNED}", genres=("drone",))])
        engine.record([engine.event("u0", "turned", "like")])
    url = serve(tmp_path / "workspace")
    page = visit("person?id=u0", "u0", url)
    page.wait_for_selector("text=Tide")
    said: Any = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter(e => !e.children.length
            && /[\\u202a-\\u202e\\u2066-\\u2069]/.test(e.textContent))
            .map(e => [e.tagName, getComputedStyle(e).display, getComputedStyle(e).unicodeBidi])"""
    )
    assert said  # the title is there as it was written
    assert all(display != "inline" or "isolate" in bidi for _, display, bidi in said)
    shown = page.evaluate("import('./static/core.js').then(core => core.say('home.because', {}) && "
                          "core.say('{title} — end', {title: 'Tide \\u202eoem'}))")  # fmt: skip
    assert shown == "Tide oem — end"
