"""The readable profile names what the history shows, with the items that show it."""

import json
from dataclasses import replace

import numpy as np

from segue.dataset import History
from segue.events import KIND_CODE, EventKind
from segue.items import Credit
from segue.profiles.taste import taste

from ..toy_world import catalogue, item

CATALOGUE = catalogue(
    [
        item("a", genres=("Jazz", "Piano"), creators=(Credit("Ann Lee", "artist"),), language="en-GB", tags=("rain",)),
        item("b", genres=("jazz",), creators=(Credit("Ann Lee", "composer"),), language="en"),
        item("c", "movie", genres=("纪录片",), language="zh"),
        item("d", "game"),
    ]
)


def test_shares_and_evidence():
    found = taste(History.of([0, 1, 1, 2], [1, 1, 1, -1]), CATALOGUE)
    assert [(g.name, g.share, g.items) for g in found.genres] == [
        ("jazz", 0.8333, ("b", "a")),
        ("Piano", 0.1667, ("a",)),
    ]
    assert [(c.name, c.share) for c in found.creators] == [("Ann Lee", 1.0)]
    assert [k.name for k in found.kinds] == ["track"]
    assert [(x.name, x.items) for x in found.languages] == [("en", ("b", "a"))]
    assert [t.name for t in found.tags] == ["rain"]
    assert found.liked == ("b", "a")
    assert found.disliked == ("c",)
    assert found.events == 4


def test_activity_by_hour_and_weekday_counts_what_was_met():
    history = History.of([0, 0, 1])
    at = np.array([0, 3600 * 25, np.nan])  # Thursday 00:00, Friday 01:00, unknown
    kinds = np.array([KIND_CODE[EventKind.PLAY]] * 3, dtype=np.uint8)
    found = taste(replace(history, timestamps=at, kinds=kinds), CATALOGUE)
    assert (found.hours[0], found.hours[1], sum(found.hours)) == (1, 1, 2)
    assert (found.weekdays[3], found.weekdays[4], sum(found.weekdays)) == (1, 1, 2)


def test_of_nobody_nothing_is_said_and_it_is_json():
    found = taste(History.empty(), CATALOGUE).as_json()
    assert found["genres"] == ()
    assert found["events"] == 0
    assert json.loads(json.dumps(found))["hours"] == [0] * 24
