from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from segue.dataset import History
from segue.errors import InvalidInput
from segue.models.base import TrainOptions
from segue.models.sequence_model import Events
from segue.models.sequential import Sequential, SequentialConfig
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset

SMALL = {"embedding_dim": 16, "epochs": 60, "dropout": 0.0, "batch_size": 64, "learning_rate": 5e-3, "warmup": 0}


class TestHSTU(ModelContract):
    Model = Sequential
    config = SequentialConfig(**SMALL, time_bias=True)


class TestSASRec(ModelContract):
    Model = Sequential
    config = SequentialConfig(**SMALL, block="attention", positions="absolute")


class TestContent(ModelContract):
    Model = Sequential
    config = SequentialConfig(**SMALL, items="content", actions=True, time_gaps=True)


class TestBoth(ModelContract):
    Model = Sequential
    config = SequentialConfig(**SMALL, items="both")


def test_an_item_added_since_training_is_scored_by_its_content() -> None:
    world = checkerboard()
    for items in ("content", "both"):
        model = Sequential(SequentialConfig(**SMALL, items=items))
        model.train(world.dataset, TrainOptions(threads=1))
        mixed = world.dataset.vectors["mixed"]
        wider = model.with_vectors({"mixed": np.vstack([mixed, mixed[:2]])})
        told = world.dataset.history(0)
        scores = wider.score(told)
        assert len(scores) == len(mixed) + 2
        np.testing.assert_allclose(scores[: len(mixed)], model.score(told), atol=1e-5)
        assert scores[-2] > scores[-1]  # made of the vectors of the person's group, and of the other one


def test_vectors_of_another_length_are_refused() -> None:
    world = checkerboard()
    model = Sequential(SequentialConfig(**{**SMALL, "epochs": 1}, items="content"))
    model.train(world.dataset, TrainOptions(threads=1))
    with pytest.raises(InvalidInput, match="have 3 dimensions, the model 'sequential' was trained on 16"):
        model.with_vectors({"mixed": np.zeros((20, 3), np.float32)})


def test_content_that_there_is_not_is_named() -> None:
    with pytest.raises(InvalidInput, match="content vectors 'mixed', and there are none"):
        Sequential(SequentialConfig(items="content")).train(dataset([("a", "i0"), ("a", "i1")]), TrainOptions())


def test_order_is_read() -> None:
    """After a comes b, after b comes a: who is told both is recommended by which came last."""
    rows = [(f"u{u}", item) for u in range(8) for item in "abcabc"[u % 3 :]]
    data = dataset(rows)
    model = Sequential(SequentialConfig(**SMALL))
    model.train(data, TrainOptions(threads=1))
    place = {item: row for row, item in enumerate(data.catalogue.ids)}
    for told, expected in (("ab", "c"), ("bc", "a"), ("ca", "b")):
        assert data.catalogue.ids[int(np.nanargmax(model.score(History.of([place[i] for i in told]))))] == expected


def test_the_kind_of_an_event_is_read() -> None:
    """What follows a skip is another than what follows a completion."""
    rows = []
    for u in range(40):
        skipped = u % 2
        rows += [
            (f"u{u}", "a", "skip" if skipped else "complete"),
            (f"u{u}", "c" if skipped else "b"),
        ]
    data = dataset(rows)
    model = Sequential(SequentialConfig(**SMALL, actions=True))
    model.train(data, TrainOptions(threads=1))
    place = {item: row for row, item in enumerate(data.catalogue.ids)}
    skip, complete = (data.history(u) for u in (1, 0))
    assert np.nanargmax(model.score(skip.only(slice(0, 1)))) == place["c"]
    assert np.nanargmax(model.score(complete.only(slice(0, 1)))) == place["b"]


@pytest.mark.parametrize("loss", ["sampled_softmax", "gbce"])
def test_every_loss_learns(loss: str) -> None:
    world = checkerboard()
    model = Sequential(SequentialConfig(**SMALL, loss=loss, negatives=4))
    model.train(world.dataset, TrainOptions(threads=1))
    told = world.dataset.history(0)
    scores = model.score(told)
    scores[told.items] = -np.inf
    assert int(np.argmax(scores)) == 0


@pytest.mark.parametrize(
    "settings", [{"time_bias": True}, {"block": "attention", "positions": "absolute"}, {"block": "attention"}]
)
def test_the_state_at_one_place_is_the_one_that_all_states_have_there(settings: dict[str, Any]) -> None:
    config = SequentialConfig(embedding_dim=16, max_length=12, **settings)
    network = Sequential(config).network(30, None).eval()
    draw = torch.Generator().manual_seed(3)
    shape = (4, 12)
    events = Events(
        items=torch.randint(0, 30, shape, generator=draw),
        kinds=torch.zeros(shape, dtype=torch.long),
        weights=torch.ones(shape),
        times=torch.rand(shape, generator=draw).cumsum(1) * 1e4,
        filled=torch.ones(shape, dtype=torch.bool),
    )
    places = torch.tensor([0, 3, 11, 7])
    with torch.inference_mode():
        table = network.vectors.table()
        whole = network.states(events, table)
        one = network.state_at(events, table, places)
    torch.testing.assert_close(one, whole[torch.arange(4), places])
