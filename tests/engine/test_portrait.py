"""A person reads and corrects their portrait: the next answer follows, nothing is left of what was taken out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue import Engine, Event, EventKind
from segue.edits import Edit
from segue.errors import InvalidInput, NotFound
from segue.events import now
from segue.llm import calls
from segue.pipeline.answer import request_of
from segue.pipeline.recipes import TABLE
from segue.profiles.interests import interests
from segue.profiles.said.topics import said_topics, said_vector
from segue.queries import Query
from segue.testing.llm_server import ScriptedServer, data_of, rubbish, says, status

from .conftest import BEGIN

FAN = "ambient-fan-0"
LINE = "genre:ambient"


def genres(engine: Engine, user: str = FAN, k: int = 12) -> list[str]:
    return [pick.item.genres[0] for pick in engine.recommend(user, k=k, seed=1)]


def edit(engine: Engine, action: str, line: str = LINE, user: str = FAN, **fields: Any) -> dict[str, Any]:
    return engine.edit_profile(user, [{"line": line, "action": action, **fields}])


def line(portrait: dict[str, Any], line_id: str = LINE) -> dict[str, Any] | None:
    return next((one for one in portrait["lines"] if one["id"] == line_id), None)


def kinds(engine: Engine, user: str = FAN) -> list[tuple[str, float | None]]:
    """What edits have recorded, in order of arrival."""
    return [(e.kind.value, e.value) for _, e in engine._store.events(user_id=user) if e.source]


def test_every_evidence_is_a_stored_row(engine: Engine) -> None:
    engine.record([engine.event(FAN, None, "comment", text="I love folk, it is wonderful", id="words")])
    edit(engine, "lock")
    stored = list(engine._store.events(user_id=FAN))
    done = {(e.kind.value, e.item_id, e.at.timestamp()) for _, e in stored if e.at}
    ids = {e.id for _, e in stored}
    seen = 0
    for one in engine.portrait(FAN)["lines"]:
        assert one["evidence"]
        for proof in one["evidence"]:
            seen += 1
            assert proof["event"] in ids if proof["event"] else (proof["kind"], proof["item"], proof["at"]) in done
    assert seen > 8


def test_a_deleted_line_takes_its_items_down_and_does_not_come_back_by_itself(engine: Engine) -> None:
    assert genres(engine)[:2] == ["ambient"] * 2
    assert line(engine.portrait(FAN))
    after = edit(engine, "delete")
    assert line(after) is None
    assert [one["id"] for one in after["forgotten"]] == [LINE]
    assert genres(engine)[:2] != ["ambient"] * 2
    assert kinds(engine) == [("exclude", None)]
    assert "ambient" not in str(engine.profile(FAN).genres)
    for action in ("mute", "unmute"):  # both clear what was chosen, and not what was deleted
        after = edit(engine, action)
        assert [one["id"] for one in after["forgotten"]] == [LINE]
    assert line(after) is None
    assert line(edit(engine, "restore"))
    assert genres(engine)[:2] == ["ambient"] * 2


def test_a_mute_hides_until_it_ends_and_a_shorter_one_replaces_a_longer(engine: Engine) -> None:
    edit(engine, "mute")
    assert "ambient" not in genres(engine, k=30)
    after = line(edit(engine, "mute", days=2))
    assert after
    assert after["until"] == pytest.approx(time.time() + 2 * 86_400, abs=60)
    assert after["state"] == "muted"
    assert after["sort"] == "hidden"
    assert kinds(engine) == [("clear", None), ("not_interested", None), ("clear", None), ("snooze", pytest.approx(2))]
    after = line(edit(engine, "unmute"))
    assert after
    assert after["state"] == "inferred"
    assert "ambient" in genres(engine)


def test_a_pin_clears_first_and_lifts_a_mute(engine: Engine) -> None:
    edit(engine, "mute")
    after = line(edit(engine, "pin"))
    assert after
    assert (after["state"], after["sort"], after["pinned"]) == ("pinned", "topics", True)
    assert [kind for kind, _ in kinds(engine)] == ["clear", "not_interested", "clear", "like"]
    assert "ambient" in genres(engine)
    assert line(edit(engine, "unpin"))["state"] == "inferred"  # type: ignore[index]


def test_a_locked_line_stays_whatever_is_done(engine: Engine) -> None:
    before = line(edit(engine, "lock"))
    assert before
    assert (before["state"], before["locked"]) == ("locked", True)
    skips = [engine.event(FAN, f"ambient-{n}", "skip") for n in range(12)]
    engine.record([*skips, *(engine.event(FAN, f"ambient-{n}", "dislike") for n in range(12))])
    after = line(engine.portrait(FAN))
    assert after
    assert after["strength"] == before["strength"]
    free = line(edit(engine, "unlock"))
    assert free
    assert free["strength"] < 0


def test_strength_and_side_are_edited_and_marks_stay(engine: Engine) -> None:
    before = engine.recommend(FAN, k=1, seed=1).picks[0]
    edit(engine, "pin")
    edit(engine, "lock")
    after = line(edit(engine, "strength", value=0.3))
    assert after
    assert (after["strength"], after["pinned"], after["locked"]) == (0.3, True, True)
    after = line(edit(engine, "dislike", value=0.9))
    assert after
    assert (after["strength"], after["sort"], after["pinned"]) == (-0.9, "dislikes", True)
    fallen = {pick.item.id: pick.score for pick in engine.recommend(FAN, k=12, seed=1).picks}
    assert fallen[before.item.id] < before.score / 2
    after = line(edit(engine, "unpin"))
    assert after
    assert (after["strength"], after["state"]) == (-0.9, "locked")
    after = line(edit(engine, "unlock"))
    assert after
    assert (after["strength"], after["state"]) == (-0.9, "stated")  # said by hand, so it stays
    after = line(edit(engine, "mute", days=1))
    assert after
    assert after["state"] == "muted"
    after = line(edit(engine, "unmute"))
    assert after
    assert (after["strength"], after["state"]) == (-0.9, "stated")


def test_deleting_a_muted_line_leaves_nothing_hidden(engine: Engine) -> None:
    edit(engine, "mute")
    after = edit(engine, "delete")
    assert line(after) is None
    world = engine._serving.world()
    assert engine._histories.get(FAN, world.catalogue).hidden_topics == {}


def test_several_edits_are_one_and_all_or_none(engine: Engine) -> None:
    wanted = [
        Edit(line=LINE, action="mute"),
        Edit(line=LINE, action="dislike", value=0.5),
        Edit(line=LINE, action="pin"),
    ]
    after = line(engine.edit_profile(FAN, wanted))
    assert after
    assert (after["strength"], after["pinned"], after["state"]) == (-0.5, True, "pinned")
    before = kinds(engine)
    with pytest.raises(NotFound, match="genre:polka"):
        engine.edit_profile(FAN, [Edit(line=LINE, action="delete"), Edit(line="genre:polka", action="delete")])
    assert kinds(engine) == before
    assert line(engine.portrait(FAN))


def test_a_topic_of_the_catalogue_can_be_added_and_only_what_fits_is_taken(engine: Engine) -> None:
    after = line(edit(engine, "like", "genre:folk", user="newcomer", value=0.8), "genre:folk")
    assert after
    assert (after["strength"], after["state"]) == (0.8, "stated")
    assert genres(engine, "newcomer", 5) == ["folk"] * 5
    with pytest.raises(InvalidInput, match=r"genre:punk.*'lock'"):
        edit(engine, "lock", "genre:punk", user="newcomer")
    with pytest.raises(NotFound, match="genre:punk"):
        edit(engine, "restore", "genre:punk", user="newcomer")
    with pytest.raises(InvalidInput, match="needs a value"):
        edit(engine, "strength")
    with pytest.raises(InvalidInput, match="takes no days"):
        edit(engine, "pin", days=3)
    with pytest.raises(InvalidInput, match="action"):
        edit(engine, "burn")


def test_a_hidden_item_is_listed_and_shown_again(engine: Engine) -> None:
    engine.record([engine.event(FAN, "ambient-11", "block")])
    one = line(engine.portrait(FAN), "item:ambient-11")
    assert one
    assert one["evidence"][0]["kind"] == "block"
    with pytest.raises(InvalidInput, match="unmute"):
        edit(engine, "delete", "item:ambient-11")
    assert line(edit(engine, "unmute", "item:ambient-11"), "item:ambient-11") is None
    assert engine._histories.get(FAN, engine._serving.world().catalogue).hidden_until == {}


def test_many_hidden_items_are_told_in_part_and_all_can_be_shown_again(engine: Engine) -> None:
    made = [engine.event(FAN, f"{genre}-{n}", "block") for genre in ("punk", "folk") for n in range(12)]
    engine.record(made)
    told = [one["id"] for one in engine.portrait(FAN)["lines"] if one["id"].startswith("item:")]
    assert len(told) == 20
    left_out = next(f"item:{event.item_id}" for event in made if f"item:{event.item_id}" not in told)
    edit(engine, "unmute", left_out)
    assert len(engine._histories.get(FAN, engine._serving.world().catalogue).hidden_until) == 23


def test_what_a_clock_that_is_ahead_has_recorded_is_covered(engine: Engine) -> None:
    ahead = now() + timedelta(hours=1)
    engine.record([engine.event("skewed", "punk-1", "like", at=ahead), engine.event("skewed", "folk-1", "like")])
    assert line(engine.portrait("skewed"), "genre:punk")
    assert line(edit(engine, "delete", "genre:punk", user="skewed"), "genre:punk") is None
    assert line(edit(engine, "mute", "genre:folk", user="skewed"), "genre:folk")["state"] == "muted"  # type: ignore[index]
    assert engine.reset_profile("skewed")["lines"]


def test_a_reset_keeps_what_was_chosen(engine: Engine) -> None:
    engine.record([engine.event(FAN, "ambient-1", "like"), engine.event(FAN, None, "search", text="folk")])
    edit(engine, "like", "genre:folk", value=0.7)
    edit(engine, "mute", "genre:punk")
    timeless = Event(id="timeless", user_id=FAN, item_id="punk-3", kind=EventKind.COMPLETE)
    engine.record([timeless])
    after = engine.reset_profile(FAN)
    assert [(one["id"], one["state"]) for one in after["lines"]] == [
        (LINE, "inferred"),
        ("genre:folk", "stated"),
        ("genre:punk", "muted"),
    ]
    assert [proof["item"] for proof in line(after)["evidence"]] == ["ambient-1"]  # type: ignore[index]
    assert "punk" not in genres(engine, k=30)
    assert engine.reset_profile("nobody at all")["lines"] == ()
    assert list(engine._store.events(user_id="nobody at all")) == []


# No trace


def scores(engine: Engine, user: str) -> dict[str, Any]:
    """Every vector and score that the engine has of a person."""
    world = engine._serving.world()
    live = engine._histories.get(user, world.catalogue)
    at = now().replace(minute=0, second=0, microsecond=0).timestamp()
    found: dict[str, Any] = {}
    for recipe in ("home",):
        request = request_of(world, Query(user_id=user, recipe=recipe), live, at, None)
        found["session"] = request.session
        for source in TABLE.load(recipe)(world.settings).sources:
            if hasattr(source, "scores"):
                found[f"{recipe}:{source.name}"] = source.scores(request)
    for name, model in world.models.items():
        found[name] = model.score(live.history)
    vectors = world.vectors["mixed"]
    found |= {f"interest {n}": one.vector for n, one in enumerate(interests(live.history, vectors))}
    found["said"] = said_vector(live.said, at, 384)
    found["said topics"] = said_topics(live.said, at).as_json()
    found["taste"] = engine.profile(user).as_json()
    found["patterns"] = {k: v for k, v in engine.patterns(user).items() if k not in ("user_id", "next")}
    portrait = engine.portrait(user, written=False)
    found["portrait"] = {k: v for k, v in portrait.items() if k not in ("user_id", "forgotten")}
    found["cluster"] = world.tastes.of(live.history, world.catalogue)
    return found


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other[name], err_msg=name)
        else:
            assert value == other[name], name


def past(user: str) -> list[Event]:
    return [
        Event(
            id=f"{user}-{n}",
            user_id=user,
            item_id=f"folk-{n}",
            kind=EventKind.COMPLETE,
            at=BEGIN + timedelta(days=n),
            context={"device": "tv"},
        )
        for n in range(6)
    ]


def more(engine: Engine, user: str, train: bool) -> list[Event]:
    """What somebody does with punk, and says of it."""
    at = BEGIN + timedelta(days=2, hours=3)
    made = [
        engine.event(user, "punk-1", "complete", at=at, context={"device": "phone"}),
        engine.event(user, "punk-1", "complete", at=at + timedelta(days=1)),
        engine.event(user, "punk-2", "like", at=at),
        engine.event(user, "punk-3", "rate", value=5, scale=(1, 5), at=at),
        engine.event(user, None, "comment", text="I love punk, it is fantastic", at=at),
        engine.event(user, None, "search", text="punk", at=at),
        engine.event(user, None, "like", topic="genre:punk", at=at),
        engine.event(user, "punk-4", "comment", text="What a wonderful track!", at=at),
    ]
    return [event.model_copy(update={"train": train}) for event in made]


@pytest.mark.parametrize("how", ["incognito", "items", "topic"])
def test_what_is_incognito_or_excluded_leaves_no_trace(engine: Engine, how: str) -> None:
    engine.record(past("plain"))
    changed = more(engine, "other", train=how != "incognito")
    if how == "items":  # what was said without an item stands on its own
        changed = [event for event in changed if event.item_id]
    engine.record([*past("other"), *changed])
    if how == "items":
        assert_differs(engine)
        engine.record([engine.event("other", f"punk-{n}", "exclude") for n in range(1, 5)])
    if how == "topic":
        assert_differs(engine)
        engine.edit_profile("other", [Edit(line="genre:punk", action="delete")])
    assert_same(scores(engine, "other"), scores(engine, "plain"))
    met = engine._histories.get("other", engine._serving.world().catalogue).history.consumed
    assert len(met) == (6 if how == "items" else 9)


def assert_differs(engine: Engine) -> None:
    with pytest.raises(AssertionError):
        assert_same(scores(engine, "other"), scores(engine, "plain"))


def test_the_training_sees_no_trace_either(engine: Engine) -> None:
    from segue.dataset import Dataset

    catalogue = engine._serving.world().catalogue

    def matrix() -> Any:
        data = Dataset.build(catalogue, engine._store.event_table(), engine.settings.signals)
        return data.matrix[[data.user_ids.index("other")]].toarray()

    engine.record(past("other"))
    before = matrix()
    engine.record(more(engine, "other", train=False))
    np.testing.assert_array_equal(matrix(), before)
    engine.record(more(engine, "other", train=True))
    assert (matrix() != before).any()
    engine.edit_profile("other", [Edit(line="genre:punk", action="delete")])
    np.testing.assert_array_equal(matrix(), before)


def test_it_is_exported_and_erased(engine: Engine) -> None:
    edit(engine, "pin")
    rows = {row.get("table"): row for row in engine.export(FAN)}
    assert line(rows["portrait"])["state"] == "pinned"  # type: ignore[index]
    engine.erase(FAN)
    assert "genre:ambient" not in json.dumps(list(engine.export(FAN)), default=str)
    assert engine.portrait(FAN)["lines"] == ()


# A language model


@pytest.fixture
def told(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens the workspace with a scripted language model."""
    monkeypatch.setattr(calls, "FIRST_PAUSE_S", 0.01)
    opened: list[Any] = []

    def start(*script: Any) -> tuple[Engine, ScriptedServer]:
        server = ScriptedServer(script)
        server.__enter__()
        monkeypatch.setenv("SEGUE_LLM__URL", server.url)
        monkeypatch.setenv("SEGUE_LLM__MODEL", "scripted")
        monkeypatch.setenv("SEGUE_LLM__RETRIES", "0")
        engine = Engine.open(workspace)
        engine.record([engine.event(FAN, f"punk-{n}", "dislike") for n in range(6)])
        opened.extend((server, engine))
        return engine, server

    yield start
    for one in reversed(opened):
        one.__exit__(None, None, None)


