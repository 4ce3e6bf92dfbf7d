"""Live histories: what one person did, up to the last event that any process has stored."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Mask, Rows, Times
from ..catalogue import Catalogue
from ..choices import excluded, forgotten, in_order, in_time, left_of, spoken, taken_back
from ..dataset import History, item_rows, preferences, watch_share
from ..events import HIDING, KIND_CODE, EventKind, EventTable
from ..opinions import Statement
from ..settings import Settings

DAY_S = 86_400.0
PEOPLE_KEPT = 10_000
"""People whose events stay in memory; the one who was away longest makes room."""
STATEMENTS_KEPT = 300
"""Newest statements of a person that count for what they say they like."""

_SPOKEN_CODES = np.array(
    [KIND_CODE[k] for k in (EventKind.COMMENT, EventKind.BULLET_COMMENT, EventKind.RATE, EventKind.SEARCH)],
    dtype=np.uint8,
)
"""Kinds whose texts count."""
_HIDING_CODES = np.array([KIND_CODE[k] for k in HIDING], dtype=np.uint8)
_SIGNS = {KIND_CODE[EventKind.LIKE]: 1.0, KIND_CODE[EventKind.FOLLOW]: 1.0, KIND_CODE[EventKind.DISLIKE]: -1.0}


class EventLog(Protocol):
    """The part of the store that this room reads."""

    def last_seq(self, user_id: str) -> int:
        """Number of the person's newest event in order of arrival; 0 for nobody. One indexed look-up."""
        ...

    def event_table(self, *, user_id: str | None = None, after_seq: int = 0) -> EventTable:
        """The person's events that arrived after ``after_seq``, in order of arrival."""
        ...

    def statements(self, user_id: str, limit: int | None = None) -> Sequence[Statement]:
        """What the person said that has been read, the newest in arrival first; asked of those who said something."""
        ...


@dataclass(frozen=True)
class Live:
    """One person at this moment."""

    history: History
    """Oldest first, of what still speaks. What must not train, or was taken back, stands `History.apart`."""
    hidden_until: Mapping[int, float] = field(default_factory=dict)
    """Rows the person asked not to see → until when (seconds; inf: for good)."""
    stated: Mapping[str, float] = field(default_factory=dict)
    """Topics that the person said they like (up to 1) or dislike (down to -1)."""
    stated_by: Mapping[str, int] = field(default_factory=dict)
    """The same topics → number of the event that says so."""
    hidden_topics: Mapping[str, float] = field(default_factory=dict)
    """Topics the person asked not to see → until when (seconds; inf: for good)."""
    hidden_by: Mapping[str, int] = field(default_factory=dict)
    """The same topics → number of the event that asks."""
    forgotten: tuple[str, ...] = ()
    """Topics of which what was done before no longer speaks, in the order of their keys."""
    silenced: frozenset[int] = frozenset()
    """Numbers of the events that no longer speak or must not train."""
    times: Times = field(default_factory=lambda: np.zeros(0))
    """When the person's events happened, those that say so, ascending."""
    last_seq: int = 0
    said: tuple[Statement, ...] = ()
    """What the person said, the newest in arrival first, at most `STATEMENTS_KEPT`."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What may be read of what is stated about the person, see `segue.profiles.priors.consented`."""

    @classmethod
    def nobody(cls) -> Live:
        """Nothing known: an unknown person, or a request that reads no person."""
        return cls(history=History.empty())


