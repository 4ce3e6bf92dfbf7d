"""Cleaning: how much each event counts when models are trained, and what was found on the way.

Every rule gives each event a factor 0 … 1; the factors of all rules are multiplied. Stored events are never changed,
and what a person sees of their own history is not touched either. Rules read times, not the order of arrival, so that
events which come late or twice end in the same factors; events without a time are judged only by what needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Mask
from ..catalogue import KIND_CODE as ITEM_KIND_CODE
from ..dataset import Dataset
from ..events import CONSUMED, KIND_CODE, EventKind, EventTable
from ..items import Item, ItemKind
from ..settings import CleaningSettings
from ..suspects import Reason, Suspect, Verdict
from .manipulation import suspects, suspicions
from .session import session_begins

DAY_S, HOUR_S = 86_400.0, 3_600.0
PAUSE_S = 3 * HOUR_S
"""A pause that every human makes."""
SWEPT_ITEMS = 1000
"""A smaller catalogue may be met whole by a human."""

_REPEATS, _TIMES_USUAL, _LEAST_PAIRS = 10, 5, 5
"""An outlier: more than 10 repetitions, and 5 times the person's median over at least 5 items."""


def _codes(*kinds: EventKind) -> NDArray[np.uint8]:
    return np.array([KIND_CODE[kind] for kind in kinds], dtype=np.uint8)


_PLAYS = _codes(EventKind.PLAY, EventKind.COMPLETE, EventKind.SKIP, EventKind.ABANDON)
_COMMENTS = _codes(EventKind.COMMENT, EventKind.BULLET_COMMENT)
_MET = _codes(*CONSUMED)
_NEVER_TWICE = np.setdiff1d(np.arange(len(EventKind)), [*_COMMENTS, KIND_CODE[EventKind.IMPRESSION]])


@dataclass(frozen=True)
class Log:
    """The events of a dataset with what the rules read besides. Columns as in `Dataset`, n events."""

    data: Dataset
    value: Floats
    played_s: Floats
    settings: CleaningSettings
    now: float
    """Seconds since 1970."""
    left: Mask
    """Events that count for something after the rules so far."""

    def is_of(self, kinds: NDArray[Any]) -> Mask:
        """(n,) whether an event is of one of these kinds."""
        return np.isin(self.data.kinds, kinds)


@dataclass(frozen=True)
class Cleaned:
    """What the rules found in a dataset."""

    dataset: Dataset
    """The same events, with weights as training counts them."""
    report: Mapping[str, Any]
    """``events`` and ``sessions`` looked at, and under ``rules`` for each rule ``on``, ``events`` and ``people`` that
    count less. JSON."""
    suspects: Sequence[Suspect]
    """Whom to look at, the most suspected first; without words."""


def clean(
    dataset: Dataset,
    table: EventTable,
    settings: CleaningSettings,
    gap_s: float,
    verdicts: Mapping[str, Verdict],
    now: float,
) -> Cleaned:
    """Apply every rule that is on; what a person decided about somebody wins over every rule about people.

    Args:
        table: the events that the dataset is of, or more.
        gap_s: the pause in seconds after which a session is over.
        now: seconds since 1970; what is later lies in the future.
    """
    rows = np.searchsorted(table.seq, dataset.seq)
    factors = np.ones(len(dataset), dtype=np.float32)
    log = Log(dataset, table.value[rows], table.played_s[rows], settings, now, factors > 0)
    rules: dict[str, dict[str, Any]] = {}
    switches = {
        "duplicates": settings.duplicates,
        "impossible": settings.impossible,
        "floods": settings.floods,
        "outliers": settings.outliers,
    }
    for name, rule in RULES.items():
        on = switches[name]
        less = rule(replace(log, left=factors > 0)) if on else np.ones(len(dataset), dtype=np.float32)
        rules[name] = _counted(dataset, less, on)
        factors *= less
    machines = _machines(log) if settings.bots else {}
    found = suspicions(dataset)
    people = found.factors() if settings.suspects else np.ones(dataset.n_users, np.float32)
    rules["suspects"] = _counted(dataset, people[dataset.users], settings.suspects)
    people[list(machines)] = 0
    rules["bots"] = _counted(dataset, _of(machines, dataset), settings.bots)
    for row, user_id in enumerate(dataset.user_ids):
        if user_id in verdicts:
            people[row] = 0.0 if verdicts[user_id].confirmed else 1.0
    decided = {user_id: verdict.confirmed for user_id, verdict in verdicts.items()}
    report = {
        "events": len(dataset),
        "sessions": _sessions(dataset, gap_s),
        "rules": rules,
        "decisions": {"confirmed": sum(decided.values()), "cleared": len(decided) - sum(decided.values())},
    }
    weighed = dataset.weighed(factors * people[dataset.users])
    return Cleaned(weighed, report, suspects(found, dataset, verdicts, people, machines))


