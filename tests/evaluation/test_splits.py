"""No answer, and nothing later, may reach the training or a history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.dataset import Dataset
from segue.errors import InvalidInput
from segue.evaluation.splits import Split, leave_one_out, met_events, time_split
from segue.models import TABLE
from segue.models.base import TrainOptions

from .logs import log, names, sequences


def told(split: Split, dataset: Dataset, user: str) -> dict[str, str]:
    row = dataset.user_ids.index(user)
    views = {"train": split.train, "history": split.history}
    seen = {what: names(dataset, view.history(row).items) for what, view in views.items()}
    for what, holdout in (("validation", split.validation), ("test", split.test)):
        if holdout is not None and row in holdout.users:
            seen[what] = names(dataset, holdout.answers(int(np.flatnonzero(holdout.users == row)[0])))
    return seen


def test_leave_one_out_is_strict() -> None:
    dataset = sequences(ann="a b c d", bob="c a b")
    split = leave_one_out(dataset)
    assert told(split, dataset, "ann") == {"train": "a b", "validation": "c", "history": "a b c", "test": "d"}
    assert told(split, dataset, "bob") == {"train": "c", "validation": "a", "history": "c a", "test": "b"}


def test_refit_learns_from_the_validation_answers_but_never_from_the_test() -> None:
    dataset = sequences(ann="a b c d")
    split = leave_one_out(dataset, refit=True)
    assert split.validation is None
    assert told(split, dataset, "ann") == {"train": "a b c", "history": "a b c", "test": "d"}


def test_who_has_fewer_than_three_items_is_learnt_from_and_not_asked() -> None:
    dataset = sequences(ann="a b c", bob="a b", cyd="b b b b")
    split = leave_one_out(dataset)
    assert names(dataset, split.test.items) == "c"
    assert told(split, dataset, "bob") == {"train": "a b", "history": "a b"}
    assert told(split, dataset, "cyd") == {"train": "b b b b", "history": "b b b b"}


def test_repeats_count_once_at_the_first_meeting() -> None:
    """The last new item is asked for; what came after its first play is later, hence unknown."""
    dataset = sequences(ann="a b a c b a")
    assert told(leave_one_out(dataset), dataset, "ann") == {
        "train": "a",
        "validation": "b",
        "history": "a b a",
        "test": "c",
    }


def test_an_item_skipped_before_it_was_liked_is_no_target() -> None:
    rows = [("ann", item, "complete", None) for item in "abc"]
    dataset = log([rows[0], ("ann", "d", "skip", None), *rows[1:], ("ann", "d", "like", None)])
    assert told(leave_one_out(dataset), dataset, "ann")["test"] == "c"


def test_an_impression_is_no_meeting() -> None:
    dataset = log([("ann", i, kind, None) for i, kind in [("d", "impression"), *((i, "complete") for i in "abcd")]])
    seen = told(leave_one_out(dataset), dataset, "ann")
    assert seen["test"] == "d"
    assert seen["history"] == "d a b c"


def test_leave_one_out_says_when_nobody_can_be_asked() -> None:
    with pytest.raises(InvalidInput, match="at least three different items"):
        leave_one_out(sequences(ann="a b", bob="b"))


def test_candidates_are_all_items_that_anybody_met() -> None:
    dataset = log([("ann", i, "complete", None) for i in "abc"] + [("bob", "x", "impression", None)], items="zabcx")
    split = leave_one_out(dataset)
    assert names(dataset, np.flatnonzero(split.candidates)) == "a b c x"


def timed(*rows: tuple[str, str, float]) -> Dataset:
    return log([(user, item, "complete", at) for user, item, at in rows])


def test_time_split_cuts_everybody_at_the_same_times() -> None:
    dataset = timed(*[("ann", f"a{n}", n) for n in range(8)], ("bob", "a0", 8), ("bob", "a9", 9))
    split = time_split(dataset, 0.2)
    assert split.test_from == 1e9 + 8
    assert split.validation_from == 1e9 + 6
    assert told(split, dataset, "ann") == {
        "train": "a0 a1 a2 a3 a4 a5",
        "validation": "a6 a7",
        "history": "a0 a1 a2 a3 a4 a5 a6 a7",
    }
    # Bob is new: he has no history and is asked all the same.
    assert told(split, dataset, "bob") == {"train": "", "history": "", "test": "a0 a9"}


def test_time_split_asks_only_for_what_is_new_to_the_person() -> None:
    dataset = timed(*[("ann", f"a{n}", n) for n in range(8)], ("ann", "a0", 8), ("ann", "a9", 9), ("ann", "a9", 9.5))
    assert told(time_split(dataset, 0.25), dataset, "ann")["test"] == "a9"


def test_time_split_keeps_equal_times_together() -> None:
    dataset = timed(*[(f"u{n}", "a", n // 4) for n in range(20)])
    split = time_split(dataset, 0.15)
    assert len(split.train) % 4 == 0
    assert len(split.history) == 16


def test_refit_of_a_time_split() -> None:
    dataset = timed(*[("ann", f"a{n}", n) for n in range(10)])
    split = time_split(dataset, 0.1, refit=True)
    assert split.validation is None
    assert len(split.train) == len(split.history) == 9


@pytest.mark.parametrize(
    ("dataset", "share", "match"),
    [
        (sequences(ann="a b c d"), 0.1, "leave-one-out"),
        (timed(*[("ann", f"a{n}", 5) for n in range(9)]), 0.1, "three different times.*leave-one-out"),
        (timed(*[("ann", f"a{n}", n) for n in range(9)]), 0.5, "between 0 and 0.5"),
        (timed(*[("ann", f"a{n}", n) for n in range(9)]), 0.0, "between 0 and 0.5"),
        (timed(*[("ann", f"a{n % 3}", n) for n in range(9)]), 0.1, "nothing to test on"),
        (log([]), 0.1, "three different times"),
    ],
)
def test_a_time_split_that_cannot_be_says_what_to_do(dataset: Dataset, share: float, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        time_split(dataset, share)


kinds = st.sampled_from(["complete", "skip", "like", "impression", "play", "dislike", "now_playing", "click"])
logs = st.lists(
    st.tuples(st.sampled_from("uvw"), st.sampled_from("abcdefg"), kinds, st.integers(0, 12)), min_size=6, max_size=60
)


@given(rows=logs, refit=st.booleans(), way=st.sampled_from(["leave-one-out", "time"]))
@settings(max_examples=200, deadline=None)
def test_nothing_leaks(rows: list[tuple[str, str, str, int]], refit: bool, way: str) -> None:
    dataset = log([(u, i, kind, float(at)) for u, i, kind, at in rows])
    try:
        split = leave_one_out(dataset, refit) if way == "leave-one-out" else time_split(dataset, 0.2, refit)
    except InvalidInput:
        return
    assert set(split.train.seq) <= set(split.history.seq)
    parts = [(split.test, split.history)] + ([] if split.validation is None else [(split.validation, split.train)])
    for holdout, view in parts:
        assert (np.diff(holdout.offsets) > 0).all()
        for j, user in enumerate(holdout.users):
            answers = holdout.answers(j)
            mine = dataset.users == user
            known = view.only(view.users == user)
            # No answer has been met, in the history or in the training, by this person.
            assert not np.isin(answers, known.items[met_events(known)]).any()
            assert split.candidates[answers].all()
            assert np.isin(answers, dataset.items[mine & dataset.positive]).all()
            # Nothing known is later than the first event on any answer.
            onset = dataset.timestamps[mine & np.isin(dataset.items, answers) & dataset.positive].min()
            latest = dataset.timestamps[mine & np.isin(dataset.seq, known.seq)].max(initial=-np.inf)
            assert latest <= onset
    if split.validation is not None:
        held = set(
            zip(
                np.repeat(split.validation.users, np.diff(split.validation.offsets)),
                split.validation.items,
                strict=True,
            )
        )
        positive = split.train.positive
        assert not held & set(zip(split.train.users[positive], split.train.items[positive], strict=True))
    if way == "time":
        assert (split.train.timestamps < (split.test_from if refit else split.validation_from)).all()
        assert (split.history.timestamps < split.test_from).all()


def test_what_happens_in_the_test_window_does_not_change_the_training() -> None:
    rows = [(f"u{n % 5}", f"a{n * 7 % 11}", float(n)) for n in range(60)]
    plain, planted = (
        timed(*rows, *more)
        for more in (
            [("u0", "new", 61.0), ("u1", "a1", 62.0)],
            [("u0", "new", 61.0), ("u1", "new", 62.0)],
        )
    )
    assert plain.catalogue.ids == planted.catalogue.ids
    models = []
    for dataset in (plain, planted):
        split = time_split(dataset, 0.1)
        model = TABLE.load("popular_all")()
        model.train(split.train, TrainOptions())
        models.append(model)
        for column in ("users", "items", "timestamps", "weights", "kinds"):
            assert np.array_equal(getattr(split.train, column), getattr(time_split(plain, 0.1).train, column))
    history = plain.history(0)
    assert np.array_equal(models[0].score(history), models[1].score(history), equal_nan=True)


def test_the_hash_tells_splits_apart_and_nothing_else() -> None:
    dataset = sequences(ann="a b c d", bob="c a b")
    assert leave_one_out(dataset).data_hash() == leave_one_out(dataset).data_hash()
    assert leave_one_out(dataset).data_hash() != leave_one_out(dataset, refit=True).data_hash()
    assert leave_one_out(dataset).data_hash() != leave_one_out(sequences(ann="a b d c", bob="c a b")).data_hash()
