from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from segue.dataset import History
from segue.errors import StorageError
from segue.models.als import ALS, ALSConfig, library_matrix
from segue.models.base import TrainOptions
from segue.models.weighting import training_matrix
from segue.storage.artifacts import ArtifactFolder
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset


class TestALS(ModelContract):
    Model = ALS


class TestALSWithARidgeByFrequency(ModelContract):
    Model = ALS
    config = ALSConfig(frequency_scaling=1)


def test_a_person_is_whom_the_library_would_have_recalculated() -> None:
    rng = np.random.default_rng(0)
    likes = sparse.csr_array((rng.random((80, 30)) < 0.3).astype(np.float32))
    likes.data[:] = rng.choice([0.5, 1.0], len(likes.data))
    data = dataset(
        [(f"u{u}", f"i{i}", "complete" if w == 1 else "play") for u, i, w in zip(*sparse.find(likes), strict=True)],
        [f"i{i}" for i in range(30)],
    )
    config = ALSConfig(factors=8, alpha=4, history_decay=1)
    model = ALS(config)
    model.train(data, TrainOptions(seed=3, threads=1))
    library = AlternatingLeastSquares(8, config.regularization, config.alpha, random_state=3, num_threads=1)
    library.fit(library_matrix(training_matrix(data)), show_progress=False)
    for user in range(5):
        row = library_matrix(training_matrix(data)[[user]])
        expected = library.recalculate_user(user, row) @ library.item_factors.T
        np.testing.assert_allclose(model.score(data.history(user)), expected, atol=2e-4)


def test_a_history_of_dislikes_alone_scores_below_nothing() -> None:
    world = checkerboard()
    model = ALS()
    model.train(world.dataset, TrainOptions())
    scores = model.score(History.of([1, 3], [-1, -1]))
    assert (scores[1::2] < 0).all()


def test_the_ridge_grows_with_what_is_known() -> None:
    rng = np.random.default_rng(0)
    likes = sparse.csr_array((rng.random((80, 30)) < rng.random((80, 1)) * 0.8).astype(np.float32))
    pairs = zip(*likes.nonzero(), strict=True)
    data = dataset([(f"u{u}", f"i{i}") for u, i in pairs], [f"i{i}" for i in range(30)])
    config = ALSConfig(factors=6, alpha=4, regularization=2, frequency_scaling=1, history_decay=1, iterations=60)
    model = ALS(config)
    model.train(data, TrainOptions(seed=3, threads=1))
    people = np.stack([model.person(data.history(u)) for u in range(data.n_users)]).astype(np.float64)
    met = training_matrix(data).toarray().astype(np.float64)
    strength = 4 * met.sum(axis=0) + len(met)
    ridge = 2 * strength / strength.mean()
    # At the fixed point each item, too, solves its equations, under its own ridge.
    for item in range(30):
        confidence = 1 + met[:, item] * 3
        normal = people.T @ (people * confidence[:, None]) + ridge[item] * np.eye(6)
        expected = np.linalg.solve(normal, people.T @ (4 * met[:, item]))
        np.testing.assert_allclose(model._factors[item], expected, atol=0.05)


def test_what_another_version_kept_is_refused(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path)
    folder.write_json("model", {"config": {}})
    with pytest.raises(StorageError, match=r"another version of Segue: 'history_decay' is missing\. Train again"):
        ALS.load(folder)
    folder.write_json("model", {"config": {"colour": 1}, "history_decay": 1.0})
    with pytest.raises(StorageError, match=r"another version of Segue: colour: .* Train again"):
        ALS.load(folder)