def _counted(dataset: Dataset, factors: Floats, on: bool) -> dict[str, Any]:
    less = factors < 1
    return {"on": on, "events": int(less.sum()), "people": len(np.unique(dataset.users[less]))}


def _of(machines: Mapping[int, Any], dataset: Dataset) -> Floats:
    return np.where(np.isin(dataset.users, list(machines)), 0, 1).astype(np.float32)


def _sessions(dataset: Dataset, gap_s: float) -> int:
    """How many sessions there are, of everybody together; 0 where no event has a time."""
    timed = np.isfinite(dataset.timestamps)
    times, users = dataset.timestamps[timed], dataset.users[timed]
    begins = session_begins(times, gap_s)
    return len(np.union1d(begins, np.flatnonzero(np.diff(users, prepend=-1))))


# Rules over events.


def duplicates(log: Log) -> Floats:
    """The same person, item, kind and value again within ``duplicate_s``: only the first of them counts."""
    data = log.data
    rows = np.flatnonzero(np.isin(data.kinds, _NEVER_TWICE) & np.isfinite(data.timestamps))
    value = np.nan_to_num(log.value, nan=-np.inf)
    rows = rows[
        np.lexsort(tuple(column[rows] for column in (data.timestamps, value, data.kinds, data.items, data.users)))
    ]
    same = np.ones(max(len(rows) - 1, 0), dtype=bool)
    for column in (value, data.kinds, data.items, data.users):
        same &= column[rows[1:]] == column[rows[:-1]]
    again = rows[1:][same & (np.diff(data.timestamps[rows]) <= log.settings.duplicate_s)]
    return _without(log, again)


def impossible(log: Log) -> Floats:
    """In the future, before the item was there, played for longer than it lasts, or for more than a day in a day."""
    data, settings = log.data, log.settings
    with np.errstate(invalid="ignore"):
        wrong = data.timestamps > log.now + settings.clock_skew_s
        since = np.array([_there_since(item, settings) for item in data.catalogue.items], dtype=np.float64)
        wrong |= log.is_of(_MET) & (data.timestamps < since[data.items])
        short = data.catalogue.kinds[data.items] == ITEM_KIND_CODE[ItemKind.SHORT]
        # A short runs on by itself: where its loops are not stated, any number of them can be.
        loops = np.where(short, np.where(np.isnan(log.value), np.inf, np.maximum(log.value, 1)), 1)
        wrong |= log.played_s > settings.played_share * loops * data.catalogue.durations[data.items]
        wrong |= log.played_s > DAY_S
    wrong |= _beyond_a_day(log, ~wrong)
    return _without(log, np.flatnonzero(wrong))


def floods(log: Log) -> Floats:
    """Comments of one person of which more than ``comments_per_minute`` come within a minute: none of them counts."""
    rows, crowded = _crowded(log, _COMMENTS, log.settings.comments_per_minute, 60.0)
    return _without(log, rows[crowded])


