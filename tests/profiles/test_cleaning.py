"""Each rule of cleaning on events made for it: what counts less, and what does not, in any order of arrival."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.events import Event, EventTable
from segue.profiles.cleaning import RULES, Cleaned, clean
from segue.profiles.session import session_begins
from segue.settings import CleaningSettings, Settings
from segue.suspects import Verdict

from ..toy_world import BEGINNING, event, item

NOW = BEGINNING.timestamp() + 365 * 86_400
CATALOGUE = Catalogue.build(
    [
        item("song", duration_s=200),
        item("film", "movie", duration_s=6000, released="2030"),
        item("short", "short", duration_s=10),
        item("later", available_from=BEGINNING + timedelta(hours=10)),
        *(item(f"i{n}") for n in range(1000)),
    ]
)
SECOND = 1 / 3600
"""In hours, as `event` counts time."""


def cleaned(events: Sequence[Event], verdicts: Sequence[Verdict] = (), **switches: Any) -> Cleaned:
    table = EventTable.of(events)
    data = Dataset.build(CATALOGUE, table, Settings().signals)
    return clean(data, table, CleaningSettings(**switches), 1800, {v.user_id: v for v in verdicts}, NOW)


def counted(events: Sequence[Event], **switches: Any) -> list[bool]:
    """Whether each event still counts, in the order given."""
    found = cleaned(events, **switches).dataset
    by_seq = dict(zip(found.seq.tolist(), found.weights.tolist(), strict=True))
    return [by_seq[n] != 0 for n in range(1, len(events) + 1)]


def hundred(user: str, kind: str, step: float, at: float = 1.0, count: int = 100) -> list[Event]:
    return [event(user, f"i{n % 90}", kind, at=at + n * step) for n in range(count)]


def test_a_double_click_counts_once() -> None:
    events = [
        event("ann", "song", "click", at=1),
        event("ann", "song", "click", at=1 + 2 * SECOND),
        event("ann", "song", "click", at=1 + 60 * SECOND),
        event("bob", "song", "click", at=1 + 1 * SECOND),
        event("ann", "i1", "click", at=1 + 1 * SECOND),
        event("ann", "song", "rate", 5, at=2),
        event("ann", "song", "rate", 1, at=2 + 2 * SECOND),  # a correction is no repetition
    ]
    assert counted(events) == [True, False, True, True, True, True, True]
    assert counted(events, duplicates=False) == [True] * 7
    rules = cleaned(events).report["rules"]
    assert rules["duplicates"] == {"on": True, "events": 1, "people": 1}
    assert cleaned(events, duplicates=False).report["rules"]["duplicates"] == {"on": False, "events": 0, "people": 0}


def test_what_cannot_be_counts_for_nothing() -> None:
    ahead = 366 * 24
    events = [
        event("ann", "song", at=ahead),  # in the future
        event("ann", "i1", at=365 * 24 + 60 * SECOND),  # a clock that is a minute ahead
        event("ann", "film", at=1),  # years before its release
        event("ann", "film", "add_to_list", at=1),  # which can be waited for
        event("ann", "later", at=2),
        event("ann", "later", at=11),
        event("ann", "song", "play", at=3, played_s=900),  # four times as long as it is
        event("ann", "song", "play", at=4, played_s=200),
        event("ann", "short", "play", at=5, played_s=90),  # nine loops
    ]
    assert counted(events) == [False, True, False, True, False, True, False, True, True]
    assert counted(events, impossible=False) == [True] * 9


def test_nobody_watches_more_than_a_day_in_a_day() -> None:
    begin = -BEGINNING.hour + 24  # the first hour of a day
    events = [event("ann", f"i{n}", "play", at=begin + n, played_s=9 * 3600) for n in range(4)]
    assert counted(events) == [True, True, False, False]
    assert counted([*events[:2], event("ann", "i3", "play", at=begin + 25, played_s=9 * 3600)]) == [True] * 3


@pytest.mark.parametrize(
    ("events", "code"),
    [
        (hundred("bot", "play", SECOND, count=1100), "pace"),
        (hundred("bot", "play", 1, count=100), "awake"),
        ([event("bot", f"i{n}", "click" if n < 5 else "complete", at=n * 9) for n in range(900)], "sweep"),
    ],
)
def test_machines_are_told_from_people(events: list[Event], code: str) -> None:
    person = [event("ann", f"i{n}", at=n * 5) for n in range(40)]
    found = cleaned([*events, *person])
    assert {found.dataset.user_ids[u] for u in np.unique(found.dataset.users[found.dataset.weights != 0])} == {"ann"}
    (suspect,) = found.suspects
    assert (suspect.user_id, suspect.suspicion, suspect.factor) == ("bot", 1.0, 0.0)
    assert code in [reason.code for reason in suspect.reasons]
    assert all(counted([*events, *person], bots=False))
    assert all(counted(person))


def test_a_log_of_dates_has_no_pace() -> None:
    midnight = 24 - BEGINNING.hour - BEGINNING.minute / 60 - BEGINNING.second / 3600
    events = [event("ann", f"i{n}", at=midnight) for n in range(400)]
    assert all(counted(events, plays_per_hour=100))


def test_a_flood_of_comments_counts_for_nothing() -> None:
    flood = [event("troll", f"i{n}", "comment", at=1 + n * SECOND, text="BUY") for n in range(40)]
    calm = [event("ann", f"i{n}", "comment", at=n, text="nice") for n in range(40)]
    found = cleaned([*flood, *calm]).report["rules"]["floods"]
    assert found == {"on": True, "events": 40, "people": 1}


def test_what_is_repeated_far_beyond_habit_counts_as_habit() -> None:
    often = [event("ann", "song", at=n * 5) for n in range(100)]
    usual = [event("ann", f"i{n}", at=500 + n) for n in range(8)]
    data = cleaned([*often, *usual]).dataset
    assert data.weights[:100].sum() == pytest.approx(10)
    assert data.weights[100:].tolist() == [1] * 8
    assert all(w == 1 for w in cleaned(often).dataset.weights)  # one song is no habit to be far from


def test_the_order_of_arrival_changes_nothing() -> None:
    events = [
        *hundred("bot", "play", SECOND, count=1100),
        *(event("ann", "song", "click", at=1 + n * SECOND) for n in range(12)),
        *(event("ann", f"i{n}", "play", at=2 + n, played_s=9 * 3600) for n in range(6)),
        *(event("bob", f"i{n}", "comment", at=1 + n * SECOND, text="x") for n in range(40)),
        event("cy", "song", at=400 * 24),
    ]

    def outcome(some: list[Event]) -> tuple[Any, ...]:
        found = cleaned(some)
        data = found.dataset
        rows = zip(
            (data.user_ids[u] for u in data.users), data.items, data.kinds, data.timestamps, data.weights, strict=True
        )
        return sorted(rows), found.report, found.suspects

    shuffled = list(events)
    random.Random(3).shuffle(shuffled)
    assert outcome(shuffled) == outcome(events)


def test_a_decision_wins_over_every_rule() -> None:
    events = [*hundred("bot", "play", SECOND, count=1100), event("ann", "song", at=1)]
    found = cleaned(events, [Verdict("bot", confirmed=False), Verdict("ann", confirmed=True)])
    data = found.dataset
    assert (data.weights[data.users == data.user_ids.index("bot")] != 0).all()
    assert (data.weights[data.users == data.user_ids.index("ann")] == 0).all()
    assert {s.user_id: s.status for s in found.suspects} == {"bot": "cleared", "ann": "confirmed"}
    assert found.report["decisions"] == {"confirmed": 1, "cleared": 1}


def test_stored_events_and_the_given_dataset_stay_as_they_are() -> None:
    table = EventTable.of([event("ann", "song", "click", at=1), event("ann", "song", "click", at=1 + SECOND)])
    data = Dataset.build(CATALOGUE, table, Settings().signals)
    before = data.weights.copy()
    clean(data, table, CleaningSettings(), 1800, {}, NOW)
    np.testing.assert_array_equal(data.weights, before)


def test_every_rule_has_its_switch_and_nothing_breaks_an_empty_log() -> None:
    found = cleaned([])
    assert set(found.report["rules"]) == {*RULES, "bots", "suspects"} <= set(CleaningSettings.model_fields)
    assert found.report["sessions"] == 0
    timeless = [event("ann", "song"), event("ann", "song", "like")]
    assert counted(timeless) == [True, True]


def test_sessions_are_cut_by_pauses_and_by_person() -> None:
    assert session_begins(np.array([0.0, 10, 4000, 4010]), 1800).tolist() == [0, 2]
    assert session_begins(np.zeros(0), 1800).tolist() == []
    events = [event("ann", "i1", at=0), event("ann", "i2", at=0.1), event("ann", "i3", at=9), event("bob", "i1", at=9)]
    assert cleaned(events).report["sessions"] == 3
