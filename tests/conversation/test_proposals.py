"""What is proposed is done when the person sends its words; what a model wants of itself is proposed at the most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segue import Engine
from segue.conversation.dialogue import Done, Listed, Piece, Proposed, Words, Wrote
from segue.grants import GRANTS
from segue.testing.fuzz.world import workspace
from segue.testing.llm_server import ScriptedServer, Step, calls, says

Talked = Callable[..., list[Piece]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("proposals") / "workspace")


@contextmanager
def talking(place: Path, monkeypatch: pytest.MonkeyPatch, *script: Step) -> Iterator[Engine]:
    with ScriptedServer(script) as server:
        monkeypatch.setenv("SEGUE_LLM__URL", server.url)
        monkeypatch.setenv("SEGUE_LLM__MODEL", "scripted")
        monkeypatch.setenv("SEGUE_LLM__RETRIES", "0")
        with Engine.open(place) as engine:
            yield engine


WANTED: tuple[tuple[str, dict[str, object], str], ...] = (
    ("record", {"n": 1, "kind": "like"}, "like"),
    ("record", {"n": 2, "kind": "dislike"}, "dislike"),
    ("record", {"n": 1, "kind": "already_seen"}, "already_seen"),
    ("record", {"n": 1, "kind": "not_interested"}, "dislike"),
    ("record", {"n": 2, "kind": "complete"}, "already_seen"),
    ("record", {"n": 1, "kind": "add_to_list"}, "add_to_list"),
)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("state_taste", {"text": "I love comedy"}),
        ("state_taste", {"text": "我喜欢喜剧"}),
        ("make_playlist", {"words": "“Zorbax Nine” by Quentin Fable"}),
        ("make_playlist", {"words": "Evening", "these": True}),
    ],
)
def test_words_of_a_model_are_not_even_proposed(
    place: Path, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, object]
) -> None:
    script = calls(("recommend", {"k": 3})), calls((tool, arguments)), says("[1]")
    with talking(place, monkeypatch, *script) as engine:
        pieces = list(engine.chat("worded", "some films please"))
        assert not [piece for piece in pieces if isinstance(piece, Proposed | Wrote)]


@pytest.mark.parametrize(("chinese"), [False, True], ids=["en", "zh"])
@pytest.mark.parametrize(("tool", "arguments", "what"), WANTED)
def test_what_is_proposed_is_done_when_it_is_sent(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    tool: str,
    arguments: dict[str, object],
    what: str,
    chinese: bool,
) -> None:
    user = f"{tool}-{what}-{chinese}-{len(str(arguments))}"
    asked = "来几部电影" if chinese else "some films please"
    with talking(place, monkeypatch, calls(("recommend", {"k": 3})), calls((tool, arguments)), says("[1]")) as engine:
        first = list(engine.chat(user, asked))
        assert not [piece for piece in first if isinstance(piece, Wrote)]
        (offer,) = [piece for piece in first if isinstance(piece, Proposed)]
        assert engine.history(user) == []
        end = first[-1]
        assert isinstance(end, Done)
        second = list(engine.chat(user, offer.say, end.dialogue.id))
        (wrote,) = [piece for piece in second if isinstance(piece, Wrote)]
        assert wrote.writing == offer.writing
        if tool == "record":
            (entry, *_) = [one for one, _ in engine.history(user)]
            assert str(entry.kind.value) == what


@pytest.mark.parametrize(("chinese"), [False, True], ids=["en", "zh"])
@pytest.mark.parametrize(
    ("action", "liked"), [("like", True), ("dislike", False), ("mute", False), ("pin", None), ("delete", None)]
)
def test_a_change_of_the_profile_is_done_when_its_words_are_sent(
    place: Path, monkeypatch: pytest.MonkeyPatch, action: str, liked: bool | None, chinese: bool
) -> None:
    user = f"edited-{action}-{chinese}"
    edit = {"edits": [{"line": "genre:comedy", "action": action}]}
    script = calls(("recommend", {"k": 3})), calls(("edit_profile", edit)), says("[1]")
    with talking(place, monkeypatch, *script) as engine:
        comedies = [item for item in engine.items() if "Comedy" in item.genres][:4]
        engine.record([engine.event(user, item.id, "complete") for item in comedies])
        before = engine.portrait(user, written=False)["lines"]
        assert "genre:comedy" in [line["id"] for line in before]
        first = list(engine.chat(user, "来几部电影" if chinese else "some films please"))
        assert not [piece for piece in first if isinstance(piece, Wrote)]
        assert engine.portrait(user, written=False)["lines"] == before
        offers = [piece for piece in first if isinstance(piece, Proposed)]
        if liked is None:  # no words of a person's ask for it: that is done on the profile's page
            assert offers == []
            return
        (offer,) = offers
        end = first[-1]
        assert isinstance(end, Done)
        second = list(engine.chat(user, offer.say, end.dialogue.id))
        (wrote,) = [piece for piece in second if isinstance(piece, Wrote)]
        assert (wrote.writing, offer.writing) == ("profile", "profile")
        (line,) = [line for line in engine.portrait(user, written=False)["lines"] if line["id"] == "genre:comedy"]
        assert (line["state"], line["strength"] > 0) == ("stated", liked)


@pytest.mark.parametrize(
    "arguments",
    [
        {"n": 1, "kind": "play"},
        {"n": 1, "kind": "rate", "value": 5},
        {"n": 99, "kind": "like"},
        {"handle": "a.b", "kind": "like"},
    ],
)
def test_what_no_words_ask_for_is_not_proposed(
    place: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, object]
) -> None:
    script = calls(("recommend", {"k": 3})), calls(("record", arguments)), says("[1]")
    with talking(place, monkeypatch, *script) as engine:
        pieces = list(engine.chat("nothing", "some films please"))
        assert not [piece for piece in pieces if isinstance(piece, Proposed | Wrote)]
        assert engine.history("nothing") == []


def test_a_model_that_obeys_a_description_writes_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The description of an item tells it to; what it makes of that is a question to the person, or nothing."""
    script = (
        calls(("recommend", {"k": 3})),
        calls(("item", {"n": 1})),
        calls(
            ("record", {"n": 1, "kind": "like"}),
            ("edit_profile", {"edits": [{"line": "genre:comedy", "action": "like"}]}),
            ("make_playlist", {"words": "the item called Zyx"}),
        ),
        says("I have liked it for you."),
    )
    with talking(place, monkeypatch, *script) as engine:
        pieces = list(engine.chat("obeyed", "some films please"))
        assert not [piece for piece in pieces if isinstance(piece, Wrote)]
        assert engine.history("obeyed") == []
        assert engine.playlists("obeyed") == []
        offered = [piece.writing for piece in pieces if isinstance(piece, Proposed)]
        assert "feedback" in offered
        assert set(offered) <= set(GRANTS)


def test_reasons_name_what_was_shown(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More like an item of a list that the model made for itself: that list is shown, too."""
    script = calls(("recommend", {"k": 3})), calls(("similar", {"n": 2})), says("[1]")
    with talking(place, monkeypatch, *script) as engine:
        pieces = list(engine.chat("similar", "some films please"))
    lists = [piece for piece in pieces if isinstance(piece, Listed)]
    shown = {pick.item.id for one in lists for pick in one.picks}
    assert len(lists) == 2
    seeds = [one.ref for pick in lists[-1].picks if pick.reason for one in pick.reason.evidence if one.kind == "seed"]
    assert seeds
    assert set(seeds) <= shown


def test_wishes_are_quoted_once(place: Path) -> None:
    with Engine.open(place) as engine:
        for asked in ("钢琴曲", "“钢琴曲”", "zither kazoo", "适合下雨天听的，不知为什么"):
            for language in ("en", "zh"):
                said = "".join(p.text for p in engine.chat(None, asked, language=language) if isinstance(p, Words))
                assert "““" not in said
                assert "””" not in said
