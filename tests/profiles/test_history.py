"""Live histories equal a rebuild from scratch, whatever the order of arrival."""

from dataclasses import fields, replace

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.events import EventTable
from segue.profiles.history import DAY_S, Histories, live
from segue.settings import Settings

from ..toy_world import BEGINNING, catalogue, event, item

SETTINGS = Settings()
START = BEGINNING.timestamp()


class Log:
    """A store's event log in a list; counts what is read from it."""

    def __init__(self):
        self.events = []
        self.read = []

    def add(self, *events):
        first = self.events[-1][0] + 1 if self.events else 1
        self.events += [(first + n, e) for n, e in enumerate(events)]

    def erase(self, user_id):
        self.events = [(seq, e) for seq, e in self.events if e.user_id != user_id]

    def last_seq(self, user_id):
        return max((seq for seq, e in self.events if e.user_id == user_id), default=0)

    def event_table(self, *, user_id=None, after_seq=0):
        rows = [(seq, e) for seq, e in self.events if e.user_id == user_id and seq > after_seq]
        self.read.append(len(rows))
        return replace(EventTable.of(e for _, e in rows), seq=np.array([seq for seq, _ in rows], dtype=np.int64))


def same(one, other):
    for name in (f.name for f in fields(one.history) if f.name not in ("apart", "forgotten")):
        np.testing.assert_array_equal(getattr(one.history, name), getattr(other.history, name))
    assert one.hidden_until == other.hidden_until
    assert one.last_seq == other.last_seq


EVENTS = [
    event("ann", "a", at=1),
    event("ann", "b", "skip", at=2),
    event("ann", "c", "like", at=3),
    event("ann", "d", "rate", 5, at=4),
    event("ann", None, "search", at=5, text="piano"),
    event("ann", "e", "block", at=6),
    event("ann", "b", "snooze", 2, at=7),
    event("ann", "z", at=8),
    event("ann", "a", "like", at=9),
]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_any_slicing_equals_a_rebuild(seed):
    rng = np.random.default_rng(seed)
    items = catalogue("abcde")
    log = Log()
    histories = Histories(log, SETTINGS)
    order = list(rng.permutation(len(EVENTS)))
    while order:
        n = int(rng.integers(1, 4))
        log.add(*(EVENTS[i] for i in order[:n]), event("bob", "a"))
        order = order[n:]
        same(histories.get("ann", items), live("ann", log.event_table(user_id="ann"), items, SETTINGS))
    assert items.ids[histories.get("ann", items).history.items[0]] == "a"


def test_only_what_is_new_is_read():
    log, items = Log(), catalogue("abc")
    log.add(*(event("ann", "a", at=n) for n in range(100)))
    histories = Histories(log, SETTINGS)
    histories.get("ann", items)
    histories.get("ann", items)
    log.add(event("ann", "b", at=200))
    assert len(histories.get("ann", items).history) == 101
    assert log.read == [100, 2]  # the last known one is read once more, see below


def test_two_processes_see_each_other():
    log, items = Log(), catalogue("abc")
    one, other = Histories(log, SETTINGS), Histories(log, SETTINGS)
    log.add(event("ann", "a", at=1))
    same(one.get("ann", items), other.get("ann", items))
    log.add(event("ann", "b", at=2))
    same(one.get("ann", items), other.get("ann", items))


def test_nothing_survives_an_erasure_in_another_process():
    log, items = Log(), catalogue("abc")
    histories = Histories(log, SETTINGS)
    log.add(event("ann", "a", at=1), event("bob", "b", at=1))
    assert len(histories.get("ann", items).history) == 1
    log.erase("ann")
    log.add(event("ann", "c", at=2))
    assert histories.get("ann", items).history.items.tolist() == [2]
    log.erase("ann")
    assert len(histories.get("ann", items).history) == 0


def test_a_new_catalogue_brings_back_what_was_unknown():
    log = Log()
    histories = Histories(log, SETTINGS)
    log.add(event("ann", "a", at=1), event("ann", "new", at=2))
    old = catalogue("ab")
    assert histories.get("ann", old).history.items.tolist() == [0]
    newer = Catalogue.build([*old.items, item("new")], order=old.ids)
    assert histories.get("ann", newer).history.items.tolist() == [0, 2]
    assert log.read == [2]


def test_what_must_not_train_says_nothing_but_counts_as_met():
    log, items = Log(), catalogue("ab")
    log.add(event("ann", "a", "like", at=1, train=False), event("ann", "b", "block", at=2, train=False))
    found = Histories(log, SETTINGS).get("ann", items)
    assert len(found.history) == 0
    assert found.history.apart.weights.tolist() == [0, 0]
    assert found.history.consumed.tolist() == [0]
    assert found.hidden_until == {1: np.inf}


def test_exclude_takes_the_pair_out_and_lifts_no_block():
    log, items = Log(), catalogue("ab")
    log.add(event("ann", "a", at=1), event("ann", "a", "block", at=2), event("ann", "b", at=3))
    log.add(event("ann", "a", "exclude", at=4))
    found = Histories(log, SETTINGS).get("ann", items)
    assert found.history.items.tolist() == [1]
    assert found.hidden_until == {0: np.inf}


def test_a_snooze_ends_and_a_block_does_not():
    log, items = Log(), catalogue("abcd")
    log.add(event("ann", "a", "snooze", 2, at=0), event("ann", "b", "snooze", at=0))
    log.add(
        event("ann", "c", "not_interested", at=0), event("ann", "c", "snooze", 1, at=0), event("ann", "d", "snooze")
    )
    hidden = Histories(log, SETTINGS).get("ann", items).hidden_until
    assert hidden == {0: START + 2 * DAY_S, 1: START + 30 * DAY_S, 2: np.inf, 3: np.inf}


def test_the_one_who_was_away_longest_makes_room():
    log, items = Log(), catalogue("a")
    log.add(*(event(user, "a", at=1) for user in ("ann", "bob", "cid")))
    histories = Histories(log, SETTINGS, people=2)
    for user in ("ann", "bob", "ann", "cid", "ann"):
        histories.get(user, items)
    assert len(log.read) == 3
    histories.get("bob", items)
    histories.forget("ann")
    histories.get("ann", items)
    assert len(log.read) == 5


def test_nobody_and_an_empty_catalogue():
    log = Log()
    histories = Histories(log, SETTINGS)
    assert len(histories.get("nobody", catalogue("a")).history) == 0
    log.add(event("ann", "a", at=1))
    assert len(histories.get("ann", Catalogue.build([])).history) == 0


def test_a_play_counts_by_the_share_that_was_played():
    log = Log()
    items = Catalogue.build([item("a", duration_s=100.0)])
    log.add(event("ann", "a", "play", at=1, played_s=100), event("ann", "a", "play", at=2, played_s=0))
    weights = Histories(log, SETTINGS).get("ann", items).history.weights
    assert weights.tolist() == pytest.approx([1.0, -0.3])
