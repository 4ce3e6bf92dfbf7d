"""People with several interests, whose number and parts are known."""

from dataclasses import replace

import numpy as np
import pytest

from segue.dataset import History
from segue.profiles.interests import MOST, MOST_ITEMS, divided, interests, silhouette

DAY = 86_400.0
NOW = 1.7e9


def world(groups, size=30, dim=32, seed=2, spread=0.15):
    """(n, dim) vectors of length 1 about the axes; item i is of group i // size."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(scale=spread, size=(groups * size, dim))
    vectors[np.arange(len(vectors)), np.repeat(np.arange(groups), size)] += 1
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def told(items, days_ago=None, weights=None):
    history = History.of(items, weights)
    ago = np.zeros(len(items)) if days_ago is None else np.asarray(days_ago, float)
    return replace(history, timestamps=NOW - DAY * ago)


@pytest.mark.parametrize("groups", [1, 2, 3, 5])
def test_as_many_interests_as_there_are(groups):
    vectors = world(groups)
    liked = [30 * g + n for g in range(groups) for n in range(12)]
    found = interests(told(liked), vectors)
    assert len(found) == groups
    for one in found:
        assert len({int(row) // 30 for row in one.items}) == 1
        assert vectors[one.items].mean(axis=0) @ one.vector > 0.7
    assert sum(one.share for one in found) == pytest.approx(1, abs=1e-3)


def test_a_small_interest_is_not_averaged_away():
    vectors = world(2)
    found = interests(told([*range(25), 30, 31, 32, 33]), vectors)
    assert [round(one.share, 2) for one in found] == [0.86, 0.14]
    of_the_small = vectors[30:]
    assert (of_the_small @ found[1].vector).mean() > 0.7
    assert (of_the_small @ vectors[[*range(25), 30, 31, 32, 33]].mean(axis=0)).mean() < 0.4


def test_what_is_new_is_of_now_and_what_is_old_of_the_long_run():
    found = interests(told([*range(20), 30, 31, 32, 33], [*[200] * 20, 1, 1, 0, 0]), world(2))
    old, new = found
    assert old.share > new.share
    assert new.now > 0.9
    assert new.short_term
    assert not old.short_term


def test_the_order_of_the_events_does_not_matter():
    vectors, rng = world(4), np.random.default_rng(0)
    items = rng.choice(120, 60, replace=False)
    first = interests(told(items), vectors)
    shuffled = rng.permutation(60)
    again = interests(told(items[shuffled]), vectors)
    assert [one.items.tolist() for one in first] == [one.items.tolist() for one in again]
    np.testing.assert_allclose([one.vector for one in first], [one.vector for one in again], rtol=1e-6)


def test_dislikes_and_what_has_no_vector_are_left_out():
    vectors = world(2)
    vectors[3] = np.nan
    found = interests(told([0, 1, 2, 3, 30, 31], weights=[1, 1, 1, 1, -1, -1]), vectors)
    assert sorted(row for one in found for row in one.items.tolist()) == [0, 1, 2]
    assert interests(told([3]), vectors) == ()
    assert interests(told([0], weights=[-1]), vectors) == ()
    assert interests(told([500]), vectors) == ()  # newer than the vectors
    assert interests(History.empty(), vectors) == ()
    assert interests(told([0]), None) == ()


def test_the_same_thing_over_and_over_is_one_interest():
    vectors = np.repeat(world(1, size=1), 50, axis=0)
    assert len(interests(told(range(50)), vectors)) == 1


def test_long_histories_and_events_without_times():
    vectors = world(3, size=400)
    found = interests(History.of(range(1200)), vectors)
    assert sum(len(one.items) for one in found) == MOST_ITEMS
    assert min(row for one in found for row in one.items.tolist()) >= 1200 - MOST_ITEMS - 1
    assert len(found) <= MOST


def test_silhouette_is_that_of_the_paper_by_cluster():
    from sklearn.metrics import silhouette_samples

    points = world(3, size=10)
    for seed in range(3):
        number = np.random.default_rng(seed).integers(0, 3, 30)
        number[number == 2] = np.arange((number == 2).sum()) + 2 if seed == 2 else 2  # also clusters of one
        by_point = silhouette_samples(points, number, metric="cosine")
        expected = np.mean([by_point[number == one].mean() for one in np.unique(number)])
        assert silhouette(1 - points @ points.T, number) == pytest.approx(expected, abs=1e-5)


def test_noise_is_not_divided():
    rng = np.random.default_rng(4)
    points = rng.normal(size=(60, 32)).astype(np.float32)
    assert divided(points / np.linalg.norm(points, axis=1, keepdims=True)).max() == 0
