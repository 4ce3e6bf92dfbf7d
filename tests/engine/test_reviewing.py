"""Suspects from the stored events to the next training: listed in words, decided by a person, exported, erased."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segue import Engine, Event, EventKind
from segue.dataset import History
from segue.engine.reviewing import _WORDS, _length
from segue.errors import NotFound
from segue.profiles.oddness import VIEWS

from .conftest import BEGIN

PUSHED = "punk-11"


def machine(count: int = 1100) -> list[Event]:
    """Plays of one item and others, one a second."""
    return [
        Event(
            id=f"bot-{n}",
            user_id="bot",
            item_id=PUSHED if n % 2 else f"folk-{n % 12}",
            kind=EventKind.COMPLETE,
            at=BEGIN + timedelta(hours=5, seconds=n * 7 % 1100 * 2),
        )
        for n in range(count)
    ]


def popularity(engine: Engine) -> float:
    world = engine._serving.world()
    return float(world.models["popular_all"].score(History.empty())[world.catalogue.row(PUSHED)])


def test_a_machine_is_listed_and_learnt_from_only_when_cleared(engine: Engine) -> None:
    assert engine.suspects() == []
    before = popularity(engine)
    engine.record(machine())
    (suspect,) = engine.suspects()
    assert (suspect.user_id, suspect.status, suspect.factor, suspect.events) == ("bot", "pending", 0, 1100)
    assert suspect.why[0] == "more than 1000 plays within one hour"
    assert engine.suspects(language="zh")[0].why[0] == "一小时内播放超过 1000 次"
    report = engine.train(force=True)
    assert report.cleaning["rules"]["bots"] == {"on": True, "events": 1100, "people": 1}
    manifest = engine._registry.open().manifest  # type: ignore[union-attr]
    assert manifest["cleaning"] == report.as_json()["cleaning"]
    assert popularity(engine) == before

    engine.decide("bot", confirm=False)
    assert engine.suspects("pending") == []
    assert [s.factor for s in engine.suspects("cleared")] == [1]
    engine.train(force=True)
    assert popularity(engine) == before + 1


def test_decisions_are_kept_undone_exported_and_erased(engine: Engine) -> None:
    with pytest.raises(NotFound, match="nobody"):
        engine.decide("nobody", confirm=True)
    engine.decide("folk-fan-1", confirm=True)
    assert [s.user_id for s in engine.suspects("confirmed")] == ["folk-fan-1"]
    told = next(row["verdict"] for row in engine.export("folk-fan-1") if "verdict" in row)
    assert told["confirmed"] is True
    engine.undecide("folk-fan-1")
    with pytest.raises(NotFound, match="folk-fan-1"):
        engine.undecide("folk-fan-1")
    engine.decide("folk-fan-1", confirm=True)
    assert engine.erase("folk-fan-1")["erased"]["verdicts"] == 1
    assert engine.suspects() == []


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(VIEWS) <= set(_WORDS)
    assert all(set(words) == {"en", "zh"} for words in _WORDS.values())
    assert [_length(s, "en") for s in (50, 600, 9000, 300_000)] == ["50 s", "10 min", "2 h", "3 days"]
    assert _length(600, "zh") == "10分钟"
