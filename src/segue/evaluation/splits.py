"""Splits: what a model may learn from, what it is told about each person, and what it is then asked for.

Both splits share these rules:

- A person has *met* an item with their first event on it that is of a consumed kind (played, skipped, rated …) or
  speaks for it. Met items are never asked for again and never candidates: the task is to find something new. A person
  who plays one track ten times has therefore one chance to be asked for it, the first.
- Candidates are all items of the catalogue with at least one event of any kind in the whole log, for everybody.
- Training never contains an answer, nor anything that the same person did at or after it.
- With ``refit`` the validation answers join the training once the settings have been chosen without them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Mask, Rows
from ..dataset import Dataset, Holdout
from ..errors import InvalidInput
from ..events import CONSUMED, KIND_CODE

_CONSUMED_CODES = np.array([KIND_CODE[k] for k in CONSUMED], dtype=np.uint8)


@dataclass(frozen=True)
class Split:
    """One way to ask the past about the future."""

    name: str
    """``leave-one-out`` or ``time``."""
    description: str
    """One sentence for the head of a report."""
    train: Dataset
    """What models are fitted on. Histories at validation time come from it, too."""
    validation: Holdout | None
    """Answers that are not in ``train``, for choosing settings; None with ``refit``."""
    history: Dataset
    """What is known about each person when the test answers are asked for; it contains the validation events."""
    test: Holdout
    candidates: Mask
    """(n items,) what a model may recommend; the person's own history is left out besides."""
    refit: bool
    validation_from: float | None = None
    """Seconds since 1970 at which the validation window begins; None where each person has their own."""
    test_from: float | None = None
    """The same for the test window, which lasts to the end of the log."""

    def data_hash(self) -> str:
        """A hash of everything that the figures depend on besides the models; equal hashes can be compared."""
        digest = hashlib.sha256(self.history.catalogue.digest.encode())
        digest.update("\n".join(self.history.user_ids).encode())
        for view in (self.train, self.history):
            columns: tuple[NDArray[Any], ...] = (view.users, view.items, view.kinds, view.timestamps, view.weights)
            for column in columns:
                digest.update(np.ascontiguousarray(column).tobytes())
        asked: tuple[NDArray[Any], ...] = (self.test.users, self.test.offsets, self.test.items, self.candidates)
        for column in asked:
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()[:32]


def met_events(dataset: Dataset) -> Mask:
    """(n events,) events by which a person meets an item: of a consumed kind, or speaking for it."""
    return dataset.positive | np.isin(dataset.kinds, _CONSUMED_CODES)


def leave_one_out(dataset: Dataset, refit: bool = False) -> Split:
    """Ask for the last new item of each person.

    Each person's positive items count once, at their first meeting. The last is the test answer, the one before it the
    validation answer; the training has what came before the validation answer, the history what came before the test
    answer. People with fewer than three stay in the training whole and are not asked. No cut in time: what others did
    later is known, as in the published protocol. Use `time_split` for an honest forecast.

    Args:
        refit: fit on the validation answers, too (and on what lies between them and the test answers).

    Raises:
        InvalidInput: nobody has three positive items.
    """
    pairs = _pairs(dataset)
    met = np.flatnonzero(met_events(dataset))
    _, first = np.unique(pairs[met], return_index=True)
    events = np.sort(met[first])  # first meetings, by person and time
    events = events[dataset.positive[events] & dataset.catalogue.alive[dataset.items[events]]]
    users = dataset.users[events]
    end = np.searchsorted(users, np.arange(dataset.n_users), side="right")
    asked = np.flatnonzero(np.bincount(users, minlength=dataset.n_users) >= 3)
    if not len(asked):
        raise InvalidInput(
            "Leave-one-out needs people with at least three different items that they liked or finished; this log has "
            "none. Import more events, or more of each person."
        )
    test, validation = events[end[asked] - 1], events[end[asked] - 2]
    position = np.arange(len(dataset))
    history = position < _cut(dataset, asked, test)[dataset.users]
    train = history if refit else position < _cut(dataset, asked, validation)[dataset.users]
    return Split(
        name="leave-one-out",
        description=(
            "The last new item of each person is asked for"
            + (", after fitting on everything before it." if refit else "; the one before it is never fitted on.")
        ),
        train=dataset.only(train),
        validation=None if refit else _one_each(asked, dataset.items[validation]),
        history=dataset.only(history),
        test=_one_each(asked, dataset.items[test]),
        candidates=_candidates(dataset),
        refit=refit,
    )


