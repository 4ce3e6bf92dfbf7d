"""What people take back, and topics they choose: the same for live requests and for learning."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.events import Event, EventKind, EventTable
from segue.items import Item, ItemKind
from segue.opinions import Opinion, Statement
from segue.profiles.history import Live, live
from segue.profiles.taste import taste
from segue.settings import Settings

SETTINGS = Settings()
START = datetime(2026, 5, 1, tzinfo=UTC)
ITEMS = Catalogue.build(
    [
        Item(id="both", kind=ItemKind.MOVIE, title="Both", genres=("Horror", "Drama")),
        Item(id="dark", kind=ItemKind.MOVIE, title="Dark", genres=("horror",)),
        Item(id="plain", kind=ItemKind.MOVIE, title="Plain", genres=("Drama",)),
    ]
)


def event(hour: float, kind: str, item: str | None = None, **fields: Any) -> Event:
    about = f"{kind}-{item}-{fields.get('topic')}-{hour}"
    at = START + timedelta(hours=hour)
    return Event(id=about, user_id="ann", item_id=item, kind=EventKind(kind), at=at, **fields)


def weights(found: Live) -> dict[str, float]:
    return {
        ITEMS.ids[row]: float(w) for row, w in zip(found.history.items, found.history.weights, strict=True) if w != 0
    }


def of(*events: Event) -> Live:
    return live("ann", EventTable.of(events), ITEMS, SETTINGS)


SEEN = tuple(event(n, "complete", item) for n, item in enumerate(("both", "dark", "plain")))


def test_a_forgotten_topic_speaks_no_more_and_what_comes_after_does():
    forgotten = event(5, "exclude", topic="genre:Horror")
    assert weights(of(*SEEN, forgotten)) == {"both": 0.5, "plain": 1.0}
    assert weights(of(*SEEN, forgotten, event(6, "like", "dark"))) == {"both": 0.5, "plain": 1.0, "dark": 1.0}
    assert of(*SEEN, forgotten).history.consumed.tolist() == [0, 1, 2]  # met all the same


def test_a_reset_keeps_what_was_said_on_purpose():
    events = [*SEEN, event(3, "like", "plain"), event(3, "dislike", topic="genre:horror"), event(4, "reset")]
    found = of(*events)
    assert weights(found) == {"plain": 1.0}
    assert found.stated == {"genre:horror": -1.0}
    assert weights(of(*events, event(5, "complete", "dark"))) == {"plain": 1.0, "dark": 1.0}


def test_choices_are_taken_back():
    chosen = [event(1, "block", "dark"), event(1, "block", topic="creator:ann"), event(1, "like", topic="genre:drama")]
    found = of(*chosen)
    assert found.hidden_until == {1: np.inf}
    assert found.hidden_topics == {"creator:ann": np.inf}
    assert found.stated == {"genre:drama": 1.0}
    back = [event(2, "clear", "dark"), event(2, "clear", topic="creator:ann"), event(2, "clear", topic="genre:drama")]
    found = of(*chosen, *back)
    assert (found.hidden_until, found.hidden_topics, found.stated) == ({}, {}, {})
    assert weights(found) == {}


FORGOTTEN = event(5, "exclude", topic="genre:horror")
REMEMBERED = event(6, "exclude", topic="genre:horror", value=0)


def test_only_an_exclusion_of_value_0_lifts_an_exclusion():
    assert weights(of(*SEEN, FORGOTTEN, REMEMBERED)) == {"both": 1.0, "dark": 1.0, "plain": 1.0}
    cleared = of(*SEEN, FORGOTTEN, event(6, "clear", topic="genre:horror"))
    assert weights(cleared) == {"both": 0.5, "plain": 1.0}
    assert cleared.forgotten == ("genre:horror",)
    again = of(*SEEN, FORGOTTEN, REMEMBERED, event(7, "exclude", topic="genre:horror"))
    assert weights(again) == {"both": 0.5, "plain": 1.0}
    item = of(*SEEN, event(5, "exclude", "dark"), event(6, "clear", "dark"))
    assert weights(item) == {"both": 1.0, "plain": 1.0}
    item = of(*SEEN, event(5, "exclude", "dark"), event(6, "exclude", "dark", value=0))
    assert weights(item) == {"both": 1.0, "dark": 1.0, "plain": 1.0}
    data = Dataset.build(ITEMS, EventTable.of([*SEEN, FORGOTTEN, REMEMBERED]), SETTINGS.signals)
    assert data.weights.tolist() == [1, 1, 1]


def test_what_was_stated_comes_back_with_its_topic():
    stated = event(1, "like", topic="genre:horror", value=0.5)
    assert of(stated, FORGOTTEN).stated == {}
    assert of(stated, FORGOTTEN, REMEMBERED).stated == {"genre:horror": 0.5}
    later = event(5.5, "dislike", topic="genre:horror", value=0.25)
    assert of(stated, FORGOTTEN, later, REMEMBERED).stated == {"genre:horror": -0.25}


def test_what_is_excluded_incognito_is_excluded_from_everything():
    stated = event(1, "like", topic="genre:horror", value=0.5)
    quietly = FORGOTTEN.model_copy(update={"train": False})
    found = of(stated, *SEEN, quietly)
    assert found.stated == {}
    assert weights(found) == {"both": 0.5, "plain": 1.0}
    assert of(stated, *SEEN, quietly, REMEMBERED).stated == {"genre:horror": 0.5}


def test_two_halves_forgotten_are_the_whole():
    found = of(*SEEN, FORGOTTEN, event(6, "exclude", topic="genre:drama"))
    assert weights(found) == {}
    twice = of(*SEEN, FORGOTTEN, event(6, "exclude", topic="genre:horror"))
    assert weights(twice) == {"both": 0.5, "plain": 1.0}


def test_what_is_left_of_an_item_names_no_forgotten_topic():
    liked_again = event(6, "like", "both")
    found = of(*SEEN, FORGOTTEN)
    assert {one.name: one.share for one in taste(found.history, ITEMS).genres} == {"Drama": 1.0}
    back = taste(of(*SEEN, FORGOTTEN, liked_again).history, ITEMS).genres
    assert {one.name: one.share for one in back} == {"Drama": 0.8, "Horror": 0.2}  # .5 + 1 + .5, and .5


def test_a_topic_that_is_hidden_stays_hidden_when_it_is_forgotten():
    found = of(event(1, "block", topic="genre:horror"), FORGOTTEN)
    assert found.hidden_topics == {"genre:horror": np.inf}


def test_a_longer_snooze_must_be_cleared_before_a_shorter_one():
    for_good, short = (
        event(1, "not_interested", topic="genre:horror"),
        event(3, "snooze", topic="genre:horror", value=1),
    )
    assert of(for_good, short).hidden_topics == {"genre:horror": np.inf}
    until = (START + timedelta(hours=3, days=1)).timestamp()
    assert of(for_good, event(2, "clear", topic="genre:horror"), short).hidden_topics == {"genre:horror": until}


def timeless(kind: str, item: str | None = None, **fields: Any) -> Event:
    return event(0, kind, item, **fields).model_copy(update={"at": None, "id": f"{kind}-{item}-{fields}"})


def test_what_has_no_time_is_covered_by_a_reset_that_came_after_it():
    played = timeless("complete", "dark")
    assert weights(of(played, event(4, "reset"))) == {}
    assert weights(of(event(4, "reset"), played)) == {"dark": 1.0}
    assert weights(of(played, FORGOTTEN)) == {}
    assert weights(of(event(1, "complete", "plain"), played, event(4, "reset"), event(5, "complete", "both"))) == {
        "both": 1.0
    }
    assert weights(of(event(1, "complete", "dark"), timeless("reset"))) == {}
    data = Dataset.build(ITEMS, EventTable.of([played, event(4, "reset")]), SETTINGS.signals)
    assert len(data) == 0


def test_of_choices_in_one_moment_the_most_restraining_holds_whatever_the_arrival():
    liked, disliked, cleared = (
        event(3, kind, topic="genre:drama", **({} if kind == "clear" else {"value": 0.5}))
        for kind in ("like", "dislike", "clear")
    )
    for order in itertools.permutations((liked, disliked, *SEEN)):
        assert of(*order).stated == {"genre:drama": -0.5}
    for order in itertools.permutations((liked, cleared, *SEEN)):
        assert of(*order).stated == {}


def test_the_order_without_times_is_each_persons_own():
    other = event(9, "complete", "plain").model_copy(update={"user_id": "bo"})
    found = [timeless("complete", "dark"), other, event(4, "reset"), timeless("like", "plain")]
    data = Dataset.build(ITEMS, EventTable.of(found), SETTINGS.signals)
    assert data.matrix.toarray().tolist() == [[0, 0, 1], [0, 0, 1]]


def test_a_comment_says_nothing_of_a_forgotten_topic():
    def said(seq: int, topics: dict[str, float | None]) -> Statement:
        vector = np.ones(2, dtype=np.float32)
        return Statement(
            seq, f"s{seq}", "search", None, START.timestamp(), True, Opinion(0.5, topics, same=seq), vector
        )

    searched = [
        Event(id=f"s{n}", user_id="ann", kind=EventKind.SEARCH, at=START + timedelta(hours=n), text="words")
        for n in (1, 2, 6)
    ]
    table = EventTable.of([*searched, FORGOTTEN])
    spoken = [
        said(1, {"genre:horror": 1.0, "genre:drama": 0.5, "item:both": 1.0, "item:dark": 1.0}),
        said(2, {"genre:drama": 1.0}),
        said(3, {"genre:horror": 1.0}),
    ]
    one, two, after = live("ann", table, ITEMS, SETTINGS, spoken).said
    assert dict(one.opinion.topics) == {"genre:drama": 0.5, "item:both": 0.5}
    assert one.vector is None
    assert two == spoken[1]
    assert after == spoken[2]


def same(one: Live, other: Live) -> bool:
    """Whether nothing tells two people apart but what filters honour."""
    return (
        all(
            np.array_equal(getattr(one.history, name), getattr(other.history, name), equal_nan=name == "timestamps")
            for name in ("items", "weights", "timestamps", "kinds")
        )
        and one.stated == other.stated
        and one.said == other.said
    )


def test_incognito_and_excluded_leave_no_trace_but_for_filters():
    rated = [event(n, "rate", item, value=value, scale=(1, 5)) for n, item, value in ((1, "both", 5), (3, "plain", 2))]
    own = SETTINGS.model_copy(update={"cleaning": SETTINGS.cleaning.model_copy(update={"own_scale": True})})
    plain = live("ann", EventTable.of(rated), ITEMS, own)
    secret = [
        event(0, "rate", "dark", value=1, scale=(1, 5), train=False),
        event(2, "like", topic="genre:horror", train=False),
        event(2, "complete", "dark", train=False),
    ]
    table = EventTable.of([*secret, *rated])
    found = live("ann", table, ITEMS, own)
    assert same(found, plain)
    assert found.history.consumed.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(
        Dataset.build(ITEMS, table, own.signals, own_scale=True).weights,
        Dataset.build(ITEMS, EventTable.of(rated), own.signals, own_scale=True).weights,
    )
    shut = [event(0, "rate", "dark", value=1, scale=(1, 5)), event(2, "complete", "dark"), event(9, "exclude", "dark")]
    assert same(live("ann", EventTable.of([*shut, *rated]), ITEMS, own), plain)
    shut[-1] = event(9, "exclude", topic="genre:horror")
    without = live("ann", EventTable.of([*shut, *rated[1:]]), ITEMS, own)
    assert same(without, live("ann", EventTable.of(rated[1:]), ITEMS, own))


def test_what_was_met_incognito_long_ago_is_met_no_more_where_time_counts():
    found = of(event(1, "complete", "dark", train=False), event(9, "complete", "plain")).history
    assert found.since((START + timedelta(hours=5)).timestamp()).consumed.tolist() == [2]
    assert found.consumed.tolist() == [1, 2]


def test_the_last_statement_holds_and_a_snoozed_topic_comes_back():
    found = of(
        event(1, "like", topic="genre:drama", value=0.4),
        event(2, "dislike", topic="genre:drama", value=0.5),
        event(1, "snooze", topic="kind:movie", value=2),
    )
    assert found.stated == {"genre:drama": -0.5}
    assert found.hidden_topics == {"kind:movie": (START + timedelta(hours=1, days=2)).timestamp()}


def test_what_was_chosen_incognito_is_no_taste_and_hides_all_the_same():
    liked = event(1, "like", topic="genre:drama", train=False)
    found = of(liked, event(2, "block", topic="genre:horror", train=False))
    assert found.stated == {}
    assert found.hidden_topics == {"genre:horror": np.inf}


def test_the_order_of_arrival_changes_nothing():
    events = [
        *SEEN[:2],
        event(3, "exclude", topic="genre:horror"),
        event(4, "reset"),
        event(5, "like", "plain"),
        event(6, "exclude", topic="genre:horror", value=0),
    ]
    expected = of(*events)
    for order in itertools.islice(itertools.permutations(events), 0, 720, 7):
        found = of(*order)
        assert weights(found) == weights(expected)
        assert found.stated == expected.stated


def test_learning_forgets_the_same():
    events = [*SEEN, event(5, "exclude", topic="genre:horror")]
    data = Dataset.build(ITEMS, EventTable.of(events), SETTINGS.signals)
    assert dict(zip(data.items.tolist(), data.weights.tolist(), strict=True)) == {0: 0.5, 2: 1.0}
    data = Dataset.build(ITEMS, EventTable.of([*SEEN, event(5, "reset")]), SETTINGS.signals)
    assert len(data) == 0


def test_other_people_are_not_touched():
    other = [e.model_copy(update={"id": f"bo-{e.id}", "user_id": "bo"}) for e in SEEN]
    table = EventTable.of([*SEEN, *other, event(5, "reset"), event(6, "exclude", topic="genre:drama")])
    data = Dataset.build(ITEMS, table, SETTINGS.signals)
    assert data.matrix.toarray().tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "like", "topic": "horror"}, "genre:horror"),
        ({"kind": "play", "topic": "genre:horror"}, "needs an item_id"),
        ({"kind": "like", "topic": "genre:horror", "item_id": "dark"}, "both"),
        ({"kind": "like", "topic": "genre:horror", "value": 3}, "0 … 1"),
        ({"kind": "like"}, "or a topic"),
    ],
)
def test_an_impossible_topic_is_refused_in_words(fields: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        Event(id="e", user_id="ann", **fields)
