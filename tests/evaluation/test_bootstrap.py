"""Intervals that cover what they say, quickly and repeatably."""

from __future__ import annotations

import numpy as np
import pytest

from segue.errors import InvalidInput
from segue.evaluation.bootstrap import ci95, paired


@pytest.mark.parametrize("few", [True, False], ids=["few different values", "many"])
def test_agrees_with_the_normal_approximation(few: bool) -> None:
    rng = np.random.default_rng(1)
    values = (rng.random(4000) < 0.1).astype(float) if few else rng.random(4000)
    low, high = ci95(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - half, abs=half * 0.12)
    assert high == pytest.approx(values.mean() + half, abs=half * 0.12)


def test_covers_the_truth_in_about_95_of_100_samples() -> None:
    rng = np.random.default_rng(2)
    inside = [low <= 0.5 <= high for low, high in (ci95(rng.random(80), seed=s) for s in range(300))]
    assert 0.91 <= np.mean(inside) <= 0.985


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(3).random(200)
    assert ci95(values, seed=1) == ci95(values, seed=1)
    assert ci95(values, seed=1) != ci95(values, seed=2)


def test_degenerate_samples() -> None:
    assert ci95(np.array([0.25])) == (0.25, 0.25)
    assert ci95(np.array([0.5, np.nan, 0.5])) == (0.5, 0.5)
    assert np.isnan(ci95(np.array([]))).all()
    assert np.isnan(paired(np.array([np.nan]), np.array([1.0]))).all()


def test_memory_does_not_grow_with_people() -> None:
    import tracemalloc

    values = np.random.default_rng(4).random(300_000)
    tracemalloc.start()
    low, high = ci95(values, resamples=60)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert low < values.mean() < high
    assert peak < 150e6


def test_pairing_finds_a_small_difference_that_two_intervals_hide() -> None:
    rng = np.random.default_rng(5)
    worse = rng.random(1000)
    better = worse + 0.01 + 0.02 * rng.standard_normal(1000)
    difference, low, high = paired(better, worse)
    assert difference == pytest.approx((better - worse).mean())
    assert 0 < low < difference < high
    assert ci95(better)[0] < ci95(worse)[1]


def test_people_whom_one_model_was_not_asked_about_are_left_out() -> None:
    assert paired(np.array([1.0, np.nan, 1.0]), np.array([0.0, 5.0, 0.0])) == (1.0, 1.0, 1.0)


def test_different_people_cannot_be_paired() -> None:
    with pytest.raises(InvalidInput, match="same people; got 2 and 3"):
        paired(np.zeros(2), np.zeros(3))
