"""Trees of conditions: which items meet them, and how large they may be."""

import numpy as np
import pytest
from pydantic import ValidationError

from segue.candidates import Candidates
from segue.catalogue import Catalogue
from segue.conditions import DEEPEST, MOST_NODES, Is
from segue.dataset import History
from segue.items import Credit
from segue.pipeline.asking.sentence import joined
from segue.pipeline.filters.constraints import Constrained
from segue.pipeline.stages import Request, World
from segue.queries import Constraints, Query
from segue.settings import Settings
from segue.testing.stages import NOW

from .toy_world import item

ITEMS = [
    item("jazz", genres=("Jazz",), duration_s=300, released="1959", language="en-GB", title="Blue in Green"),
    item("noir", kind="movie", genres=("Crime", "Drama"), duration_s=6_000, released="1974", maturity=16),
    item("bare"),
    item("zh", kind="movie", genres=("喜剧",), language="zh", creators=(Credit(name="王家卫", role="director"),)),
]


def met(where):
    catalogue = Catalogue.build(ITEMS)
    asked = Query(constraints=Constraints(where=where))
    world = World(catalogue, {}, {}, Settings())
    request = Request(asked, world, History.empty(), NOW, np.random.default_rng(0))
    rows = np.arange(len(catalogue), dtype=np.int32)
    return {catalogue.ids[row] for row in rows[Constrained()(request, Candidates(rows))]}


def named(field, value):
    return {"op": "is", "field": field, "value": value}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (named("genre", "JAZZ"), {"jazz"}),
        (named("genre", "喜剧"), {"zh"}),
        (named("kind", "movie"), {"noir", "zh"}),
        (named("kind", "nonsense"), set()),
        (named("language", "en"), {"jazz"}),
        (named("creator", "王家卫"), {"zh"}),
        (named("word", "green"), {"jazz"}),
        (named("id", "noir"), {"noir"}),
        (named("id", "nobody"), set()),
        ({"op": "at_most", "field": "duration_s", "value": 600}, {"jazz"}),
        ({"op": "at_least", "field": "year", "value": 1960}, {"noir"}),
        ({"op": "at_most", "field": "maturity", "value": 18}, {"noir"}),
        ({"op": "not", "of": {"op": "at_most", "field": "duration_s", "value": 600}}, {"noir", "bare", "zh"}),
        ({"op": "any", "of": [named("genre", "jazz"), named("genre", "drama")]}, {"jazz", "noir"}),
        ({"op": "all", "of": [named("kind", "movie"), {"op": "not", "of": named("genre", "crime")}]}, {"zh"}),
        ({"op": "all", "of": []}, {"jazz", "noir", "bare", "zh"}),
        ({"op": "any", "of": []}, set()),
    ],
)
def test_what_meets_a_tree(where, expected):
    assert met(where) == expected


def deep(levels):
    tree = named("genre", "jazz")
    for _ in range(levels - 1):
        tree = {"op": "not", "of": tree}
    return tree


@pytest.mark.parametrize(
    "where",
    [
        deep(DEEPEST + 1),
        {"op": "any", "of": [named("genre", "jazz")] * MOST_NODES},
        named("password", "x"),
        {"op": "or", "of": []},
        {"op": "at_most", "field": "year", "value": float("nan")},
    ],
    ids=["deep", "wide", "field", "op", "nan"],
)
def test_what_is_no_tree_is_refused(where):
    with pytest.raises(ValidationError):
        Constraints(where=where)


def test_the_largest_is_taken():
    assert Constraints(where=deep(DEEPEST)).where is not None
    assert Constraints(where={"op": "any", "of": [named("genre", "jazz")] * (MOST_NODES - 1)}).where is not None


def test_two_trees_both_hold():
    both = joined(Constraints(where=named("genre", "crime")), Constraints(where=named("genre", "drama")))
    assert met(both.where) == {"noir"}


def test_two_sets_of_creators_both_hold_and_exclusions_add_up():
    one = Constraints(creators=(Credit(name="A", role=""),), exclude=("a",))
    two = Constraints(creators=(Credit(name="B", role=""),), exclude=("b", "a"))
    both = joined(one, two)
    assert [credit.name for credit in both.creators] == ["A"]
    assert both.where == Is(field="creator", value="B")
    assert both.exclude == ("a", "b")
