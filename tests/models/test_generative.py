from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segue.dataset import Dataset, History
from segue.errors import InvalidInput
from segue.models.base import TrainOptions
from segue.models.cooccurrence import together
from segue.models.generative import Generative, GenerativeConfig
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard

SMALL = {
    "embedding_dim": 16,
    "epochs": 40,
    "dropout": 0.1,
    "batch_size": 64,
    "learning_rate": 5e-3,
    "warmup": 0,
    "block": "attention",
    "positions": "absolute",
    "averaging": 0.0,
    "levels": 2,
    "codebook_size": 4,
}


class TestGenerative(ModelContract):
    Model = Generative
    config = GenerativeConfig(**SMALL, items="ids")


class TestContent(ModelContract):
    Model = Generative
    config = GenerativeConfig(**SMALL, actions=True, time_gaps=True)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return checkerboard().dataset


@pytest.fixture(scope="module")
def model(data: Dataset) -> Generative:
    return trained(data)


def trained(data: Dataset, **settings: object) -> Generative:
    model = Generative(GenerativeConfig(**{**SMALL, **settings}))
    model.train(data, TrainOptions(threads=1))
    return model


def test_the_scores_are_the_probabilities_of_all_items(model: Generative, data: Dataset) -> None:
    scores = model.score_many([data.history(0), History.of([3, 5], [1.0, -1.0])])
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1, rtol=1e-4)


def test_a_beam_finds_what_is_likeliest_and_its_probability(model: Generative, data: Dataset) -> None:
    for told in (data.history(1), History.of([3, 5], [1.0, -1.0])):
        rows, likely = model.generate(told, data.n_items)
        assert sorted(rows) == list(range(data.n_items))
        np.testing.assert_allclose(likely, model.score(told)[rows], atol=1e-4)
        assert (np.diff(likely) <= 0).all()


def test_only_what_is_permitted_comes_out(model: Generative, data: Dataset) -> None:
    told = data.history(2)
    for allowed in ([], [5], [1, 3, 4, 11]):
        permitted = np.zeros(data.n_items, bool)
        permitted[allowed] = True
        rows, likely = model.generate(told, 3, permitted)
        assert len(rows) == min(3, len(allowed))
        assert set(rows) <= set(allowed)
        # The others are left out, not shared out: probabilities stay comparable between requests.
        np.testing.assert_allclose(likely, model.score(told)[rows], atol=1e-4)


def test_a_narrow_beam_still_answers_with_items_that_exist(data: Dataset) -> None:
    narrow = trained(data, beams=1, epochs=5)
    rows, _ = narrow.generate(data.history(0), 1)
    assert len(rows) == 1
    rows, _ = narrow.generate(data.history(0), 4)
    assert len(set(rows)) == 4


def test_who_said_nothing_gets_nothing(model: Generative) -> None:
    for told in (History.empty(), History.of([0], [0.0])):
        rows, likely = model.generate(told, 5)
        assert len(rows) == len(likely) == 0


def test_what_is_permitted_is_asked_of_each_item(model: Generative, data: Dataset) -> None:
    with pytest.raises(InvalidInput, match=r"each of 16 items .* \(3,\)"):
        model.generate(data.history(0), 5, np.ones(3, bool))


def test_new_items_get_codes_and_come_out_without_training(data: Dataset) -> None:
    model = trained(data, codebook_size=8, dropout=0.2)
    # Of every item one more that is nearly the same.
    vectors = np.vstack([data.vectors["mixed"], data.vectors["mixed"] + np.float32(0.01)])
    wider = model.with_vectors({"mixed": vectors})
    assert isinstance(wider, Generative)
    assert (model.n_items, wider.n_items) == (16, 32)
    assert wider.ids is not None
    assert model.ids is not None
    np.testing.assert_array_equal(wider.ids.codes[:16], model.ids.codes)
    assert len(np.unique(wider.ids.codes, axis=0)) == 32
    new = np.arange(32) >= 16
    first = [int(wider.generate(data.history(user), 1, new)[0][0]) for user in range(16)]
    assert np.isfinite(wider.score_many([data.history(user) for user in range(16)])).all()
    # Nearly everyone is shown something of their group.
    assert np.mean(np.array(first) % 2 == np.arange(16) % 2) > 0.7
    # They are also told of.
    assert np.isfinite(wider.score(History.of([17]))).all()


def test_new_vectors_must_be_those_of_the_encoder(model: Generative, data: Dataset) -> None:
    with pytest.raises(InvalidInput, match=r"3 dimensions.*trained on 16"):
        model.with_vectors({"mixed": np.ones((20, 3), np.float32)})
    assert model.with_vectors({"mixed": data.vectors["mixed"]}) is model
    assert model.with_vectors({}) is model


def test_a_catalogue_without_content_is_coded_by_behaviour_and_this_is_said(data: Dataset) -> None:
    told: list[str] = []
    bare = Generative(GenerativeConfig(**{**SMALL, "epochs": 1}))
    bare.train(replace(data, vectors={}), TrainOptions(threads=1, warn=told.append))
    assert np.isfinite(bare.score(data.history(0))).all()
    assert len(told) == 1
    assert "'mixed'" in told[0]


def test_what_goes_together_is_near(data: Dataset) -> None:
    vectors = together(data, reach=3, dim=8, seed=7)
    near = vectors @ vectors.T
    groups = np.arange(16) % 2
    assert near[groups[:, None] == groups].mean() > near[groups[:, None] != groups].mean() + 0.2
    alone = together(data.only(data.items != 4), reach=3, dim=8, seed=7)
    assert np.isnan(alone[4]).all()
    assert np.isfinite(np.delete(alone, 4, axis=0)).all()
