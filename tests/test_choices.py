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
from segue.profiles.history import Live, live
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


def test_a_forgotten_topic_can_be_taken_back():
    found = of(*SEEN, event(5, "exclude", topic="genre:horror"), event(6, "clear", topic="genre:horror"))
    assert weights(found) == {"both": 1.0, "dark": 1.0, "plain": 1.0}


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
        event(6, "clear", topic="genre:horror"),
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
