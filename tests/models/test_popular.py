from __future__ import annotations

import numpy as np

from segue.dataset import History
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
