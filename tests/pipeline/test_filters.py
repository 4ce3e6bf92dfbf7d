"""What each filter lets pass."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segue.candidates import Candidates
from segue.catalogue import Catalogue
from segue.dataset import History
from segue.pipeline.filters.adverts import Adverts
from segue.pipeline.filters.availability import Availability
from segue.pipeline.filters.constraints import Constrained
from segue.pipeline.filters.gone import Gone
from segue.pipeline.filters.hidden import Hidden
from segue.pipeline.filters.maturity import Maturity
from segue.pipeline.filters.seeds import Seeds
from segue.pipeline.filters.seen import Seen
from segue.pipeline.stages import Request, World
from segue.queries import Constraints, Query
from segue.settings import FilterSettings, Settings
from segue.testing.stages import NOW, person

from ..toy_world import item

AT = datetime.fromtimestamp(NOW, UTC)
HOUR = timedelta(hours=1)


def passed(part, items, constraints=None, history=None, hidden=None, settings=None, order=(), copies=None, **query):
    catalogue = Catalogue.build(items, order=order)
    world = World(catalogue, {}, {}, settings or Settings(), copies=copies)
    asked = Query(constraints=constraints or Constraints(), **query)
    request = Request(
        asked, world, history or History.empty(), NOW, np.random.default_rng(0), hidden_until=hidden or {}
    )
    rows = np.arange(len(catalogue), dtype=np.int32)
    return [catalogue.ids[row] for row in rows[part(request, Candidates(rows))]]


def test_removed():
    assert passed(Gone(), [item("a")], order=("z", "a")) == ["a"]


def test_availability():
    items = [
        item("always"),
        item("since", available_from=AT),
        item("soon", available_from=AT + HOUR),
        item("until", available_until=AT + HOUR),
        item("over", available_until=AT),
    ]
    assert passed(Availability(), items) == ["always", "since", "until"]


@pytest.mark.parametrize(
    ("settings", "query", "expected"),
    [
        (None, None, ["unstated", "6", "16", "explicit", "explicit 12"]),
        (16, None, ["unstated", "6", "16", "explicit 12"]),
        (None, 15, ["unstated", "6", "explicit 12"]),
        (12, 18, ["unstated", "6", "explicit 12"]),
        (18, 6, ["6"]),
    ],
)
def test_maturity(settings, query, expected):
    items = [
        item("unstated"),
        item("6", maturity=6),
        item("16", maturity=16),
        item("explicit", explicit=True),
        item("explicit 12", explicit=True, maturity=12),
    ]
    stated = Settings(filters=FilterSettings(max_maturity=settings))
    assert passed(Maturity(), items, Constraints(max_maturity=query), settings=stated) == expected


def test_explicit_needs_both_to_allow_it():
    items = [item("clean"), item("explicit", explicit=True)]
    assert passed(Maturity(), items, Constraints(allow_explicit=False)) == ["clean"]
    assert passed(Maturity(), items, settings=Settings(filters=FilterSettings(allow_explicit=False))) == ["clean"]


def test_hidden_until():
    hidden = {0: np.inf, 1: NOW + 1, 2: NOW}
    assert passed(Hidden(), [item(i) for i in "abcd"], hidden=hidden) == ["c", "d"]


def test_hidden_topics():
    items = [item("a", genres=("Horror",)), item("b", genres=("horror", "Drama")), item("c", genres=("Drama",))]
    catalogue = Catalogue.build(items)
    rows = np.arange(3, dtype=np.int32)

    def shown(**topics: float) -> list[bool]:
        hidden = {f"genre:{name}": until for name, until in topics.items()}
        world = World(catalogue, {}, {}, Settings())
        request = Request(Query(), world, History.empty(), NOW, np.random.default_rng(0), hidden_topics=hidden)
        return Hidden()(request, Candidates(rows)).tolist()

    assert shown(horror=np.inf) == [False, False, True]
    assert shown(drama=NOW + 1, western=np.inf) == [True, False, False]
    assert shown(horror=NOW) == [True, True, True]


def test_adverts_only_when_asked_for():
    items = [item("spot", "ad"), item("song")]
    assert passed(Adverts(), items) == ["song"]
    assert passed(Adverts(), items, Constraints(kinds=("ad",))) == ["spot", "song"]


def test_seen_ever_and_lately():
    items = [item(i) for i in "abc"]
    assert passed(Seen(), items, history=person([0, 1])) == ["c"]
    assert passed(Seen(within_s=90), items, history=person([0, 1])) == ["a", "c"]
    assert passed(Seen(within_s=90), items, history=History.of([0])) == ["b", "c"]


def test_seeds():
    assert passed(Seeds(), [item("a"), item("b")], seeds=("a",)) == ["b"]


ITEMS = [
    item("jazz", genres=("Jazz", "Piano"), language="en-GB", duration_s=100.0, released="1959-08"),
    item("film", "movie", genres=("纪录片",), language="zh", duration_s=5000.0, released="2001"),
    item("bare", "short"),
]


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ({}, ["jazz", "film", "bare"]),
        ({"kinds": ("movie", "short")}, ["film", "bare"]),
        ({"genres": ("JAZZ", "rock")}, ["jazz"]),
        ({"genres": ("纪录片",)}, ["film"]),
        ({"without_genres": ("jazz",)}, ["film", "bare"]),
        ({"languages": ("en",)}, ["jazz"]),
        ({"languages": ("zh-TW", "fr")}, ["film"]),
        ({"min_duration_s": 100}, ["jazz", "film"]),
        ({"max_duration_s": 100}, ["jazz"]),
        ({"min_year": 1959}, ["jazz", "film"]),
        ({"max_year": 1959}, ["jazz"]),
        ({"min_year": -5}, ["jazz", "film"]),
        ({"years": ((1950, 1959), (2000, 2009))}, ["jazz", "film"]),
        ({"years": ((1960, 1969), (2001, 2001))}, ["film"]),
        ({"years": ((-5, 1999),)}, ["jazz"]),
        ({"years": ((1960, 1950),)}, []),
        ({"years": ((1950, 1959), (2000, 2009)), "min_year": 1960}, ["film"]),
        ({"exclude": ("bare", "unknown")}, ["jazz", "film"]),
        ({"kinds": ("movie",), "genres": ("jazz",)}, []),
    ],
)
def test_constraints(constraints, expected):
    assert passed(Constrained(), ITEMS, Constraints(**constraints)) == expected


def test_a_copy_of_what_was_met_is_nothing_new():
    items = [item(name) for name in "abcde"]
    copies = np.array([4, -1, 4, -1, 2], np.int32)
    assert passed(Seen(), items, history=person([0]), copies=copies) == ["b", "d", "e"]
    assert passed(Seen(), items, history=person([1]), copies=copies) == ["a", "c", "d", "e"]
