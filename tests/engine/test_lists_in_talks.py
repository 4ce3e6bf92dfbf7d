"""What a conversation does with the whole engine: lists that are kept."""

from __future__ import annotations

from typing import Any

import pytest

from segue import Engine
from segue.conversation.dialogue import Done, Listed, Proposed, Wrote

FAN = "ambient-fan-0"


def said(engine: Engine, message: str, conversation: str | None = None, **options: Any) -> list[Any]:
    return list(engine.chat(FAN, message, conversation, **options))


def conversation_of(pieces: list[Any]) -> str:
    (done,) = [piece for piece in pieces if isinstance(piece, Done)]
    return done.dialogue.id


@pytest.mark.parametrize(
    ("ask", "keep"),
    [("three punk tracks", "save these as a playlist called Loud"), ("来几首punk", "把这些存成歌单叫Loud")],
)
def test_what_was_shown_is_kept_as_a_list(engine: Engine, ask: str, keep: str) -> None:
    first = said(engine, ask)
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    pieces = said(engine, keep, conversation_of(first))
    (wrote,) = [piece for piece in pieces if isinstance(piece, Wrote)]
    assert wrote.writing == "playlist"
    (kept,) = engine.lists(FAN)
    assert kept.title == "Loud"
    assert [entry.item for entry in kept.entries] == [pick.item.id for pick in shown.picks]
    assert all(entry.reason for entry in kept.entries)


def test_a_list_is_made_of_what_is_asked_for(engine: Engine) -> None:
    pieces = said(engine, "make a playlist of folk")
    assert [piece.writing for piece in pieces if isinstance(piece, Wrote)] == ["playlist"]
    (kept,) = engine.lists(FAN)
    assert kept.entries
    assert all(entry.item.startswith("folk-") for entry in kept.entries)


def test_without_the_grant_nothing_is_kept(engine: Engine) -> None:
    pieces = said(engine, "make a playlist of folk", grants=("feedback",))
    assert not [piece for piece in pieces if isinstance(piece, Wrote)]
    assert engine.lists(FAN) == []
    assert [piece.writing for piece in pieces if isinstance(piece, Proposed)] == ["playlist"]
