"""What the tests of the pages share: waiting for what a page shows, and a check of its colours."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUICKLY = 20_000
"""Milliseconds that anything may take to appear."""
CONTRASTS = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
"""Texts whose contrast is below WCAG 2.2 AA (1.4.3), from computed colours: 4.5, or 3 for large text."""


def until(page: Page, holds: str) -> None:
    """Waits for an expression. Not `wait_for_function`: that one evaluates text in the page, which the pages forbid."""
    deadline = time.monotonic() + QUICKLY / 1000
    while not page.evaluate(holds):
        assert time.monotonic() < deadline, f"never came true: {holds}"
        page.wait_for_timeout(50)


def patiently(page: Page, holds: Callable[[], bool]) -> None:
    """Waits for what a press brings about on the server."""
    deadline = time.monotonic() + QUICKLY / 1000
    while not holds():
        assert time.monotonic() < deadline, "it never came about"
        page.wait_for_timeout(50)


def items_of(page: Page, row: str) -> list[str]:
    page.wait_for_selector(f"[data-row={row}] .card[data-item]")
    return page.eval_on_selector_all(f"[data-row={row}] .card", "cards => cards.map(c => c.dataset.item)")
