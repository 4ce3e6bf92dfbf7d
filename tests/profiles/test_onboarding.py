"""Questions that tell most about a new person."""

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.errors import InvalidInput
from segue.events import Event, EventTable
from segue.items import Item
from segue.profiles.onboarding import DISLIKE, LIKE, UNKNOWN, questions, telling_topics
from segue.settings import Settings
from segue.topics import Topics

GENRES = {0: ["horror"], 1: ["horror"], 2: ["horror"], 3: ["comedy"], 4: ["comedy"], 5: ["comedy"], 6: ["all"]}


def item(n):
    return Item(id=f"i{n}", kind="movie", title=f"Film {n}", genres=GENRES.get(n, []))


def event(person, title, kind):
    return Event(id=f"{person}-{title}", user_id=f"u{person}", item_id=f"i{title}", kind=kind)


@pytest.fixture(scope="module")
def asked():
    """80 people: half like 0-2 and dislike 3, half like 3-5 and dislike 0; all like 6; one knows 7."""
    events = []
    for n in range(80):
        liked, against = ([0, 1, 2, 6], 3) if n % 2 else ([3, 4, 5, 6], 0)
        events += [event(n, m, "like") for m in liked]
        events.append(event(n, against, "dislike"))
    events.append(event(0, 7, "like"))
    catalogue = Catalogue.build([item(n) for n in range(8)])
    return questions(Dataset.build(catalogue, EventTable.of(events), Settings().signals))


def test_the_first_question_parts_people_and_not_what_all_or_nobody_know(asked):
    order = asked.choose(8, {})
    assert order[0] in (0, 3)
    gains = dict(zip(asked.items.tolist(), asked.gains(asked.groups({})), strict=True))
    assert max(gains[6], gains[7]) < 0.1 * gains[order[0]]


def test_answers_tell_the_group_and_not_knowing_is_an_answer(asked):
    horror = asked.groups({0: LIKE})
    assert np.argmax(asked.groups({0: DISLIKE})) != np.argmax(horror)
    assert np.argmax(asked.groups({1: UNKNOWN})) != np.argmax(horror)


def test_nothing_is_asked_twice_and_the_same_is_asked_again(asked):
    assert not {0, 3} & set(asked.choose(8, {0: LIKE}, without=[3]))
    assert asked.choose(4, {0: LIKE}) == asked.choose(4, {0: LIKE})


def test_an_answer_that_is_none_is_refused(asked):
    with pytest.raises(InvalidInput, match="expected 0, 1 or 2"):
        asked.groups({0: 7})


def test_without_people_there_are_topics_that_split_the_catalogue():
    catalogue = Catalogue.build([item(n) for n in range(8)])
    empty = questions(Dataset.build(catalogue, EventTable.of([]), Settings().signals))
    assert empty.choose(5, {}) == []
    topics = Topics.of([item(n) for n in range(8)])
    assert set(telling_topics(topics, 2)) == {"genre:horror", "genre:comedy"}
    assert telling_topics(topics, 1, asked=["genre:horror"]) == ["genre:comedy"]
    assert "kind:movie" not in telling_topics(topics, 9)
