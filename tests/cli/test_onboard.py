"""``segue onboard``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from ..engine.conftest import trained  # noqa: F401
from .test_cli import Shell, shell, workspace  # noqa: F401


def test_questions_as_json(shell: Shell) -> None:  # noqa: F811
    asked = shell.json("onboard", "zoe", "-k", "3")
    assert asked.keys() == {"user_id", "answered", "titles", "topics"}
    assert len(asked["titles"]) == 3
    first = asked["titles"][0]["item"]
    assert first not in [one["item"] for one in shell.json("onboard", "zoe", "--shown", first)["titles"]]


def test_a_dialogue(shell: Shell, monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:  # noqa: F811
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n\nn\nq\n"))
    code, out, _ = shell("onboard", "zoe", "-k", "9")
    assert code == 0
    assert "number" in out
    assert shell.json("onboard", "zoe")["answered"] == 3


def test_a_sentence(shell: Shell) -> None:  # noqa: F811
    told = shell.json("onboard", "zoe", "--say", "I love punk, no folk")
    assert {(one["topic"], one["strength"] > 0) for one in told["understood"]} == {
        ("genre:punk", True),
        ("genre:folk", False),
    }
    code, out, _ = shell("onboard", "zoe", "--say", "my wife likes ambient")
    assert code == 0
    assert "left out" in out
    assert shell("onboard", "zoe", "--say", " ")[0] == 1