RIGHT = {
    "sentences": [
        {"text": "You live in ambient sounds.", "lines": [1]},
        {"text": "You are seldom in the mood for punk.", "lines": [2, 3]},
    ]
}
"""Which of the last two lines is stronger depends on the hour: it is cited with the other."""


def test_a_language_model_writes_what_the_lines_say(told: Any) -> None:
    engine, server = told(says(RIGHT))
    found = engine.portrait(FAN)
    assert found["text"]["en"] == "You live in ambient sounds. You are seldom in the mood for punk."
    assert found["written_by"] == {"en": "language_model", "zh": "code"}
    assert found["degraded"] == ()
    cited = [one["lines"] for one in found["sentences"]["en"]]
    assert cited[0] == (LINE,)
    assert "genre:punk" in cited[1]
    body = server.requests()[0]["body"]
    assert data_of(body)["language"] == "English"
    lines = data_of(body)["lines"]
    assert [one["number"] for one in lines] == [1, 2, 3]
    assert (lines[0]["about"], lines[0]["name"]) == ("topics", "ambient")
    assert {(one["about"], one["name"]) for one in lines[1:]} >= {("dislikes", "punk")}
    assert {one["about"] for one in lines[1:]} == {"habits", "dislikes"}
    assert FAN not in json.dumps(body)  # nobody is named
    engine.portrait(FAN)
    assert len(server.requests()) == 1  # nothing has changed
    engine.erase(FAN)
    assert FAN not in str(engine._texts._kept)
    assert engine.portrait(FAN)["text"]["en"] == "Nothing is known of you yet."
    assert len(server.requests()) == 1  # of nobody there is nothing to write
    assert not list(engine._store._db.engine.connect().exec_driver_sql("select * from llm_answers"))


