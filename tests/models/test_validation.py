from __future__ import annotations

import numpy as np
import pytest

from segue.dataset import Holdout
from segue.models.base import TrainOptions
from segue.models.validation import best, trial
from tests.toy_world import dataset


def test_the_last_positive_item_is_withheld_from_a_copy() -> None:
    data = dataset([("ann", "a"), ("ann", "b"), ("ann", "c", "skip"), ("bob", "a")])
    tried = trial(data, TrainOptions())
    assert tried is not None
    assert tried.refit
    assert [a.tolist() for a in tried.answers] == [[1]]
    assert tried.histories[0].items.tolist() == [0, 2]
    assert len(tried.dataset) == 3
    assert len(data) == 4


def test_given_answers_are_used_and_nothing_is_withheld() -> None:
    data = dataset([("ann", "a"), ("ann", "b")], ["a", "b", "c"])
    tried = trial(data, TrainOptions(validation=Holdout.of({0: [2]})))
    assert tried is not None
    assert not tried.refit
    assert tried.dataset is data
    assert tried.answers[0].tolist() == [2]


@pytest.mark.parametrize("rows", [[], [("ann", "a")], [("ann", "a"), ("ann", "a")]])
def test_where_nobody_has_an_answer_there_is_no_trial(rows: list[tuple[str, str]]) -> None:
    assert trial(dataset(rows, ["a"]), TrainOptions()) is None


def test_ties_and_silence_count_against_the_model() -> None:
    data = dataset([("ann", "a")], [f"{c}" for c in "abcd"])
    tried = trial(data, TrainOptions(validation=Holdout.of({0: [2]})))
    assert tried is not None
    for scores, expected in (
        ([9, 0, 1, 0], 1),
        ([9, 1, 1, 0], 1 / np.log2(3)),
        ([9, 1, 1, 1], 0.5),
        ([9, 1, np.nan, 1], 0),
        ([9, np.nan, -1, np.nan], 1),
    ):
        assert tried.ndcg(lambda h, s=scores: np.array([s], np.float32)) == pytest.approx(expected)


def test_only_so_many_people_are_asked() -> None:
    data = dataset([(f"u{n}", item) for n in range(9) for item in "ab"])
    first, again = trial(data, TrainOptions(seed=1), most=3), trial(data, TrainOptions(seed=1), most=3)
    assert first is not None
    assert again is not None
    assert len(first.answers) == 3
    assert [h.user_id for h in first.histories] == [h.user_id for h in again.histories]


def test_the_earlier_of_two_equals_is_best() -> None:
    assert best([3, 1, 2], lambda _: 0.0) == 3
