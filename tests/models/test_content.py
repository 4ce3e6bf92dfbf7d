from __future__ import annotations

import numpy as np
import pytest

from segue.dataset import History
from segue.errors import InvalidInput
from segue.models.base import TrainOptions
from segue.models.content import ContentAudio, ContentMixed, ContentPicture, ContentText
from segue.testing.models import ModelContract
from tests.toy_world import catalogue, checkerboard, dataset


class TestContentMixed(ModelContract):
    Model = ContentMixed
    solves_checkerboard = False  # within a group every item is equally near


class TestContentText(TestContentMixed):
    Model = ContentText


class TestContentAudio(TestContentMixed):
    Model = ContentAudio


class TestContentPicture(TestContentMixed):
    Model = ContentPicture


def trained() -> tuple[ContentMixed, np.ndarray]:
    world = checkerboard(groups=3)
    model = ContentMixed()
    model.train(world.dataset, TrainOptions())
    return model, world.item_groups


def test_the_own_group_comes_before_the_others() -> None:
    model, groups = trained()
    scores = model.score(History.of([0]))
    assert scores[groups == 0].min() > scores[groups != 0].max()


def test_items_added_later_are_scored_from_their_vectors() -> None:
    world = checkerboard(groups=3)
    model = ContentMixed()
    model.train(world.dataset, TrainOptions())
    old = world.dataset.vectors["mixed"]
    wider = model.with_vectors({"mixed": np.vstack([old, old[1:2], np.full((1, old.shape[1]), np.nan)])})
    scores = wider.score(History.of([1]))
    assert model.n_items == len(old)
    assert wider.n_items == len(old) + 2
    assert scores[-2] == pytest.approx(scores[1])
    assert np.isnan(scores[-1])
    np.testing.assert_array_equal(scores[:-2], model.score(History.of([1])))


def test_vectors_of_another_length_are_refused_by_name() -> None:
    model, _ = trained()
    with pytest.raises(InvalidInput, match="'mixed' have 3 dimensions, the model 'content' was trained on 16"):
        model.with_vectors({"mixed": np.ones((2, 3), np.float32)})


def test_a_catalogue_without_vectors_leaves_no_opinion() -> None:
    model = ContentAudio()
    model.train(dataset([("a", "i0"), ("a", "i1")], catalogue(3)), TrainOptions())
    assert np.isnan(model.score(History.of([0]))).all()
    assert model.with_vectors({"text": np.ones((3, 2), np.float32)}) is model
