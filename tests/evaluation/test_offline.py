"""The report of models and recipes on logs whose right answers are known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from segue.dataset import Dataset
from segue.errors import InvalidInput, NotFound
from segue.evaluation import offline
from segue.evaluation.offline import evaluate
from segue.evaluation.splits import leave_one_out, time_split

from .logs import Fixed, Listed, log, sequences

NAN = float("nan")


@pytest.fixture
def dataset() -> Dataset:
    """Rows 0 … 5 are the items a … f. Strict leave-one-out asks ann for d, bob for c."""
    return sequences(ann="a b c d", bob="f b a c", cyd="e")


def figures(dataset: Dataset, scorer: Any, k: int = 2, **more: Any) -> Any:
    return evaluate(leave_one_out(dataset), {"mine": scorer}, k=k, **more)


def test_the_history_is_no_candidate_and_the_rest_is_ranked(dataset: Dataset) -> None:
    # ann: of d e f, bob: of c d e.
    report = figures(dataset, Fixed([9, 9, 3, 2, 1, 5]))
    assert report.row("mine") == {
        "model": "mine",
        "slice": "all",
        "users": 2,
        "ndcg@2": pytest.approx((1 / np.log2(3) + 1) / 2, abs=1e-6),
        "recall@2": 1.0,
        "hit@2": 1.0,
        "mrr@2": 0.75,
        "map@2": 0.75,
        "precision@2": 0.5,
        "coverage@2": 0.5,  # f d and c d of six candidates
        "novelty@2": pytest.approx(report.row("mine")["novelty@2"]),
        "ild@2": None,
        "gini@2": pytest.approx(report.row("mine")["gini@2"]),
        "ci95": report.row("mine")["ci95"],
    }


@pytest.mark.parametrize("tied", [0.0, 1e30, -7.0])
def test_ties_count_against_the_model(dataset: Dataset, tied: float) -> None:
    assert figures(dataset, Fixed([tied] * 6)).row("mine")["hit@2"] == 0.0
    # With as many places as candidates the answers come last.
    assert figures(dataset, Fixed([tied] * 6), k=3).row("mine")["mrr@3"] == pytest.approx(1 / 3, abs=1e-6)


@pytest.mark.parametrize("scores", [[NAN] * 6, [-np.inf] * 6, [1, 1, NAN, NAN, 0, 0]])
def test_no_opinion_is_no_hit(dataset: Dataset, scores: list[float]) -> None:
    row = figures(dataset, Fixed(scores), k=6).row("mine")
    assert row["hit@6"] == row["ndcg@6"] == 0.0


def test_a_model_that_knows_no_newer_items_has_no_opinion_of_them(dataset: Dataset) -> None:
    row = figures(dataset, Fixed([1, 1, 1]), k=6).row("mine")
    assert row["hit@6"] == 0.5  # bob's c, not ann's d


def test_scores_of_an_impossible_shape_are_refused(dataset: Dataset) -> None:
    with pytest.raises(InvalidInput, match=r"'mine' answered with scores of shape \(2, 7\); expected \(2, 6\)"):
        figures(dataset, Fixed([1] * 7))


def test_histories_hold_what_was_known_and_nothing_else(dataset: Dataset) -> None:
    model = Fixed([1] * 6)
    figures(dataset, model)
    assert [h.items.tolist() for h in model.asked] == [[0, 1, 2], [5, 1, 0]]


def test_most_popular_stands_beside_every_model(dataset: Dataset) -> None:
    report = figures(dataset, Fixed([1] * 6))
    assert [row["model"] for row in report.rows if row["slice"] == "all"] == ["popular_all", "mine"]
    assert report.head["baseline"] == "popular_all"
    mine = evaluate(leave_one_out(dataset), {"popular_recent": Fixed([1] * 6)}, k=2)
    assert mine.head["baseline"] == "popular_recent"


def test_a_recipe_is_judged_by_its_lists(dataset: Dataset) -> None:
    recipe = Listed([3, 2])  # d, c: ann gets d, bob gets d c
    row = figures(dataset, recipe).row("mine")
    assert recipe.asked == ["ann", "bob"]
    assert row["recall@2"] == 1.0
    assert row["mrr@2"] == 0.75


def test_what_a_recipe_does_not_list_is_lost(dataset: Dataset) -> None:
    assert figures(dataset, Listed([])).row("mine")["ndcg@2"] == 0.0


def test_a_recipe_may_be_asked_for_some_people_only() -> None:
    dataset = sequences(**{f"u{n}": "a b c d" for n in range(20)})
    one, two = Listed([3], at_most=5), Listed([2], at_most=5)
    report = evaluate(leave_one_out(dataset), {"one": one, "two": two, "all": Fixed([0, 0, 0, 1])}, k=1, seed=3)
    assert len(one.asked) == 5
    assert one.asked == two.asked
    assert report.row("one")["users"] == 5
    assert np.count_nonzero(np.isfinite(report.values("one"))) == 5
    assert report.compare("one", "two") == (1.0, 1.0, 1.0)
    assert report.compare("one", "all") == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("rows", [[0, 3], [3, 3], [99], [-1]])
def test_a_recipe_that_breaks_its_promise_is_named(dataset: Dataset, rows: list[int]) -> None:
    class Broken(Listed):
        def recommend(self, history: Any, k: int, candidates: Any) -> Any:
            return np.array(rows)

    with pytest.raises(InvalidInput, match="The recipe 'mine' recommended"):
        figures(dataset, Broken([]))


def test_slices_by_person_and_by_answer() -> None:
    old = [("warm", i, "complete", float(n)) for n, i in enumerate("abcdef")] + [("few", "a", "complete", 6.0)]
    middle = [("few", "b", "complete", 10.0), ("warm", "g", "complete", 11.0)]
    new = [("warm", "z", "complete", 20.0), ("few", "c", "complete", 21.0), ("new", "a", "complete", 22.0)]
    dataset = log(old + middle + new)
    split = time_split(dataset, 0.25)
    assert [len(split.train), len(split.history), len(split.test)] == [6, 9, 3]
    z = dataset.catalogue.row("z")
    scores = np.zeros(dataset.n_items)
    scores[z] = 1
    report = evaluate(split, {"mine": Fixed(scores)}, k=1)
    users = {row["slice"]: row["users"] for row in report.rows if row["model"] == "mine"}
    assert users == {"all": 3, "warm_people": 1, "few_events": 1, "new_people": 1, "warm_items": 2, "cold_items": 1}
    hits = {row["slice"]: row["hit@1"] for row in report.rows if row["model"] == "mine"}
    assert hits == {
        "all": pytest.approx(1 / 3, abs=1e-6),
        "warm_people": 1.0,
        "few_events": 0.0,
        "new_people": 0.0,
        "warm_items": 0.0,
        "cold_items": 1.0,
    }


def test_blocks_do_not_change_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    people = {f"u{n}": " ".join(f"i{i}" for i in rng.permutation(30)[: rng.integers(2, 12)]) for n in range(50)}
    dataset = sequences(**people)
    by_user = {name: rng.random(dataset.n_items).tolist() for name in people}
    whole = figures(dataset, Fixed([], by_user), k=5)
    monkeypatch.setattr(offline, "_BLOCK", 7 * dataset.n_items)
    model = Fixed([], by_user)
    assert figures(dataset, model, k=5).rows == whole.rows
    assert len(model.asked) == len(leave_one_out(dataset).test)


def test_the_json_shape_is_stable(dataset: Dataset) -> None:
    told: list[tuple[str, float]] = []
    report = figures(dataset, Fixed([1, 1, 1, 1, 1, NAN]), progress=lambda *said: told.append(said)).as_json()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    head = (
        "split description refit k people items candidates trained_on test_from data_hash similarity baseline seconds"
    )
    assert set(report) == {*head.split(), "rows"}
    names = ("ndcg", "recall", "hit", "mrr", "map", "precision", "coverage", "novelty", "ild", "gini")
    figures_at = {f"{name}@2" for name in names}
    assert all(set(row) == {"model", "slice", "users", "ci95", *figures_at} for row in report["rows"])
    assert (report["split"], report["k"], report["people"], report["items"]) == ("leave-one-out", 2, 2, 6)
    assert report["trained_on"] == 5
    assert told[-1] == ("evaluation", 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_diversity_is_measured_on_genres_or_on_the_mixed_vectors() -> None:
    rows = [("ann", i, "complete", None) for i in "abcd"]
    dataset = log(rows, items="abcdef", genres={"e": ["x"], "f": ["y"], "d": ["x"]})
    split = leave_one_out(dataset)
    assert evaluate(split, {"mine": Fixed([1] * 6)}, k=2).head["similarity"] == "genres"
    vectors = np.full((6, 4), np.nan, np.float32)
    vectors[:2] = 3.0
    import dataclasses

    mixed = dataclasses.replace(dataset, vectors={"mixed": vectors})
    assert evaluate(leave_one_out(mixed), {"mine": Fixed([1] * 6)}, k=2).head["similarity"] == "mixed"


@pytest.mark.parametrize(
    ("more", "error", "match"),
    [
        ({"k": 0}, InvalidInput, "k is 0"),
        ({"slices": ("al",)}, NotFound, "Did you mean 'all'"),
    ],
)
def test_impossible_questions(dataset: Dataset, more: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        figures(dataset, Fixed([1] * 6), **more)


def test_asking_the_report_for_what_it_has_not(dataset: Dataset) -> None:
    report = figures(dataset, Fixed([1] * 6))
    with pytest.raises(NotFound, match=r"Unknown model 'mien'\. Did you mean 'mine'"):
        report.values("mien")
    with pytest.raises(NotFound, match="Unknown row 'mine/new_people'"):
        report.row("mine", "new_people")
