"""Moments in a small log whose course is known; the future decides nothing that is known at a moment."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.events import Event, EventTable
from segue.items import Item
from segue.profiles.moments import ACTIONS, FEATURES, Course, ItemFacts
from segue.settings import Settings

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)  # a Monday
GAP_S, DAYS = 1800.0, 7.0
CATALOGUE = Catalogue.build(
    [Item(id=f"e{n}", kind="episode", series="One" if n < 3 else "Other", duration_s=1200) for n in range(6)]
)
VECTORS = {"mixed": np.eye(6, 4, dtype=np.float32)}
VECTORS["mixed"][4:] = np.nan


def log(*events, users=None):
    """From (user, item, kind, minutes since the beginning)."""
    rows = [
        Event(id=f"v{n}", user_id=user, item_id=item, kind=kind, at=BEGIN + timedelta(minutes=minutes))
        for n, (user, item, kind, minutes) in enumerate(events)
    ]
    return Dataset.build(CATALOGUE, EventTable.of(rows), Settings().signals, VECTORS)


DAY = 24 * 60
ADA = [
    ("ada", "e0", "complete", 0),
    ("ada", "e1", "skip", 10),
    ("ada", "e2", "complete", 2 * DAY),
    ("ada", "e2", "complete", 2 * DAY + 20),
    ("ada", "e3", "complete", 12 * DAY),
]
BOB = [
    ("bob", "e3", "impression", 5),
    ("bob", "e3", "play", 15),
    ("bob", "e4", "impression", 16),
    ("bob", "e4", "complete", 16 + 31),
    ("bob", "e5", "click", 30 * DAY),
]


def asked(dataset):
    return Course.of(dataset, GAP_S, DAYS).asked()


def test_what_happened():
    found = asked(log(*ADA, *BOB))
    assert tuple(found) == ACTIONS
    leave = found["leave"]
    assert leave.happened[leave.users == 0].tolist() == [False, True, False, True, True]
    # The last day of the log ends within a session's pause of Bob's click: nothing is known of it.
    assert leave.happened[leave.users == 1].tolist() == [True, True]
    back = found["return"]
    assert back.happened[back.users == 0].tolist() == [True, False, False]
    assert back.happened[back.users == 1].tolist() == [True, False]
    finish = found["finish"]
    assert finish.happened.tolist() == [True, False, True, True, True, True]
    start = found["start"]
    assert start.happened.tolist() == [True, False]  # e4 was begun a minute too late


def test_an_outcome_beyond_the_end_is_not_known():
    back = asked(log(*ADA))["return"]
    # The session of day 2 was followed by nothing for ten days; what follows day 12 nobody knows yet.
    assert back.happened.tolist() == [True, False]
    assert not len(asked(log(*ADA[:2]))["return"])


def column(dataset, action, name):
    course = Course.of(dataset, GAP_S, DAYS)
    x = course.features(course.asked()[action], ItemFacts.of(dataset))
    return x[:, FEATURES.index(name)]


def test_what_is_known():
    dataset = log(*ADA, ("zoe", "e0", "complete", 60 * DAY))
    np.testing.assert_allclose(np.exp(column(dataset, "leave", "place")), [1, 2, 1, 2, 1], rtol=1e-5)
    np.testing.assert_allclose(np.expm1(column(dataset, "leave", "minutes")), [0, 10, 0, 20, 0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.expm1(column(dataset, "leave", "events")), [1, 2, 3, 4, 5], rtol=1e-5)
    np.testing.assert_allclose(np.expm1(column(dataset, "leave", "sessions")), [0, 0, 1, 1, 2], rtol=1e-5)
    pause = np.expm1(column(dataset, "leave", "last_pause"))
    np.testing.assert_allclose(pause, [np.nan, np.nan, *[48 - 1 / 6] * 2, 240 - 1 / 3], rtol=1e-5)
    np.testing.assert_allclose(np.exp(column(dataset, "leave", "usual_length")), [np.nan, np.nan, 2, 2, 2], rtol=1e-5)
    np.testing.assert_allclose(column(dataset, "leave", "came_back"), [0.5, 0.5, 3.5 / 6, 3.5 / 6, 3.5 / 7], rtol=1e-5)
    assert column(dataset, "leave", "met").tolist() == [0, 0, 0, 1, 0]
    np.testing.assert_array_equal(column(dataset, "finish", "met"), [np.nan, 0, 0, 1, 0, np.nan])
    assert column(dataset, "finish", "same_group").tolist()[1:5] == [1, 1, 1, 0]
    assert np.isnan(column(dataset, "finish", "same_group")[0])
    assert column(dataset, "leave", "weekend").tolist() == [0, 0, 0, 0, 1]  # 12 days later is a Saturday
    np.testing.assert_allclose(column(dataset, "leave", "hour_sin")[0], 0, atol=1e-6)
    like = column(dataset, "finish", "like_last")
    np.testing.assert_allclose(like[:5], [np.nan, 0, 0, 1, 0])
    like = column(dataset, "finish", "like_person")
    np.testing.assert_allclose(like[:5], [np.nan, 0, 0, 1 / np.sqrt(2), 0], rtol=1e-6)
    assert np.expm1(column(dataset, "leave", "popularity")).round(3).tolist() == [2, 1, 1, 1, 1]


def random_log(seed, n=300):
    rng = np.random.default_rng(seed)
    kinds = ["complete", "skip", "abandon", "play", "like", "impression", "click", "now_playing"]
    times = np.cumsum(rng.exponential(rng.choice([5, 600], n)))
    return [(f"u{rng.integers(3)}", f"e{rng.integers(6)}", kinds[rng.integers(len(kinds))], float(t)) for t in times]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("action", ACTIONS)
def test_the_future_is_not_known(seed, action):
    events = random_log(seed)
    facts = ItemFacts.of(log(*events))
    whole = Course.of(log(*events), GAP_S, DAYS)
    of_all = whole.asked()[action]
    cut = 200
    past = Course.of(log(*events[:cut], *((u, "e0", "skip", m) for u, _, _, m in events[cut:])), GAP_S, DAYS)
    until = BEGIN.timestamp() + 60 * events[cut - 1][3]
    names = dict(enumerate(whole.log.user_ids))

    def known(course, moments):
        x = course.features(moments, facts)
        order = [(names[u], t) for u, t in zip(moments.users.tolist(), moments.at.tolist(), strict=True)]
        return {key: row for key, row in zip(order, x, strict=True) if key[1] <= until}

    before, after = known(whole, of_all), known(past, past.asked()[action])
    both = before.keys() & after.keys()
    assert len(both) > 3
    for key in both:
        np.testing.assert_allclose(before[key], after[key], rtol=1e-5, atol=1e-6)


def test_nothing_at_all():
    empty = log(*ADA).only(np.zeros(5, bool))
    course = Course.of(empty, GAP_S, DAYS)
    for moments in course.asked().values():
        assert course.features(moments, ItemFacts.of(empty)).shape == (0, len(FEATURES))
    only_shown = log(("ada", "e0", "impression", 0), ("ada", "e1", "impression", 100))
    course = Course.of(only_shown, GAP_S, DAYS)
    assert course.features(course.asked()["start"], ItemFacts.of(only_shown)).shape == (1, len(FEATURES))
