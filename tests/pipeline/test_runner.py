"""The runner keeps the stages' promises, whatever the parts do."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from segue.candidates import Candidates
from segue.pipeline.filters.constraints import Constrained
from segue.pipeline.runner import run
from segue.pipeline.stages import Recipe
from segue.queries import Constraints
from segue.testing.stages import raising, requests, world


class Given:
    """Proposes the first rows, as many as asked for, the lowest first."""

    def __init__(self, name="given", few=6):
        self.name, self.few = name, few

    def __call__(self, request):
        where = np.ones(24, bool) if request.scope is None else request.scope
        rows = np.flatnonzero(where)[: self.few * request.breadth].astype(np.int32)
        return rows, -rows.astype(np.float32)


class Returning:
    """A part that answers the same whatever it is asked."""

    safety = True

    def __init__(self, result, name="odd"):
        self.result, self.name = result, name

    def __call__(self, request, candidates=None):
        return self.result(candidates) if callable(self.result) else self.result


class Even:
    name = "even"
    safety = True

    def __call__(self, request, candidates):
        return candidates.items % 2 == 0


class ByRow:
    name = "by_row"

    def __call__(self, request, candidates):
        return {"final": candidates.items.astype(np.float32)}


@pytest.fixture
def request_():
    return requests(world())["known, plain"]


def recipe(**stages):
    return replace(Recipe("test", sources=(Given(),), filters=(), rankers=(ByRow(),)), **stages)


def test_sources_are_merged_each_row_once(request_):
    outcome = run(recipe(sources=(Given("a", 6), Given("b", 8))), request_)
    assert outcome.pool.items.tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
    assert np.isnan(outcome.pool.sources["a"]).tolist() == [True, True, *[False] * 6]
    assert outcome.pool.sources["b"][0] == -7
    assert outcome.chosen.items.tolist() == [7, 6, 5, 4, 3]


def test_what_a_filter_removes_is_remembered(request_):
    outcome = run(recipe(filters=(Even(),), sources=(Given(few=12),)), request_)
    assert outcome.pool.items.tolist() == [10, 8, 6, 4, 2, 0]
    assert [(r.by, r.items.tolist()) for r in outcome.pool.removed] == [("even", [1, 3, 5, 7, 9, 11])]


def test_too_few_are_filled_up_from_what_may_be_shown(request_):
    outcome = run(recipe(filters=(Even(),)), request_)
    assert len(outcome.chosen) == 5
    assert (outcome.pool.items % 2 == 0).all()
    assert len(outcome.pool) == 12


def test_constraints_are_looked_for_in_the_whole_catalogue(request_):
    asked = request_.query.model_copy(update={"k": 2, "constraints": Constraints(min_year=2001)})
    request_.query = asked
    outcome = run(recipe(filters=(Constrained(),), sources=(Given(few=3),)), request_)
    years = [request_.world.catalogue.item(row).year for row in outcome.chosen.items]
    assert len(years) == 2
    assert min(years) >= 2001
    assert sum(len(r.items) for r in outcome.pool.removed) == 11


def test_a_scope_that_was_given_is_kept(request_):
    request_.scope = np.arange(24) < 5
    outcome = run(recipe(filters=(Even(),)), request_)
    assert outcome.pool.items.tolist() == [4, 2, 0]


def test_every_part_is_timed(request_):
    timings = run(recipe(filters=(Even(),)), request_).trace.timings_ms
    assert {"source:given", "filter:even", "ranker:by_row"} <= set(timings)
    assert all(ms >= 0 for ms in timings.values())


def test_a_failing_source_adds_nothing(request_):
    outcome = run(recipe(sources=(raising("bad"), Given())), request_)
    assert outcome.trace.degraded == ["source:bad"]
    assert len(outcome.chosen) == 5


@pytest.mark.parametrize(
    "result",
    [
        (np.array([1, 1], np.int32), np.ones(2, np.float32)),
        (np.array([99], np.int32), np.ones(1, np.float32)),
        (np.array([-1], np.int32), np.ones(1, np.float32)),
        (np.array([1, 2], np.int32), np.ones(1, np.float32)),
        None,
    ],
)
def test_a_source_that_breaks_its_promise_has_failed(request_, result):
    outcome = run(recipe(sources=(Returning(result), Given())), request_)
    assert outcome.trace.degraded == ["source:odd"]
    assert len(outcome.pool) == 6


def test_a_failing_safety_filter_shows_nothing(request_):
    outcome = run(recipe(filters=(raising("bad", safety=True), Even())), request_)
    assert outcome.trace.degraded == ["filter:bad"]
    assert len(outcome.chosen) == 0
    assert outcome.pool.removed[0].by == "bad"


def test_another_failing_filter_removes_nothing(request_):
    outcome = run(recipe(filters=(raising("bad", safety=False),)), request_)
    assert outcome.trace.degraded == ["filter:bad"]
    assert len(outcome.chosen) == 5


@pytest.mark.parametrize("mask", [np.ones(3, bool), lambda c: np.ones(len(c)), lambda c: None, lambda c: True])
def test_a_filter_that_breaks_its_promise_shows_nothing(request_, mask):
    outcome = run(recipe(filters=(Returning(mask),)), request_)
    assert outcome.trace.degraded == ["filter:odd"]
    assert len(outcome.chosen) == 0


@pytest.mark.parametrize("bad", [raising("odd"), Returning({"final": np.ones(1, np.float32)})])
def test_without_a_ranker_the_sources_decide(request_, bad):
    outcome = run(recipe(rankers=(bad,)), request_)
    assert outcome.trace.degraded == ["ranker:odd"]
    assert outcome.chosen.items.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "bad",
    [
        raising("odd"),
        Returning(np.array([0, 0], np.int32)),
        Returning(np.array([99], np.int32)),
        Returning(np.array([-1], np.int32)),
    ],
)
def test_without_a_reranker_the_score_decides(request_, bad):
    outcome = run(recipe(rerankers=(bad,)), request_)
    assert outcome.trace.degraded == ["reranker:odd"]
    assert outcome.chosen.items.tolist() == [5, 4, 3, 2, 1]


class Doubling:
    name = "doubling"

    def __call__(self, request, candidates):
        return candidates.with_scores(double=candidates.items * np.float32(2))


@pytest.mark.parametrize("bad", [raising("odd"), Returning(Candidates(np.zeros(0, np.int32)))])
def test_a_hydrator_adds_columns_and_nothing_else(request_, bad):
    outcome = run(recipe(hydrators=(Doubling(), bad)), request_)
    assert outcome.trace.degraded == ["hydrator:odd"]
    assert outcome.pool.scores["double"].tolist() == [10, 8, 6, 4, 2, 0]


def test_nan_ranks_last(request_):
    final = np.array([np.nan, 1, np.inf, 0, 2, np.nan], np.float32)
    outcome = run(recipe(rankers=(Returning({"final": final}),)), request_)
    assert outcome.pool.items.tolist()[:3] == [4, 1, 3]


def test_failures_are_logged_without_what_people_typed(request_, caplog):
    class Telling:
        name = "telling"

        def __call__(self, request):
            raise ValueError("my secret words")

    with caplog.at_level(logging.INFO):
        run(recipe(sources=(Telling(), Given())), request_)
    assert "source:telling failed with ValueError" in caplog.text
    assert "secret" not in caplog.text
