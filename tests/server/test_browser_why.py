"""The drawer of a card explains the list in which the card stands, whichever that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from .browsing import QUICKLY, until
from .conftest import running
from .test_browser_chat import numbers, picture, say, songs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = pytest.mark.browser

FAN = "fan"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(songs(tmp_path_factory.mktemp("why") / "workspace")) as url:
        assert httpx.get(f"{url}/v1/search?q=piano", timeout=180).status_code == 200
        events = [{"id": f"{FAN}-{n}", "user_id": FAN, "item_id": f"piano-{n}", "kind": "like"} for n in range(3)]
        assert httpx.post(f"{url}/v1/events", json=events).json()["accepted"] == len(events)
        yield url


def asked(page: Page, card: Locator) -> dict[str, Any]:
    """Opens the drawer of a card; what the page asks the server for, and the answer."""
    with page.expect_response("**/v1/explanations") as heard:
        card.locator(".ask-why").click()
    sent: dict[str, Any] = heard.value.request.post_data_json
    page.wait_for_selector(".drawer [data-why=shown]")
    return {**sent, "told": heard.value.json()}


def refused(told: dict[str, Any], route: Route) -> None:
    route.fulfill(status=404, json=told)


@pytest.mark.parametrize(
    ("place", "row", "recipe", "fields"),
    [
        ("", "home", None, {}),
        ("", "track", None, {"constraints": {"kinds": ["track"]}}),
        ("", "like", "similar", {"seeds": ["piano-2"]}),
        ("", "radio", "radio", {"k": 14}),
        ("?mood=calm", "mood", "mood", {"moods": ["calm"]}),
    ],
)
def test_a_row_is_explained_as_it_was_asked_for(
    visit: Callable[..., Page], tmp_path: Path, place: str, row: str, recipe: str | None, fields: dict[str, Any]
) -> None:
    page = visit(place, person=FAN, reduced_motion="reduce")
    page.locator(f"[data-row={row}]").scroll_into_view_if_needed()
    card = page.locator(f"[data-row={row}] .card[data-item]").first
    card.wait_for()
    line = card.locator(".reason").inner_text()
    found = asked(page, card)
    query = found["query"]
    assert query.get("recipe") == recipe
    assert {name: query.get(name) for name in fields} == fields
    assert (found["told"]["shown"], found["told"]["rank"]) == (True, 1)
    assert line in page.locator(".drawer").inner_text()
    assert "this very list" in page.locator(".drawer [data-why=shown]").inner_text()
    picture(page, tmp_path, f"why-row-{row}")


def test_a_list_in_the_conversation_is_explained_and_so_is_the_one_that_was_kept(
    visit: Callable[..., Page], base: str, tmp_path: Path
) -> None:
    page = visit("chat", person="talker", reduced_motion="reduce")
    turn = say(page, "piano music from 2015")
    shown = numbers(turn)
    found = asked(page, turn.locator(".card").first)
    assert found["query"]["constraints"]["min_year"] == 2015
    assert (found["told"]["shown"], found["told"]["rank"]) == (True, 1)
    picture(page, tmp_path, "why-chat")
    page.keyboard.press("Escape")

    reasons = turn.locator(".reason").all_inner_texts()
    say(page, "save these as a playlist called Kept")
    page.goto(f"{base}/playlists")
    page.wait_for_selector(".entry")
    assert page.eval_on_selector_all(".entry", "rows => rows.map(r => r.dataset.item)") == shown
    told = page.locator(".entry .reason").all_inner_texts()
    for line, reason in zip(told, reasons, strict=True):
        assert line == f"Because you put it on this playlist. It was suggested {reason[0].lower()}{reason[1:]}."
    page.locator(f"[data-why={shown[0]}]").click()
    assert page.locator(".drawer [data-why=here] .evidence").count() == 1
    assert page.locator(".drawer [aria-busy=true]").count() == 0  # nothing is asked of a list that asks for nothing
    picture(page, tmp_path, "why-kept-list")


def test_an_entry_of_a_made_list_is_explained(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("playlists", person="maker", reduced_motion="reduce")
    page.fill("[data-make] input", "3 calm piano pieces")
    page.locator("[data-make] button").click()
    page.wait_for_selector(".entry")
    with page.expect_response("**/v1/explanations") as heard:
        page.locator(".entry [data-why]").first.click()
    assert heard.value.request.post_data_json["query"]["recipe"] == "playlist"
    page.wait_for_selector(".drawer [data-why=shown], .drawer [data-why=not]")
    picture(page, tmp_path, "why-made-list")


def test_only_a_conversation_that_is_gone_is_begun_anew(browser: Browser, base: str) -> None:
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(QUICKLY)
    page.goto(f"{base}/chat")
    say(page, "piano music")
    kept = "JSON.parse(sessionStorage.getItem('segue.talk.null')).conversation"
    first = page.evaluate(kept)
    assert first
    answers = {
        "about:blank": first,  # a proxy, say: the conversation is still there
        "urn:segue:problem:not-found": first,
        "urn:segue:problem:unknown-conversation": None,
    }
    for kind, after in answers.items():
        told = {"type": kind, "status": 404, "title": "Not found", "detail": f"Not here: {kind}"}
        page.route("**/v1/chat", partial(refused, told))
        page.locator(".talk-field textarea").fill("go on")
        page.locator(".talk-field textarea").press("Enter")
        page.locator(".broken", has_text=kind).wait_for()
        until(page, f"({kept}) === {'null' if after is None else repr(after)}")
        page.unroute("**/v1/chat")
    page.context.close()
    gone = httpx.get(f"{base}/v1/conversations/none")
    assert gone.json()["type"] == "urn:segue:problem:unknown-conversation"


def test_a_number_leads_to_its_card_whatever_has_left_the_catalogue(visit: Callable[..., Page], base: str) -> None:
    """An item that has gone leaves a gap in a conversation that is opened again; its number is nobody else's."""
    page = visit("chat", person="counter", reduced_motion="reduce")
    shown = numbers(say(page, "piano music"))
    assert httpx.get(f"{base}/v1/items/{shown[0]}").status_code == 200
    name = page.evaluate("JSON.parse(sessionStorage.getItem('segue.talk.counter')).conversation")
    whole = httpx.get(f"{base}/v1/conversations/{name}", params={"user_id": "counter"}).json()
    whole["lists"][0]["items"][0]["item"] = None
    whole["turns"][-1]["text"] = "As [3] is."
    page.route(f"**/v1/conversations/{name}?**", lambda route: route.fulfill(json=whole))
    page.locator(".earlier-open").first.click()
    page.locator(".to-number").click()
    until(page, f"document.activeElement.closest('.card')?.dataset.item === {shown[2]!r}")
