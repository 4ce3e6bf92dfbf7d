"""What people write moves what they are shown: at once, with no event on any item, and no longer once it is erased."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue import Engine, Event, EventKind, Item, Settings
from segue.errors import NotFound
from segue.events import now
from segue.profiles.said.run import polarities
from segue.settings import PeopleSettings

from .conftest import BEGIN


def say(engine: Engine, user: str, text: str, item: str | None = None, kind: str = "comment", **fields: Any) -> None:
    recorded = engine.record([engine.event(user, item, kind, text=text, **fields)])
    assert recorded.accepted == 1


def genres(engine: Engine, user: str, k: int = 8) -> list[str]:
    return [pick.item.genres[0] for pick in engine.recommend(user, k=k)]


def test_a_comment_without_an_item_decides_the_next_answer(engine: Engine) -> None:
    assert set(genres(engine, "new")) != {"punk"}
    say(engine, "new", "I love punk, it is fantastic")
    assert genres(engine, "new")[:5] == ["punk"] * 5
    pick = next(iter(engine.recommend("new")))
    assert pick.reason.text == "Because you said that you like punk"
    assert next(iter(engine.recommend("new", language="zh"))).reason.text == "因为你说过喜欢punk"


def test_what_is_disliked_is_not_proposed(engine: Engine) -> None:
    say(engine, "new", "I hate punk. Folk is boring, too.")
    assert set(genres(engine, "new", 5)) == {"ambient"}


def test_a_search_pulls_weakly_and_without_polarity(engine: Engine) -> None:
    say(engine, "new", "folk", kind="search")
    assert genres(engine, "new")[0] == "folk"
    found = engine.said("new")
    assert [one["topic"] for one in found["looked_for"]] == ["genre:folk"]
    assert found["liked"] == found["disliked"] == ()
    assert engine.recommend("new").picks[0].reason.text == "Because you looked for folk"


def test_comments_on_items_are_likes_and_dislikes(engine: Engine) -> None:
    say(engine, "new", "What a wonderful track!", "folk-1")
    say(engine, "new", "太难听了", "punk-1")
    world = engine._serving.world()
    history = engine._histories.get("new", world.catalogue).history
    assert dict(zip([world.catalogue.ids[r] for r in history.items], history.weights > 0, strict=True)) == {
        "folk-1": True,
        "punk-1": False,
    }
    assert genres(engine, "new")[0] == "folk"


@pytest.mark.parametrize("text", ["呵呵，真是太好听了", "三点的火车", "🚂", "great /s"])
def test_an_undecided_comment_says_nothing(engine: Engine, text: str) -> None:
    say(engine, "new", text, "folk-1")
    history = engine._histories.get("new", engine._serving.world().catalogue).history
    assert history.weights.tolist() == [0]


def test_a_flood_of_the_same_words_counts_once(engine: Engine) -> None:
    say(engine, "once", "I love punk so much, play it all night", "punk-1", at=BEGIN)
    for n in range(20):
        say(engine, "flood", "I love punk so much, play it all night", "punk-1", at=BEGIN + timedelta(minutes=n))
    world = engine._serving.world()
    once, flood = (engine._histories.get(user, world.catalogue).history for user in ("once", "flood"))
    assert flood.weights.sum() == once.weights.sum() > 0
    topic = [one for user in ("once", "flood") for one in engine.said(user)["liked"] if one["topic"] == "genre:punk"]
    assert topic[0]["strength"] == pytest.approx(topic[1]["strength"], abs=1e-3)


def test_the_order_of_arrival_does_not_show(engine: Engine) -> None:
    said = [("I love punk", 1.0), ("I hate punk", 3.0), ("folk is lovely", 2.0), ("I love punk", 0.5)]
    for user, order in (("a", said), ("b", said[::-1])):
        for n, (text, hours) in enumerate(order):
            event = engine.event(
                user, None, "comment", text=text, at=BEGIN + timedelta(hours=hours), id=f"{user}{hours}"
            )
            assert engine.record([event]).accepted == 1, n
    world = engine._serving.world()
    one, other = (engine._histories.get(user, world.catalogue) for user in ("a", "b"))
    from segue.profiles.said.topics import said_topics

    at = BEGIN.timestamp() + 1e5
    strip = [[(t.topic, t.strength, t.at) for t in said_topics(x.said, at).liked] for x in (one, other)]
    assert strip[0] == strip[1] != []


def test_incognito_and_excluded_words_leave_no_trace(engine: Engine) -> None:
    before = genres(engine, "new")
    say(engine, "new", "I love punk", train=False)
    say(engine, "new", "I love punk", "punk-1")
    engine.record([engine.event("new", "punk-1", "exclude")])
    assert engine.said("new") == {"liked": (), "disliked": (), "looked_for": ()}
    assert genres(engine, "new") == before
    assert engine.understand(only=["opinions"]).steps[0]["step"] == "opinions"
    assert engine.said("new")["liked"] == ()


def test_without_a_person_nothing_that_was_said_is_read(engine: Engine) -> None:
    say(engine, "new", "I love punk")
    answer = engine.recommend("new", personal=False)
    assert [p.item.id for p in answer] == [p.item.id for p in engine.recommend()]


def test_erased_words_are_gone(engine: Engine) -> None:
    say(engine, "new", "I love punk")
    assert any("opinion" in row for row in engine.export("new"))
    engine.erase("new")
    assert engine.said("new")["liked"] == ()
    assert engine._store.statements("new") == []


def test_understand_reads_what_an_older_reader_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    say(engine, "new", "quiet piano at night in the rain, wonderful")
    say(engine, "new", "lovely", "folk-1")
    (statement,) = [s for s in engine._store.statements("new") if s.item_id is None]
    assert statement.vector is None
    step = engine.understand(only=["opinions"]).steps[-1]
    assert (step["step"], step["done"], step["left"]) == ("opinions", 1, 0)  # the one that had no vector yet
    (statement,) = [s for s in engine._store.statements("new") if s.item_id is None]
    assert statement.vector is not None
    assert np.linalg.norm(statement.vector) == pytest.approx(1, abs=1e-5)
    assert engine.understand(only=["opinions"]).steps[-1]["done"] == 0
    monkeypatch.setattr("segue.profiles.said.reader.VERSION", "next")
    assert engine.understand(only=["opinions"]).steps[-1]["done"] == 2


def test_an_import_reads_the_comments_that_it_brings(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "comments.csv"
    file.write_text("user_id,item_id,kind,at,text\nnew,folk-1,comment,2026-01-02T00:00:00Z,wonderful folk\n")
    engine._histories.get("new", engine._serving.world().catalogue)
    report = engine.import_from("table", file)
    assert report.events_added == 1
    assert [s.opinion.sentiment > 0 for s in engine._store.statements("new") if s.opinion.sentiment] == [True]
    assert engine._histories.get("new", engine._serving.world().catalogue).history.weights[0] > 0


def test_a_head_that_is_not_there_stops_nothing_else(engine: Engine) -> None:
    say(engine, "new", "lovely", "folk-1")
    people = PeopleSettings(sentiment="finetuned/none")
    engine.settings = engine.settings.model_copy(update={"people": people})
    report = engine.understand(only=["opinions"])
    assert "finetuned/none" in report.problems[0]["what"]
    assert engine._store.statements("new")[0].opinion.sentiment > 0


def test_the_labels_of_a_head_are_put_between_against_and_for() -> None:
    assert polarities(["bad", "good"], "x").tolist() == [-1, 1]
    assert polarities(["fresh", "rotten"], "x").tolist() == [1, -1]
    assert polarities(["1", "2", "3", "4", "5"], "x").tolist() == [-1, -0.5, 0, 0.5, 1]
    from segue.errors import InvalidInput

    with pytest.raises(InvalidInput, match="cats, dogs; expected verdicts"):
        polarities(["cats", "dogs"], "finetuned/x")


def test_the_moments_that_people_react_to(engine: Engine) -> None:
    engine.add_items([Item(id="film", kind="movie", title="A film", duration_s=600)])
    shouts = [Event(id=f"x{n}", user_id=f"u{n}", item_id="film", kind="bullet_comment", at=now(), text="amazing!",
                    position_s=121 + n % 7) for n in range(12)]  # fmt: skip
    spread = [Event(id=f"y{n}", user_id="u1", item_id="film", kind="bullet_comment", at=now(), text=f"so dull {n}",
                    position_s=n * 40.0) for n in range(12)]  # fmt: skip
    flood = [Event(id=f"z{n}", user_id="spam", item_id="film", kind="bullet_comment", at=now(), text="buy now",
                   position_s=301.0) for n in range(50)]  # fmt: skip
    late = Event(id="l", user_id="u", item_id="film", kind="bullet_comment", at=now(), text="?", position_s=90_000.0)
    assert engine.record([*shouts, *spread, *flood, late]).accepted == 75
    found = engine.moments("film")
    assert (found["item"], found["bin_s"], found["remarks"]) == ("film", 10.0, 25)
    assert found["counts"][12] == 13
    assert found["counts"][30] == 1
    (peak,) = found["peaks"]
    assert (peak["start_s"], peak["end_s"], peak["texts"][0]) == (120.0, 130.0, "amazing!")
    assert peak["sentiment"] > 0.5
    assert found["sentiment"][4] < 0
    assert engine.moments("folk-1")["peaks"] == ()
    with pytest.raises(NotFound):
        engine.moments("none")


def test_thousands_of_comments_are_recorded_in_seconds(engine: Engine) -> None:
    events = [
        Event(id=f"m{n}", user_id=f"u{n % 97}", item_id=f"folk-{n % 12}", kind="comment", at=now(),
              text=f"number {n}: great fiddle, the dance is a bit dull, 但是很好听")
        for n in range(2000)
    ]  # fmt: skip
    engine.record(events[:1])
    began = time.process_time()
    engine.record(events[1:])
    assert time.process_time() - began < 2.0


def test_settings_name_no_head() -> None:
    assert Settings().people.sentiment == ""
    assert Settings().signals[EventKind.COMMENT] > Settings().signals[EventKind.BULLET_COMMENT] > 0


def test_a_head_reads_where_the_settings_name_one(tmp_path: Path) -> None:
    from tests.training.finetune_worlds import reviews

    place = tmp_path / "ws"
    Engine.create(place)
    with (place / "segue.toml").open("a", encoding="utf-8") as stream:
        stream.write(
            '\n[finetune]\nfeatures = "ngrams"\nleast_examples = 3\n[people]\nsentiment = "finetuned/sentiment"\n'
        )
    file = tmp_path / "reviews.csv"
    file.write_text("\n".join(["text,label", *(f"{text},{label}" for text, label in reviews(120))]), encoding="utf-8")
    texts = {label: text for text, label in reviews(120)}
    with Engine.open(place) as engine:
        engine.add_items([Item(id="a", kind="movie", title="A")])
        engine.finetune("sentiment", csv=file)
        for label, text in texts.items():
            say(engine, label, text, "a")
        say(engine, "emoji", "😍", "a")
        say(engine, "searcher", texts["fresh"], kind="search")
        assert {s.opinion.reader for user in texts for s in engine._store.statements(user)} == {"words"}
        assert engine.understand(only=["opinions"]).steps[-1]["done"] == 4
        read = {user: engine._store.statements(user)[0].opinion for user in (*texts, "emoji", "searcher")}
        assert read["fresh"].sentiment > 0.2 > -0.2 > read["rotten"].sentiment
        assert read["fresh"].reader == "finetuned/sentiment"
        assert read["emoji"].sentiment > 0
        assert read["searcher"].sentiment is None
        assert engine.understand(only=["opinions"]).steps[-1]["done"] == 0
