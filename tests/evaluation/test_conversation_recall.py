"""The conversational benchmark asks what it says it asks."""

import json

import numpy as np
import pytest
from benchmarks import conversation_recall as recall
from benchmarks._harness import RESULTS, sha256
from benchmarks._redial import Asked, Dialogue, Redial, asked, read_set, simple, titled

from segue.conversation.context import Turn, understood
from segue.conversation.features import FEATURES
from segue.conversation.judge import SHIPPED

from ..toy_world import item


def talk(*turns: Turn, recommender: int = 1) -> Dialogue:
    return Dialogue(turns, recommender, frozenset((recommender, 2)))


def test_what_is_asked_is_new_and_named_by_the_recommender() -> None:
    one = talk(
        Turn("I like", True, (0,)),
        Turn("then and again", False, (1, 1, 0)),
        Turn("or", False, (1,)),
        Turn("seen", True, (2,)),
        Turn("and", False, (3, 4)),
    )
    found = asked([one])
    assert [(message.turn, message.targets.tolist()) for message in found] == [(1, [1, 1]), (4, [3, 4])]
    # What was said before a message is all that is known of it.
    assert understood(one.turns[: found[1].turn]).named.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [("Heat (1995)", "Heat", 1995), ("Blade Runner 2049 (2017)", "Blade Runner 2049", 2017), ("Heat", "Heat", None)],
)
def test_years_are_read_from_names(name: str, title: str, year: int | None) -> None:
    assert titled(name) == (title, year)


def test_films_of_other_sets_are_found_by_number_or_by_title_and_year() -> None:
    films = (
        item("a", "movie", title="The Matrix", released="1999"),
        item("b", "movie", title="Heat", released="1995"),
        item("c", "movie", title="Heat", released="2013"),
    )
    data = Redial(films, {133093: 0}, np.ones(3, bool), {})
    assert data.row("Anything (2001)", 133093) == 0
    assert data.row("Matrix, The (1999)") == 0
    assert data.row("Heat (1996)") == 1
    assert data.row("Heat (2013)") == 2
    assert data.row("Heat (2004)") is None
    assert simple("Amélie & Co., The (Le fabuleux)") == simple("amélie and co.")


def test_ties_count_against_the_target() -> None:
    scores = np.array([1.0, 3.0, 1.0, 0.0], np.float32)
    assert recall.rank(scores, np.array([1, 0, 3])) == [1, 3, 4]


def test_recall_is_over_targets_with_intervals_over_dialogues() -> None:
    every = [Asked(0, 1, np.array([1, 2])), Asked(0, 3, np.array([3])), Asked(1, 1, np.array([4]))]
    shown = recall.figures(np.array([1, 11, 60, 2]), every)
    assert [row[0] for row in shown] == [0.25, 0.5, 0.75]
    assert all(low <= value <= high for value, low, high in shown)


def test_validation_dialogues_know_nothing_of_their_recommender() -> None:
    dialogues = [talk(recommender=person) for person in range(40)] * 2
    fold = recall.folds_of(dialogues)
    assert (fold[:40] == fold[40:]).all()
    assert set(fold) == set(range(recall.FOLDS))


def test_the_weights_that_ship_are_those_that_were_measured() -> None:
    result = json.loads((RESULTS / "conversation_recall.json").read_text(encoding="utf-8"))
    assert result["figures"]["weights"] == sha256(SHIPPED)
    assert result["figures"]["features"] == list(FEATURES)


@pytest.mark.data
@pytest.mark.usefixtures("data")
def test_the_test_has_as_many_targets_as_stated() -> None:
    data = read_set()
    assert sum(len(one.targets) for one in asked(data.dialogues["test"])) == recall.TARGETS
    assert int(data.in_graph.sum()) == 6583
    assert len(data.items) == 6599
