"""What people who type anything have found, each as it was found first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segue import Engine
from segue.conversation.dialogue import Done, Listed, Piece, Proposed, Understood, Wish, Words, Wrote
from segue.conversation.sentences import chips
from segue.items import ItemKind
from segue.testing.fuzz.turns import INVENTED
from segue.testing.fuzz.world import workspace
from segue.testing.llm_server import ScriptedServer, Step, calls, raw, says


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("found") / "workspace")


@pytest.fixture
def engine(place: Path) -> Iterator[Engine]:
    with Engine.open(place) as opened:
        yield opened


def done(pieces: list[Piece]) -> Done:
    end = pieces[-1]
    assert isinstance(end, Done)
    return end


def test_a_language_that_there_is_not_does_not_spoil_what_is_kept(engine: Engine) -> None:
    begun = done(list(engine.chat(None, "something calm"))).dialogue.id
    list(engine.chat(None, "shorter", begun, language="xx"))
    assert engine.conversation(begun).language == "en"


def test_half_a_character_is_no_error(engine: Engine) -> None:
    pieces = list(engine.chat(None, "jazz \ud800 please"))
    assert "\ud800" not in done(pieces).dialogue.model_dump_json()


def test_conditions_are_read_as_they_were_kept(engine: Engine) -> None:
    end = done(list(engine.chat(None, "Chinese music or French films")))
    assert any(wish.constraints.where is not None for wish in end.dialogue.wishes)
    assert engine.conversation(end.dialogue.id) == end.dialogue


def answered(place: Path, monkeypatch: pytest.MonkeyPatch, script: list[Step], message: str) -> list[Piece]:
    with ScriptedServer(script) as server:
        monkeypatch.setenv("SEGUE_LLM__URL", server.url)
        monkeypatch.setenv("SEGUE_LLM__MODEL", "scripted")
        monkeypatch.setenv("SEGUE_LLM__RETRIES", "0")
        with Engine.open(place) as engine:
            return list(engine.chat("ada", message))


@pytest.mark.parametrize("title", [INVENTED[0], INVENTED[4]])
def test_what_a_model_has_looked_for_is_no_title(place: Path, monkeypatch: pytest.MonkeyPatch, title: str) -> None:
    script = [calls(("search", {"words": title})), says(f"[1] is nice. Have you seen “{title}”? {title}很好看。")]
    pieces = answered(place, monkeypatch, script, "something nice")
    assert any(isinstance(piece, Listed) for piece in pieces)
    said = "".join(piece.text for piece in pieces if isinstance(piece, Words))
    reasons = [
        p.reason.as_json() for piece in pieces if isinstance(piece, Listed) for p in piece.picks if p.reason is not None
    ]
    assert said
    assert title not in f"{said}{reasons}"


def test_what_the_person_has_looked_for_may_be_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    title = INVENTED[0]
    script = [calls(("search", {"words": title})), says(f"I did not find “{title}”.")]
    pieces = answered(place, monkeypatch, script, f"something like {title}")
    assert title in "".join(piece.text for piece in pieces if isinstance(piece, Words))


def test_a_chip_of_a_model_goes_with_its_answer(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing is from the year 1: no list is shown, the model breaks off, and code answers.
    where = {"op": "at_most", "field": "year", "value": 1}
    script = [calls(("filter", {"where": where})), raw("no json at all")]
    pieces = answered(place, monkeypatch, script, "something nice")
    end = done(pieces)
    assert end.by == "code"
    told = [piece for piece in pieces if isinstance(piece, Understood)]
    assert any(wish.what == "condition" for wish in told[1].wishes)
    assert {wish.id for wish in told[-1].wishes} == {wish.id for wish in end.dialogue.wishes}


def test_what_code_has_done_is_not_said_to_be_a_model_s(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = answered(place, monkeypatch, [raw("no json at all")], "I love horror and hate musicals")
    assert any(isinstance(piece, Wrote) for piece in pieces)
    assert done(pieces).by == "code"
    assert "chat:language_model" in done(pieces).degraded


@pytest.mark.parametrize("field", ["genre", "tag", "creator", "series", "word", "mood", "theme", "kind", "language"])
def test_no_chip_tells_of_a_name_that_a_model_made_up(place: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    made_up = {"op": "is", "field": field, "value": INVENTED[0]}
    where = {"op": "all", "of": [{"op": "is", "field": "genre", "value": "Comedy"}, {"op": "not", "of": made_up}]}
    pieces = answered(
        place, monkeypatch, [calls(("filter", {"where": where})), says("[1] may suit you.")], "nice films"
    )
    assert all(INVENTED[0] not in wish.model_dump_json() for wish in done(pieces).dialogue.wishes)
    assert INVENTED[0] not in f"{pieces}"


def test_a_chip_of_a_model_may_tell_what_is_here_or_was_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comedy = {"op": "is", "field": "genre", "value": "comedy"}
    said = {"op": "not", "of": {"op": "is", "field": "word", "value": "purple giraffes"}}
    script = [calls(("filter", {"where": {"op": "all", "of": [comedy, said]}})), says("[1] may suit you.")]
    pieces = answered(place, monkeypatch, script, "nothing with purple giraffes")
    assert any(wish.what == "condition" for wish in done(pieces).dialogue.wishes)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("recommend", {"kinds": ["movie"]}),
        ("search", {"words": "films about rain"}),
        ("filter", {"where": {"op": "is", "field": "kind", "value": "movie"}}),
    ],
)
def test_a_model_cannot_widen_what_the_person_asked_for(
    place: Path, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, object]
) -> None:
    script = [calls((tool, arguments)), says("These may suit you.")]
    pieces = answered(place, monkeypatch, script, "only music")
    assert any(wish.constraints.kinds == (ItemKind.TRACK,) for wish in done(pieces).dialogue.wishes)
    shown = [pick.item.kind for piece in pieces if isinstance(piece, Listed) for pick in piece.picks]
    assert set(shown) <= {ItemKind.TRACK}


@pytest.mark.parametrize(("asked", "name"), [("make a playlist", "For me"), ("做一个歌单", "为我推荐")])
def test_a_playlist_of_no_wish_follows_the_taste_and_quotes_nothing(engine: Engine, asked: str, name: str) -> None:
    pieces = list(engine.chat("bea", asked))
    (wrote,) = [piece for piece in pieces if isinstance(piece, Wrote)]
    assert wrote.data["name"] == name
    (listed,) = [piece for piece in pieces if isinstance(piece, Listed)]
    assert listed.picks
    for pick in listed.picks:
        assert pick.reason is not None
        assert not {one.kind for one in pick.reason.evidence} & {"words", "meaning"}


@pytest.mark.parametrize(("asked", "say"), [("make a playlist", "Make a playlist"), ("做一个歌单", "做一个歌单")])
def test_a_playlist_of_no_wish_is_offered_so_that_it_can_be_made(engine: Engine, asked: str, say: str) -> None:
    pieces = list(engine.chat("cleo", asked, grants=()))
    (offer,) = [piece for piece in pieces if isinstance(piece, Proposed)]
    assert offer.say == say
    made = list(engine.chat("cleo", offer.say, done(pieces).dialogue.id))
    assert [piece.writing for piece in made if isinstance(piece, Wrote)] == ["playlist"]


@pytest.mark.parametrize(("chinese", "marks"), [(False, "“”"), (True, "《》")])
def test_a_chip_that_is_cut_keeps_its_quotation_marks(chinese: bool, marks: str) -> None:
    long = "lighthouse " * 10
    wishes = [Wish(id="w1", what="words", text=long, english=f"“{long}”", chinese=f"像《{long}》")]
    said = chips(wishes, chinese)
    assert said.count(marks[0]) == said.count(marks[1]) == 1
    assert said.endswith(f"…{marks[1]}")


@pytest.mark.parametrize("between", [False, True], ids=["afterwards", "between"])
def test_titles_of_a_list_that_is_never_shown_are_not_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, between: bool
) -> None:
    with Engine.open(place) as engine:
        first, second = (
            [pick.item.name for pick in engine.search(words, k=3, user_id="ada", rewrite=False)]
            for words in ("lighthouse", "station")
        )
    title = next(name for name in first if name not in second)
    named = f"Try “{title}” tonight."
    script = [
        calls(("search", {"words": "lighthouse", "k": 3})),
        calls(("search", {"words": "station", "k": 3}), text=named if between else ""),
        says("This may suit you." if between else f"{named} This may suit you."),
    ]
    pieces = answered(place, monkeypatch, script, "something nice")
    said = "".join(piece.text for piece in pieces if isinstance(piece, Words))
    shown = {pick.item.name for piece in pieces if isinstance(piece, Listed) for pick in piece.picks}
    assert "This may suit you." in said
    assert (title in said) is between
    assert (title in shown) is between
