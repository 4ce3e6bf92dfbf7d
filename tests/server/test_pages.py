"""The pages as files: both languages, nothing inline, nothing from elsewhere, every message there."""

from __future__ import annotations

import json
import pkgutil
import re
from pathlib import Path

import httpx
import pytest

import segue.server
from segue.events import EventKind
from segue.items import ItemKind
from segue.models import TABLE
from segue.pipeline import filters
from segue.server.routes.pages import LANGUAGES, PAGES

WEB = Path(segue.server.__file__).parent / "web"
CATALOGUES = {name: json.loads((WEB / "messages" / f"{name}.json").read_text(encoding="utf-8")) for name in LANGUAGES}
SCRIPTS = sorted((WEB / "static").glob("*.js"))


def test_both_languages_say_everything() -> None:
    english, chinese = CATALOGUES["en"], CATALOGUES["zh"]
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        assert text.strip(), name
        assert chinese[name].strip(), name
        fields = re.compile(r"\{\w+\}")
        assert set(fields.findall(text)) == set(fields.findall(chinese[name])), name


def test_every_kind_and_event_has_a_name() -> None:
    needed = {f"kind.{k.value}" for k in ItemKind} | {f"event.{k.value}" for k in EventKind}
    assert needed <= CATALOGUES["en"].keys()


def test_every_model_and_filter_has_a_name_in_an_account() -> None:
    helpers = {"conditions", "everybody"}
    names = {module.name for module in pkgutil.iter_modules(filters.__path__)} - helpers
    needed = {f"part.{name}" for name in TABLE} | {f"filter.{name}" for name in names}
    assert needed <= CATALOGUES["en"].keys()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_every_message_that_a_script_names_exists(script: Path) -> None:
    named = set(re.findall(r'\bsay\("([\w.-]+)"', script.read_text(encoding="utf-8")))
    assert named <= CATALOGUES["en"].keys()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_scripts_never_turn_text_into_markup_or_code(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert word not in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


def test_no_page_waits_for_a_language_model() -> None:
    """Only the portrait asks for a text by one, after it has shown the text made by code."""
    for script in SCRIPTS:
        asked = re.findall(r"api\(`users/\$\{[^}]*\}/profile([^`]*)`\)", script.read_text(encoding="utf-8"))
        assert all("written=false" in query for query in asked), script.name


def test_nothing_comes_from_elsewhere() -> None:
    for file in [*WEB.rglob("*.html"), *WEB.rglob("*.css")]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?:https?:)?//[\w.-]+\.\w", text), file.name
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", text), file.name


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_the_language_that_is_asked_for(http: httpx.Client, path: str, language: str) -> None:
    wanted = {"en": "en-GB,zh;q=0.5", "zh": "fr, zh-CN;q=0.9, en;q=0.8"}[language]
    page = http.get(f"/{path}", headers={"accept-language": wanted})
    assert page.status_code == 200
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in page.text
    assert CATALOGUES[language]["nav.home"] in page.text
    chosen = http.get(f"/{path}", headers={"accept-language": wanted, "cookie": "segue_language=zh"})
    assert '<html lang="zh-Hans">' in chosen.text


def test_links_are_relative_so_that_a_proxy_may_put_them_anywhere(http: httpx.Client) -> None:
    for path in PAGES:
        assert not re.search(r'(?:href|src|action)="/', http.get(f"/{path}").text)
