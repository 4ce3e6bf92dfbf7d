"""A person talks with Segue in a real browser, and the conversation ends in something that plays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from segue.engine import Engine
from segue.items import Credit, Item, ItemKind
from segue.testing.llm_server import ScriptedServer, calls, says, slow_start

from .browsing import CONTRASTS, QUICKLY, patiently, until
from .conftest import HOSTILE, fill, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("SEGUE_PICTURES")
"""Folder for the pictures of the pages, for whoever wants to look at them."""
MINUTES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14)
PHONE = {"width": 375, "height": 740}


def songs(place: Path) -> Path:
    """A workspace with twelve pieces for the piano that can be played, of different lengths and years."""
    fill(place)
    with Engine.open(place) as engine:
        engine.add_items(
            Item(
                id=f"piano-{n}",
                kind=ItemKind.TRACK,
                title=f"Nocturne {n + 1}" if n % 2 else f"夜曲 {n + 1}",
                description="A quiet piece for the piano.",
                creators=(Credit("Mei Lin", "pianist"),),
                genres=("classical",),
                tags=("piano", "calm"),
                released=str(2010 + n),
                duration_s=60.0 * minutes,
                media_uri="tone.wav",
            )
            for n, minutes in enumerate(MINUTES)
        )
    return place


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(songs(tmp_path_factory.mktemp("talking") / "workspace")) as url:
        # The first search loads the text encoder; no test shall wait for that.
        assert httpx.get(f"{url}/v1/search?q=piano", timeout=180).status_code == 200
        yield url


def picture(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=(Path(PICTURES) if PICTURES else folder) / f"{name}.png")


def field(page: Page) -> Locator:
    return page.locator(".talk-field textarea")


def say(page: Page, words: str) -> Locator:
    """Say something by the keyboard; the turn, when it has been answered."""
    before = page.locator(".turn").count()
    field(page).fill(words)
    field(page).press("Enter")
    return answered(page, before)


def answered(page: Page, before: int) -> Locator:
    """The turn after so many others, when its answer is whole."""
    turn = page.locator(".turn").nth(before)
    turn.locator(".answer[aria-busy=false]").wait_for()
    assert turn.locator(".broken").count() == 0, turn.inner_text()
    return turn


def numbers(turn: Locator) -> list[str]:
    """The items of its list, in order."""
    turn.locator(".talk-cards .card").first.wait_for()
    cards = turn.locator(".talk-cards .card")
    found: list[str] = cards.evaluate_all("cards => cards.map(c => c.dataset.item)")
    shown = cards.locator(".number").all_inner_texts()
    assert shown == [str(n + 1) for n in range(len(found))]
    return found


def item(url: str, item_id: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{url}/v1/items/{item_id}").json()
    return found


def test_five_turns_beside_the_feed_end_in_something_that_plays(
    visit: Callable[..., Page],
    talking: str,
    tmp_path: Path,
) -> None:
    page = visit(person="talker", url=talking)
    page.wait_for_selector("[data-row=home] .card[data-item]")
    page.locator("[data-panel-open]").click()
    page.wait_for_selector(".talk-welcome")
    until(page, "document.activeElement.name === 'message'")

    first = numbers(say(page, "some piano music under 9 minutes"))
    assert 2 <= len(first) <= 6
    assert all(item(talking, one)["duration_s"] <= 9 * 60 for one in first)
    assert page.locator(".talk .chip[data-chip]").count() >= 1

    shorter = numbers(say(page, "shorter"))
    assert shorter != first
    longest = max(item(talking, one)["duration_s"] for one in first)
    assert max(item(talking, one)["duration_s"] for one in shorter) < longest

    newer = numbers(say(page, "like the second but newer"))
    year = item(talking, shorter[1])["released"]
    assert all(item(talking, one)["released"] > year for one in newer)
    picture(page, tmp_path, "chat-turns")

    why = say(page, "why the first?")
    title = item(talking, newer[0])["title"]
    assert title in why.inner_text()
    assert "because" in why.inner_text().lower()

    turn = say(page, "play the first")
    sound = turn.locator("audio")
    sound.wait_for()
    assert sound.get_attribute("src") == f"media/{newer[0]}"
    until(page, "document.querySelector('.turn:last-child audio').currentTime > 0")
    assert not sound.evaluate("a => a.paused")
    picture(page, tmp_path, "chat-plays")
    # The feed beside it follows: what was played is in the history.
    patiently(page, lambda: "play" in kinds(talking, "talker"))


def kinds(url: str, person: str) -> list[str]:
    told = httpx.get(f"{url}/v1/users/{person}/history").json()
    return [entry["event"]["kind"] for entry in told]


def test_a_chinese_conversation_on_a_phone_ends_in_something_that_plays(
    visit: Callable[..., Page],
    talking: str,
    tmp_path: Path,
) -> None:
    page = visit(person="听众", url=talking, locale="zh-CN", viewport=PHONE, has_touch=True)
    page.locator("nav a[href=chat]").click()
    page.wait_for_url("**/chat")
    page.wait_for_selector(".talk-welcome")
    assert page.locator(".example").first.inner_text() == "今晚想要平静一点的"
    first = numbers(say(page, "来点钢琴曲，不超过9分钟"))
    assert all(item(talking, one)["duration_s"] <= 9 * 60 for one in first)
    shorter = numbers(say(page, "短一点"))
    assert shorter != first
    why = say(page, "为什么推荐第一个？")
    assert item(talking, shorter[0])["title"] in why.inner_text()
    assert "因为" in why.inner_text()
    picture(page, tmp_path, "chat-phone-zh")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    say(page, "播放第一个").locator("audio").wait_for()
    until(page, "document.querySelector('.turn:last-child audio').currentTime > 0")


def test_a_chip_takes_its_wish_back(visit: Callable[..., Page], talking: str) -> None:
    page = visit("chat", person="chips", url=talking)
    say(page, "piano music before 2015")
    chips = page.locator(".talk .chip[data-chip]")
    until(page, "[...document.querySelectorAll('.talk [data-chip]')].some(c => /2014/.test(c.textContent))")
    before = chips.count()
    chips.filter(has_text="2014").click()
    turn = answered(page, 1)
    assert "2014" in turn.locator(".mine").inner_text()
    assert chips.count() == before - 1
    assert any(item(talking, one)["released"] > "2014" for one in numbers(turn))


def test_a_conversation_stays_open_across_pages_and_is_found_again_and_deleted(
    visit: Callable[..., Page],
    talking: str,
    tmp_path: Path,
) -> None:
    page = visit("search?q=nocturne", person="keeper", url=talking)
    page.locator("[data-panel-open]").click()
    shown = numbers(say(page, "piano music"))
    field(page).fill("not sent yet")
    page.goto(f"{talking}/item?id={shown[0]}")
    page.wait_for_selector(".turn .card")
    assert numbers(page.locator(".turn")) == shown
    assert field(page).input_value() == "not sent yet"
    assert page.locator(".turn .reason").count() == len(shown)

    page.goto(f"{talking}/chat")
    page.locator("[data-new]").click()
    page.wait_for_selector(".talk-welcome")
    say(page, "something from 2020")
    entries = page.locator("[data-earlier] [data-conversation]")
    until(page, "document.querySelectorAll('[data-earlier] [data-conversation]').length === 2")
    entries.filter(has_text="piano music").locator(".earlier-open").click()
    page.wait_for_selector(".turn .mine:text-is('piano music')")
    assert numbers(page.locator(".turn")) == shown
    assert page.locator(".turn .reason").count() == len(shown)  # as they were told then
    picture(page, tmp_path, "chat-page")
    say(page, "like the second")  # the numbers of a conversation that was opened again hold

    entries.filter(has_text="piano music").locator(".bin").click()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert entries.count() == 2
    entries.filter(has_text="piano music").locator(".bin").click()
    page.locator("dialog button.danger").click()
    until(page, "document.querySelectorAll('[data-earlier] [data-conversation]').length === 1")
    page.wait_for_selector(".talk-welcome")
    left = httpx.get(f"{talking}/v1/users/keeper/conversations").json()["conversations"]
    assert [one["begins"] for one in left] == ["something from 2020"]


def test_without_a_person_one_can_talk_and_nothing_is_kept_of_anybody(
    visit: Callable[..., Page],
    talking: str,
) -> None:
    page = visit("chat", url=talking)
    page.wait_for_selector(".talk-welcome")
    assert page.locator("[data-earlier]").count() == 0
    page.locator(".example").first.click()
    answered(page, 0)
    turn = say(page, "piano music")
    assert numbers(turn)
    turn.locator(".ask-why").first.click()
    page.wait_for_selector(".drawer [data-why=here]")
    assert page.locator(".drawer [data-why=do]").count() == 0


def test_the_field_knows_input_methods_new_lines_and_what_is_too_long(
    visit: Callable[..., Page],
    talking: str,
) -> None:
    page = visit("chat", person="typist", url=talking)
    field(page).fill("gangqin")
    # The Enter that chooses a word of an input method sends nothing.
    compose = "(f) => f.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    field(page).evaluate(compose)
    field(page).press("Shift+Enter")
    assert field(page).input_value() == "gangqin\n"
    assert page.locator(".turn").count() == 0

    paste = """(f) => {
      const data = new DataTransfer();
      data.setData("text", "钢".repeat(100_000));
      return f.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    assert field(page).evaluate(paste) is False, "taken by the browser"
    assert "8,000" in page.locator(".talk-ask .problem").inner_text()
    assert "100,008" in page.locator(".talk-ask .problem").inner_text()
    field(page).fill("x" * 9_000)
    field(page).press("Enter")
    assert page.locator(".turn").count() == 0
    assert "9,000" in page.locator(".talk-ask .problem").inner_text()
    field(page).fill("piano")
    assert page.locator(".talk-ask .problem").inner_text() == ""


def test_a_lost_connection_can_be_tried_again_and_an_answer_stopped(browser: Browser, talking: str) -> None:
    # Not through `visit`: the browser itself reports the connection that breaks.
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(QUICKLY)
    page.goto(f"{talking}/chat")
    page.wait_for_selector(".talk-welcome")
    held: list[Any] = []
    page.route("**/v1/chat", lambda route: route.abort())
    field(page).fill("piano music")
    field(page).press("Enter")
    page.wait_for_selector(".broken")
    assert "cannot be reached" in page.locator(".broken").inner_text()
    page.unroute("**/v1/chat")
    page.locator(".broken button").click()
    turn = answered(page, 0)
    assert turn.locator(".mine").inner_text().endswith("piano music")
    assert numbers(turn)

    page.route("**/v1/chat", lambda route: held.append(route))
    field(page).fill("piano music, again")
    field(page).press("Enter")
    page.locator("button[aria-label='Stop the answer']").click()
    page.wait_for_selector(".broken")
    assert "Stopped." in page.locator(".broken").inner_text()
    until(page, "document.activeElement.name === 'message'")

    # Whoever has gone up to read stays there while the answer comes.
    page.locator(".broken button").click()
    page.wait_for_selector(".thinking")
    log = page.locator(".talk-log")
    log.evaluate("l => { l.scrollTop = 0; }")
    patiently(page, lambda: len(held) == 2)
    until(page, "document.querySelector('.talk-log').scrollTop === 0")
    held[1].continue_()
    answered(page, 1)
    assert log.evaluate("l => l.scrollTop") == 0
    page.locator(".to-end").click()
    until(page, "document.querySelector('.talk-log').scrollTop > 0")
    page.context.close()


@pytest.mark.parametrize(
    ("locale", "busy", "overloaded"),
    [
        ("en", "Another message of this chat", "Many people are being answered"),
        ("zh-CN", "上一条消息还在回答中", "请稍后再试"),
    ],
)
def test_a_server_that_has_no_place_for_a_turn_is_told_in_the_words_of_the_page(
    browser: Browser,
    tmp_path: Path,
    locale: str,
    busy: str,
    overloaded: str,
) -> None:
    place = songs(tmp_path / "workspace")
    with ScriptedServer([slow_start(60, says("Late."), pings=False)]) as model:
        with (place / "segue.toml").open("a", encoding="utf-8") as file:
            file.write(f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\n[chat]\nat_once = 1\nfirst_s = 60\n')
        with running(place) as url, httpx.Client(base_url=url, timeout=60) as http:
            page = browser.new_context(locale=locale).new_page()
            page.goto(f"{url}/chat")
            page.wait_for_selector(".talk-welcome")
            wanted = {"user_id": "ada", "message": "piano"}
            with http.stream("POST", "/v1/chat", json=wanted) as answer:
                lines = answer.iter_lines()
                assert next(lines) == "event: understood"
                field(page).fill("piano")
                field(page).press("Enter")
                page.wait_for_selector(".broken")
                assert overloaded in page.locator(".broken").inner_text()
                model.stop()
                assert "event: done" in list(lines)
            page.locator(".broken button").click()
            turn = page.locator(".turn").nth(0)
            turn.locator(".answer[aria-busy=false]").wait_for()
            assert turn.locator(".broken").count() == 0
            # The same conversation in another tab, at the same moment.
            problem = {
                "type": "urn:segue:problem:busy",
                "title": "Busy",
                "status": 409,
                "detail": "…",
                "request_id": "x",
            }
            page.route("**/v1/chat", lambda route: route.fulfill(status=409, json=problem))
            field(page).fill("calm")
            field(page).press("Enter")
            page.wait_for_selector(".broken")
            assert busy in page.locator(".broken").inner_text()
            page.context.close()


def test_a_model_speaks_in_numbers_and_proposes_and_its_loss_is_told(
    visit: Callable[..., Page],
    settings_of: Callable[[str], Path],
    tmp_path: Path,
    serve: Callable[[Path], str],
) -> None:
    script = (
        calls(("recommend", {"k": 3})),
        calls(("record", {"n": 1, "kind": "like"}), ("record", {"n": 2, "kind": "dislike"})),
        says("All is quiet here. [2] is the one for tonight."),
    )
    with ScriptedServer(script) as model:
        toml = f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\nretries = 0\n'
        url = serve(settings_of(toml))
        page = visit("chat", person="ada", url=url)
        turn = say(page, "what is there")
        shown = numbers(turn)
        words = turn.locator(".words").filter(has_text="tonight")
        assert words.inner_text() == "2 is the one for tonight."
        words.locator(".to-number").click()
        assert page.evaluate("document.activeElement.closest('.card').dataset.item") == shown[1]
        picture(page, tmp_path, "chat-proposed")

        offers = turn.locator(".proposed")
        assert offers.count() == 2
        offers.nth(1).locator("button").nth(1).click()  # no
        title = turn.locator(".card .title").nth(1).inner_text().splitlines()[-1]
        assert title in offers.nth(1).inner_text()
        assert offers.nth(1).locator("button").count() == 0
        model.stop()
        offers.nth(0).locator("button").nth(0).click()  # yes
        done = answered(page, 1)
        done.locator(".wrote").wait_for()
        told = httpx.get(f"{url}/v1/users/ada/history").json()
        assert [(one["event"]["kind"], one["event"]["item_id"]) for one in told] == [("like", shown[0])]
        lost = say(page, "something calm for tonight")
        assert "language model" in lost.locator(".degraded").inner_text()


@pytest.mark.parametrize(
    ("locale", "speaks", "evidence"), [("en-GB", "Because", "What speaks for it"), ("zh-CN", "因为", "支持它的依据")]
)
def test_a_drawer_says_why_with_bars_and_gives_the_focus_back(
    visit: Callable[..., Page],
    talking: str,
    tmp_path: Path,
    locale: str,
    speaks: str,
    evidence: str,
) -> None:
    person = f"fan-{locale}"
    events = [{"id": f"{person}-{n}", "user_id": person, "item_id": f"piano-{n}", "kind": "like"} for n in range(3)]
    assert httpx.post(f"{talking}/v1/events", json=events).status_code == 202
    page = visit(person=person, url=talking, locale=locale, reduced_motion="reduce")
    why = page.locator("[data-row=home] .card[data-item^=piano] .ask-why").first
    why.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".drawer [data-why=shown] .bars li")
    drawer = page.locator(".drawer")
    assert speaks.lower() in drawer.inner_text().lower()
    assert evidence in drawer.inner_text()
    assert page.evaluate("document.activeElement.closest('.drawer') !== null")
    picture(page, tmp_path, f"why-{locale}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".drawer", state="detached")
    assert page.evaluate("document.activeElement.className") == "ask-why"


def test_less_of_a_topic_is_said_in_the_drawer(visit: Callable[..., Page], talking: str) -> None:
    page = visit("search?q=nocturne", person="less", url=talking)
    page.locator(".card .ask-why").first.click()
    topic = page.locator(".drawer .topic-do", has_text="classical")
    topic.locator("button", has_text="Less").click()
    patiently(page, lambda: "dislike" in kinds(talking, "less"))
    page.keyboard.press("Escape")
    page.wait_for_selector(".drawer", state="detached")


@pytest.mark.parametrize(
    ("locale", "told", "back"),
    [("en-GB", "you asked not to see it", "Take back"), ("zh-CN", "你要求不再看到它", "撤回")],
)
def test_why_not_is_found_by_searching_a_title_and_taken_back(
    visit: Callable[..., Page],
    talking: str,
    tmp_path: Path,
    locale: str,
    told: str,
    back: str,
) -> None:
    person = f"hider-{locale}"
    event = {"id": person, "user_id": person, "item_id": "piano-3", "kind": "not_interested"}
    assert httpx.post(f"{talking}/v1/events", json=event).status_code == 202
    page = visit(person=person, url=talking, locale=locale, reduced_motion="reduce")
    page.locator("[data-missing] a").click()
    page.locator("input[name=q]").fill("Nocturne 4")
    page.locator("[data-left-out] > button").click()
    line = page.locator("[data-left-out] [data-item=piano-3]")
    assert told in line.inner_text()
    line.locator("button").click()
    account = page.locator(".drawer [data-why=not]")
    account.wait_for()
    assert told in account.inner_text()
    picture(page, tmp_path, f"why-not-{locale}")
    account.locator("button", has_text=back).click()
    page.wait_for_selector("[data-results] [data-item=piano-3]")  # it is found again
    until(page, f"!document.querySelector('.drawer-body').textContent.includes('{told}')")


def test_a_found_title_says_where_it_ranks_in_the_list(visit: Callable[..., Page], talking: str) -> None:
    page = visit("search?q=nocturne", person="ranker", url=talking)
    why = page.locator("[data-results] .card[data-item^=piano] .ask-why").first
    assert why.inner_text() == "In my list?"
    why.click()
    page.wait_for_selector(".drawer [data-why=home]")
    assert "umber" in page.locator(".drawer [data-why=home] .segments").inner_text()
    found = page.locator(".drawer [data-why=shown] .bars a")
    assert found.inner_text() == "nocturne"
    assert found.get_attribute("href") == "search?q=nocturne"


def test_what_an_age_limit_keeps_out_is_not_named(
    visit: Callable[..., Page],
    tmp_path: Path,
    serve: Callable[[Path], str],
) -> None:
    songs(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items([Item(id="grown", kind=ItemKind.TRACK, title="Nocturne for grown-ups", maturity=18)])
        engine.add_items(one.model_copy(update={"maturity": 0}) for one in list(engine.items()) if one.id != "grown")
        engine.put_member("home", "Kim", "kim", max_maturity=6)
        engine.record([engine.event("kim", "piano-3", "not_interested")])
    url = serve(tmp_path)
    page = visit("search?q=nocturne", person="kim", url=url)
    page.locator("[data-left-out] > button").click()
    page.wait_for_selector("[data-left-out] [data-item=piano-3]")
    assert "grown" not in page.locator("main").inner_text()


def test_what_can_never_be_kept_is_told_and_not_offered(
    visit: Callable[..., Page], settings_of: Callable[[str], Path], serve: Callable[[Path], str]
) -> None:
    page = visit("chat", person="ada", url=serve(settings_of("[chat]\ngrants = []\n")))
    say(page, "drone")
    turn = say(page, "I like the first one")
    assert "cannot keep likes" in turn.inner_text()
    assert turn.locator(".proposed, .wrote").count() == 0
    assert "不能保存喜好" in say(page, "我喜欢第一个").inner_text()


def test_a_hostile_title_stays_text_in_a_conversation(visit: Callable[..., Page], talking: str) -> None:
    page = visit("chat", url=talking)
    turn = say(page, f"{HOSTILE} script document title")
    assert "taken" not in page.title()
    assert turn.locator(".mine").inner_text().endswith("script document title")
    assert page.evaluate("document.querySelectorAll('main script, main img[onerror]').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["chat", ""])
def test_a_conversation_stands_out_from_its_ground(
    visit: Callable[..., Page],
    talking: str,
    path: str,
    scheme: str,
) -> None:
    page = visit(path, person="u0", url=talking, color_scheme=scheme, reduced_motion="reduce")
    if not path:
        page.wait_for_selector("[data-row=home] .card[data-item]")
        page.locator("[data-panel-open]").click()
    turn = say(page, "piano music under 9 minutes")
    assert page.evaluate(CONTRASTS) == []
    turn.locator(".ask-why").first.click()
    page.wait_for_selector(".drawer [data-why=shown], .drawer [data-why=not]")
    assert page.evaluate(CONTRASTS) == []


@pytest.mark.slow
def test_below_a_path_one_talks_and_asks_why(
    browser: Browser,
    settings_of: Callable[[str], Path],
    serve: Callable[[Path], str],
) -> None:
    url = serve(settings_of('[server]\nroot_path = "/below"\n'))
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(QUICKLY)
    page.goto(f"{url}/below/")
    page.locator("[data-panel-open]").click()
    turn = say(page, "drone music")
    assert numbers(turn)
    turn.locator("button.badge").first.click()
    turn.locator("audio").wait_for()
    until(page, "document.querySelector('.turn audio').currentTime > 0")
    page.locator(".panel-head a[href=chat]").click()
    page.wait_for_url(f"{url}/below/chat")
    page.wait_for_selector(".turn .card")
    page.context.close()
