"""The benchmark of words leaves out what it asks for, and its figures mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import words_help as help_

RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def reviews() -> help_.Reviews:
    """Two tastes: people like the films of their own half, and say so."""
    users, items, rating, texts = [], [], [], []
    for user in range(40):
        for item in RNG.permutation(12)[: RNG.integers(2, 8)].tolist():
            good = (item < 6) == (user < 20)
            users.append(user)
            items.append(item)
            rating.append(1.0 if good else 0.0)
            texts.append(f"{('quiet', 'loud')[item < 6]} and {('awful', 'wonderful')[good]} film")
    n = len(users)
    order = RNG.permutation(n)
    return help_.Reviews(
        "toy",
        np.array(users, np.int32)[order],
        np.array(items, np.int32)[order],
        np.arange(n, dtype=float) * 86_400,
        np.array(rating)[order],
        [texts[i] for i in order],
        np.ones(n, bool),
        1.0,
    )


def test_what_is_asked_for_is_the_last_and_is_not_known(reviews: help_.Reviews) -> None:
    validation, test = help_.cuts(reviews)
    for cut in (validation, test):
        assert not set(cut.asked) & set(cut.known)
        for review in cut.asked.tolist():
            own = cut.known[reviews.users[cut.known] == reviews.users[review]]
            assert (reviews.at[own] < reviews.at[review]).all()
    assert set(validation.known) < set(test.known)
    assert not set(test.asked) & set(validation.known)
    assert len(set(test.people.tolist())) == len(test.asked) == 40


def test_a_text_that_is_asked_for_changes_nothing(reviews: help_.Reviews) -> None:
    _, test = help_.cuts(reviews)
    other = list(reviews.texts)
    for review in test.asked.tolist():
        other[review] = "terrible terrible unheard nonsense"
    changed = help_.Reviews(
        "toy", reviews.users, reviews.items, reviews.at, reviews.rating, other, reviews.dated, reviews.stars
    )
    _, again = help_.cuts(changed)
    one, two = help_.parts(test), help_.parts(again)
    for name in one:
        np.testing.assert_allclose(one[name], two[name], atol=1e-8, err_msg=name)
    np.testing.assert_allclose(
        help_.Pairs(test).words(test.asked, 0), help_.Pairs(again).words(again.asked, 0), atol=1e-8
    )


def test_a_pair_is_described_without_itself(reviews: help_.Reviews) -> None:
    _, test = help_.cuts(reviews)
    review = test.known[:1]
    rating = reviews.rating.copy()
    rating[review] = 1 - rating[review]
    changed = help_.Reviews(
        "toy", reviews.users, reviews.items, reviews.at, rating, reviews.texts, reviews.dated, reviews.stars
    )
    one, two = help_.Pairs(test), help_.Pairs(help_.cuts(changed)[1])
    two.mean = one.mean  # the mean of all moves by one in hundreds; the rest must not move
    before, after = one.behaviour(review, 1), two.behaviour(review, 1)
    np.testing.assert_allclose(before, after, atol=0.02)


def test_words_and_behaviour_both_find_the_taste(reviews: help_.Reviews) -> None:
    found = help_.ratings(*help_.cuts(reviews))
    rmse = {row["way"]: row["rmse_all"][0] for row in found["rows"]}
    # Who praises loud films rates loud films: what words say of the films is what behaviour alone does not know.
    assert rmse["ridge: both"] < 0.9 * rmse["ridge: behaviour"]
    assert 0 < found["paired"]["all"][1] < found["paired"]["all"][0]


def test_ndcg_of_one_answer() -> None:
    scores = np.array([[3.0, 2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    met = np.array([[True, False, False, False], [False] * 4])
    np.testing.assert_allclose(help_.ndcg(scores, met, np.array([2, 1])), [1 / np.log2(3), 1 / np.log2(5)])