def live(
    user_id: str, table: EventTable, catalogue: Catalogue, settings: Settings, said: Sequence[Statement] = ()
) -> Live:
    """The person as their events tell, whatever the order in which these arrived.

    Events are sorted by time, ties by arrival; those without a time come last, in order of arrival; which choices hold
    does not hang on the arrival (`segue.choices.in_order`). Events on items that the catalogue does not have are left
    out. What the person took back (`segue.choices`) has no weight any more and stands `History.apart`, with what must
    not train; ``exclude`` takes everything about its item out of both, but lifts no block. A snooze lasts ``value``
    days from its time (default `FilterSettings.snooze_days`); one that states no time has no end.
    """
    items = item_rows(table, catalogue)
    factor = spoken(table, items, catalogue)
    share = watch_share(table, items, catalogue)
    silent = (factor == 0) | ~table.train
    weights = preferences(table, settings.signals, share, settings.cleaning.own_scale, ~silent) * factor
    weights = np.where(silent, np.float32(0), weights)
    order = in_time(table)
    kept = order[(items[order] >= 0) & ~excluded(table, items)[order]]
    gone: dict[str, Mask] = {}
    unsaid: tuple[Statement, ...] = tuple(one for one in said if one.train)
    for own, counts in forgotten(table):
        for topic, count in counts.items():
            gone[topic] = np.zeros(len(table), dtype=bool)
            gone[topic][own[:count]] = True
        unsaid = tuple(_without(one, table.seq[own], counts, catalogue) for one in unsaid)
    told = kept[~silent[kept]]
    history = History(
        items=items[told],
        weights=weights[told],
        timestamps=table.at[told],
        kinds=table.kinds[told],
        user_id=user_id,
        forgotten={topic: mask[told] for topic, mask in gone.items()},
        apart=_apart(table, items, kept[silent[kept]]),
    )
    silenced = frozenset(table.seq[silent].tolist())
    holds = in_order(table)
    holds = holds[~taken_back(table, items)[holds]]
    hidden, hidden_topics, hidden_by = _hidden(table, items, holds, settings.filters.snooze_days)
    stated, stated_by = _stated(table, holds)
    return Live(
        history=history,
        hidden_until=hidden,
        stated=stated,
        stated_by=stated_by,
        hidden_topics=hidden_topics,
        hidden_by=hidden_by,
        forgotten=tuple(sorted(gone)),
        silenced=silenced,
        times=np.sort(table.at[np.isfinite(table.at)]),
        last_seq=int(table.seq.max()) if len(table) else 0,
        said=tuple(one for one in unsaid if one.seq not in silenced),
    )


def _apart(table: EventTable, items: Rows, which: NDArray[np.intp]) -> History | None:
    """Those events without any weight; None of none."""
    if not len(which):
        return None
    weights = np.zeros(len(which), dtype=np.float32)
    return History(items=items[which], weights=weights, timestamps=table.at[which], kinds=table.kinds[which])


def _without(one: Statement, happened: NDArray[np.int64], gone: Mapping[str, int], catalogue: Catalogue) -> Statement:
    """A statement without what it says of forgotten topics, and of items as far as they are of these.

    Args:
        happened: numbers of the person's events, as they happened.
        gone: see `segue.choices.forgotten`.

    Its words cannot be divided: where it speaks of a forgotten topic, its vector goes.
    """
    at = np.flatnonzero(happened == one.seq)
    counts = {topic: 1 for topic, count in gone.items() if len(at) and at[0] < count}
    topics: dict[str, float | None] = {}
    for topic, polarity in one.opinion.topics.items():
        row = catalogue.row_of.get(topic.partition(":")[2]) if topic.startswith("item:") else None
        left = 1.0 if row is None else float(left_of(np.array([row], dtype=np.int32), counts, catalogue)[0])
        if topic not in counts and left > 0:
            topics[topic] = None if polarity is None else polarity * left
    if topics == dict(one.opinion.topics):
        return one
    return one._replace(opinion=replace(one.opinion, topics=topics), vector=None)


def _hidden(
    table: EventTable, items: Rows, order: NDArray[np.intp], snooze_days: float
) -> tuple[dict[int, float], dict[str, float], dict[str, int]]:
    """Until when the person asked not to see which items, and which topics, and by which event."""
    rows: dict[int, float] = {}
    topics: dict[str, float] = {}
    by: dict[str, int] = {}
    for event in order[np.isin(table.kinds[order], _HIDING_CODES)]:
        at, until = float(table.at[event]), np.inf
        if table.kinds[event] == KIND_CODE[EventKind.SNOOZE] and np.isfinite(at):
            days = float(table.value[event])
            until = at + DAY_S * (days if np.isfinite(days) else snooze_days)
        topic = table.topics.get(int(table.seq[event]))
        if topic is not None:
            if until >= topics.get(topic, -np.inf):
                topics[topic], by[topic] = until, int(table.seq[event])
        elif items[event] >= 0:
            row = int(items[event])
            rows[row] = max(until, rows.get(row, -np.inf))
    return rows, topics, by


