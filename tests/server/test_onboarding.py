"""New people over HTTP, and in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from ..people_world import crowd
from .browsing import until
from .conftest import is_problem, running

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crowd(tmp_path_factory.mktemp("crowd") / "workspace")


@pytest.fixture
def base(trained: Path, tmp_path: Path) -> Iterator[str]:
    with running(Path(shutil.copytree(trained, tmp_path / "workspace"))) as url:
        yield url


@pytest.fixture
def http(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, timeout=120) as client:
        yield client


def home(http: httpx.Client, user: str) -> list[str]:
    answer = http.post("/v1/recommendations", json={"user_id": user, "k": 6}).json()
    return [pick["item"] for pick in answer["picks"]]


def send(http: httpx.Client, user: str, kind: str, **about: str) -> None:
    sent = {"id": f"{user}-{kind}-{about}", "user_id": user, "kind": kind, **about}
    assert http.post("/v1/events", json=sent).json()["accepted"] == 1


def test_questions_answers_and_the_next_questions(http: httpx.Client) -> None:
    asked = http.get("/v1/users/zoe/onboarding?k=3").json()
    assert len(asked["titles"]) == 3
    assert asked["titles"][0]["card"]["id"] == asked["titles"][0]["item"]
    assert set(asked["topics"][0]["name"]) == {"en", "zh"}
    first = asked["titles"][0]["item"]
    left = http.get("/v1/users/zoe/onboarding", params={"k": 100, "shown": [first], "max_maturity": 12}).json()
    assert not {first, "punk-0", "advert"} & {one["item"] for one in left["titles"]}
    send(http, "zoe", "like", item_id=first)
    again = http.get("/v1/users/zoe/onboarding?k=100").json()
    assert again["answered"] == 1
    assert first not in {one["item"] for one in again["titles"]}
    is_problem(http.get("/v1/users/zoe/onboarding?k=0"), 422)


def test_one_like_changes_home(http: httpx.Client) -> None:
    before = home(http, "yan")
    send(http, "yan", "like", item_id="folk-5")
    after = home(http, "yan")
    assert after != before
    assert sum(item.startswith("folk") for item in after) >= sum(item.startswith("folk") for item in before)


def test_a_statement_changes_home_and_says_what_was_left_out(http: httpx.Client) -> None:
    told = http.post("/v1/users/xu/statements", json={"text": "我喜欢 folk，讨厌 punk，以前喜欢听说书"}).json()
    assert {(one["topic"], one["strength"] > 0) for one in told["understood"]} == {
        ("genre:folk", True),
        ("genre:punk", False),
    }
    assert len(told["left_out"]) == 1
    assert all(item.startswith("folk") for item in home(http, "xu"))
    is_problem(http.post("/v1/users/xu/statements", json={"text": ""}), 422)
    is_problem(http.post("/v1/users/xu/statements", json={"text": " "}), 422)


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "said"), [("en-GB", "What do you like?"), ("zh-CN", "你喜欢什么？")])
def test_somebody_new_taps_types_and_sees_what_fits(
    visit: Callable[..., Page],
    base: str,
    tmp_path: Path,
    locale: str,
    said: str,
) -> None:
    page = visit(person="neu", locale=locale)
    page.locator("[data-welcome] a[href=start]").click()
    page.wait_for_selector(".ask-card")
    assert page.locator("h1").inner_text() == said
    shown = page.eval_on_selector_all(".ask-card", "cards => cards.map(card => card.dataset.item)")
    folk = next(item for item in shown if item.startswith("folk"))
    like = page.locator(f"[data-item={folk}] [data-kind=like]")
    like.click()
    until(page, f"document.querySelector('[data-item={folk}] [data-kind=like]').ariaPressed === 'true'")
    # From title to title with the arrows, and a choice by the keyboard alone.
    like.focus()
    page.keyboard.press("ArrowRight" if folk != shown[-1] else "ArrowLeft")
    assert page.evaluate("document.activeElement.closest('.ask-card').dataset.item") != folk
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.ariaPressed === 'true' && document.activeElement.dataset.kind === 'dislike'")
    page.fill("#say", "I hate punk" if locale == "en-GB" else "我讨厌 punk")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-understood] [data-topic='genre:punk']")
    page.screenshot(path=tmp_path / "start.png", full_page=True)
    page.locator("main button.quiet").last.click()
    until(page, f"!document.querySelector('[data-item={folk}]')")
    kinds = {entry["event"]["kind"] for entry in httpx.get(f"{base}/v1/users/neu/history?passive=true").json()}
    assert kinds == {"like", "dislike", "impression"}
    page.locator("main a.button[href='./']").click()
    page.wait_for_selector("[data-row=home] .card[data-item]")
    picks = page.eval_on_selector_all("[data-row=home] .card", "cards => cards.map(card => card.dataset.item)")
    assert picks[0].startswith("folk")
    assert not page.locator("[data-welcome] a[href=start]").count()
