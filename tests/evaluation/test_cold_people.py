"""The benchmark of cold people asks for nothing that it tells, and its rows differ in nothing but the questions."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import cold_people as cold

from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import KIND_CODE, Event, EventKind, EventTable
from segue.items import Item
from segue.models.base import TrainOptions
from segue.models.popular import PopularAll
from segue.pipeline.stages import World
from segue.profiles.onboarding import DISLIKE, LIKE, UNKNOWN, questions
from segue.profiles.priors import priors
from segue.settings import Settings

ITEMS, PEOPLE = 40, 240


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Two tastes: each person goes through twelve items of their half in an order of their own, the first four the
    same."""
    rng = np.random.default_rng(5)
    events = []
    for user in range(PEOPLE):
        begin = (user % 2) * ITEMS // 2
        own = [0, 1, 2, 3, *(4 + rng.permutation(ITEMS // 2 - 4)[:8]).tolist()]
        events += [
            Event(id=f"{user}-{n}", user_id=f"u{user}", item_id=f"i{begin + item}", kind="complete")
            for n, item in enumerate(own)
        ]
    catalogue = Catalogue.build(
        [Item(id=f"i{n}", kind="movie", title=f"Film {n}", genres=["ab"[n * 2 // ITEMS]]) for n in range(ITEMS)]
    )
    return Dataset.build(catalogue, EventTable.of(events), Settings().signals)


@pytest.fixture(scope="module")
def asked(dataset: Dataset) -> tuple[cold.Asked, np.ndarray]:
    train, people = cold.held_out(dataset, 60)
    models = {"popular_all": PopularAll()}
    models["popular_all"].train(train, TrainOptions())
    world = World(train.catalogue, models, {}, Settings(), "x", questions=questions(train), priors=priors(train, {}))
    return cold.Asked(train, world), people


def test_people_are_held_out_whole(dataset: Dataset) -> None:
    train, people = cold.held_out(dataset, 60)
    assert len(people) == 60
    assert not set(people.tolist()) & set(train.users.tolist())
    assert len(train) + sum(len(dataset.history(user)) for user in people.tolist()) == len(dataset)


def test_what_is_asked_for_comes_later_and_is_not_told(dataset: Dataset) -> None:
    for make in (cold.by_half, cold.by_events):
        case = make(dataset, 3)
        log = dataset.history(3).items.tolist()
        last = max(log.index(item) for item in case.log.items.tolist())
        assert all(log.index(item) > last for item in case.right.tolist())
        assert set(case.log.items.tolist()) <= set(case.closed.tolist())
        assert not set(case.right.tolist()) & set(case.closed.tolist())


def test_dislikes_are_not_asked_for(dataset: Dataset) -> None:
    turned = cold.disliking(dataset, np.arange(len(dataset)) % 12 == 11)
    assert dataset.history(0).items[-1] not in cold.by_half(turned, 0).right


def test_no_row_may_list_what_any_row_asks(dataset: Dataset, asked: tuple[cold.Asked, np.ndarray]) -> None:
    ways, people = asked
    for number, case in enumerate(ways.without_asked(dataset, people)):
        for way in ways.ways:
            _, answers = ways.dialogue(way, number, case.log)
            assert len(answers) == cold.ASKED
            assert set(answers) <= set(case.closed.tolist())
            assert not set(answers) & set(case.right.tolist())


def test_answers_are_those_of_the_log(dataset: Dataset, asked: tuple[cold.Asked, np.ndarray]) -> None:
    ways, people = asked
    case = cold.by_half(dataset, int(people[0]))
    _, answers = ways.dialogue("best known", 0, case.log)
    assert {item for item, answer in answers.items() if answer == LIKE} == set(answers) & set(case.log.items.tolist())
    told = cold.events_of({3: LIKE, 4: DISLIKE, 5: UNKNOWN})
    assert told.weights.tolist() == [1, -1, 0]
    assert told.kinds[2] == KIND_CODE[EventKind.IMPRESSION]


def test_telling_questions_beat_random_ones_where_there_are_two_tastes(
    dataset: Dataset, asked: tuple[cold.Asked, np.ndarray]
) -> None:
    ways, people = asked
    rows, notes = cold.question_rows(ways, [cold.by_half(dataset, user) for user in people.tolist()], home=True)
    found = {row["asks"]: row["ndcg@10"] for row in rows}
    assert found["chosen"] > found["random, of all"]
    assert found["chosen"] > 1.3 * found["nothing"]
    assert any("goal" in note for note in notes)


def test_ndcg_and_lists() -> None:
    scores = np.array([3.0, np.nan, 2.0, 1.0], np.float32)
    assert cold.top(scores, np.array([0])).tolist() == [2, 3]
    assert cold.ndcg(np.array([2, 3]), np.array([2])) == 1
    assert cold.ndcg(np.array([3, 2]), np.array([2])) == pytest.approx(1 / np.log2(3))
    assert cold.ndcg(History.empty().items, np.array([2])) == 0
