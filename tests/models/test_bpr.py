from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from segue.models.base import TrainOptions
from segue.models.bpr import BPR, BPRConfig
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard


class TestBPR(ModelContract):
    Model = BPR


def test_a_person_is_the_best_there_is_for_their_history() -> None:
    """The fold-in reaches the maximum that a general optimiser finds."""
    world = checkerboard(groups=3, size=10)
    model = BPR(BPRConfig(factors=6, history_decay=1, steps=200))
    model.train(world.dataset, TrainOptions())
    told = world.dataset.history(4)
    items, rivals = told.items, np.setdiff1d(np.arange(30), told.items)
    near, far = model._factors[items].astype(float), model._factors[rivals].astype(float)
    gap = model._bias[items][:, None] - model._bias[rivals]

    def loss(x: np.ndarray) -> float:
        margin = (near @ x)[:, None] - far @ x + gap
        return float(np.logaddexp(0, -margin).mean() + model.config.regularization / 2 * x @ x)

    found = model.person(told)
    assert found is not None
    assert loss(found) == pytest.approx(optimize.minimize(loss, np.zeros(6)).fun, rel=1e-4)


def test_a_few_steps_go_most_of_the_way() -> None:
    world = checkerboard(groups=3, size=10)
    model = BPR()
    model.train(world.dataset, TrainOptions())
    far = BPR(model.config.model_copy(update={"steps": 500}))
    far.train(world.dataset, TrainOptions())
    told = world.dataset.history(4)
    assert np.corrcoef(model.score(told), far.score(told))[0, 1] > 0.98
