"""``segue chat`` as a person types it, and as a script."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from ..engine.conftest import trained  # noqa: F401
from .test_cli import Shell, shell, workspace  # noqa: F401


def test_a_script_says_line_after_line(shell: Shell) -> None:  # noqa: F811
    code, out, err = shell("chat", "punk-fan-0", "--say", "not folk", "--say", "ambient", "-k", "3")
    assert code == 0, err
    assert "> not folk" in out
    assert "not folk]" in out, "the chip"
    assert "  1. " in out
    assert "Because" in out
    assert "(track, ambient)" in out
    assert "segue chat punk-fan-0 --conversation " in out


def test_json_is_a_line_for_every_piece_and_a_conversation_goes_on(shell: Shell) -> None:  # noqa: F811
    code, out, _ = shell("chat", "punk-fan-0", "--say", "不要民谣", "--json")
    first = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert (first[0]["event"], first[-1]["event"]) == ("understood", "done")
    talk = first[-1]["conversation"]
    code, out, _ = shell("chat", "punk-fan-0", "--conversation", talk, "--say", "ambient", "--json", "--language", "zh")
    second = [json.loads(line) for line in out.splitlines()]
    assert second[-1]["conversation"] == talk
    assert second[-1]["turn"] == 2
    assert any("\u4e00" <= c <= "\u9fff" for line in second if line["event"] == "text" for c in line["delta"])


def test_lines_are_read_until_an_empty_one(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(sys, "stdin", io.StringIO("ambient\nfolk\n\nnever read\n"))
    code, out, _ = shell("chat", "punk-fan-0", "--json")
    assert code == 0
    assert [line["turn"] for line in map(json.loads, out.splitlines()) if line["event"] == "done"] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (("--conversation", "none", "--say", "hi"), 1, "no conversation 'none'"),
        (("--language", "fr", "--say", "hi"), 2, "en or zh"),
        (("--say", " "), 1, "empty"),
    ],
)
def test_what_cannot_be_talked_about(shell: Shell, arguments: tuple[str, ...], code: int, what: str) -> None:  # noqa: F811
    found, _, err = shell("chat", "punk-fan-0", *arguments)
    assert found == code
    assert what in err


def test_the_place_of_handles_is_nobody_elses(shell: Shell, workspace: Path) -> None:  # noqa: F811
    shell("chat", "punk-fan-0", "--say", "ambient")
    assert (workspace / "handles.key").stat().st_mode & 0o777 == 0o600
