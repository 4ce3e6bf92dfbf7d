from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import sparse

from segue.models.base import TrainOptions
from segue.models.ease import EASE, EASEConfig, solve
from segue.storage.artifacts import ArtifactFolder
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset, history


class TestEASE(ModelContract):
    Model = EASE


def test_weights_are_those_of_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    matrix = sparse.csr_array((rng.random((60, 40)) < 0.3).astype(np.float32))
    dense = matrix.toarray().astype(np.float64)
    inverse = np.linalg.inv(dense.T @ dense + 3 * np.eye(40))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(solve(matrix, 3.0), expected, atol=1e-5)


def test_the_most_frequent_items_are_kept_where_there_are_too_many() -> None:
    data = dataset([*[(f"u{n}", "a") for n in range(5)], *[(f"u{n}", "b") for n in range(4)], ("u0", "c")])
    model = EASE(EASEConfig(max_items=2, regularization=1, history_decay=1))
    model.train(data, TrainOptions())
    assert np.isfinite(model.score(history(data, ["a"]))).tolist() == [True, True, False]
    assert np.isnan(model.score(history(data, ["c"]))).all()
    added = model.contributions(history(data, ["a", "c"]), np.array([2, 1], np.int32))
    assert added[0].tolist() == [0, 0]
    assert added[1, 0] == pytest.approx(model.score(history(data, ["a"]))[1])


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


def test_impossible_settings_are_refused() -> None:
    for impossible in ({"regularization": 0}, {"history_decay": 1.5}, {"lambda": 3}):
        with pytest.raises(ValidationError):
            EASEConfig.model_validate(impossible)
