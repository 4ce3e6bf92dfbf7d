"""Habits and segments through the engine: kept with a version, served, reported."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from segue import Engine, EventKind, Item
from segue.errors import SettingsError
from segue.events import now
from segue.users import User

from .conftest import SETTINGS


def test_a_person_sees_their_habits(engine: Engine) -> None:
    engine._store.put_users([User(id="punk-fan-0", attributes={"timezone": "Asia/Tokyo"})])
    told = engine.patterns("punk-fan-0")
    assert json.dumps(told)
    assert (told["zone"], told["zone_stated"]) == ("Asia/Tokyo", True)
    assert sum(told["hours"]) == told["events"] == 11
    assert told["interests"][0]["name"] == {"en": "punk", "zh": told["interests"][0]["name"]["zh"]}
    assert {item.split("-")[0] for item in told["interests"][0]["items"]} == {"punk"}
    assert sum(map(sum, told["stream"]["layers"])) == 10
    assert "warm" in [one["segment"] for one in told["segments"]]


def test_nobody_has_no_habits(engine: Engine) -> None:
    told = engine.patterns("nobody")
    assert (told["events"], told["interests"], told["next"]) == (0, [], {})
    assert told["stream"] == {"days": 0, "begins": [], "layers": []}
    assert [one["segment"] for one in told["segments"]] == ["new"]


def test_devices_are_counted(engine: Engine) -> None:
    context = {"device": "tv"}
    engine.record([engine.event("zoe", "punk-1", "complete", context=context) for _ in range(3)])
    engine.record([engine.event("zoe", "punk-2", "complete", context={"device": "phone"})])
    assert engine.patterns("zoe")["devices"] == {"tv": 0.75, "phone": 0.25}


def test_segments_are_kept_with_the_version(engine: Engine) -> None:
    told = engine.segments()
    assert told["people"] == 24
    assert sum(one["people"] for one in told["activity"]) == 24
    assert {one["segment"]: one["people"] for one in told["known"]} == {"new": 0, "few": 0, "warm": 24}
    by_name = {one["segment"]: one for one in told["activity"]}
    assert by_name["at_risk"]["people"] == 24  # all were last here long ago
    assert by_name["at_risk"]["name"] == {"en": "drifting away", "zh": "可能流失"}
    assert told["definitions"]["heavy_events"] == 20
    assert engine.segments("punk-fan-0")["segments"][0]["segment"] == "at_risk"
    engine.record([engine.event("punk-fan-0", "folk-1", "complete")])
    assert engine.segments("punk-fan-0")["segments"][0]["segment"] == "returning"


def test_the_report_has_figures_for_every_segment(engine: Engine) -> None:
    report = engine.evaluate()
    parts = {row["slice"] for row in report["rows"]}
    assert {"all", "segment_light"} <= parts
    assert report["slice_names"]["segment_light"] == {"en": "now and then", "zh": "偶尔使用"}
    assert "now and then" in engine.evaluation_page(report)
    assert "偶尔使用" in engine.evaluation_page(report, "zh")
    stored = engine.evaluation()
    assert stored is not None
    assert "segment_light" in {row["slice"] for row in stored["rows"]}


def test_a_recipe_has_a_strategy_for_a_segment(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as file:
        file.write("\n[ranking.blend]\nhome_at_risk = {popular_all = 1.0}\nhome_new = {content = 1.0}\n")
    with Engine.open(workspace) as engine:
        gone = engine.recommend("punk-fan-0", k=3)
        assert gone.degraded == ()
        assert {pick.sources[0] for pick in gone} == {"popular_all"}
        engine.record([engine.event("punk-fan-0", "punk-11", "complete")])
        back = engine.recommend("punk-fan-0", k=1)  # by the table of home again
        assert [pick.item.id for pick in back] == ["punk-10"]
        assert back[0].sources[0] != "popular_all"
        assert "home_at_risk" in engine.transparency()["recipes"]


def test_a_segment_table_with_an_unknown_score_is_refused(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as file:
        file.write("\n[ranking.blend]\nhome_heavy = {magic = 1.0}\n")
    with Engine.open(workspace) as engine, pytest.raises(SettingsError, match="home_heavy"):
        engine.recommend("punk-fan-0")


def test_settings_of_the_next_action_are_checked(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as file:
        file.write("\n[models.next_action]\nhorizon_days = -1\n")
    with Engine.open(workspace) as engine, pytest.raises(SettingsError, match="next_action"):
        engine.train()


def test_what_people_do_next_is_learnt_reported_and_told(workspace: Path) -> None:
    with (workspace / "segue.toml").open("w") as file:
        file.write(SETTINGS + "\n[models.next_action]\nfewest = 10\n")
    with Engine.open(workspace) as engine:
        report = engine.train().evaluation
        assert report is not None
        rows = {row["action"]: row for row in report["next_action"]}
        engine.record(
            [engine.event("ann", f"punk-{n}", "complete", at=now() - timedelta(days=5 - n)) for n in range(4)]
        )
        told = engine.patterns("ann")["next"]
        assert set(told) <= {"leave", "return"}
        assert all(0 <= p <= 1 for p in told.values())
        assert rows.keys() <= {"finish", "leave", "return"}


def test_incognito_leaves_no_trace_in_interests(engine: Engine) -> None:
    engine.record([engine.event("ghost", f"punk-{n}", EventKind.COMPLETE, train=False) for n in range(5)])
    told = engine.patterns("ghost")
    assert (told["interests"], told["stream"]["layers"]) == ([], [])
    assert [one["segment"] for one in told["segments"]] == ["new"]


def test_an_interest_is_not_named_by_what_was_excluded(engine: Engine) -> None:
    engine.add_items(
        [
            Item(id=f"mix-{n}", kind="track", genres=("ska", "dub"), title=f"Mix {n}", description="ska")
            for n in range(5)
        ]
    )
    engine.understand(only=["ngram"])
    engine.record([engine.event("ann", f"mix-{n}", EventKind.COMPLETE) for n in range(5)])
    assert "ska" in engine.patterns("ann")["interests"][0]["name"]["en"]
    engine.record([engine.event("ann", None, "exclude", topic="genre:ska")])
    assert engine.patterns("ann")["interests"][0]["name"]["en"] == "dub"


def test_devices_of_incognito_events_are_not_told(engine: Engine) -> None:
    engine.record([engine.event("ann", "punk-1", "play", context={"device": "tv"})])
    engine.record([engine.event("ann", "punk-2", "play", context={"device": "phone"}, train=False)])
    assert engine.patterns("ann")["devices"] == {"tv": 1.0}
    engine.record([engine.event("ann", None, "reset")])
    assert engine.patterns("ann")["devices"] == {}


def test_habits_are_exported_with_everything_else(engine: Engine) -> None:
    found = {row["table"]: row for row in engine.export("punk-fan-0") if "table" in row}
    assert found["patterns"]["events"] == 11