def _stated(table: EventTable, order: NDArray[np.intp]) -> tuple[dict[str, float], dict[str, int]]:
    """What the person said last of each topic that they like or dislike, and the number of the event that says it.

    Excluding a topic takes that back too, and lifting the exclusion gives it back. What was liked or disliked incognito
    is not taste.
    """
    found: dict[str, tuple[float, int]] = {}
    shelf: dict[str, tuple[float, int]] = {}
    if table.topics:
        for event in order[np.isin(table.seq[order], list(table.topics))]:
            seq = int(table.seq[event])
            topic, sign = table.topics[seq], _SIGNS.get(int(table.kinds[event]))
            value = float(table.value[event])
            if sign is not None:
                if table.train[event]:
                    found[topic] = (sign * (value if np.isfinite(value) else 1.0), seq)
            elif table.kinds[event] == KIND_CODE[EventKind.EXCLUDE]:
                if value == 0 and topic in shelf:
                    found.setdefault(topic, shelf.pop(topic))
                elif value != 0 and topic in found:
                    shelf[topic] = found.pop(topic)
    return {topic: value for topic, (value, _) in found.items()}, {topic: seq for topic, (_, seq) in found.items()}


class Histories:
    """The people of a store, each read once and then only what is new.

    Every `get` asks the store for the number of the person's newest event, so any number of worker processes see each
    other's events in the next answer.
    """

    def __init__(self, log: EventLog, settings: Settings, people: int = PEOPLE_KEPT) -> None:
        self._log = log
        self._settings = settings
        self._people = people
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, user_id: str, catalogue: Catalogue) -> Live:
        """The person now; nobody's history is empty."""
        newest = self._log.last_seq(user_id) or 0
        with self._lock:
            kept = self._kept.get(user_id)
        if kept is None or newest < kept.live.last_seq:  # unknown, or erased since
            table = self._log.event_table(user_id=user_id)
        elif newest > kept.live.last_seq:
            table = self._read_on(user_id, kept)
        elif kept.catalogue is not catalogue:  # items may have come, gone or changed; texts may have been read anew
            spoke = np.isin(kept.table.kinds, _SPOKEN_CODES).any()
            table = self._log.event_table(user_id=user_id) if spoke else kept.table
        else:
            with self._lock:
                if user_id in self._kept:
                    self._kept.move_to_end(user_id)
            return kept.live
        said = self._log.statements(user_id, STATEMENTS_KEPT) if table.said.any() else ()
        kept = _Kept(table, catalogue, live(user_id, table, catalogue, self._settings, said))
        with self._lock:
            self._kept[user_id] = kept
            self._kept.move_to_end(user_id)
            while len(self._kept) > self._people:
                self._kept.popitem(last=False)
        return kept.live

    def _read_on(self, user_id: str, kept: _Kept) -> EventTable:
        """What is kept and what came after it."""
        last = kept.live.last_seq
        # The last known event is read once more: where it is gone, the person has been erased by another process and
        # has come back since, and nothing of what is kept may live on.
        new = self._log.event_table(user_id=user_id, after_seq=max(last - 1, 0))
        if last and not (new.seq == last).any():
            return self._log.event_table(user_id=user_id)
        return _joined(kept.table, new, last)

    def forget(self, user_id: str) -> None:
        """Drop what is kept of the person in memory (after an erasure)."""
        with self._lock:
            self._kept.pop(user_id, None)


@dataclass(frozen=True)
class _Kept:
    table: EventTable
    catalogue: Catalogue
    live: Live


def _joined(old: EventTable, new: EventTable, last: int) -> EventTable:
    """The events of one person in two tables as one; those of ``new`` up to number ``last`` are in ``old`` already."""
    code: dict[str, int] = {item: n for n, item in enumerate(old.item_ids)}
    recoded = np.array([code.setdefault(item, len(code)) for item in new.item_ids], dtype=np.int32)
    items = np.where(new.items >= 0, recoded[new.items], -1).astype(np.int32) if len(recoded) else new.items
    new = replace(new, items=items)
    later = new.seq > last
    columns = {
        f.name: np.concatenate([getattr(old, f.name), getattr(new, f.name)[later]])
        for f in fields(EventTable)
        if f.name not in ("user_ids", "item_ids", "users", "topics")
    }
    users = np.zeros(len(old) + int(later.sum()), dtype=np.int32)
    topics = {**old.topics, **new.topics}
    return EventTable(user_ids=new.user_ids, item_ids=tuple(code), users=users, topics=topics, **columns)
