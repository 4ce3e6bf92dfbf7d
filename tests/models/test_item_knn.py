from __future__ import annotations

import numpy as np
import pytest

from segue.models import item_knn
from segue.models.base import TrainOptions
from segue.models.item_knn import ItemKNN, ItemKNNConfig
from segue.testing.models import ModelContract
from tests.toy_world import dataset


class TestItemKNN(ModelContract):
    Model = ItemKNN


@pytest.fixture
def likes() -> np.ndarray:
    return (np.random.default_rng(0).random((70, 25)) < 0.3).astype(np.float32)


def trained(likes: np.ndarray, **settings: float) -> ItemKNN:
    pairs = zip(*np.nonzero(likes), strict=True)
    data = dataset([(f"u{u}", f"i{i}") for u, i in pairs], [f"i{i}" for i in range(likes.shape[1])])
    model = ItemKNN(ItemKNNConfig.model_validate({"history_decay": 1, **settings}))
    model.train(data, TrainOptions())
    return model


@pytest.mark.parametrize("block", [1, 10_000_000])
def test_neighbors_are_those_of_the_formula(likes: np.ndarray, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_knn, "_BLOCK_ENTRIES", block)
    norms = np.linalg.norm(likes, axis=0)
    cosine = likes.T @ likes / (np.outer(norms, norms) + 5)
    np.fill_diagonal(cosine, 0)
    fourth = -np.sort(-cosine, axis=1)[:, [3]]
    expected = np.where(cosine >= fourth, cosine, 0)
    near = trained(likes, neighbors=4, shrinkage=5)._neighbors
    assert np.diff(near.indptr).max() == 4
    kept = near.toarray()
    np.testing.assert_allclose(kept[kept > 0], expected[kept > 0], rtol=1e-5)
    np.testing.assert_allclose(kept.sum(axis=1), -np.sort(-cosine, axis=1)[:, :4].sum(axis=1), rtol=1e-5)


def test_memory_grows_with_the_items_not_their_square(likes: np.ndarray) -> None:
    assert trained(likes, neighbors=2)._neighbors.nnz <= 2 * likes.shape[1]
