"""Habits of people whose habits are known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.events import KIND_CODE, Event, EventKind, EventTable
from segue.items import Credit, Item
from segue.profiles import drift as drifting
from segue.profiles.drift import FALSE_ALARMS, change, drift
from segue.profiles.history import live
from segue.profiles.patterns import patterns, zone_of
from segue.settings import SessionSettings, Settings

SETTINGS = SessionSettings()
SUNDAY = datetime(2024, 1, 7, 12, 30, tzinfo=UTC)

ITEMS = [
    *(Item(id=f"e{n}", kind="episode", series="The Harbour", number=n, genres=("drama",)) for n in range(6)),
    *(Item(id=f"t{n}", kind="track", genres=("jazz",), creators=(Credit(f"Band {n}", "artist"),)) for n in range(6)),
]
CATALOGUE = Catalogue.build(ITEMS)
EPISODES, TRACKS = range(6), range(6, 12)


def told(visits, kind=EventKind.COMPLETE):
    """A history of (item row, time)."""
    rows, times = [row for row, _ in visits], [at.timestamp() for _, at in visits]
    return History(
        items=np.array(rows, np.int32),
        weights=np.ones(len(rows), np.float32),
        timestamps=np.array(times),
        kinds=np.full(len(rows), KIND_CODE[kind], np.uint8),
    )


def evenings(days=20):
    """Three episodes in a row on Sundays at half past twelve UTC, a track the following morning."""
    visits = []
    for n in range(days):
        noon = SUNDAY + timedelta(weeks=n)
        visits += [(EPISODES[k], noon + timedelta(minutes=20 * k)) for k in range(3)]
        visits.append((TRACKS[0], noon + timedelta(hours=20)))
    return told(visits)


def read(history, attributes=None, devices=(), vectors=None):
    return patterns(history, CATALOGUE, vectors, SETTINGS, attributes, devices)


def test_hours_and_days_are_those_of_the_persons_own_clock():
    at_utc = read(evenings())
    assert (at_utc.zone, at_utc.zone_stated) == ("UTC", False)
    assert at_utc.weekdays[6] == 60
    assert at_utc.hours[12] + at_utc.hours[13] == 60
    there = read(evenings(), {"timezone": "Asia/Shanghai"})
    assert (there.zone, there.zone_stated) == ("Asia/Shanghai", True)
    assert there.hours[20] + there.hours[21] == 60
    assert there.week[0][16] == 20  # the track, on Monday
    assert there.weekend == 0.75


@pytest.mark.parametrize("name", ["Mars/Base", "../../etc/passwd", "", "x" * 1000, 7, True, None, "a\0b"])
def test_a_time_zone_that_there_is_not_is_utc_and_said_so(name):
    assert zone_of({"timezone": name})[1:] == ("UTC", False)


def test_summer_time_is_kept():
    winter, summer = datetime(2024, 1, 10, 12, tzinfo=UTC), datetime(2024, 7, 10, 12, tzinfo=UTC)
    found = read(told([(0, winter), (1, summer)]), {"timezone": "Europe/Berlin"})
    assert (found.hours[13], found.hours[14]) == (1, 1)


def test_sessions_and_binges():
    found = read(evenings())
    assert found.sitting.sessions == 40
    assert found.sitting.minutes == 20.0  # half of 40, half of 0
    assert found.sitting.longest_minutes == 40.0
    assert found.binges.share == 0.5
    assert found.binges.groups == (("The Harbour", 60),)


def test_many_events_on_one_item_in_a_session_are_one_visit():
    at = SUNDAY
    history = told([(6, at), (6, at + timedelta(minutes=1)), (6, at + timedelta(minutes=2))])
    found = read(history)
    assert sum(found.hours) == 1
    assert found.repeats.share == 0
    assert not found.binges.groups


def test_repeats_are_visits_in_later_sessions():
    found = read(evenings(2))
    assert found.repeats.share == 0.5
    assert found.repeats.items == (("e0", 2), ("e1", 2), ("e2", 2), ("t0", 2))


def test_who_explores_and_who_does_not():
    days = [SUNDAY + timedelta(days=n) for n in range(6)]
    explorer = read(told([(TRACKS[n], day) for n, day in enumerate(days)])).exploration
    assert (explorer.items, explorer.creators, explorer.genres) == (1, 1, 0)
    faithful = read(told([(TRACKS[0], day) for day in days])).exploration
    assert (faithful.items, faithful.creators, faithful.genres) == (0, 0, 0)
    unknown = read(told([(EPISODES[n], day) for n, day in enumerate(days)])).exploration
    assert unknown.creators is None


def test_the_part_of_the_day_is_told_only_where_a_person_keeps_to_it():
    assert read(evenings(), {"timezone": "Asia/Shanghai"}).part == "evening"
    rng = np.random.default_rng(3)
    anyhow = told([(0, SUNDAY + timedelta(days=n, hours=float(rng.uniform(0, 24)))) for n in range(40)])
    assert read(anyhow).part is None
    one_night = told([(n % 12, SUNDAY + timedelta(minutes=n)) for n in range(200)])
    assert read(one_night).part is None  # one session is no habit


def test_kinds_by_part_and_devices():
    found = read(evenings(), devices=["tv", "phone", "tv", "tv"])
    assert found.kinds["afternoon"] == {"episode": 1.0}
    assert found.kinds["morning"] == {"track": 1.0}
    assert found.devices == {"tv": 0.75, "phone": 0.25}


def test_nobody_and_a_log_without_times():
    nothing = read(History.empty())
    assert (nothing.events, sum(nothing.hours), nothing.weekend, nothing.part) == (0, 0, None, None)
    assert nothing.sitting.minutes is None
    timeless = read(History.of([0, 1, 2, 2]))
    assert sum(timeless.hours) == 0
    assert timeless.sitting.sessions == 1
    assert timeless.sitting.minutes is None
    assert timeless.binges.groups == (("The Harbour", 3),)


def test_removed_items_and_impressions_say_nothing():
    removed = Catalogue(CATALOGUE.ids, (None, *CATALOGUE.items[1:]))
    found = patterns(told([(0, SUNDAY), (1, SUNDAY)]), removed, None, SETTINGS)
    assert sum(found.hours) == 1
    assert sum(read(told([(0, SUNDAY)], EventKind.IMPRESSION)).hours) == 0


def test_the_order_of_arrival_does_not_matter():
    history = evenings()
    events = [
        Event(id=f"v{n}", user_id="ada", item_id=ITEMS[row].id, kind="complete", at=datetime.fromtimestamp(at, UTC))
        for n, (row, at) in enumerate(zip(history.items.tolist(), history.timestamps.tolist(), strict=True))
    ]
    found = []
    for order in (events, events[::-1], events[40:] + events[:40]):
        arrived = live("ada", EventTable.of(order), CATALOGUE, Settings())
        found.append(read(arrived.history).as_json())
    assert found[0] == found[1] == found[2] == read(history).as_json()


# Drift


def wandering(rng, sessions, changes_at=None, dim=24, size=4):
    """Vectors of items met by a person, session after session; alike within a session, whatever the taste."""
    tastes = rng.normal(size=(2, dim))
    vectors, visits = [], []
    for n in range(sessions):
        taste = tastes[1 if changes_at is not None and n >= changes_at else 0]
        mood = taste + rng.normal(scale=2, size=dim)
        for k in range(size):
            visits.append((len(vectors), SUNDAY + timedelta(days=n, minutes=k)))
            vectors.append(mood + rng.normal(scale=0.5, size=dim))
    vectors = np.array(vectors, np.float32)
    return told(visits), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_change_is_found_where_it_is():
    rng = np.random.default_rng(11)
    places = []
    for _ in range(10):
        found = drift(*wandering(rng, 40, changes_at=25), SETTINGS)
        assert found.changed
        assert found.at is not None
        places.append((found.at - SUNDAY.timestamp()) / 86_400)
    assert abs(np.median(places) - 25) <= 2


def test_moods_of_sessions_are_no_change(monkeypatch):
    monkeypatch.setattr(drifting, "ORDERS", 199)
    rng = np.random.default_rng(5)
    alarms = sum(drift(*wandering(rng, 30), SETTINGS).changed for _ in range(200))
    # Binomial(200, 0.01): more than 7 in fewer than one of a thousand runs.
    assert alarms <= 7


def test_the_rate_of_false_alarms_is_what_is_stated(monkeypatch):
    monkeypatch.setattr(drifting, "ORDERS", 99)
    rng = np.random.default_rng(8)
    ps = np.array([change(rng.standard_t(3, size=(20, 6)))[1] for _ in range(400)])
    for level in (FALSE_ALARMS, 0.05, 0.2):
        assert (ps <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / len(ps))


def test_few_sessions_say_nothing_about_change():
    found = drift(*wandering(np.random.default_rng(1), 5, changes_at=3), SETTINGS)
    assert (found.sessions, found.p, found.changed) == (5, None, False)
    assert not drift(History.empty(), None, SETTINGS).changed
    assert not drift(evenings(), np.full((12, 3), np.nan, np.float32), SETTINGS).changed
