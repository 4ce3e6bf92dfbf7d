from __future__ import annotations

from pathlib import Path

import numpy as np

from segue.models.base import TrainOptions
from segue.models.user_knn import UserKNN, UserKNNConfig
from segue.storage.artifacts import ArtifactFolder
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset, history


class TestUserKNN(ModelContract):
    Model = UserKNN


def test_scores_are_the_likes_of_the_nearest_people() -> None:
    data = dataset([("ann", "a"), ("ann", "b"), ("bob", "a"), ("bob", "c"), ("cat", "d")])
    model = UserKNN(UserKNNConfig(neighbors=2, history_decay=1))
    model.train(data, TrainOptions())
    half = 1 / np.sqrt(2)
    np.testing.assert_allclose(model.score(history(data, ["a"])), [2 * half, half, half, 0], atol=1e-6)


def test_no_more_people_are_kept_than_stated_and_none_by_name(tmp_path: Path) -> None:
    world = checkerboard()
    model = UserKNN(UserKNNConfig(max_people=5))
    model.train(world.dataset, TrainOptions())
    model.save(ArtifactFolder(tmp_path))
    assert model._people.shape[0] == 5
    assert not any(b"u1" in file.read_bytes() for file in tmp_path.rglob("*.json"))
