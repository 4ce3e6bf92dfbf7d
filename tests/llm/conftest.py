"""What every test of this room begins with: short pauses, and a process that has learnt nothing about any server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segue import storage
from segue.llm import calls, ladder
from segue.storage import Store


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FIRST_PAUSE_S", 0.01)


@pytest.fixture(autouse=True)
def nothing_learnt() -> None:
    ladder.forget()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as opened:
        yield opened