def outliers(log: Log) -> Floats:
    """Plays and comments of an item repeated far beyond the person's habit count as if repeated as often as that."""
    data = log.data
    rows = np.flatnonzero(log.left & log.is_of(np.concatenate([_PLAYS, _COMMENTS])))
    pairs = data.users[rows].astype(np.int64) * max(data.n_items, 1) + data.items[rows]
    unique, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    owner = unique // max(data.n_items, 1)
    order = np.lexsort((counts, owner))
    begin = np.searchsorted(owner, np.arange(data.n_users + 1))
    own = np.diff(begin)
    median = np.ones(data.n_users)
    known = own > 0
    median[known] = counts[order][(begin[:-1] + own // 2)[known]]
    cap = np.where(own >= _LEAST_PAIRS, np.maximum(_REPEATS, _TIMES_USUAL * median), np.inf)
    factors = np.ones(len(data), dtype=np.float32)
    factors[rows] = np.minimum(cap[owner] / np.maximum(counts, 1), 1)[inverse]
    return factors


RULES: Mapping[str, Callable[[Log], Floats]] = {
    "duplicates": duplicates,
    "impossible": impossible,
    "floods": floods,
    "outliers": outliers,
}
"""By the name of their switch in ``[cleaning]``; each gives (n events,) factors."""


def _without(log: Log, rows: NDArray[np.intp]) -> Floats:
    factors = np.ones(len(log.data), dtype=np.float32)
    factors[rows] = 0
    return factors


def _there_since(item: Item | None, settings: CleaningSettings) -> float:
    """The earliest time at which an item can be met, in seconds; -inf where nothing is stated."""
    times = [-np.inf]
    if item is not None and item.released:
        year, month, day = (int(part) for part in (item.released + "-01-01").split("-")[:3])
        times.append(_seconds(year, month, day) - settings.early_days * DAY_S)
    if item is not None and item.available_from is not None:
        times.append(item.available_from.timestamp() - settings.clock_skew_s)
    return max(times)


def _seconds(year: int, month: int, day: int) -> float:
    try:
        return datetime(year, month, day, tzinfo=UTC).timestamp()
    except ValueError:  # the 31st of February: what is not a day says nothing
        return -np.inf


def _beyond_a_day(log: Log, possible: Mask) -> Mask:
    """(n,) what somebody played after they had played a whole day within one day (UTC)."""
    data = log.data
    rows = np.flatnonzero(possible & np.isfinite(log.played_s) & np.isfinite(data.timestamps))
    rows = rows[np.lexsort((log.played_s[rows], data.timestamps[rows], data.users[rows]))]
    day = np.floor(data.timestamps[rows] / DAY_S)
    new = (np.diff(data.users[rows], prepend=-1) != 0) | (np.diff(day, prepend=np.nan) != 0)
    total = np.concatenate([[0.0], np.cumsum(log.played_s[rows], dtype=np.float64)])
    begin = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    beyond = np.zeros(len(data), dtype=bool)
    beyond[rows] = total[1:] - total[begin] > DAY_S + log.settings.clock_skew_s
    return beyond


def _crowded(log: Log, kinds: NDArray[np.uint8], most: int, window_s: float) -> tuple[NDArray[np.intp], Mask]:
    """Events of these kinds, by person and time, and whether each is one of more than ``most`` within the window."""
    data = log.data
    # A log of dates has all of a day at midnight: no pace can be read from it.
    clock = np.isfinite(data.timestamps) & (data.timestamps % DAY_S != 0)
    rows = np.flatnonzero(log.is_of(kinds) & clock)
    rows = rows[np.lexsort((data.timestamps[rows], data.users[rows]))]
    last = np.arange(most, len(rows))
    users, times = data.users[rows], data.timestamps[rows]
    close = (users[last] == users[last - most]) & (times[last] - times[last - most] <= window_s)
    edges = np.zeros(len(rows) + 1, dtype=np.int64)
    np.add.at(edges, last[close] - most, 1)
    np.add.at(edges, last[close] + 1, -1)
    return rows, np.cumsum(edges)[:-1] > 0


# Machines.


def _machines(log: Log) -> dict[int, list[Reason]]:
    """Row of each account that no human can be → why."""
    data, settings = log.data, log.settings
    found: dict[int, list[Reason]] = {}
    rows, crowded = _crowded(log, _PLAYS, settings.plays_per_hour, HOUR_S)
    for row in np.unique(data.users[rows[crowded]]).tolist():
        found.setdefault(row, []).append(Reason("pace", {"most": settings.plays_per_hour}))
    for row, hours in _awake(log).items():
        found.setdefault(row, []).append(Reason("awake", {"hours": round(hours, 1)}))
    alive = int(np.count_nonzero(data.catalogue.alive))
    if alive >= SWEPT_ITEMS:
        met = log.is_of(_MET) & data.catalogue.alive[data.items]
        pairs = np.unique(data.users[met].astype(np.int64) * data.n_items + data.items[met])
        counts = np.bincount(pairs // data.n_items, minlength=data.n_users)
        for row in np.flatnonzero(counts >= settings.sweep_share * alive).tolist():
            facts: dict[str, float | str] = {"items": int(counts[row]), "share": round(float(counts[row]) / alive, 3)}
            found.setdefault(row, []).append(Reason("sweep", facts))
    return found


def _awake(log: Log) -> dict[int, float]:
    """Row of each account that played longer than ``awake_hours`` without a `PAUSE_S` → the longest such hours."""
    data = log.data
    rows = np.flatnonzero(log.is_of(_PLAYS) & np.isfinite(data.timestamps))
    rows = rows[np.lexsort((data.timestamps[rows], data.users[rows]))]
    if not len(rows):
        return {}
    times, users = data.timestamps[rows], data.users[rows]
    begins = np.union1d(session_begins(times, PAUSE_S), np.flatnonzero(np.diff(users, prepend=-1)))
    ends = np.append(begins[1:], len(rows)) - 1
    hours = (times[ends] - times[begins]) / HOUR_S
    found: dict[int, float] = {}
    for position in np.flatnonzero(hours > log.settings.awake_hours).tolist():
        row = int(users[begins[position]])
        found[row] = max(found.get(row, 0.0), float(hours[position]))
    return found
