"""Live histories: what one person did, up to the last event that any process has stored."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Rows
from ..catalogue import Catalogue
from ..choices import in_time, spoken, taken_back
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
    """Oldest first. Events that must not train are in it with weight 0, so that filters honour them."""
    hidden_until: Mapping[int, float] = field(default_factory=dict)
    """Rows the person asked not to see → until when (seconds; inf: for good)."""
    stated: Mapping[str, float] = field(default_factory=dict)
    """Topics that the person said they like (up to 1) or dislike (down to -1)."""
    hidden_topics: Mapping[str, float] = field(default_factory=dict)
    """Topics the person asked not to see → until when (seconds; inf: for good)."""
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

    Events are sorted by time, ties by arrival; those without a time come last, in order of arrival. Events on items
    that the catalogue does not have are left out. What the person took back (`segue.choices`) has no weight any more;
    ``exclude`` takes everything about its item out of the history, but lifts no block. A snooze lasts ``value`` days
    from its time (default `FilterSettings.snooze_days`); one that states no time has no end.
    """
    items = item_rows(table, catalogue)
    factor = spoken(table, items, catalogue)
    share = watch_share(table, items, catalogue)
    weights = preferences(table, settings.signals, share, settings.cleaning.own_scale)
    weights = np.where(table.train, weights * factor, np.float32(0))
    order = in_time(table)
    excluded = items[(table.kinds == KIND_CODE[EventKind.EXCLUDE]) & (items >= 0)]
    kept = order[(items[order] >= 0) & ~np.isin(items[order], excluded)]
    history = History(
        items=items[kept], weights=weights[kept], timestamps=table.at[kept], kinds=table.kinds[kept], user_id=user_id
    )
    silenced = set(table.seq[factor == 0].tolist())
    holds = order[~taken_back(table, items)[order]]
    hidden, hidden_topics = _hidden(table, items, holds, settings.filters.snooze_days)
    return Live(
        history=history,
        hidden_until=hidden,
        stated=_stated(table, holds),
        hidden_topics=hidden_topics,
        last_seq=int(table.seq.max()) if len(table) else 0,
        said=tuple(one for one in said if one.train and one.seq not in silenced),
    )


def _hidden(
    table: EventTable, items: Rows, order: NDArray[np.intp], snooze_days: float
) -> tuple[dict[int, float], dict[str, float]]:
    """Until when the person asked not to see which items, and which topics."""
    rows: dict[int, float] = {}
    topics: dict[str, float] = {}
    for event in order[np.isin(table.kinds[order], _HIDING_CODES)]:
        at, until = float(table.at[event]), np.inf
        if table.kinds[event] == KIND_CODE[EventKind.SNOOZE] and np.isfinite(at):
            days = float(table.value[event])
            until = at + DAY_S * (days if np.isfinite(days) else snooze_days)
        topic = table.topics.get(int(table.seq[event]))
        if topic is not None:
            topics[topic] = max(until, topics.get(topic, -np.inf))
        elif items[event] >= 0:
            row = int(items[event])
            rows[row] = max(until, rows.get(row, -np.inf))
    return rows, topics


def _stated(table: EventTable, order: NDArray[np.intp]) -> dict[str, float]:
    """What the person said last of each topic that they like or dislike; excluding a topic takes that back too. What
    was said incognito is not taste."""
    found: dict[str, float] = {}
    if not table.topics:
        return found
    for event in order[np.isin(table.seq[order], list(table.topics)) & table.train[order]]:
        topic, sign = table.topics[int(table.seq[event])], _SIGNS.get(int(table.kinds[event]))
        if sign is not None:
            value = float(table.value[event])
            found[topic] = sign * (value if np.isfinite(value) else 1.0)
        elif table.kinds[event] == KIND_CODE[EventKind.EXCLUDE]:
            found.pop(topic, None)
    return found


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
