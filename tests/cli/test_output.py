"""What is printed cannot steer the terminal, and nothing in it is taken for markup."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from segue.cli.output import Terminal, table
from segue.logs import to_stderr

TERMINAL = Terminal(workspace=Path(), json=False, quiet=False)


def test_names_in_square_brackets_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    TERMINAL.result({}, "[models.ease] cannot be used", table("", ["x"], [["[red]title"]]))
    shown = capsys.readouterr().out
    assert "[models.ease] cannot be used" in shown
    assert "[red]title" in shown


def test_control_characters_are_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    TERMINAL.result({}, "a\x1b]0;owned\x07b\nc", table("", ["x"], [["\x1b[2Jtitle\x9b"]]))
    TERMINAL.say("\x1b[31mred")
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    assert "b\nc" in shown


def test_the_log_goes_to_stderr_as_far_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        for _ in range(2):  # a second call takes the place of the first
            to_stderr("info")
        logging.getLogger("segue.toy").info("once")
        logging.getLogger("segue.toy").debug("never")
        to_stderr("error")
        logging.getLogger("segue.toy").warning("no more")
    finally:
        to_stderr("warning")
    said = capsys.readouterr().err
    assert said.count("once") == 1
    assert "never" not in said
    assert "no more" not in said
