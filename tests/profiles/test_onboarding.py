"""Questions that tell most about a new person."""

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.errors import InvalidInput
from segue.events import Event, EventTable
from segue.items import Item
from segue.profiles.onboarding import DISLIKE, LIKE, UNKNOWN, Questions, questions, telling_topics
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder
from segue.topics import Topics

GENRES = {0: ["horror"], 1: ["horror"], 2: ["horror"], 3: ["comedy"], 4: ["comedy"], 5: ["comedy"], 6: ["all"]}


def item(n):
    return Item(id=f"i{n}", kind="movie", title=f"Film {n}", genres=GENRES.get(n, []))


def event(person, title, kind):
    return Event(id=f"{person}-{title}", user_id=f"u{person}", item_id=f"i{title}", kind=kind)


@pytest.fixture(scope="module")
def asked():
    """80 people: half like 0 and 1, then 2, and dislike 3; half like 3 and 4, then 5, and dislike 0; all like 6; one
    knows 7."""
    events = []
    for n in range(80):
        early, against, later = ([0, 1, 6], 3, [2, 8, 9, 10]) if n % 2 else ([3, 4, 6], 0, [5, 11, 12, 13])
        events += [event(n, m, "like") for m in early] + [event(n, against, "dislike")]
        events += [event(n, m, "like") for m in later]
    events.insert(0, event(0, 7, "like"))
    catalogue = Catalogue.build([item(n) for n in range(14)])
    return questions(Dataset.build(catalogue, EventTable.of(events), Settings().signals))


def test_the_first_question_parts_people_and_not_what_all_or_nobody_know(asked):
    assert asked.choose(1, {})[0] in (0, 1, 3, 4)
    order = asked.choose(8, {})
    assert len(set(order)) == len(order)
    assert order.index(7) > 0
    assert order.index(6) > 0


def test_answers_tell_what_people_turn_to_next_and_not_knowing_is_an_answer(asked):
    first = asked.choose(1, {})[0]
    horror = first in (0, 1)
    ends = {answer: asked.likely(asked.node({first: answer}), 14) for answer in (LIKE, UNKNOWN, DISLIKE)}
    assert (ends[LIKE][2] > ends[LIKE][5]) == horror
    other = DISLIKE if first in (0, 3) else UNKNOWN
    assert (ends[other][2] < ends[other][5]) == horror
    assert np.isnan(asked.likely(asked.node({}), 20)[14:]).all()


def test_nothing_is_asked_twice_and_the_same_is_asked_again(asked):
    first = asked.choose(1, {})[0]
    assert not {first, 6} & set(asked.choose(8, {first: LIKE}, without=[6]))
    assert asked.choose(4, {first: LIKE}) == asked.choose(4, {first: LIKE})


def test_what_may_not_be_asked_counts_as_not_known(asked):
    first = asked.choose(1, {})[0]
    assert asked.node({}, without=[first]) == asked.node({first: UNKNOWN})
    assert first not in asked.choose(8, {}, without=[first])


def test_an_answer_that_is_none_is_refused(asked):
    with pytest.raises(InvalidInput, match="expected 0, 1 or 2"):
        asked.node({0: 7})


def test_the_tree_is_kept_with_a_version(asked, tmp_path):
    folder = ArtifactFolder(tmp_path / "onboarding")
    asked.save(folder)
    again = Questions.load(folder)
    assert again.choose(6, {}) == asked.choose(6, {})
    np.testing.assert_array_equal(again.likely(1, 14), asked.likely(1, 14))
    assert len(Questions.load(ArtifactFolder(tmp_path / "none"))) == 0


def test_without_people_there_are_topics_that_split_the_catalogue():
    catalogue = Catalogue.build([item(n) for n in range(8)])
    empty = questions(Dataset.build(catalogue, EventTable.of([]), Settings().signals))
    assert empty.choose(5, {}) == []
    topics = Topics.of([item(n) for n in range(8)])
    assert set(telling_topics(topics, 2)) == {"genre:horror", "genre:comedy"}
    assert telling_topics(topics, 1, asked=["genre:horror"]) == ["genre:comedy"]
    assert "kind:movie" not in telling_topics(topics, 9)
