from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import EventTable
from segue.items import Credit, Item, ItemKind
from segue.models.base import TrainOptions
from segue.models.entities import entity_edges
from segue.models.graph import Graph, GraphConfig
from segue.settings import Settings
from segue.testing.models import ModelContract
from tests.toy_world import checkerboard, dataset


class TestGraph(ModelContract):
    Model = Graph


class TestGraphOfPeopleAlone(ModelContract):
    Model = Graph
    config = GraphConfig(entity_weight=0)


class TestGraphByBPR(ModelContract):
    Model = Graph
    config = GraphConfig(loss="bpr", hops=2)


def board_with(*more: Item) -> Dataset:
    world = checkerboard()
    return Dataset.build(
        Catalogue.build([*world.items, *more]), EventTable.of(world.events), Settings().signals, world.dataset.vectors
    )


def trained(data: Dataset, config: GraphConfig | None = None, **options: object) -> Graph:
    model = Graph(config)
    model.train(data, TrainOptions(threads=1, **options))  # type: ignore[arg-type]
    return model


def test_an_item_that_nobody_met_is_placed_by_what_it_shares() -> None:
    world = checkerboard()
    # Genre and maker of the second group, and one of which nothing is known that another item has.
    of_group_1 = Item(id="new", kind=ItemKind.MOVIE, genres=world.items[1].genres, creators=world.items[1].creators)
    alone = Item(id="alone", kind=ItemKind.MOVIE, genres=("heard of nowhere",))
    data = board_with(of_group_1, alone)
    model = trained(data, GraphConfig(entity_weight=0.3))
    one, other = model.score(History.of([0, 2])), model.score(History.of([1, 3]))
    assert other[-2] > one[-2]
    assert np.isnan(one[-1])
    # It speaks for its group when it is all that is known of a person.
    told = model.score(History.of([len(world.items)]))
    assert told[1:-2:2].min() > told[0:-2:2].max()
    assert np.isnan(trained(data, GraphConfig(entity_weight=0)).score(History.of([0, 2]))[-2:]).all()


def test_entities_that_link_nobodys_items_give_no_opinion() -> None:
    twins = [Item(id=f"twin {n}", kind=ItemKind.MOVIE, tags=("unheard",)) for n in range(2)]
    scores = trained(board_with(*twins), GraphConfig(entity_weight=0.3)).score(History.of([0]))
    assert np.isnan(scores[-2:]).all()
    assert np.isfinite(scores[:-2]).all()


def test_entities_are_what_two_items_share() -> None:
    items = [
        Item(id="a", kind=ItemKind.TRACK, genres=("Jazz",), creators=(Credit("Ada", "artist"),), album="Blue"),
        Item(id="b", kind=ItemKind.TRACK, tags=("jazz",), creators=(Credit("ada", "writer"), Credit("Ada", "artist"))),
        Item(id="c", kind=ItemKind.TRACK, genres=("jazz",), album="Red"),
    ]
    # Ada and the genre; the tag is another entity than the genre, and an album of one track links nothing.
    edges = entity_edges(Catalogue.build(items, order=["removed", "a"])).toarray()
    np.testing.assert_array_equal(sorted(map(tuple, edges.T)), [(0, 1, 0, 1), (0, 1, 1, 0)])


def test_scores_are_the_spread_of_the_vectors() -> None:
    rows = [("u", "a"), ("u", "b"), ("v", "a"), ("v", "c"), ("w", "b"), ("w", "c"), ("w", "d")]
    data = dataset(rows, list("abcd"))
    model = trained(data, GraphConfig(factors=3, learning_rate=1e-12, epochs=1, hops=2, smoothing=2, history_decay=1))
    likes = data.matrix.toarray()
    degrees = likes.sum(0) + 2
    edges = likes / np.sqrt(np.outer(likes.sum(1) + 2, degrees))
    start = np.linalg.svd(edges)[2][:3].T * degrees[:, None] ** 0.25
    start /= np.mean((edges @ start @ start.T) ** 2) ** 0.25
    shared = edges.T @ edges
    spread = (start + shared @ start + shared @ shared @ start) / 3
    expected = edges @ spread @ spread.T
    np.testing.assert_allclose(model.score_many([data.history(u) for u in range(3)]), expected, atol=1e-4)


def test_a_loss_that_is_no_number_ends_the_training_and_is_told() -> None:
    told: list[str] = []
    model = trained(checkerboard().dataset, GraphConfig(learning_rate=1e30, warmup=0, batch_size=8), warn=told.append)
    assert told
    assert "learning_rate" in told[0]
    assert np.isfinite(model.score(History.of([0]))).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_learns_the_same() -> None:
    data = checkerboard().dataset
    here, there = trained(data, device="cpu"), trained(data, device="cuda")
    np.testing.assert_allclose(here.score(History.of([0])), there.score(History.of([0])), rtol=1e-2, atol=1e-2)


def test_impossible_settings_are_refused() -> None:
    for impossible in ({"hops": 0}, {"entity_weight": -1}, {"loss": "mse"}, {"factors": 0}):
        with pytest.raises(ValidationError):
            GraphConfig.model_validate(impossible)
