"""What may not be shown to a person any more is told by no tool and in no turn; what may be written has one way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segue import Engine
from segue.engine.chatting import Done, Listed, Piece, Played, Proposed, Toolbox, Words, Wrote
from segue.errors import NeedsGrant, NeverGranted, ToolError
from segue.testing.llm_server import ScriptedServer, Step, calls, says

WHO = "punk-fan-0"
GRANTS = ("feedback", "profile", "playlist")
Change = Callable[[Engine, str], None]


def _for_older_people(engine: Engine, item_id: str) -> None:
    engine.add_items([engine.item(item_id).model_copy(update={"maturity": 18})])
    engine.put_member("home", "Kim", WHO, max_maturity=16)


def _hidden(engine: Engine, item_id: str) -> None:
    engine.record([engine.event(WHO, item_id, "not_interested")])


def _expired(engine: Engine, item_id: str) -> None:
    over = datetime(2001, 1, 1, tzinfo=UTC)
    engine.add_items([engine.item(item_id).model_copy(update={"available_until": over})])


def _gone(engine: Engine, item_id: str) -> None:
    engine.remove_items([item_id])


CHANGES = (_for_older_people, _hidden, _expired, _gone)


def listed(box: Toolbox) -> list[dict[str, str]]:
    items: list[dict[str, str]] = box.use("search", {"words": "acoustic fiddle", "k": 3})["items"]
    return items


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("tool", ["item", "explain", "similar", "record"])
def test_no_tool_takes_an_item_that_may_not_be_shown_any_more(engine: Engine, tool: str, change: Change) -> None:
    box = engine.toolbox(WHO, grants=GRANTS)
    first, second, _ = listed(box)
    more = {"kind": "like"} if tool == "record" else {}
    assert box.use(tool, {"handle": first["handle"], **more})
    item_id = box._desk.handles.item(second["handle"], WHO, "tools")
    listed(box)
    change(engine, item_id)
    for which in ({"handle": second["handle"]}, {"n": 2}):
        with pytest.raises(ToolError, match="cannot be shown to this person now") as refused:
            box.use(tool, {**which, **more})
        assert second["title"] not in str(refused.value)
    assert box.use(tool, {"handle": first["handle"], **more})


def test_what_one_person_may_not_see_another_may(engine: Engine) -> None:
    own, other = engine.toolbox(WHO), engine.toolbox("folk-fan-0")
    mine, theirs = listed(own)[0], listed(other)[0]
    item_id = own._desk.handles.item(mine["handle"], WHO, "tools")
    assert other._desk.handles.item(theirs["handle"], "folk-fan-0", "tools") == item_id
    _for_older_people(engine, item_id)
    with pytest.raises(ToolError, match="cannot be shown"):
        own.use("item", {"handle": mine["handle"]})
    assert other.use("item", {"handle": theirs["handle"]})["title"] == theirs["title"]


def said(engine: Engine, message: str, talk: str | None = None, **more: object) -> list[Piece]:
    return list(engine.chat(WHO, message, talk, **more))  # type: ignore[arg-type]


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Words))


def begun(engine: Engine, message: str = "folk") -> tuple[str, Listed]:
    pieces = said(engine, message)
    done = pieces[-1]
    assert isinstance(done, Done)
    return done.dialogue.id, next(piece for piece in pieces if isinstance(piece, Listed))


TURNS = (
    "why the second",
    "tell me about the second",
    "play the second",
    "I like the second",
    "第二个怎么样",
    "我喜欢第二个",
)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("change", [_for_older_people, _expired])
def test_no_turn_speaks_of_an_item_that_may_not_be_shown_any_more(engine: Engine, turn: str, change: Change) -> None:
    talk, shown = begun(engine)
    item = shown.picks[1].item
    change(engine, item.id)
    pieces = said(engine, turn, talk)
    assert item.name not in text(pieces)
    assert not [piece for piece in pieces if isinstance(piece, Played | Wrote | Proposed)]
    assert not [
        pick for piece in pieces if isinstance(piece, Listed) for pick in piece.picks if pick.item.id == item.id
    ]
    assert engine.history(WHO, limit=1)[0][0].item_id != item.id


def test_why_alone_means_the_first(engine: Engine) -> None:
    talk, shown = begun(engine)
    first = shown.picks[0].item
    assert first.name in text(said(engine, "why?", talk))
    _for_older_people(engine, first.id)
    assert first.name not in text(said(engine, "why?", talk))


def test_why_tells_what_the_person_has_hidden_themselves(engine: Engine) -> None:
    talk, shown = begun(engine)
    item = shown.picks[1].item
    _hidden(engine, item.id)
    assert item.name in text(said(engine, f"why not {item.name}?", talk))


# What may be written


@pytest.fixture
def narrow(engine: Engine) -> Iterator[Engine]:
    """The same workspace, where conversations may change the portrait and nothing else."""
    place = engine.workspace
    engine.close()
    with (place / "segue.toml").open("a", encoding="utf-8") as file:
        file.write('\n[chat]\ngrants = ["profile"]\n')
    with Engine.open(place) as opened:
        yield opened


@contextmanager
def talked(place: Path, monkeypatch: pytest.MonkeyPatch, *script: Step) -> Iterator[Engine]:
    """The workspace with a language model that answers by a script."""
    with ScriptedServer(script) as server:
        monkeypatch.setenv("SEGUE_LLM__URL", server.url)
        monkeypatch.setenv("SEGUE_LLM__MODEL", "scripted")
        monkeypatch.setenv("SEGUE_LLM__RETRIES", "0")
        with Engine.open(place) as opened:
            yield opened


def test_tools_tell_a_grant_that_was_not_given_from_one_that_cannot_be(engine: Engine, narrow: Engine) -> None:
    box = narrow.toolbox(WHO, grants=GRANTS)
    handle = listed(box)[0]["handle"]
    with pytest.raises(NeverGranted, match=r"\[chat\] grants leaves it out"):
        box.use("record", {"handle": handle, "kind": "like"})
    assert box.use("state_taste", {"text": "I love folk"})["recorded"]
    with pytest.raises(NeedsGrant, match="needs the grant 'profile'") as refused:
        narrow.toolbox(WHO).use("state_taste", {"text": "I love folk"})
    assert not isinstance(refused.value, NeverGranted)


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ("I like the second", "cannot keep likes, dislikes and what you have seen here"),
        ("我喜欢第二个", "不能保存喜好和看过的内容"),
        ("make a playlist of folk", "cannot keep playlists here"),
    ],
)
def test_what_can_never_be_granted_is_told_and_not_offered(narrow: Engine, turn: str, told: str) -> None:
    talk, _ = begun(narrow)
    before = narrow.history(WHO)
    pieces = said(narrow, turn, talk)
    assert told in text(pieces)
    assert not [piece for piece in pieces if isinstance(piece, Proposed | Wrote)]
    assert narrow.history(WHO) == before
    assert narrow.playlists(WHO) == []


@pytest.mark.parametrize("grants", [(), ("feedback",)], ids=["not granted", "granted"])
def test_the_same_holds_beside_a_model(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, grants: tuple[str, ...]
) -> None:
    """What was not granted is offered, and what the model would write is, too; what was granted is done."""
    with talked(engine.workspace, monkeypatch, says("[1] is good.")) as opened:
        talk, shown = begun(opened, "folk")
        pieces = said(opened, "I like the second", talk, grants=grants)
    wrote = [piece for piece in pieces if isinstance(piece, Wrote)]
    offers = [piece for piece in pieces if isinstance(piece, Proposed)]
    assert (len(wrote), len(offers)) == ((1, 0) if grants else (0, 1))
    if offers:
        assert shown.picks[1].item.name in offers[0].what


def test_beside_a_model_it_is_told_what_can_never_be_granted(narrow: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    script = says("[1] is good."), calls(("record", {"n": 1, "kind": "like"})), says("[1] is good.")
    with talked(narrow.workspace, monkeypatch, *script) as opened:
        talk, _ = begun(opened, "folk")
        pieces = said(opened, "I like the second", talk)
    assert text(pieces).count("A conversation cannot keep") == 1
    assert not [piece for piece in pieces if isinstance(piece, Proposed | Wrote)]