def test_a_model_that_is_down_is_let_alone_for_a_while(told: Any) -> None:
    engine, server = told(status(503), says(RIGHT))
    assert engine.portrait(FAN)["degraded"] == ("portrait:language_model",)
    assert engine.portrait("punk-fan-1")["degraded"] == ("portrait:language_model",)
    assert len(server.requests()) == 1  # nobody else waits for it


def test_an_edit_makes_it_write_anew(told: Any) -> None:
    engine, server = told(says(RIGHT), says({"sentences": [{"text": "You turn from punk.", "lines": [1]}]}))
    engine.portrait(FAN)
    edit(engine, "delete")
    assert engine.portrait(FAN)["text"]["en"] == "You turn from punk."
    assert len(server.requests()) == 2


@pytest.mark.parametrize(
    "answer",
    [
        says({"sentences": [{"text": "You love ambient.", "lines": [9]}]}),
        says({"sentences": [{"text": "You love ambient.", "lines": [0]}]}),
        says({"sentences": [{"text": "You love ambient.", "lines": []}]}),
        says({"sentences": [{"text": "You love ambient."}]}),
        says({"sentences": [{"text": "You vote for the greens.", "lines": [1]}]}),
        says({"sentences": [{"text": "You love ambient and punk.", "lines": [1]}]}),
        says({"sentences": [{"text": "You love ambient and folk.", "lines": [1]}]}),
        says({"sentences": []}),
        rubbish(),
        status(500),
    ],
    ids=[
        "unknown",
        "zero",
        "uncited",
        "no lines",
        "unfounded",
        "beyond its line",
        "no line",
        "nothing",
        "no json",
        "down",
    ],
)
def test_what_a_model_claims_without_evidence_is_not_shown(told: Any, answer: Any) -> None:
    engine, _ = told(answer)
    found = engine.portrait(FAN)
    assert found["written_by"]["en"] == "code"
    assert found["degraded"] == ("portrait:language_model",)
    assert found["text"]["en"].startswith("You turn most to “ambient”")
    assert "code" in engine.portrait(FAN, written=False)["written_by"].values()
    assert engine.portrait(FAN, written=False)["degraded"] == ()
