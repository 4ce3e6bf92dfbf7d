"""Conversations of the engine: claimed, left, forgotten, erased."""

from __future__ import annotations

import time

import pytest

from segue import Engine
from segue.engine import chatting
from segue.engine.chatting import Done, Listed, Understood
from segue.errors import Busy, InvalidInput, NotFound

WHO = "punk-fan-0"


def said(engine: Engine, message: str, conversation: str | None = None, user: str | None = WHO) -> Done:
    *_, done = engine.chat(user, message, conversation)
    assert isinstance(done, Done)
    return done


def test_a_turn_is_kept_and_gone_on_with(engine: Engine) -> None:
    first = said(engine, "not folk")
    second = said(engine, "ambient", first.dialogue.id)
    assert [turn.text for turn in second.dialogue.turns if turn.role == "person"] == ["not folk", "ambient"]
    assert engine.conversation(first.dialogue.id, WHO) == second.dialogue
    (listed,) = engine.conversations(WHO)
    assert (listed["begins"], listed["turns"]) == ("not folk", 2)
    assert engine.conversations("somebody") == []
    engine.forget_conversation(first.dialogue.id, WHO)
    assert engine.conversations(WHO) == []


def test_who_stops_listening_leaves_the_conversation_with_what_was_shown(engine: Engine) -> None:
    talk = said(engine, "ambient").dialogue.id
    pieces = engine.chat(WHO, "folk", talk)
    listed = next(piece for piece in pieces if isinstance(piece, Listed))
    with pytest.raises(Busy, match="Another turn"):
        next(engine.chat(WHO, "punk", talk))
    pieces.stop()
    assert not [piece for piece in pieces if isinstance(piece, Done)]
    shown = engine.conversation(talk, WHO).shown
    assert shown is not None
    assert shown.id == listed.id
    assert said(engine, "punk", talk).by == "code"


def test_what_is_deleted_while_it_is_answered_stays_deleted(engine: Engine) -> None:
    pieces = engine.chat(WHO, "ambient")
    first = next(pieces)
    engine.erase(WHO)
    assert isinstance([first, *pieces][-1], Done)
    assert engine.conversations(WHO) == []


def test_a_conversation_is_exported_and_erased_with_its_person(engine: Engine) -> None:
    talk = said(engine, "ambient for a secret evening").dialogue.id
    rows = [row["conversation"] for row in engine.export(WHO) if "conversation" in row]
    assert [row["id"] for row in rows] == [talk]
    assert rows[0]["turns"][0]["text"] == "ambient for a secret evening"
    assert engine.erase(WHO)["erased"]["conversations"] == 1
    with pytest.raises(NotFound):
        engine.conversation(talk, WHO)


def test_an_old_conversation_is_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = said(engine, "ambient").dialogue.id
    kept = engine._store.conversation(talk)
    assert kept is not None
    long_ago = time.time() - 86_400 * (engine.settings.chat.keep_days + 1)
    assert engine._store.put_conversation(kept._replace(changed_at=long_ago), taken_until=0)
    assert engine.conversations(WHO) == []
    with pytest.raises(NotFound):
        engine.chat(WHO, "folk", talk)
    assert engine.purge_conversations() == 0, "this process has looked for them when the first one began"
    monkeypatch.setattr(chatting, "PURGE_EVERY_S", 0.0)
    assert engine.purge_conversations() == 1
    assert engine._store.conversation(talk) is None


def test_of_two_turns_that_overlap_neither_is_lost(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = said(engine, "not folk").dialogue.id
    monkeypatch.setattr(chatting, "_SPARE_S", -1e6)  # every claim has ended as soon as it is made
    late = engine.chat(WHO, "ambient", talk)
    shown = next(piece for piece in late if isinstance(piece, Listed))
    middle = engine.chat(WHO, "under 10 minutes", talk)
    next(middle)
    quick = said(engine, "punk", talk)
    first, (*_, chips, done) = [*late][-1], middle
    kept = engine.conversation(talk, WHO)
    assert [turn.text for turn in kept.turns if turn.role == "person"] == [
        "not folk",
        "punk",
        "ambient",
        "under 10 minutes",
    ]
    assert isinstance(first, Done)
    assert isinstance(done, Done)
    assert first.dialogue.turns[-4:-2] == quick.dialogue.turns[-2:]
    assert done.dialogue == kept, "the end tells what is kept"
    assert isinstance(chips, Understood)
    assert chips.wishes == kept.wishes
    assert {one.id for one in quick.dialogue.lists} | {shown.id} < {one.id for one in kept.lists}
    assert len({wish.id for wish in kept.wishes}) == len(kept.wishes)
    assert any("10 min" in wish.english for wish in kept.wishes)
    monkeypatch.undo()
    assert said(engine, "others", talk).dialogue.turns[-2].text == "others"


def test_who_overlaps_with_a_deletion_brings_nothing_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = said(engine, "ambient").dialogue.id
    monkeypatch.setattr(chatting, "_SPARE_S", -1e6)
    late = engine.chat(WHO, "folk", talk)
    next(late)
    said(engine, "punk", talk)
    engine.forget_conversation(talk, WHO)
    assert isinstance([*late][-1], Done)
    assert engine.conversations(WHO) == []


def test_tools_are_for_one_person(engine: Engine) -> None:
    box = engine.toolbox(WHO, grants=["feedback"])
    handle = box.use("recommend", {"k": 1})["items"][0]["handle"]
    assert box.use("record", {"handle": handle, "kind": "like"})["recorded"] == "like"
    nobody = engine.toolbox(None)
    assert nobody.use("recommend", {"k": 3})["items"]
    with pytest.raises(InvalidInput):
        engine.toolbox("x" * 600)
    with pytest.raises(NotFound, match="grant 'root'"):
        engine.toolbox(WHO, grants=["root"])
