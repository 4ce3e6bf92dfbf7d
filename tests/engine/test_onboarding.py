"""New people: what they are asked, what they say, what is stated about them; and that the next answer follows."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.errors import InvalidInput
from segue.events import now
from segue.users import User

from ..people_world import crowd


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crowd(tmp_path_factory.mktemp("crowd") / "workspace")


@pytest.fixture
def engine(trained: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine.open(shutil.copytree(trained, tmp_path / "workspace")) as opened:
        yield opened


def genres(engine: Engine, user: str, k: int = 6) -> Counter[str]:
    """How many picks of home are of each genre."""
    return Counter(pick.item.genres[0] for pick in engine.recommend(user, k=k) if pick.item.genres)


def test_the_first_question_is_a_title_and_the_answer_decides_the_next(engine: Engine) -> None:
    asked = engine.onboarding("zoe", 1)
    assert json.dumps(asked)
    title = asked["titles"][0]["item"]
    assert title.split("-")[0] in ("ambient", "punk", "folk")
    engine.record([engine.event("zoe", title, "like")])
    liked = engine.onboarding("zoe", 3)
    assert title not in [one["item"] for one in liked["titles"]]
    unknown = engine.onboarding("yan", 3, shown=[title])
    assert title not in [one["item"] for one in unknown["titles"]]
    assert unknown["titles"] != liked["titles"]
    assert engine.onboarding("yan", 3, shown=[title]) == unknown


def test_what_may_not_be_shown_is_not_asked(engine: Engine) -> None:
    everything = {one["item"] for one in engine.onboarding("zoe", 100)["titles"]}
    assert "punk-0" in everything
    assert "advert" not in everything
    young = engine.onboarding("zoe", 100, constraints={"max_maturity": 12})
    assert "punk-0" not in {one["item"] for one in young["titles"]}
    engine.record([engine.event("zoe", None, "block", topic="genre:folk"), engine.event("zoe", "punk-1", "block")])
    left = engine.onboarding("zoe", 100)
    assert not [one for one in left["titles"] if one["item"].startswith("folk") or one["item"] == "punk-1"]
    assert "genre:folk" not in [one["topic"] for one in left["topics"]]


def test_a_member_with_an_age_limit_is_asked_about_nothing_above_it(engine: Engine) -> None:
    engine.put_member("home", "Kim", "kim", max_maturity=12)
    for constraints in (None, {"max_maturity": 18}):
        titles = {one["item"] for one in engine.onboarding("kim", 100, constraints=constraints)["titles"]}
        assert "punk-1" in titles
        assert "punk-0" not in titles


def test_a_topic_that_was_deleted_is_not_asked_about(engine: Engine) -> None:
    first = engine.onboarding("zoe")["topics"][0]["topic"]
    engine.record([engine.event("zoe", None, "exclude", topic=first)])
    assert first not in [one["topic"] for one in engine.onboarding("zoe")["topics"]]


def test_topics_are_asked_before_there_are_people(tmp_path: Path) -> None:
    from ..people_world import items

    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items(items())
        asked = engine.onboarding("zoe")
        assert asked["titles"] == []
        # The third genre is what has neither of the others.
        first, second = (one["topic"] for one in asked["topics"][:2])
        assert first.startswith("genre:")
        engine.record([engine.event("zoe", None, "like", topic=first)])
        again = engine.onboarding("zoe", shown=[second])
        assert not {first, second} & {one["topic"] for one in again["topics"]}
        assert again["answered"] == 1
        engine.add_items(Item(id=f"song-{n}", kind="track", title=f"Song {n}") for n in range(37))
        named = {one["topic"]: one["name"] for one in engine.onboarding("yan")["topics"]}
        assert named["kind:movie"] == {"en": "films", "zh": "电影"}


def test_answers_lead_to_what_people_with_the_same_answers_like(engine: Engine) -> None:
    for genre in ("punk", "folk"):
        user = f"new-{genre}"
        for _ in range(4):
            title = engine.onboarding(user, 1)["titles"][0]["item"]
            engine.record([engine.event(user, title, "like" if title.startswith(genre) else "impression")])
        assert genres(engine, user).most_common(1)[0][0] == genre
    picks = engine.recommend("new-punk", k=6)
    assert any("answers" in pick.sources for pick in picks)


def test_one_like_changes_the_next_answer_the_taste_and_the_segment(engine: Engine) -> None:
    before = engine.recommend("zoe", k=6)
    assert [one["segment"] for one in engine.segments("zoe")["segments"]] == ["new"]
    engine.record([engine.event("zoe", "folk-5", "like")])
    assert [p.item.id for p in engine.recommend("zoe", k=6)] != [p.item.id for p in before]
    assert genres(engine, "zoe")["folk"] >= 4
    assert engine.profile("zoe").genres[0].name == "folk"
    assert "few" in [one["segment"] for one in engine.segments("zoe")["segments"]]


def test_a_statement_is_recorded_and_counts(engine: Engine) -> None:
    told = engine.state("zoe", "I love folk films but hate punk, and I used to like zither")
    assert [(one["topic"], one["strength"] > 0) for one in told["understood"]] == [
        ("genre:folk", True),
        ("genre:punk", False),
    ]
    assert told["left_out"] == ["I used to like zither"]
    assert told["recorded"] == 2
    assert genres(engine, "zoe").keys() == {"folk"}
    chinese = engine.state("yan", "我喜欢日本电影")
    assert chinese["understood"][0]["topic"] == "language:ja"
    assert chinese["understood"][0]["name"] == {"en": "Japanese", "zh": "日语"}
    assert genres(engine, "yan").keys() == {"ambient"}
    assert engine.state("yan", "……")["understood"] == []
    with pytest.raises(InvalidInput, match="needs words"):
        engine.state("yan", "  ")


def test_a_statement_ends_a_mute_and_comes_after_a_clock_that_is_ahead(engine: Engine) -> None:
    ahead = now() + timedelta(hours=2)
    engine.record([engine.event("zoe", None, "dislike", topic="genre:folk", at=ahead)])
    engine.record([engine.event("zoe", None, "block", topic="genre:folk", at=ahead)])
    engine.record([engine.event("zoe", None, "block", topic="genre:punk", at=ahead)])
    assert genres(engine, "zoe").keys() == {"ambient"}
    assert engine.state("zoe", "I love folk films but hate punk")["recorded"] == 3
    assert "folk" in genres(engine, "zoe")
    assert "punk" not in genres(engine, "zoe", 30)


def test_age_shapes_what_somebody_new_is_shown_only_with_consent(engine: Engine) -> None:
    plain = [pick.item.id for pick in engine.recommend("zoe", k=6)]
    for consent in ({}, {"consent": 1}, {"consent": False}, {"consent": "yes"}):
        engine._store.put_users([User(id="zoe", attributes={"age": 66, **consent})])
        assert [pick.item.id for pick in engine.recommend("zoe", k=6)] == plain
    engine._store.put_users([User(id="zoe", attributes={"consent": True})])
    assert genres(engine, "zoe")["folk"] >= 4
    assert any("prior" in pick.sources for pick in engine.recommend("zoe", k=6))
    unread = [pick.item.id for pick in engine.recommend("zoe", k=6, personal=False)]
    assert unread == [pick.item.id for pick in engine.recommend(None, k=6)]


def test_nothing_is_learnt_about_people_who_did_not_agree(tmp_path: Path) -> None:
    with Engine.open(crowd(tmp_path / "workspace", consent=False)) as engine:
        assert engine._serving.world().priors.keys == ()
        before = [pick.item.id for pick in engine.recommend("zoe", k=6)]
        engine._store.put_users([User(id="zoe", attributes={"age": 66, "consent": True})])
        assert [pick.item.id for pick in engine.recommend("zoe", k=6)] == before


def test_reports_tell_new_warm_and_long_known_people_apart(engine: Engine) -> None:
    report = engine.evaluate()
    slices = {row["slice"] for row in report["rows"]}
    assert slices >= {"all", "warm_people"}
    engine.record([engine.event("zoe", "folk-5", "like"), engine.event("yan", "punk-5", "like")])
    engine.record([engine.event("yan", "punk-6", "like")])
    told = engine.evaluate()
    slices = {row["slice"]: row["users"] for row in told["rows"] if row["model"] == "home"}
    assert slices["new_people"] >= 1
    assert slices["warm_people"] >= 1
