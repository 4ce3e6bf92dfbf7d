"""What a language model helped with, in a real browser: other words that can be taken back, a preview, a blurb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from segue.engine import Engine
from segue.testing.llm_server import ScriptedServer, by_words

from .browsing import patiently, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_other_words_are_shown_and_taken_back(
    visit: Callable[..., Page],
    settings_of: Callable[[str], Path],
    serve: Callable[[Path], str],
) -> None:
    answers = {
        "keeps boats off the rocks": {"rewrites": ["harbour light", "ambient drone"]},
        "held for six seconds": {"en": ["A track of 2026 by Ada Lumen."], "zh": ["一首2026年的音乐。"]},
    }
    with ScriptedServer([by_words(answers, {"rewrites": []})]) as server:
        place = settings_of(f'[llm]\nurl = "{server.url}"\nmodel = "scripted"\nretries = 0\nrewrite_s = 20\n')
        with Engine.open(place) as engine:
            engine.understand(only=["blurbs"])
        url = serve(place)
        # The first search loads the text encoder.
        assert httpx.get(f"{url}/v1/search?q=light&rewrite=false", timeout=180).status_code == 200
        page = visit("search", url=url)
        page.fill("[name=q]", "that thing which keeps boats off the rocks")
        page.keyboard.press("Enter")
        chips = page.locator("[data-understood] button")
        patiently(page, lambda: chips.count() == 1)
        assert chips.first.inner_text().startswith("also “ambient drone”"), "the other one is a title here"
        chips.first.click()
        patiently(page, lambda: chips.count() == 0)
        assert page.input_value("[name=q]") == "that thing which keeps boats off the rocks"
        page = visit("", person="walker", url=url)
        page.locator("[data-spotlight] button.quiet").click()
        until(page, "document.querySelector('[data-preview]').textContent.includes('For you tonight')")
        page = visit("item?id=tone-0", person="walker", url=url)
        page.wait_for_selector("[data-blurb]")
        assert page.locator("[data-blurb]").inner_text().startswith("A track of 2026 by Ada Lumen.")
