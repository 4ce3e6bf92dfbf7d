"""The protocols of the benchmarks ask what they say they ask."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._protocols import HELD_OUT, LEAVE_ONE_OUT, Protocol, evaluate, load, random_hold_out

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.evaluation.splits import Split
from segue.events import Event, EventKind, EventTable
from segue.items import Item, ItemKind
from segue.settings import Settings

PEOPLE, ITEMS = 30, 40


def _likes() -> Dataset:
    """Person u likes u + 1 of the items, the first of them twice, and skips one."""
    rng = np.random.default_rng(3)
    events = []
    for u in range(PEOPLE):
        own = [*rng.choice(ITEMS - 1, u + 1, replace=False).tolist()]
        for n, (i, kind) in enumerate([*((i, EventKind.LIKE) for i in [*own, own[0]]), (ITEMS - 1, EventKind.SKIP)]):
            events.append(Event(id=f"{u}-{n}", user_id=f"u{u}", item_id=f"i{i}", kind=kind))
    catalogue = Catalogue.build(Item(id=f"i{i}", kind=ItemKind.TRACK) for i in range(ITEMS))
    return Dataset.build(catalogue, EventTable.of(events), Settings().signals)


@pytest.fixture(scope="module")
def split() -> Split:
    return random_hold_out(_likes(), seed=1)


def _pairs(split: Split, part: str) -> set[tuple[int, int]]:
    if part in ("train", "history"):
        view: Dataset = getattr(split, part)
        return set(zip(view.users.tolist(), view.items.tolist(), strict=True))
    holdout = getattr(split, part)
    return {(int(u), int(i)) for j, u in enumerate(holdout.users) for i in holdout.answers(j)}


def test_a_hold_out_tells_nothing_of_what_it_asks(split: Split) -> None:
    train, history = _pairs(split, "train"), _pairs(split, "history")
    test, validation = _pairs(split, "test"), _pairs(split, "validation")
    assert not test & history
    assert not validation & train
    assert history == train | validation
    everything = _likes()
    assert train | validation | test == set(zip(everything.users.tolist(), everything.items.tolist(), strict=True))


def test_a_hold_out_asks_a_share_of_each_person(split: Split) -> None:
    asked = dict(zip(split.test.users.tolist(), np.diff(split.test.offsets).tolist(), strict=True))
    assert asked == {u: max(1, round((u + 1) * HELD_OUT)) for u in range(2, PEOPLE)}
    assert ITEMS - 1 not in split.test.items  # nobody liked it


def test_a_hold_out_repeats_by_seed(split: Split) -> None:
    assert _pairs(random_hold_out(_likes(), seed=1), "test") == _pairs(split, "test")
    assert _pairs(random_hold_out(_likes(), seed=2), "test") != _pairs(split, "test")


@pytest.mark.parametrize("excludes", [True, False])
def test_what_was_met_competes_only_where_it_is_kept(split: Split, excludes: bool) -> None:
    protocol = Protocol("toy", "", "", split, excludes)
    place = {id(history): j for j, history in enumerate(protocol.histories)}

    def history_first(histories: object) -> Floats:
        scores = np.zeros((len(histories), ITEMS), np.float32)  # type: ignore[arg-type]
        for row, history in zip(scores, histories, strict=True):  # type: ignore[call-overload]
            row[split.test.answers(place[id(history)])] = 1
            row[history.items] = 2
        return scores

    figures = evaluate(protocol, history_first)
    assert (figures["ndcg@10"] == 1) is excludes


def test_ties_and_silence_are_misses(split: Split) -> None:
    protocol = Protocol("toy", "", "", split)
    assert evaluate(protocol, lambda h: np.full((len(h), ITEMS), np.nan))["hit@50"] == 0
    few = split.test.offsets[1]
    assert evaluate(protocol, lambda h: np.zeros((len(h), ITEMS)))["hit@10"] < 0.7
    assert few == 1


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "people", "items", "events", "sha256"),
    [
        ("ml1m", 6040, 3416, 999_611, "15127e11881559e6"),
        ("beauty", 22_363, 12_101, 198_502, "226cce9c3105299c"),
        ("lastfm", 1090, 3646, 52_551, "9ded486adb5b0fe9"),
        ("games", 50_546, 16_859, 440_264, "b241e4c8a52d2d41"),
    ],
)
def test_the_published_sets(name: str, people: int, items: int, events: int, sha256: str) -> None:
    assert name in LEAVE_ONE_OUT
    protocol = load(name)
    facts = protocol.facts()
    assert (facts["people"], facts["asked"], facts["candidates"]) == (people, people, items)
    assert facts["trained_on"] == events - 2 * people
    assert len(protocol.split.history) == events - people
    # The validation answer is the last thing told, and was never fitted on.
    told = protocol.histories[5]
    assert told.items[-1] == protocol.validation.answers(5)[0]
    assert told.items[-1] not in protocol.train.history(5).items
