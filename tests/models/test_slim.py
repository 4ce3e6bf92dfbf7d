from __future__ import annotations

import numpy as np
import pytest

from segue.models.base import TrainOptions
from segue.models.neighborhood import Problems
from segue.models.slim import SLIM, SLIMConfig, descend
from segue.testing.models import ModelContract
from tests.toy_world import dataset


class TestSLIM(ModelContract):
    Model = SLIM


class TestSLIMOfBothSigns(ModelContract):
    Model = SLIM
    config = SLIMConfig(non_negative=False, regularization=5, neighbors=20)


@pytest.fixture
def problems() -> Problems:
    likes = (np.random.default_rng(0).random((4, 200, 13)) < 0.3).astype(np.float32)
    products = likes.transpose(0, 2, 1) @ likes
    return Problems(
        items=np.arange(4, dtype=np.int32),
        neighbors=np.tile(np.arange(12, dtype=np.int32), (4, 1)),
        gram=products[:, :-1, :-1].copy(),
        target=products[:, -1, :-1].copy(),
    )


def test_without_sparsity_it_is_the_ridge(problems: Problems) -> None:
    config = SLIMConfig(sparsity=0, non_negative=False, sweeps=500, tolerance=1e-7)
    expected = np.linalg.solve(problems.gram + 4 * np.eye(12, dtype=np.float32), problems.target[..., None])[..., 0]
    np.testing.assert_allclose(descend(problems, 4.0, config), expected, atol=1e-5)


@pytest.mark.parametrize("non_negative", [True, False])
def test_nothing_near_is_better(problems: Problems, non_negative: bool) -> None:
    config = SLIMConfig(sparsity=6, non_negative=non_negative, sweeps=500, tolerance=1e-7)
    found = descend(problems, 4.0, config).astype(np.float64)
    assert (found == 0).any()
    assert (found >= 0).all() or not non_negative

    def loss(w: np.ndarray) -> np.ndarray:
        fit = (w[:, None] @ problems.gram @ w[..., None])[:, 0, 0] / 2 - (problems.target * w).sum(axis=1)
        return np.asarray(fit + 2 * (w**2).sum(axis=1) + 6 * np.abs(w).sum(axis=1))

    least = loss(found)
    rng = np.random.default_rng(1)
    for size in (1e-1, 1e-2):
        for _ in range(50):
            moved = found + rng.normal(size=found.shape) * size
            assert (loss(np.maximum(moved, 0) if non_negative else moved) >= least - 1e-4).all()


def test_few_weights_are_kept() -> None:
    likes = np.random.default_rng(0).random((70, 25)) < 0.3
    data = dataset([(f"u{u}", f"i{i}") for u, i in zip(*np.nonzero(likes), strict=True)], [f"i{i}" for i in range(25)])
    dense, few = (SLIM(SLIMConfig(sparsity=s, regularization=5, history_decay=1)) for s in (0.0, 5.0))
    for model in (dense, few):
        model.train(data, TrainOptions())
    assert 0 < few._weights.nnz < dense._weights.nnz
    assert (few._weights.data > 0).all()
