from __future__ import annotations

import numpy as np

from segue.dataset import History, Holdout
from segue.models.base import TrainOptions
from segue.models.popular import PopularAll, PopularRecent, PopularRecentConfig
from segue.testing.models import ModelContract
from tests.toy_world import dataset, event


class TestPopularAll(ModelContract):
    Model = PopularAll
    personal = False
    solves_checkerboard = False


class TestPopularRecent(ModelContract):
    Model = PopularRecent
    personal = False
    solves_checkerboard = False


def test_people_count_not_plays() -> None:
    model = PopularAll()
    model.train(dataset([("ann", "a")] * 9 + [("ann", "b"), ("bob", "b")]), TrainOptions())
    assert model.score(History.empty()).tolist() == [1, 2]


def test_what_is_new_overtakes_what_was_big() -> None:
    old = [event(f"u{n}", "old", at=0.0) for n in range(3)]
    new = [event(f"u{n}", "new", at=24.0 * 100) for n in range(2)]
    told = dataset([*old, *new])
    for days, first in ((10, "new"), (10_000, "old")):
        model = PopularRecent(PopularRecentConfig(half_life_days=days))
        model.train(told, TrainOptions())
        assert told.catalogue.ids[int(np.argmax(model.score(History.empty())))] == first


def test_a_log_without_times_decays_by_order_of_arrival() -> None:
    rows = [("a", "old"), ("b", "old"), ("c", "old"), ("d", "new"), ("e", "new")]
    model = PopularRecent(PopularRecentConfig(half_life_days=30))
    model.train(dataset(rows, times=False), TrainOptions())
    assert int(np.argmax(model.score(History.empty()))) == 1


def test_a_window_leaves_out_what_lies_before_it() -> None:
    old = [event(f"u{n}", item, at=0.0) for n in range(3) for item in ("old", "older")[: 1 + (n < 2)]]
    new = [event("u9", "new", at=24.0 * 100)]
    told = dataset([*old, *new])
    model = PopularRecent(PopularRecentConfig(half_life_days=10_000, window_days=7))
    model.train(told, TrainOptions())
    scores = model.score(History.empty())
    # What is older is still in order, behind.
    assert [told.catalogue.ids[row] for row in np.argsort(-scores)] == ["new", "old", "older"]


def test_window_and_half_life_are_chosen_on_validation() -> None:
    # A new favourite every 20 days, which everybody who comes then meets.
    hits = [event(f"u{day}.{n}", f"hit{day // 20}", at=24.0 * day + n) for day in range(100) for n in range(3)]
    also = [event(f"u{day}.{n}", "first", at=24.0 * day - 1) for day in range(100) for n in range(3)]
    told = dataset([*also, *hits])
    model = PopularRecent()
    row = told.catalogue.ids.index("hit4")
    answers = Holdout.of({told.user_ids.index("u10.0"): [row]})
    model.train(told, TrainOptions(validation=answers))
    assert model.half_life_days is not None
    assert model.half_life_days <= 30 or model.window_days is not None


def test_no_window_without_times() -> None:
    model = PopularRecent()
    model.train(dataset([("a", "x"), ("a", "y"), ("b", "x")], times=False), TrainOptions())
    assert model.window_days is None
