from __future__ import annotations

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from segue.dataset import History
from segue.models.als import ALS, ALSConfig, library_matrix
from segue.models.base import TrainOptions
from segue.models.weighting import training_matrix
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset


class TestALS(ModelContract):
    Model = ALS


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
