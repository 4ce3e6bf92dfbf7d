from __future__ import annotations

import numpy as np

from segue.dataset import History
from segue.models.weighting import event_weights, item_weights, training_matrix, weight_matrix
from tests.toy_world import dataset


def test_older_events_count_less_and_silent_ones_do_not_age_them() -> None:
    told = History.of([0, 1, 2, 3], [1.0, 0.0, 0.5, 1.0])
    np.testing.assert_allclose(event_weights(told, 4, 0.5), [0.25, 0, 0.25, 1])


def test_one_item_never_counts_more_than_once() -> None:
    told = History.of([0, 0, 0, 0, 1], [1, 1, 1, 1, -1])
    items, weights = item_weights(told, 2)
    assert items.tolist() == [0, 1]
    assert weights.tolist() == [1, -1]
    assert event_weights(told, 2).tolist() == [0.25, 0.25, 0.25, 0.25, -1]
    assert training_matrix(dataset([("ann", "a")] * 3)).toarray().tolist() == [[1]]


def test_what_cancels_out_says_nothing() -> None:
    told = History.of([0, 0, 1, 1], [1, -1, 1, -0.5])
    items, weights = item_weights(told, 2)
    assert items.tolist() == [1]
    assert weights.tolist() == [0.5]
    assert weight_matrix([told], 2).nnz == 1


def test_many_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    histories = [History.of(rng.integers(-1, 9, n), rng.choice([1, 0, -0.6, 0.2], n)) for n in (0, 5, 40, 1, 0, 12)]
    together = weight_matrix(histories, 8, 0.9).toarray()
    for row, told in zip(together, histories, strict=True):
        items, weights = item_weights(told, 8, 0.9)
        expected = np.zeros(8)
        expected[items] = weights
        np.testing.assert_allclose(row, expected, atol=1e-7)
