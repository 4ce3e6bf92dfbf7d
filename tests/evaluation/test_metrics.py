"""Every metric by hand, and against a second, slow implementation that sorts whole lists."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from segue.evaluation.metrics import METRICS
from segue.evaluation.metrics.base import Ground, Shown
from segue.evaluation.offline import top_lists


def ground(n: int = 8, **changed: object) -> Ground:
    return Ground(**{"candidates": np.ones(n, bool), "popularity": np.full(n, 0.5), "features": None, **changed})  # type: ignore[arg-type]


def shown(items: list[list[int]], hits: list[list[int]], answers: list[int], on: Ground | None = None) -> Shown:
    return Shown(np.array(items, np.int32), np.array(hits, bool), np.array(answers, np.int64), on or ground())


# Two people: two of three answers at places 1 and 3; one answer, not found.
TWO = shown([[0, 1, 2, 3], [4, 5, 6, 7]], [[1, 0, 1, 0], [0, 0, 0, 0]], [3, 1])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("recall", [2 / 3, 0]),
        ("precision", [2 / 4, 0]),
        ("hit", [1, 0]),
        ("mrr", [1, 0]),
        ("map", [(1 / 1 + 2 / 3) / 3, 0]),
        ("ndcg", [(1 + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2), 0]),
        ("coverage", 1.0),
        ("gini", 0.0),
        ("novelty", [1, 1]),
        ("ild", [math.nan, math.nan]),
    ],
)
def test_by_hand(name: str, values: list[float] | float) -> None:
    assert METRICS.load(name)(TWO) == pytest.approx(np.array(values), nan_ok=True)


def test_the_second_place_counts_less() -> None:
    second = shown([[0, 1]], [[0, 1]], [1])
    assert METRICS.load("ndcg")(second) == pytest.approx([1 / math.log2(3)])
    assert METRICS.load("mrr")(second) == pytest.approx([0.5])


def test_more_answers_than_places() -> None:
    """Perfect lists of two out of five answers: the list metrics say 1, recall says how much was left."""
    perfect = shown([[0, 1]], [[1, 1]], [5])
    assert METRICS.load("ndcg")(perfect) == pytest.approx([1.0])
    assert METRICS.load("map")(perfect) == pytest.approx([1.0])
    assert METRICS.load("recall")(perfect) == pytest.approx([0.4])


def test_beyond_accuracy_by_hand() -> None:
    features = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], dtype=float)
    on = ground(4, popularity=np.array([0.5, 0.25, 0.0, 1.0]), features=features)
    lists = shown([[0, 1, 2], [0, 2, 3], [3, -1, -1]], np.zeros((3, 3)).tolist(), [1, 1, 1], on)
    # An item met by nobody counts as the rarest met one: 2 bits.
    assert METRICS.load("novelty")(lists) == pytest.approx([(1 + 2 + 2) / 3, (1 + 2 + 0) / 3, 0])
    # Pairs of the first list: cosines 0, 1, 0; of the second only items 0 and 2 are known; the third has no pair.
    assert METRICS.load("ild")(lists) == pytest.approx([2 / 3, 0, math.nan], nan_ok=True)
    assert METRICS.load("coverage")(lists) == pytest.approx(1.0)
    # Shown 2, 1, 2, 2 times: mean absolute difference over all pairs ÷ twice the mean.
    counts = np.array([2, 1, 2, 2])
    assert METRICS.load("gini")(lists) == pytest.approx(np.abs(counts[:, None] - counts).mean() / (2 * counts.mean()))


def test_genres_serve_where_there_are_no_vectors() -> None:
    dense = np.array([[1, 0], [0.6, 0.8], [0, 1]])
    made = [
        METRICS.load("ild")(shown([[0, 1, 2]], [[0, 0, 0]], [1], ground(3, features=f)))
        for f in (dense, sparse.csr_array(dense))
    ]
    assert made[0] == pytest.approx([1 - (0.6 + 0 + 0.8) / 3])
    assert made[1] == pytest.approx(made[0])


def test_one_item_for_everybody_is_the_most_uneven() -> None:
    alike = shown([[0]] * 5, [[0]] * 5, [1] * 5, ground(100))
    assert METRICS.load("gini")(alike) == pytest.approx(0.99)
    assert METRICS.load("coverage")(alike) == pytest.approx(0.01)


def test_empty_lists_are_not_defined_or_nothing() -> None:
    empty = shown([[-1, -1]], [[0, 0]], [1])
    said = {name: float(np.mean(METRICS.load(name)(empty))) for name in METRICS}
    assert {n for n, v in said.items() if math.isnan(v)} == {"novelty", "ild", "gini"}
    assert {v for v in said.values() if not math.isnan(v)} == {0.0}


def slow(scores: list[float], allowed: list[bool], answers: list[int], k: int) -> dict[str, float]:
    """The definitions again, with a sort of the whole list and plain loops."""
    order = [i for i in range(len(scores)) if allowed[i] and scores[i] > -math.inf]
    order.sort(key=lambda i: (-scores[i], i in answers, i))
    relevant = [i in answers for i in order[:k]]
    dcg = sum(1 / math.log2(place + 2) for place, hit in enumerate(relevant) if hit)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(answers))))
    precise = [sum(relevant[: p + 1]) / (p + 1) for p, hit in enumerate(relevant) if hit]
    return {
        "ndcg": dcg / ideal,
        "recall": sum(relevant) / len(answers),
        "precision": sum(relevant) / k,
        "hit": float(any(relevant)),
        "mrr": 1 / (relevant.index(True) + 1) if any(relevant) else 0.0,
        "map": sum(precise) / min(k, len(answers)),
    }


@given(data=st.data(), n=st.integers(1, 4), m=st.integers(1, 12), k=st.integers(1, 14))
@settings(max_examples=300, deadline=None)
def test_agrees_with_a_slow_implementation(data: st.DataObject, n: int, m: int, k: int) -> None:
    values = st.sampled_from(
        [-1.0, 0.0, 1e-45, 1.0, float(np.nextafter(np.float32(1), np.float32(2))), math.nan, math.inf]
    )
    scores = data.draw(arrays.arrays(np.float32, (n, m), elements=values))
    allowed = data.draw(arrays.arrays(bool, (n, m)))
    allowed[:, 0] = True
    answers = [data.draw(st.sets(st.sampled_from(np.flatnonzero(row).tolist()), min_size=1)) for row in allowed]
    pairs = [(p, a) for p, own in enumerate(answers) for a in own]
    person, item = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    items = top_lists(scores, allowed, (person, item), k)
    hits = np.array([[i in own for i in row] for row, own in zip(items.tolist(), answers, strict=True)])
    made = Shown(items, hits, np.array([len(own) for own in answers]), ground(m))
    known = np.where(np.isnan(scores), -np.inf, scores)
    for p in range(n):
        expected = slow(known[p].tolist(), allowed[p].tolist(), sorted(answers[p]), k)
        for name, value in expected.items():
            assert METRICS.load(name)(made)[p] == pytest.approx(value), name


def test_ndcg_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(5)
    scores = rng.random((40, 60)).astype(np.float32)
    truth = rng.random((40, 60)) < 0.1
    truth[:, 0] = True
    person, item = np.nonzero(truth)
    items = top_lists(scores, np.ones_like(truth), (person, item.astype(np.int32)), 10)
    hits = np.take_along_axis(truth, items, axis=1)
    mine = METRICS.load("ndcg")(Shown(items, hits, truth.sum(axis=1), ground(60)))
    assert mine.mean() == pytest.approx(ndcg_score(truth, scores, k=10))
