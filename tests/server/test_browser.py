"""A person walks through the pages in a real browser: what they see changes with what they do, and says why."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from segue.engine import Engine
from segue.items import Item, ItemKind
from segue.prints import Duplicate

from .browsing import CONTRASTS, QUICKLY, items_of, patiently, until
from .conftest import HOSTILE, fill, write_song

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def test_home_item_play_back_and_the_row_has_changed_and_says_why(
    visit: Callable[..., Page], tmp_path: Path, base: str
) -> None:
    page = visit(person="walker")
    before = items_of(page, "home")
    card = page.locator("[data-row=track] .card[data-item^=tone]").first
    item, title = card.get_attribute("data-item"), card.locator(".title").inner_text()
    assert item is not None
    assert item in items_of(page, "track")
    assert card.locator(".reason").inner_text().startswith("Because")
    page.screenshot(path=tmp_path / "home.png")

    card.locator(".title").click()
    page.wait_for_selector("h1")
    assert page.locator("h1").inner_text() == title
    player = page.locator("audio")
    assert player.evaluate("a => a.readyState >= 1 || new Promise(r => a.onloadedmetadata = () => r(true))")
    player.evaluate("a => { a.playbackRate = 4; return a.play(); }")
    until(page, "document.querySelector('.about .note').textContent.includes('finished')")
    page.screenshot(path=tmp_path / "item.png")

    page.go_back()
    page.wait_for_selector("[data-row=track] .note.changed:not(:empty)")
    said = page.locator("[data-row=track] .note").inner_text()
    assert said.startswith(f"Updated after you finished “{title}”")
    assert item not in items_of(page, "track")
    assert items_of(page, "home") != before
    assert page.locator("[data-row=like] h2").inner_text() == f"More like “{title}”"
    page.screenshot(path=tmp_path / "back.png")
    told = page.request.get(f"{base}/v1/users/walker/history").json()
    kinds = [entry["event"]["kind"] for entry in told]
    assert kinds.count("complete") == 1
    assert kinds.count("play") == 1
    assert "skip" not in kinds
    complete = next(e["event"] for e in told if e["event"]["kind"] == "complete")
    assert complete["played_s"] >= 3


@pytest.mark.parametrize(("locale", "said"), [("en-GB", "the same recording"), ("zh-CN", "同一录音")])
def test_the_item_page_names_the_copies(
    visit: Callable[..., Page], tmp_path: Path, locale: str, said: str, serve: Callable[[Path], str]
) -> None:
    fill(tmp_path)
    with Engine.open(tmp_path) as engine:
        same = Duplicate("sound_print", "hostile", "tone-3", 0.93, 0.0, 62.5, 180.0, 0.9)
        engine._store.put_duplicates("sound_print", [], [same])
    url = serve(tmp_path)
    page = visit("item?id=tone-3", url=url, locale=locale)
    page.wait_for_selector(".copies li")
    shown = page.locator(".copies li").inner_text()
    assert HOSTILE in shown
    assert said in shown
    assert "93" in shown
    assert "1:02" in shown
    page.locator(".copies li a").click()
    page.wait_for_selector(".copies li")
    assert page.locator(".copies li").inner_text().startswith("Paper Lantern")
    page.screenshot(path=tmp_path / "copies.png")
    page.goto(f"{url}/item?id=tone-0")
    page.wait_for_selector("h1")
    assert page.locator(".copies").is_hidden()


@pytest.mark.parametrize(
    ("locale", "title", "source", "passed"),
    [
        ("en-GB", "What is said, line by line (2)", "subtitles beside the file", "Passed over"),
        ("zh-CN", "逐句文字（2 句）", "文件旁的字幕", "已跳过的文件"),
    ],
)
def test_the_item_page_shows_what_is_said_and_jumps_there(
    visit: Callable[..., Page],
    tmp_path: Path,
    locale: str,
    title: str,
    source: str,
    passed: str,
    serve: Callable[[Path], str],
) -> None:
    fill(tmp_path)
    (tmp_path / "tone.srt").write_text("no times in here")
    (tmp_path / "tone.en.srt").write_text(
        f"1\n00:00:00,500 --> 00:00:02,000\nA long low note.\n\n2\n00:00:04,000 --> 00:00:05,000\n{HOSTILE}\n"
    )
    with Engine.open(tmp_path) as engine:
        engine.understand(only=["transcript"])
    url = serve(tmp_path)
    page = visit("item?id=tone-3", url=url, locale=locale)
    page.wait_for_selector(".spoken summary")
    assert page.locator(".spoken summary").inner_text() == title
    assert source in page.locator(".facts").inner_text()
    assert "tone.srt holds no line with a time" in page.locator(".facts .problem").inner_text()
    assert passed in page.locator(".facts .problem").inner_text()
    assert page.locator(".spoken li").count() == 0, "drawn when somebody looks"
    page.locator(".spoken summary").click()
    page.wait_for_selector(".spoken li")
    assert page.locator(".spoken li").nth(0).inner_text().split("\n")[-1] == "A long low note."
    assert page.locator(".spoken img").count() == 0, "text stays text"
    page.locator(".spoken button").nth(1).click()
    until(page, "document.querySelector('audio').currentTime >= 4")
    page.screenshot(path=tmp_path / "spoken.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "names", "key"),
    [
        ("en-GB", ("Tempo", "Key", "Loudness", "Loudness over time"), "A minor"),
        ("zh-CN", ("速度", "调性", "响度", "响度变化"), "A 小调"),
    ],
)
def test_the_item_page_of_a_track_shows_what_was_heard(
    visit: Callable[..., Page],
    tmp_path: Path,
    locale: str,
    names: tuple[str, ...],
    key: str,
    serve: Callable[[Path], str],
) -> None:
    fill(tmp_path)
    write_song(tmp_path / "song.wav")
    with Engine.open(tmp_path) as engine:
        engine.add_items([Item(id="song", kind=ItemKind.TRACK, title="Song", media_uri="song.wav", duration_s=24)])
        assert engine.understand(only=["audio"]).failed == 0
    url = serve(tmp_path)
    page = visit("item?id=song", url=url, locale=locale)
    page.wait_for_selector(".facts dl")
    rows = page.locator(".facts dl > div")
    shown = dict(zip(rows.locator("dt").all_inner_texts(), rows.locator("dd").all_inner_texts(), strict=True))
    tempo, tone, loudness, curve = names
    beats = float(re.findall(r"[\d.]+", shown[tempo])[0])
    assert min(abs(beats / (120 * octave) - 1) for octave in (0.5, 1, 2)) < 0.04
    assert shown[tone] == key
    told = page.request.get(f"{url}/v1/items/song/facts").json()["audio"]
    assert re.fullmatch(rf"[-−]{abs(round(told['loudness_lufs']))} LUFS", shown[loudness])
    # Quiet first, then loud: the line, whose y grows downwards, rises.
    line = page.locator(f".facts svg.curve[aria-label='{curve}'] path").get_attribute("d")
    assert line is not None
    heights = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", line)][:-1]
    assert len(heights) == len(told["energy_curve"])
    half = len(heights) // 2
    assert sum(heights[:half]) / half > sum(heights[half:]) / (len(heights) - half) + 2
    page.screenshot(path=tmp_path / "song.png", full_page=True)


def test_roles_are_named_in_the_language_of_the_page(visit: Callable[..., Page], base: str) -> None:
    page = visit(locale="zh-CN")
    roles = ("mastering engineer", "Cinematographer", "bell founder")
    credits = [[f"Person {n}", role] for n, role in enumerate(roles)]
    item = {"id": "credited", "kind": "movie", "title": "Credited", "creators": credits}
    page.request.put(f"{base}/v1/items/credited", data=json.dumps(item), headers={"content-type": "application/json"})
    page.goto(f"{base}/item?id=credited")
    page.wait_for_selector(".credits")
    said = [text.strip() for text in page.locator(".credits .role").all_inner_texts()]
    assert said == ["母带工程师", "摄影指导", "bell founder"]


def test_leaving_early_is_a_skip(visit: Callable[..., Page], base: str) -> None:
    page = visit("item?id=tone-2", person="leaver")
    page.locator("audio").evaluate("a => a.play()")
    until(page, "document.querySelector('audio').currentTime > 0.4")
    page.goto(f"{base}/search")
    until(
        page, "async () => (await (await fetch('v1/users/leaver/history')).json()).some(e => e.event.kind === 'skip')"
    )


def test_the_menu_by_keyboard_changes_the_row_and_keeps_the_place(visit: Callable[..., Page]) -> None:
    page = visit(person="typist")
    before = items_of(page, "home")
    page.locator("[data-row=home] .card .title").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('.card').dataset.item") == before[1]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=menu]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=menu]", state="detached")
    assert page.evaluate("document.activeElement.classList.contains('more')")
    page.keyboard.press("Space")
    page.wait_for_selector("[role=menu]")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Not interested"
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-row=home] .note.changed:not(:empty)")
    assert "you hid" in page.locator("[data-row=home] .note").inner_text()
    assert before[1] not in items_of(page, "home")
    assert page.evaluate("document.activeElement.classList.contains('more')")
    # Said once, when the last row has been asked anew.
    until(page, "document.querySelector('[data-live]').textContent.includes('you hid')")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_the_first_tab_stop_skips_to_the_content(visit: Callable[..., Page]) -> None:
    page = visit()
    page.wait_for_selector("[data-row] .card[data-item]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize(
    "path", ["", "item?id=tone-1", "item?id=hostile", "search?q=lantern", "chat", "person", "status"]
)
@pytest.mark.parametrize("width", [360, 768])
def test_no_page_is_wider_than_a_phone(visit: Callable[..., Page], path: str, width: int) -> None:
    page = visit(path, person="u0", viewport={"width": width, "height": 740}, has_touch=True)
    page.wait_for_selector("main [aria-busy=false], main .card[data-item]")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_chinese_is_remembered_and_whole(visit: Callable[..., Page], base: str) -> None:
    page = visit(person="u0", locale="en-GB")
    page.wait_for_selector("[data-row=home] .card[data-item]")
    page.locator("[data-toggle-language]").click()
    page.wait_for_selector("html[lang=zh-Hans] [data-row=home] .card[data-item]")
    assert page.locator("[data-row=home] h2").inner_text() == "为你推荐"
    assert all(text.startswith("因为") for text in page.locator("[data-row=home] .reason").all_inner_texts())
    for path in ("item?id=tone-1", "search", "chat", "person", "status"):
        page.goto(f"{base}/{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.lang") == "zh-Hans"
        # Own words of the page, without names from the catalogue.
        words = page.locator("main h2, main h3, main button").all_inner_texts()
        assert any("一" <= c <= "鿿" for text in words for c in text) or path == "search"


def test_a_hostile_title_stays_text(visit: Callable[..., Page], base: str) -> None:
    page = visit("item?id=hostile", person="u0")
    page.wait_for_selector("h1")
    assert page.locator("h1").inner_text() == HOSTILE
    page.goto(f"{base}/search?q=script")
    page.wait_for_selector("[data-item=hostile]")
    assert page.locator("[data-item=hostile] .title").inner_text() == HOSTILE
    assert "taken" not in page.title()
    assert page.evaluate("document.querySelectorAll('main script, main img[onerror]').length") == 0


def test_search_as_one_types_in_both_languages(visit: Callable[..., Page]) -> None:
    page = visit("search", person="u0")
    page.keyboard.type("雨夜", delay=30)  # the field has the focus
    page.wait_for_selector("[data-item=tone-1]")
    assert "雨夜" in page.locator("[data-found]").inner_text()
    assert "q=" in page.url
    page.locator("input[name=q]").fill("harbour light")
    until(page, "document.querySelector('[data-results] .card').dataset.item === 'tone-0'")


def test_what_was_understood_is_shown_and_taken_back(visit: Callable[..., Page]) -> None:
    page = visit("search?q=drone%20music%20before%201900")
    page.wait_for_selector("[data-understood] button")
    assert page.locator("[data-understood] button").all_inner_texts() == ["only tracks ×", "until 1899 ×"]
    until(page, "document.querySelector('[data-found]').textContent.includes('until 1899')")
    page.locator("[data-understood] button").nth(1).click()
    page.wait_for_selector("[data-results] .card[data-item]")
    assert page.locator("input[name=q]").input_value() == "drone music"


def test_an_item_leads_to_an_entity_and_its_other_items(visit: Callable[..., Page], base: str) -> None:
    page = visit()
    for n in (1, 2):
        item = {"id": f"linked-{n}", "kind": "movie", "title": f"Linked {n}", "creators": [["Ida Thread", "director"]]}
        put = page.request.put(
            f"{base}/v1/items/linked-{n}", data=json.dumps(item), headers={"content-type": "application/json"}
        )
        assert put.ok, put.text()
    deadline = time.monotonic() + 10
    while True:
        found = page.request.get(f"{base}/v1/items/linked-1/knowledge")
        assert found.ok, found.text()
        if found.json()["neighbours"]:
            break
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    page.goto(f"{base}/item?id=linked-1")
    page.locator("a[href^='entity?id=']").first.click()
    page.wait_for_selector("[data-entity] h1")
    assert page.locator("[data-entity] h1").inner_text() == "Ida Thread"
    until(page, "document.querySelectorAll('[data-items] .card').length === 2")


@pytest.mark.parametrize(("locale", "heading", "night"), [("en-GB", "Habits", "at night"), ("zh-CN", "习惯", "夜间")])
def test_a_person_sees_their_habits(
    visit: Callable[..., Page], base: str, locale: str, heading: str, night: str
) -> None:
    page = visit("person?id=owl", locale=locale)
    events = [
        {
            "id": f"owl-{n}",
            "user_id": "owl",
            "item_id": f"tone-{n % 5}",
            "kind": "complete",
            "at": f"2026-01-{n + 1:02}T02:10:00Z",
            "context": {"device": "tv"},
        }
        for n in range(20)
    ]
    page.request.post(f"{base}/v1/events", data=json.dumps(events), headers={"content-type": "application/json"})
    page.goto(f"{base}/person?id=owl")
    page.wait_for_selector("[data-habits] .heat")
    section = page.locator("[data-habits]")
    assert section.locator("h2").inner_text() == heading
    assert night in section.inner_text()
    assert section.locator(".heat-cell").count() == 7 * 24
    shown = "[...document.querySelectorAll('.heat-cell')].filter(c => +c.style.getPropertyValue('--share') > 0).length"
    assert page.evaluate(shown) == 7  # every weekday at two o'clock
    assert "UTC" in section.locator(".hint").first.inner_text()


SAID = {
    "en-GB": ("Your taste", "You turn most to", "Hide for good", "Restore", "What you chose on purpose stays"),
    "zh-CN": ("你的口味", "你最常选", "永久隐藏", "恢复", "你主动做出的选择会保留"),
}


@pytest.mark.parametrize("locale", SAID)
def test_a_person_corrects_their_portrait(visit: Callable[..., Page], base: str, tmp_path: Path, locale: str) -> None:
    title, text, hide, restore, stays = SAID[locale]
    person = f"reader-{locale}"
    page = visit("person", person=person, locale=locale, viewport={"width": 375, "height": 740})
    events = [
        {
            "id": f"{person}-{n}",
            "user_id": person,
            "item_id": item,
            "kind": "complete",
            "at": f"2026-01-0{n + 1}T20:00:00Z",
        }
        for n, item in enumerate(("tone-0", "tone-1", "tone-2", "i1"))
    ]
    page.request.post(f"{base}/v1/events", data=json.dumps(events), headers={"content-type": "application/json"})
    page.reload()
    section = page.locator("[data-portrait]")
    drone = section.locator("[data-line='genre:drone']")
    drone.wait_for()
    assert section.locator("h2").inner_text() == title
    assert section.locator("[data-words]").inner_text().startswith(text)
    assert drone.locator("a").first.get_attribute("href") == "item?id=tone-0"
    assert page.evaluate("document.documentElement.scrollWidth") <= 375

    # By the keyboard alone: open, pin, and the focus stays where it was.
    drone.locator("summary").focus()
    page.keyboard.press("Enter")
    drone.locator("[data-act=pin]").focus()
    page.keyboard.press("Enter")
    drone.locator("[data-act=unpin]").wait_for()
    until(page, "document.activeElement.dataset.act === 'unpin'")
    assert drone.get_attribute("data-state") == "pinned"
    assert drone.locator("details").evaluate("d => d.open")
    drone.locator("input[type=range]").focus()
    page.keyboard.press("ArrowLeft")

    def now() -> dict[str, Any]:
        found = page.request.get(f"{base}/v1/users/{person}/profile").json()["portrait"]
        return {line["id"]: line for line in found["lines"]}

    patiently(page, lambda: now()["genre:drone"]["strength"] == pytest.approx(0.95))
    drone.locator("[data-act=mute]").first.click()
    page.wait_for_selector("[data-line='genre:drone'][data-state=muted]")
    assert now()["genre:drone"]["until"] is not None
    drone.locator("[data-act=unmute]").click()
    page.wait_for_selector("[data-line='genre:drone'][data-state=pinned]")
    assert hide in drone.locator(".buttons").inner_text()
    page.screenshot(path=tmp_path / f"portrait-{locale}.png", full_page=True)

    ambient = section.locator(".lines [data-line='genre:ambient']")
    ambient.locator("summary").click()
    ambient.locator("[data-act=delete]").click()
    ambient.wait_for(state="detached")
    assert "ambient" not in page.locator("[aria-labelledby=taste]").inner_text()
    assert "genre:ambient" not in now()
    back = section.locator(".forgotten button")
    assert back.inner_text().startswith(restore)
    back.click()
    ambient.wait_for()
    assert section.locator(".forgotten").count() == 0

    section.locator("[data-reset]").click()
    assert stays in page.locator("dialog").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert "genre:ambient" in now()
    section.locator("[data-reset]").click()
    page.locator("dialog button.danger").click()
    ambient.wait_for(state="detached")
    assert set(now()) == {"genre:drone"}  # pinned, so it stays


@pytest.mark.slow
def test_a_portrait_is_read_and_corrected_below_a_path(
    browser: Browser, settings_of: Callable[[str], Path], serve: Callable[[Path], str]
) -> None:
    url = serve(settings_of('[server]\nroot_path = "/below"\n'))
    page = browser.new_context().new_page()
    page.set_default_timeout(QUICKLY)
    page.goto(f"{url}/below/person?id=u0")
    line = page.locator("[data-portrait] [data-line='genre:jazz']")
    line.locator("summary").click()
    line.locator("[data-act=lock]").click()
    page.wait_for_selector("[data-line='genre:jazz'][data-state=locked]")
    line.locator("a").first.click()
    page.wait_for_url(f"{url}/below/item?id=*")
    page.context.close()


def test_a_person_reads_exports_and_erases(visit: Callable[..., Page], base: str) -> None:
    page = visit(person="forgetful")
    page.wait_for_selector("[data-row=home] .card[data-item]")
    events = [{"id": f"forget-{n}", "user_id": "forgetful", "item_id": f"tone-{n}", "kind": "like"} for n in range(3)]
    page.request.post(f"{base}/v1/events", data=json.dumps(events), headers={"content-type": "application/json"})
    page.goto(f"{base}/person")
    page.wait_for_selector(".history li")
    assert page.locator(".history li").count() == 3
    assert "drone" in page.locator(".bars").first.inner_text()
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert len(download.value.path().read_text().splitlines()) >= 3
    page.locator("button.danger").click()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.locator("button.danger").click()
    page.locator("dialog button.danger").click()
    page.wait_for_selector(".empty")
    assert page.request.get(f"{base}/v1/users/forgetful/history").json() == []


def test_somebody_can_be_chosen(visit: Callable[..., Page]) -> None:
    page = visit()
    page.wait_for_selector(".welcome .chip")
    page.locator("[data-who]").click()
    page.locator("#who-filter").fill("brand-new")
    page.keyboard.press("Enter")
    page.wait_for_selector(".who-name:text-is('brand-new')")
    page.wait_for_selector("[data-row=home] .card .more")
    # Whom nothing is known of is asked what they like; the choice of a person is over.
    assert page.locator(".welcome .button").get_attribute("href") == "start"
    assert page.locator(".welcome .chip").count() == 0


@pytest.mark.slow
def test_a_server_with_a_key_asks_for_it_once(
    browser: Browser, settings_of: Callable[[str], Path], serve: Callable[[Path], str]
) -> None:
    # Not through `visit`: the browser itself reports the refusals of 401.
    url = serve(settings_of('[server]\napi_key = "open sesame"\nroot_path = "/below"\n'))
    page = browser.new_context().new_page()
    page.set_default_timeout(QUICKLY)
    page.goto(f"{url}/below/")
    page.locator("dialog input").fill("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog .problem:not(:empty)")
    page.locator("dialog input").fill("open sesame")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-row=home] .card[data-item]")
    page.goto(f"{url}/below/item?id=tone-0")
    page.wait_for_selector("audio")
    assert page.locator("dialog").count() == 0
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "item?id=tone-1", "search?q=lantern", "person", "status"])
def test_text_stands_out_from_its_ground(visit: Callable[..., Page], path: str, scheme: str) -> None:
    page = visit(path, person="u0", color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_selector("main [aria-busy=false], main .card[data-item]")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(CONTRASTS) == []


def test_the_check_of_contrast_sees_a_faint_text(visit: Callable[..., Page]) -> None:
    page = visit("status", person="u0", color_scheme="light")
    page.wait_for_selector(".figure")
    page.evaluate("document.querySelector('h1').style.color = '#cccccc'")
    assert any("Status" in text for text in page.evaluate(CONTRASTS))


MOVING = """() => document.getAnimations().length
  + [...document.querySelectorAll("*")].filter((n) => parseFloat(getComputedStyle(n).transitionDuration) > 0
    || getComputedStyle(n).animationName !== "none").length"""


def test_who_wants_no_motion_gets_none(visit: Callable[..., Page]) -> None:
    still = visit(person="u0", reduced_motion="reduce")
    items_of(still, "home")
    assert still.evaluate(MOVING) == 0
    moving = visit(person="u0", reduced_motion="no-preference")
    items_of(moving, "home")
    assert moving.evaluate(MOVING) > 0  # else the line above says nothing


def test_what_has_the_focus_shows_it(visit: Callable[..., Page]) -> None:
    page = visit(person="u0", reduced_motion="reduce")
    items_of(page, "home")
    ring = """() => {
      const at = document.activeElement;
      return [getComputedStyle(at), getComputedStyle(at, "::after")]
        .some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
    }"""
    met = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate(ring), page.evaluate("document.activeElement.outerHTML")
        met.add(page.evaluate("document.activeElement.className"))
    assert {"skip", "brand", "who", "button", "title", "more"} <= met


def test_the_first_pick_stands_large_and_plays_on_a_click(visit: Callable[..., Page]) -> None:
    page = visit(person="starter")
    row = items_of(page, "home")
    spot = page.locator("[data-spotlight]")
    item = spot.get_attribute("data-item")
    assert item in row
    assert spot.locator(".reason").inner_text().startswith("Because")
    picture = spot.locator(".spot-picture").bounding_box()
    assert picture is not None
    assert picture["width"] >= 220
    page.goto(page.url + "item?id=tone-3#play")
    until(page, "document.querySelector('audio') && !document.querySelector('audio').paused")


def test_a_person_corrects_a_label_and_decides_about_a_warning(visit: Callable[..., Page], workspace: Path) -> None:
    from segue.annotations import WARNINGS, Annotated, Annotation
    from segue.engine import Engine

    with Engine.open(workspace) as engine:
        evidence = ({"kind": "quote", "text": HOSTILE},)
        said = Annotation("tone-2", WARNINGS, "violence", 0.8, "zero_shot", "test", evidence)
        engine._store.put_annotated([Annotated("tone-2", "zero_shot", "browser", (said,))])
    page = visit("item?id=tone-2")
    page.wait_for_selector(".labels-of form")
    page.select_option(".labels-of select >> nth=0", "moods")
    page.select_option(".labels-of select >> nth=1", "calm")
    page.click(".labels-of form button")
    page.wait_for_selector(".labels-of .holds:has-text('calm')")
    page = visit("moderation")
    page.click(".queue li:has-text('Slow Machine') button:has-text('Confirm')")
    page.click(".chip:has-text('confirmed')")
    page.wait_for_selector(".queue li:has-text('Slow Machine'):has-text('violence')")
    assert page.title() != "taken"


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_later_one(
    visit: Callable[..., Page], tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    fill(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items(
            Item(id=f"{mood}-{n}", kind=ItemKind.TRACK, tags=(mood,))
            for mood in ("calm", "uplifting")
            for n in range(2)
        )
    held: list[Any] = []

    def hold(route: Any) -> None:
        if '"moods":["calm"]' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    url = serve(tmp_path)
    page = visit(person="walker", url=url)
    page.wait_for_selector("[data-mood] .chip[data-mood=calm]")
    page.route("**/v1/recommendations", hold)
    page.locator("[data-mood] .chip[data-mood=calm]").click()
    page.locator("[data-mood] .chip[data-mood=uplifting]").click()
    page.wait_for_selector("[data-row=mood] .reason")
    both = items_of(page, "mood")
    assert {item.split("-")[0] for item in both[:4]} == {"calm", "uplifting"}
    with page.expect_response("**/v1/recommendations"):
        held[0].continue_()
    page.wait_for_timeout(200)
    assert items_of(page, "mood") == both


def test_a_mood_is_asked_for_by_chip_and_by_words_and_taken_back(
    visit: Callable[..., Page], tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    fill(tmp_path)
    moods = {"calm": 4, "melancholic": 4, "uplifting": 4}
    with Engine.open(tmp_path) as engine:
        engine.add_items(
            Item(id=f"{mood}-{n}", kind=ItemKind.TRACK, title=f"{mood} {n}", tags=(mood,))
            for mood, count in moods.items()
            for n in range(count)
        )
    url = serve(tmp_path)
    page = visit(person="walker", url=url)
    page.wait_for_selector("[data-mood] .chip[data-mood=calm]")
    page.locator("[data-mood] .chip[data-mood=calm]").click()
    assert all(item.startswith("calm") for item in items_of(page, "mood")[:4])
    assert page.locator("[data-row=mood] .reason").first.inner_text() == (
        "Because you are in the mood for something calm"
    )
    assert page.url.endswith("?mood=calm")
    page.locator("[data-mood] .chip[data-mood=calm]").click()
    page.wait_for_selector("[data-row=mood]", state="detached")

    page.locator("[data-mood] input").fill("I'm sad")
    page.locator("[data-mood] input").press("Enter")
    first = items_of(page, "mood")[:6]
    assert [item.split("-")[0] for item in first] == ["melancholic", "uplifting"] * 3
    page.wait_for_selector("[data-mood] [data-understood] button")
    told = page.locator("[data-mood] [data-understood] button").all_inner_texts()
    assert told == ["to feel with you: melancholic ×", "to lift you: uplifting or cheerful ×"]
    page.screenshot(path=tmp_path / "mood.png", full_page=True)
    page.locator("[data-mood] [data-understood] button").first.click()
    until(page, "document.querySelector('[data-row=mood] .card')?.dataset.item.startsWith('uplifting')")
    assert not {item for item in items_of(page, "mood")[:4] if not item.startswith("uplifting")}

    page.locator("[data-mood] input").fill("good evening <b>")
    page.locator("[data-mood] button", has_text="Show me").click()
    until(page, "document.querySelector('[data-mood] [data-understood]').innerText.includes('No mood found')")

    page = visit("?feel=我很难过", person="walker", url=url, locale="zh-CN")
    page.wait_for_selector("[data-row=mood] .reason")
    assert page.locator("[data-row=mood] .reason").first.inner_text().startswith("因为你说“我很难过”")
    assert page.locator("[data-mood] h2").inner_text() == "此刻想要什么氛围？"
    page.screenshot(path=tmp_path / "mood-zh.png", full_page=True)
    narrow = visit("?mood=calm", person="walker", url=url, viewport={"width": 380, "height": 800})
    narrow.wait_for_selector("[data-row=mood] .reason")
    assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth")
    narrow.screenshot(path=tmp_path / "mood-narrow.png")
