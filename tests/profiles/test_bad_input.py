"""What people and their devices get wrong, through the engine: the next answer comes, and nothing false is learnt.

Each thing alone has its test beside its part: texts in test_said.py, repetition and impossible events in
test_cleaning.py, orders of arrival in test_history.py, test_choices.py and test_cleaning.py, requests for a mood in
test_mood.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from segue import Engine, Item
from segue.dataset import History
from segue.errors import InvalidInput
from segue.events import KIND_CODE, EventKind, EventTable, now
from segue.profiles.history import live
from segue.profiles.session import session_events
from segue.profiles.taste import taste
from segue.settings import Settings

from ..toy_world import catalogue, event, item


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as opened:
        opened.add_items(
            Item(id=f"{genre}-{n}", kind="track", title=f"{genre} {n}", genres=(genre,))
            for genre in ("folk", "punk")
            for n in range(12)
        )
        yield opened


def weights(engine: Engine, user: str) -> list[float]:
    found: list[float] = engine._histories.get(user, engine._serving.world().catalogue).history.weights.tolist()
    return found


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("love it! " * 11_111, 1),  # 100 kB
        ("太难听了。" * 20_000, -1),
        ("😍😍😍😍", 1),
        ("🤮🤮", -1),
        ("🪑🧾📎", 0),
        ("这首歌 is absolutely fantastic، очень 很好听 ♥", 1),
        ("<b>terrible</b><script>love()</script>", -1),
        ("<img src=x onerror='love it'>", 0),
        ("Oh sure, a *brilliant* choice /s", 0),
        ("呵呵，真是太好听了", 0),
        ("\u202e\u200b\x07", 0),
    ],
)
def test_a_comment_of_any_sort_is_kept_and_read_for_what_it_says(engine: Engine, text: str, sign: int) -> None:
    began = time.process_time()
    assert engine.record([engine.event("ann", "folk-1", "comment", text=text)]).accepted == 1
    assert [np.sign(weight) for weight in weights(engine, "ann")] == [sign]
    assert len(engine.recommend("ann")) == 10
    assert time.process_time() - began < 5
    [(kept, _)] = engine.history("ann")
    assert kept.text == text.strip()


def test_a_longer_comment_is_refused_in_words(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="100000"):
        engine.event("ann", "folk-1", "comment", text="x" * 100_001)


def test_a_flood_says_no_more_than_one_remark(engine: Engine) -> None:
    at = now() - timedelta(hours=1)
    remarks = [
        engine.event("spam", "punk-1", "comment", text="the best song ever made", at=at + timedelta(seconds=n))
        for n in range(500)
    ]
    assert engine.record(remarks).accepted == 500
    assert engine.record([engine.event("ann", "punk-1", "comment", text="the best song ever made")]).accepted == 1
    assert sum(weights(engine, "spam")) == sum(weights(engine, "ann")) > 0


@pytest.mark.parametrize("value", [-1, 0.4, 5.1, 1e30, float("nan"), float("inf")])
def test_a_rating_outside_its_scale_is_refused(engine: Engine, value: float) -> None:
    with pytest.raises(InvalidInput, match=r"scale|finite"):
        engine.event("ann", "folk-1", "rate", value=value, scale=(0.5, 5))


@pytest.mark.parametrize("scale", [(5, 1), (3, 3), None])
def test_a_scale_that_is_none_is_refused(engine: Engine, scale: tuple[float, float] | None) -> None:
    with pytest.raises(InvalidInput, match="scale"):
        engine.event("ann", "folk-1", "rate", value=3, scale=scale)


# Clocks


def test_a_clock_that_is_ahead_does_not_hold_the_session(engine: Engine) -> None:
    """An event of next year would be the newest of all for a year to come."""
    engine.record([engine.event("ann", "punk-1", "complete", at=now() + timedelta(days=400))])
    engine.record([engine.event("ann", f"folk-{n}", "complete") for n in range(2)])
    world = engine._serving.world()
    history = engine._histories.get("ann", world.catalogue).history
    heard = history.items[session_events(history, Settings().session, now().timestamp())]
    assert [world.catalogue.ids[row] for row in heard] == ["folk-0", "folk-1"]


def test_a_clock_that_is_a_little_ahead_is_of_the_session() -> None:
    times = np.array([1000.0, 1060.0])
    kinds = np.full(2, KIND_CODE[EventKind.COMPLETE], np.uint8)
    history = History(items=np.arange(2, dtype=np.int32), weights=np.ones(2, np.float32), timestamps=times, kinds=kinds)
    assert session_events(history, Settings().session, 1000.0).tolist() == [0, 1]
    assert session_events(history, Settings().session, 1060.0 - 1800 - 1).tolist() == [0]


# Orders of arrival

ITEMS = catalogue([item(name, genres=(genre,)) for name, genre in zip("abcdef", ("folk", "punk") * 3, strict=True)])
TIMED = [
    event("ann", "a", at=1),
    event("ann", "b", "skip", at=2),
    event("ann", "c", "like", at=3),
    event("ann", "d", "rate", 5, at=3),
    event("ann", "e", "block", at=5),
    event("ann", None, "like", 1.0, at=6, topic="genre:folk"),
    event("ann", None, "like", 0.2, at=9, topic="genre:punk"),
    event("ann", "b", "like", at=30),
]
UNTIMED = [event("ann", "f"), event("ann", "a", "like"), event("ann", "d", "skip")]


def profile(events: list[object]) -> tuple[object, ...]:
    found = live("ann", EventTable.of(events), ITEMS, Settings())  # type: ignore[arg-type]
    told = sorted(
        zip(
            found.history.items.tolist(),
            found.history.kinds.tolist(),
            found.history.weights.tolist(),
            found.history.timestamps.tolist(),
            strict=True,
        ),
        key=repr,
    )
    return repr(told), found.hidden_until, found.stated, found.hidden_topics, taste(found.history, ITEMS).as_json()


@pytest.mark.parametrize("seed", range(20))
def test_the_profile_is_the_same_in_any_order_with_and_without_times(seed: int) -> None:
    every = [*TIMED, *UNTIMED]
    order = np.random.default_rng(seed).permutation(len(every))
    assert profile([every[n] for n in order]) == profile(every)


@pytest.mark.parametrize("seed", range(20))
def test_the_newest_of_two_at_one_moment_does_not_depend_on_their_arrival(seed: int) -> None:
    """Two words on one topic in the same second: one of them holds, always the same."""
    every = [
        event("ann", None, "like", 1.0, at=6, topic="genre:folk", id="1"),
        event("ann", None, "dislike", 1.0, at=6, topic="genre:folk", id="2"),
        event("ann", None, "like", 0.4, at=7, topic="genre:punk", id="3"),
        event("ann", None, "dislike", 0.9, at=7, topic="genre:punk", id="4"),
        event("ann", "a", "like", at=8, id="5"),
        event("ann", "a", "clear", at=8, id="6"),
    ]
    order = np.random.default_rng(seed).permutation(len(every))
    found, expected = (
        live("ann", EventTable.of(rows), ITEMS, Settings()) for rows in ([every[n] for n in order], every)
    )
    assert found.stated == expected.stated
    assert expected.stated == {"genre:folk": -1.0, "genre:punk": pytest.approx(-0.9)}
    assert sorted(found.history.weights.tolist()) == sorted(expected.history.weights.tolist())


def test_of_choices_without_a_time_the_order_of_arrival_is_the_order() -> None:
    like, dislike = (event("ann", None, kind, 1.0, topic="genre:punk") for kind in ("like", "dislike"))
    for rows, holds in (([like, dislike], -1.0), ([dislike, like], 1.0)):
        assert live("ann", EventTable.of(rows), ITEMS, Settings()).stated == {"genre:punk": holds}


# Ids


def test_ids_that_two_sources_give_alike_are_one_event_and_do_not_overwrite(engine: Engine) -> None:
    first = engine.event("ann", "folk-1", "like", id="1", source="app")
    other = engine.event("bob", "punk-1", "like", id="1", source="import")
    assert engine.record([first]).accepted == 1
    again = engine.record([other, first])
    assert (again.accepted, sorted(again.duplicates)) == (0, ["1", "1"])
    assert [kept.user_id for kept, _ in engine.history("ann")] == ["ann"]
    assert engine.history("bob") == []
