"""A like draws the session towards the item, a skip pushes it away, a pause ends it."""

from dataclasses import replace

import numpy as np
import pytest

from segue.dataset import History
from segue.profiles.session import adjusted, session_events, session_vector
from segue.settings import SessionSettings

SETTINGS = SessionSettings()
NOW = 1_000_000.0


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# Rows 0, 1: neighbours; 2: between; 3: elsewhere; 4: no vector.
VECTORS = np.vstack([unit([[1, 0.1, 0], [1, 0.2, 0], [1, 1, 0.2], [0, 0, 1]]), np.full((1, 3), np.nan, np.float32)])


def told(items, weights=None, ago=None):
    history = History.of(items, weights)
    ago = np.arange(len(items), 0, -1) * 60.0 if ago is None else np.asarray(ago, float)
    return replace(history, timestamps=NOW - ago)


def vector(history, settings=SETTINGS, now=NOW):
    return session_vector(history, VECTORS, settings, now)


def test_the_formula():
    start, towards = np.array([0.2, 0.1, 0], np.float32), VECTORS[0]
    for weight in (1.0, 0.6, -0.6, -1.0):
        expected = start + 0.35 * abs(weight) * (np.sign(weight) * towards - start)
        np.testing.assert_allclose(adjusted(start, towards, weight, 0.35), expected, rtol=1e-6)
    np.testing.assert_array_equal(adjusted(start, towards, 0, 0.35), start)
    np.testing.assert_array_equal(adjusted(start, towards, 3, 0.35), adjusted(start, towards, 1, 0.35))


@pytest.mark.parametrize("weight", [-0.6, -1.0])
def test_a_skip_lowers_the_item_and_its_neighbours(weight):
    before = VECTORS @ vector(told([2, 3]))
    after = VECTORS @ vector(told([2, 3, 0], [1, 1, weight], ago=[180, 120, 60]))
    assert after[0] < before[0]
    assert after[1] < before[1]
    assert after[3] - after[0] > before[3] - before[0]


def test_a_like_raises_the_item_and_its_neighbours():
    before = VECTORS @ vector(told([2, 3]))
    after = VECTORS @ vector(told([2, 3, 0]))
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert after[3] < before[3]


def test_skips_alone_point_away():
    assert vector(told([0], [-1])) == pytest.approx(-VECTORS[0], abs=1e-6)


def test_later_events_weigh_more():
    similar = VECTORS @ vector(told([0, 3]))
    assert similar[3] > similar[0]


def test_it_has_length_one():
    assert np.linalg.norm(vector(told([0, 3, 2], [1, -0.6, 0.2]))) == pytest.approx(1)


def test_a_pause_begins_a_new_session():
    history = told([3, 3, 0], ago=[4000, 3900, 60])
    assert session_events(history, SETTINGS, NOW).tolist() == [2]
    assert vector(history) == pytest.approx(VECTORS[0], abs=1e-6)


def test_a_session_that_is_over_is_none():
    assert vector(told([0, 1]), now=NOW + 1740) is not None
    assert vector(told([0, 1]), now=NOW + 1741) is None


def test_without_times_the_newest_events_are_the_session():
    history = History.of([3, 0, 0])
    assert session_events(history, SessionSettings(events=2), NOW).tolist() == [1, 2]


@pytest.mark.parametrize("history", [History.empty(), told([4]), told([0], [0]), told([7])])
def test_nothing_to_go_by_is_none(history):
    assert vector(history) is None
    assert session_vector(history, None, SETTINGS, NOW) is None
