from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from segue.models import neighborhood
from segue.models.base import TrainOptions
from segue.models.item_knn import SIMILARITIES, ItemKNN, ItemKNNConfig
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset


class TestItemKNN(ModelContract):
    Model = ItemKNN


@pytest.fixture
def likes() -> np.ndarray:
    return (np.random.default_rng(0).random((70, 25)) < 0.3).astype(np.float32)


def trained(likes: np.ndarray, **settings: float | str) -> ItemKNN:
    pairs = zip(*np.nonzero(likes), strict=True)
    data = dataset([(f"u{u}", f"i{i}") for u, i in pairs], [f"i{i}" for i in range(likes.shape[1])])
    model = ItemKNN(ItemKNNConfig.model_validate({"history_decay": 1, **settings}))
    model.train(data, TrainOptions())
    return model


@pytest.mark.parametrize("block", [1, 10_000_000])
def test_neighbors_are_those_of_the_formula(likes: np.ndarray, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighborhood, "_BLOCK_ENTRIES", block)
    norms = np.linalg.norm(likes, axis=0)
    cosine = likes.T @ likes / (np.outer(norms, norms) + 5)
    np.fill_diagonal(cosine, 0)
    fourth = -np.sort(-cosine, axis=1)[:, [3]]
    expected = np.where(cosine >= fourth, cosine, 0)
    near = trained(likes, neighbors=4, shrinkage=5)._weights
    assert np.diff(near.indptr).max() == 4
    kept = near.toarray()
    np.testing.assert_allclose(kept[kept > 0], expected[kept > 0], rtol=1e-5)
    np.testing.assert_allclose(kept.sum(axis=1), -np.sort(-cosine, axis=1)[:, :4].sum(axis=1), rtol=1e-5)


def test_memory_grows_with_the_items_not_their_square(likes: np.ndarray) -> None:
    assert trained(likes, neighbors=2)._weights.nnz <= 2 * likes.shape[1]


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_each_similarity_is_its_formula(likes: np.ndarray, similarity: str) -> None:
    both, count = likes.T @ likes, likes.sum(axis=0)
    told, found = count[:, None], count[None, :]
    people, items = likes.shape
    rarity = np.log1p(items / likes.sum(axis=1, keepdims=True))
    weighed = likes * rarity
    length = 0.25 + 0.75 * count / count.mean()
    saturated = weighed * 2.2 / (1.2 * length + 1)
    norm = np.linalg.norm(weighed, axis=0)
    expected = {
        "cosine": both / (np.sqrt(told * found) + 2),
        "asymmetric": both / (told**0.3 * found**0.7 + 2),
        "jaccard": both / (told + found - both + 2),
        "tversky": both / (both + 0.3 * (told - both) + 0.7 * (found - both) + 2),
        "conditional": both / (told + 2),
        "lift": both / (told * found / people + 2),
        "tfidf": weighed.T @ weighed / (np.outer(norm, norm) + 2),
        "bm25": saturated.T @ saturated / (1 + 2),
    }[similarity]
    np.fill_diagonal(expected, 0)
    near = trained(likes, similarity=similarity, asymmetry=0.3, shrinkage=2, neighbors=25)._weights.toarray()
    np.testing.assert_allclose(near, expected, rtol=1e-5)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_each_similarity_solves_the_checkerboard(similarity: str) -> None:
    world = checkerboard()
    model = ItemKNN(ItemKNNConfig.model_validate({"similarity": similarity, "history_decay": 1}))
    model.train(world.dataset, TrainOptions())
    for user in range(world.dataset.n_users):
        told = world.dataset.history(user)
        left = model.score(told)
        left[told.items] = -np.inf
        assert int(np.argmax(left)) == user


def test_an_unknown_similarity_is_refused() -> None:
    with pytest.raises(ValidationError, match="cosine"):
        ItemKNNConfig.model_validate({"similarity": "cosin"})
