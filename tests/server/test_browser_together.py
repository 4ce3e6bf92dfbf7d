"""A household chooses together in a real browser: who is there, how, what is out, whom each pick suits."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segue.engine import Engine

from .browsing import until
from .conftest import fill

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("SEGUE_PICTURES")
"""Folder for the pictures of the pages, for whoever wants to look at them."""


def home(place: Path) -> Path:
    """A workspace with a household of three, one of them a child."""
    fill(place)
    with Engine.open(place) as engine:
        engine.add_items(
            item.model_copy(update={"maturity": 0}) for item in list(engine.items()) if not item.id.startswith("tone")
        )
        engine.put_member("home", "Ada", "u0")
        engine.put_member("home", "小波", "u1")
        engine.put_member("home", "Kim", "kim", max_maturity=6)
    return place


def picture(page: Page, folder: Path, name: str) -> None:
    place = Path(PICTURES) if PICTURES else folder
    page.locator("[data-together]").scroll_into_view_if_needed()
    page.screenshot(path=place / f"{name}.png", full_page=True)


def picks(page: Page) -> list[str]:
    page.wait_for_selector("[data-together] .for-all")
    return page.eval_on_selector_all("[data-together] .for-all", "cards => cards.map(c => c.dataset.item)")


@pytest.mark.parametrize(
    ("locale", "title", "because", "turns"),
    [("en-GB", "Tonight together", "Because", "got least lately"), ("zh-CN", "今晚一起看", "因为", "最近得到最少")],
)
def test_a_household_chooses_together(
    visit: Callable[..., Page],
    tmp_path: Path,
    locale: str,
    title: str,
    because: str,
    turns: str,
    serve: Callable[[Path], str],
) -> None:
    url = serve(home(tmp_path / "workspace"))
    page = visit("", "u0", url, locale=locale)
    section = page.locator("[data-together]")
    all_three = picks(page)
    assert section.locator("h2").inner_text() == title
    assert [name.split("\n")[1] for name in section.locator(".member").all_inner_texts()] == ["Ada", "小波", "Kim"]
    assert section.locator(".for-all").first.locator("[data-suits]").count() == 3
    assert because in section.locator(".bar-note").first.inner_text()
    widths = section.locator(".for-all .fill").evaluate_all("bars => bars.map(b => parseFloat(b.style.width))")
    assert all(2 <= width <= 100 for width in widths)
    assert not any(item.startswith("tone") for item in all_three)  # they state no age, and the child is there
    picture(page, tmp_path, f"together-{locale}")

    # Without the child, and by turns.
    section.locator("[data-member=kim]").click()
    until(page, "document.querySelector('[data-together] .for-all').querySelectorAll('[data-suits]').length === 2")
    section.locator("[data-strategy=fairness]").click()
    until(page, "document.querySelector('[data-strategy=fairness]').getAttribute('aria-pressed') === 'true'")
    page.wait_for_timeout(300)

    # A click takes something out, another brings it back.
    first = picks(page)[0]
    section.locator(f".for-all[data-item='{first}'] [data-veto]").click()
    until(page, f"!document.querySelector('[data-together] .for-all[data-item=\"{first}\"]')")
    assert section.locator("s").count() == 1
    until(page, "document.activeElement.matches('[data-together] .for-all:first-child [data-veto]')")
    picture(page, tmp_path, f"together-veto-{locale}")
    section.locator("li:has(> button > s) button").click()
    until(page, "document.activeElement.matches('[data-together] [data-member]')")
    until(page, f"!!document.querySelector('[data-together] .for-all[data-item=\"{first}\"]')")

    # What they choose is remembered for both, and the other one's turn is next.
    section.locator(f".for-all[data-item='{first}'] [data-take]").click()
    until(page, f"document.querySelector('[data-together] .hint').textContent.includes('{turns}')")
    assert first not in picks(page)
    until(page, "document.activeElement.matches('[data-together] .for-all:first-child [data-take]')")
    for user in ("u0", "u1"):
        ((event),) = page.request.get(f"{url}/v1/users/{user}/history?limit=1").json()
        assert event["event"]["item_id"] == first
        assert event["event"]["context"]["surface"] == "together"
    picture(page, tmp_path, f"together-turn-{locale}")

    # Somebody alone is no group.
    section.locator("[data-member=u1]").click()
    until(page, "document.querySelectorAll('[data-together] .for-all').length === 0")


def test_a_household_begins_on_the_page(
    visit: Callable[..., Page],
    tmp_path: Path,
    serve: Callable[[Path], str],
) -> None:
    fill(tmp_path / "workspace")
    url = serve(tmp_path / "workspace")
    page = visit("", "u2", url)
    section = page.locator("[data-together]")
    page.wait_for_selector("[data-together] [data-add]")
    assert section.locator(".for-all").count() == 0
    section.locator("[data-add]").click()
    page.fill("#member-name", "Kim")
    page.select_option("#member-age", "6")
    page.locator("dialog button:not(.quiet)").click()
    until(page, "document.querySelectorAll('[data-together] .member').length === 2")
    found = page.request.get(f"{url}/v1/accounts?member=u2").json()
    assert found["account"] == "u2"
    assert [(one["name"], one["max_maturity"]) for one in found["members"]] == [("u2", None), ("Kim", 6)]
    # The same name again is refused in words.
    section.locator("[data-add]").click()
    page.fill("#member-name", "kim")
    page.locator("dialog button:not(.quiet)").click()
    until(page, "document.querySelector('dialog .problem').textContent.includes('already somebody called Kim')")
    page.locator("dialog button.quiet").click()
    assert section.locator(".member").count() == 2
    assert "Kim" in section.locator(".cards .empty").inner_text()  # nothing here states an age
    picture(page, tmp_path, "together-begin")
