"""The toy world keeps its promises."""

from __future__ import annotations

import numpy as np

from tests.toy_world import SPACES, checkerboard, dataset, first_unseen, history


def test_everyone_has_met_all_of_their_group_but_the_withheld_item() -> None:
    world = checkerboard(groups=3, size=5)
    for user in range(world.dataset.n_users):
        told = world.dataset.history(user)
        own = np.flatnonzero(world.item_groups == world.user_groups[user])
        assert set(told.items) == set(own) - {world.withheld[user]}
        assert (told.weights == 1).all()


def test_vectors_agree_with_the_groups() -> None:
    world = checkerboard()
    same = world.item_groups[:, None] == world.item_groups
    for space in SPACES:
        likeness = world.dataset.vectors[space] @ world.dataset.vectors[space].T
        assert likeness[same].min() > likeness[~same].max()


def test_small_datasets_are_one_line() -> None:
    data = dataset([("ann", "a"), ("ann", "b", "skip"), ("bob", "a", "rate", 5)])
    assert data.catalogue.ids == ("a", "b")
    assert data.weights[1] < 0 < data.weights[2]
    assert first_unseen(np.array([9, 1], np.float32), history(data, ["a"])) == 1
