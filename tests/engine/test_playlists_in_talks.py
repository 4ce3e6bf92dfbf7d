"""What a conversation does with the whole engine: lists that are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from segue import Engine
from segue.conversation.dialogue import Done, Listed, Played, Proposed, Words, Wrote

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
def test_what_was_shown_is_kept_as_a_playlist(engine: Engine, ask: str, keep: str) -> None:
    first = said(engine, ask)
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    pieces = said(engine, keep, conversation_of(first))
    (wrote,) = [piece for piece in pieces if isinstance(piece, Wrote)]
    assert wrote.writing == "playlist"
    (kept,) = engine.playlists(FAN)
    assert kept.title == "Loud"
    assert [entry.item for entry in kept.entries] == [pick.item.id for pick in shown.picks]
    assert all(entry.reason for entry in kept.entries)


def test_a_playlist_is_made_of_what_is_asked_for(engine: Engine) -> None:
    pieces = said(engine, "make a playlist of folk")
    assert [piece.writing for piece in pieces if isinstance(piece, Wrote)] == ["playlist"]
    (kept,) = engine.playlists(FAN)
    assert kept.entries
    assert all(entry.item.startswith("folk-") for entry in kept.entries)


def test_without_the_grant_nothing_is_kept(engine: Engine) -> None:
    pieces = said(engine, "make a playlist of folk", grants=("feedback",))
    assert not [piece for piece in pieces if isinstance(piece, Wrote)]
    assert engine.playlists(FAN) == []
    assert [piece.writing for piece in pieces if isinstance(piece, Proposed)] == ["playlist"]


@pytest.mark.parametrize(
    "ask",
    ["make a playlist: ten minutes of folk, renewed every day", "做一个歌单：十分钟的folk，每天更新"],
)
def test_length_and_schedule_of_a_playlist_are_kept(engine: Engine, ask: str) -> None:
    pieces = said(engine, ask)
    (kept,) = engine.playlists(FAN)
    assert (kept.refresh, kept.length.seconds) == ("daily", 600)
    lists = [piece for piece in pieces if isinstance(piece, Listed)]
    assert [pick.item.id for pick in lists[-1].picks] == [entry.item for entry in kept.entries]


def test_what_may_not_be_shown_any_more_is_not_played(engine: Engine) -> None:
    first = said(engine, "folk")
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    item = shown.picks[1].item
    engine.add_items([item.model_copy(update={"available_until": datetime(2001, 1, 1, tzinfo=UTC)})])
    pieces = said(engine, "play the second", conversation_of(first))
    assert not [piece for piece in pieces if isinstance(piece, Played)]
    assert "cannot be shown" in "".join(piece.text for piece in pieces if isinstance(piece, Words))


@pytest.mark.parametrize(
    "then", ["play the second", "I have already seen number 2", "why the second", "第二个我不喜欢"]
)
def test_what_has_left_the_catalogue_is_told_of_and_the_talk_goes_on(engine: Engine, then: str) -> None:
    first = said(engine, "folk")
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    engine.remove_items([shown.picks[1].item.id])
    pieces = said(engine, then, conversation_of(first))
    assert "".join(piece.text for piece in pieces if isinstance(piece, Words))
    assert not [piece for piece in pieces if isinstance(piece, Played | Wrote)]


def test_what_agrees_to_a_proposal_names_the_item_of_the_newest_playlist(engine: Engine) -> None:
    first = said(engine, "folk")
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    item = shown.picks[1].item.id
    pieces = said(engine, "I like the second, show me more like it", conversation_of(first), grants=("profile",))
    newest = next(piece for piece in pieces if isinstance(piece, Done)).dialogue.shown
    assert newest is not None
    for offer in (piece for piece in pieces if isinstance(piece, Proposed)):
        number = newest.items.index(item) + 1
        assert str(number) in offer.say


def test_a_list_that_was_shown_keeps_its_reasons_as_long_as_they_hold(engine: Engine) -> None:
    first = said(engine, "folk")
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    said(engine, "save these as a playlist called Mine", conversation_of(first))
    (kept,) = engine.playlists(FAN)
    for entry, pick in zip(kept.entries, shown.picks, strict=True):
        assert pick.reason is not None
        told = pick.reason.text[0].lower() + pick.reason.text[1:]
        assert entry.why.text == f"Because you put it on this playlist. It was suggested {told}."
        assert entry.why.evidence == pick.reason.evidence
    rests = next(entry for entry in kept.entries if any(one.kind in ("seed", "session") for one in entry.why.evidence))
    engine.remove_items([next(one.ref for one in rests.why.evidence if one.kind in ("seed", "session"))])
    (left,) = [entry for entry in engine.playlist(kept.id, FAN).entries if entry.item == rests.item]
    assert left.why.text == "Because you put it on this playlist."
    assert left.why.evidence == ()
    assert engine.query_of_playlist(kept) is None


def test_a_conversation_keeps_the_newest_reasons(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.conversation.dialogue.MOST_REASONS", 7)
    first = said(engine, "folk", k=5)
    name = conversation_of(first)
    shown = [piece for piece in first if isinstance(piece, Listed)][-1]
    (kept,) = engine.conversation(name, FAN).lists
    assert kept.why == {pick.item.id: pick.reason for pick in shown.picks}
    assert kept.query == shown.query is not None
    said(engine, "others", name, k=5)
    older, newer = engine.conversation(name, FAN).lists
    assert (older.items, older.reasons, older.query) == (kept.items, (), None)
    assert len(newer.why) == len(newer.items) > 0