def time_split(dataset: Dataset, test_share: float, refit: bool = False) -> Split:
    """Ask for what everybody did in the newest part of the log, knowing only what came before it.

    The newest ``test_share`` of the positive events is the test window, as much again before it the validation window;
    a cut falls between two different times, as near to the share as these allow. Answers are the items in the window
    that speak for themselves and that the person had not met before the window. People without a history are asked,
    too. Nothing in the training is newer than its cut, of anybody.

    Args:
        test_share: 0 < share < 0.5.
        refit: fit on the validation window, too.

    Raises:
        InvalidInput: the share is impossible, events have no time, there are fewer than three different times, or the
            test window has no answers.
    """
    if not 0 < test_share < 0.5:
        raise InvalidInput(
            f"test_share is {test_share:g}; expected a number between 0 and 0.5, for example 0.1, because validation "
            "needs as much again."
        )
    instead = "Use the leave-one-out split instead (`--split leave-one-out`), which needs only an order."
    timeless = int(np.count_nonzero(~np.isfinite(dataset.timestamps)))
    if timeless:
        raise InvalidInput(
            f"A time split needs a time on every event; {timeless} of {len(dataset)} have none. {instead}"
        )
    times, counts = np.unique(dataset.timestamps[dataset.positive], return_counts=True)
    if len(times) < 3:
        raise InvalidInput(
            f"A time split needs positive events at three different times or more; this log has {len(times)}. {instead}"
        )
    share = np.cumsum(counts[::-1])[::-1] / counts.sum()  # share[j]: of the events at or after times[j]
    at_test = 2 + int(np.argmin(np.abs(share[2:] - test_share)))
    at_validation = 1 + int(np.argmin(np.abs(share[1:at_test] - 2 * test_share)))
    validation_from, test_from = float(times[at_validation]), float(times[at_test])

    history = dataset.timestamps < test_from
    train = dataset.timestamps < (test_from if refit else validation_from)
    test = _new_in_window(dataset, test_from, np.inf)
    if not len(test):
        raise InvalidInput(
            f"The newest {test_share:.0%} of this log holds nothing that anybody met for the first time, so there is "
            "nothing to test on. Choose a larger test_share or import more events."
        )
    return Split(
        name="time",
        description=(
            f"What people met for the first time since {_iso(test_from)} is asked for, knowing only what came before; "
            f"fitted on events before {_iso(test_from if refit else validation_from)}."
        ),
        train=dataset.only(train),
        validation=None if refit else _new_in_window(dataset, validation_from, test_from),
        history=dataset.only(history),
        test=test,
        candidates=_candidates(dataset),
        refit=refit,
        validation_from=validation_from,
        test_from=test_from,
    )


def _pairs(dataset: Dataset) -> NDArray[np.int64]:
    """(n events,) one number for each pair of person and item."""
    return dataset.users.astype(np.int64) * max(dataset.n_items, 1) + dataset.items


def _candidates(dataset: Dataset) -> Mask:
    candidates = np.zeros(dataset.n_items, dtype=bool)
    candidates[dataset.items] = True
    return candidates & dataset.catalogue.alive


def _cut(dataset: Dataset, users: NDArray[np.int64], events: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n users,) position of the first event that is not known: the given one, or the end of the log."""
    cut = np.full(dataset.n_users, len(dataset), dtype=np.int64)
    cut[users] = events
    return cut


def _one_each(users: NDArray[np.int64], items: Rows) -> Holdout:
    return Holdout(
        users=users.astype(np.int32), offsets=np.arange(len(users) + 1, dtype=np.int64), items=items.astype(np.int32)
    )


def _new_in_window(dataset: Dataset, start: float, end: float) -> Holdout:
    """Positive items of each person in start ≤ time < end that they had not met before ``start``."""
    pairs = _pairs(dataset)
    before = pairs[met_events(dataset) & (dataset.timestamps < start)]
    inside = dataset.positive & (dataset.timestamps >= start) & (dataset.timestamps < end)
    inside &= dataset.catalogue.alive[dataset.items]
    # Sorted by person; each pair once.
    answers = np.setdiff1d(pairs[inside], before)
    users, items = np.divmod(answers, max(dataset.n_items, 1))
    asked, counts = np.unique(users, return_counts=True)
    return Holdout(
        users=asked.astype(np.int32),
        offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        items=items.astype(np.int32),
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
