from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import sparse

from segue.errors import SettingsError
from segue.models import neighborhood
from segue.models.base import TrainOptions
from segue.models.ease import EASE, EASEConfig, solve
from segue.storage.artifacts import ArtifactFolder
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset


class TestEASE(ModelContract):
    Model = EASE


class TestEASEOnNeighbours(ModelContract):
    Model = EASE
    config = EASEConfig(max_dense_items=0, neighbors=20, regularization=5)


LIKES = (np.random.default_rng(0).random((60, 40)) < 0.45).astype(np.float32)


def test_weights_are_those_of_the_closed_form() -> None:
    matrix = sparse.csr_array(LIKES)
    dense = LIKES.astype(np.float64)
    inverse = np.linalg.inv(dense.T @ dense + 3 * np.eye(40))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(solve(matrix, 3.0), expected, atol=1e-5)


def test_regressed_on_all_the_others_it_is_the_closed_form() -> None:
    data = dataset([(f"u{u}", f"i{i}") for u, i in zip(*np.nonzero(LIKES), strict=True)], [f"i{i}" for i in range(40)])
    closed, regressed = (
        EASE(EASEConfig(regularization=3, history_decay=1, max_dense_items=most, neighbors=39)) for most in (40, 39)
    )
    for model in (closed, regressed):
        model.train(data, TrainOptions())
    assert (closed.method, regressed.method) == ("dense", "sparse")
    told = [data.history(u) for u in range(60)]
    np.testing.assert_allclose(regressed.score_many(told), closed.score_many(told), atol=1e-5)


@pytest.mark.parametrize("head", [8192, 10, 1])
def test_each_item_is_regressed_on_its_strongest_neighbours(head: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighborhood, "_HEAD", head)
    count = LIKES.sum(axis=0)
    gram = LIKES.T @ LIKES
    alike = gram / np.outer(count, count) ** neighborhood._POPULARITY
    np.fill_diagonal(alike, 0)
    expected = np.zeros_like(gram)
    for item in range(40):
        near = np.argsort(-alike[item], kind="stable")[:10]
        expected[near, item] = np.linalg.solve(gram[np.ix_(near, near)] + 3 * np.eye(10), gram[near, item])
    data = dataset([(f"u{u}", f"i{i}") for u, i in zip(*np.nonzero(LIKES), strict=True)], [f"i{i}" for i in range(40)])
    model = EASE(EASEConfig(regularization=3, history_decay=1, max_dense_items=0, neighbors=10))
    model.train(data, TrainOptions())
    weights = model._weights.toarray()
    assert (np.count_nonzero(weights, axis=0) <= 10).all()
    # Items that are alike to the same degree may stand for each other.
    same = (weights != 0) == (expected != 0)
    agreed = same.all(axis=0)
    assert agreed.mean() > 0.5
    np.testing.assert_allclose(weights[:, agreed], expected[:, agreed], atol=1e-5)


def test_the_way_taken_is_said(caplog: pytest.LogCaptureFixture) -> None:
    model = EASE(EASEConfig(max_dense_items=3, regularization=1, history_decay=1))
    with caplog.at_level("INFO", "segue.models.ease"):
        model.train(checkerboard().dataset, TrainOptions())
    assert "max_dense_items" in caplog.text
    assert model.method == "sparse"


def test_the_past_fades_where_validation_says_so() -> None:
    # Everybody moves on: what comes next goes with the newest item alone.
    rows = [(f"u{n}", f"i{(n + step) % 12}") for n in range(48) for step in range(6)]
    data = dataset(rows, [f"i{i}" for i in range(12)])
    model = EASE(EASEConfig(regularization=10))
    model.train(data, TrainOptions())
    assert model.history_decay < 1


def test_the_square_matrix_is_mapped_when_loaded(tmp_path: Path) -> None:
    model = EASE()
    model.train(checkerboard().dataset, TrainOptions())
    model.save(ArtifactFolder(tmp_path))
    assert isinstance(EASE.load(ArtifactFolder(tmp_path))._weights, np.memmap)


def test_too_small_a_ridge_is_named() -> None:
    # Two items that are always met together cannot be told apart in single precision.
    twins = sparse.csr_array(np.ones((3000, 2), np.float32))
    with pytest.raises(SettingsError, match="regularization 1e-09"):
        solve(twins, 1e-9)


def test_impossible_settings_are_refused() -> None:
    for impossible in ({"regularization": 0}, {"history_decay": 1.5}, {"lambda": 3}):
        with pytest.raises(ValidationError):
            EASEConfig.model_validate(impossible)
