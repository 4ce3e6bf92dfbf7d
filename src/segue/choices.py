"""What people take back: which of their events still speak, and how much, after ``exclude``, ``clear`` and ``reset``.

    exclude an item      nothing about it ever speaks, before or after
    exclude a topic      what was done before with items that have it speaks less: by the part it is of their topics;
                         what is left of it speaks of their other topics, never of this one
    exclude, value 0     the exclusion no longer holds; nothing else lifts it
    clear                what was chosen before about that item or topic no longer holds: likes, dislikes, what is
                         hidden. It lifts no exclusion: whoever unmutes a topic does not ask for it to be remembered
    reset                what was done before no longer speaks; what was said on purpose (`CHOSEN`) still does

"Before" is by time, so that the order of arrival changes nothing. An event without a time happened after all that had
arrived before it: where only the order is known, that order counts, and a reset that states its time still covers what
came without one. Of choices about one thing in one moment, or all without a time, the most restraining one is the
later one (`by_moment`). Learning and live requests both read events through this, so that neither knows what the other
was asked to forget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats, Mask, Rows
from .catalogue import Catalogue
from .events import CHOSEN, KIND_CODE, ON_TOPICS, EventKind, EventTable

_CHOSEN = np.array([KIND_CODE[kind] for kind in CHOSEN], dtype=np.uint8)
_HELD = np.array([KIND_CODE[kind] for kind in ON_TOPICS - {EventKind.EXCLUDE}], dtype=np.uint8)
_EXCLUDE, _CLEAR, _RESET = (KIND_CODE[kind] for kind in (EventKind.EXCLUDE, EventKind.CLEAR, EventKind.RESET))


def in_time(table: EventTable) -> NDArray[np.intp]:
    """Positions sorted by person, then by time; unknown times last, equal ones by arrival."""
    return np.lexsort((table.seq, table.at, table.users))


def in_order(table: EventTable) -> NDArray[np.intp]:
    """Positions sorted by person, then as things happened: by time, and what states none after all of the person's that
    had arrived before it."""
    return np.lexsort((table.seq, _happened(table, table.users), table.users))


_RANKS = {
    EventKind.LIKE: 1,
    EventKind.FOLLOW: 1,
    EventKind.DISLIKE: 2,
    EventKind.NOT_INTERESTED: 3,
    EventKind.SNOOZE: 3,
    EventKind.BLOCK: 3,
    EventKind.EXCLUDE: 4,
    EventKind.CLEAR: 5,
}
_RESTRAINT = np.array([_RANKS.get(kind, 0) for kind in sorted(EventKind, key=KIND_CODE.__getitem__)], dtype=np.int8)
"""By kind: 0 for what is done, and the more the more it takes away."""


def by_moment(table: EventTable, items: Rows) -> NDArray[np.intp]:
    """Positions sorted by person, then by the item or topic that an event is about, then as things happened to that; in
    one moment what is done comes first and the most restraining choice last, of like choices the weaker first.

    Args:
        items: (n,) rows of the events' items.
    """
    part = _about(table, items)
    rank = _RESTRAINT[table.kinds]
    strength = np.where(rank > 0, np.nan_to_num(table.value, nan=0.0), 0.0)
    return np.lexsort((table.seq, strength, rank, ~np.isfinite(table.at), _happened(table, part), part))


def _about(table: EventTable, items: Rows) -> NDArray[np.int64]:
    """(n,) number of the pair of person and item, or topic, rising with the person."""
    topics = {topic: n for n, topic in enumerate(sorted(set(table.topics.values())))}
    about = items.astype(np.int64)
    if topics:
        for event in np.flatnonzero(np.isin(table.seq, list(table.topics))):
            about[event] = -2 - topics[table.topics[int(table.seq[event])]]
    pairs = table.users.astype(np.int64) * (int(about.max(initial=0)) + len(topics) + 3) + about + len(topics) + 2
    return np.asarray(np.unique(pairs, return_inverse=True)[1], dtype=np.int64)


def _happened(table: EventTable, part: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n,) when things happened, among the events of their part: an event without a time at the latest time that had
    arrived before it."""
    known = np.isfinite(table.at)
    if known.all():
        return table.at
    arrived = np.lexsort((table.seq, part))
    times, rank = np.unique(np.where(known, table.at, -np.inf), return_inverse=True)
    # The latest time so far, for all parts in one pass: ranks lifted so that each part begins above the one before.
    lift = part.astype(np.int64) * len(times)
    latest = np.empty(len(table), dtype=np.int64)
    latest[arrived] = np.maximum.accumulate((rank + lift)[arrived])
    return np.asarray(times[latest - lift])


def taken_back(table: EventTable, items: Rows) -> Mask:
    """(n,) choices that the person has cleared later."""
    found = np.zeros(len(table), dtype=bool)
    if not (table.kinds == _CLEAR).any():
        return found
    order = by_moment(table, items)
    part = _about(table, items)[order]
    for place in np.flatnonzero(table.kinds[order] == _CLEAR):
        before = order[np.searchsorted(part, part[place]) : place]
        found[before[np.isin(table.kinds[before], _HELD)]] = True
    return found


def excluded(table: EventTable, items: Rows) -> Mask:
    """(n,) events about an item that their person has excluded."""
    which = (table.kinds == _EXCLUDE) & (items >= 0)
    if not which.any():
        return np.zeros(len(table), dtype=bool)
    pair = table.users.astype(np.int64) * (int(items.max()) + 1) + items
    order = in_order(table)
    last = {int(pair[event]): event for event in order[which[order]]}
    shut = [one for one, event in last.items() if table.value[event] != 0]
    return np.asarray((items >= 0) & np.isin(pair, shut))


def forgotten(table: EventTable) -> Iterator[tuple[NDArray[np.intp], Mapping[str, int]]]:
    """For everybody who has excluded topics: their events as they happened, and topic → how many of the first of these
    no longer speak of it."""
    which = (table.kinds == _EXCLUDE) & np.isin(table.seq, list(table.topics))
    if not which.any():
        return
    order = in_order(table)
    begins = np.searchsorted(table.users[order], np.arange(len(table.user_ids) + 1))
    for user in np.unique(table.users[which]):
        own = order[begins[user] : begins[user + 1]]
        gone: dict[str, int] = {}
        for place in np.flatnonzero(which[own]):
            topic = table.topics[int(table.seq[own[place]])]
            if table.value[own[place]] == 0:
                gone.pop(topic, None)
            else:
                gone[topic] = int(place)
        yield own, gone


def left_of(items: Rows, gone: Mapping[str, int], catalogue: Catalogue) -> Floats:
    """(n,) how much of events on these items still speaks, 0 … 1, when topics have been forgotten.

    Args:
        items: (n,) rows of one person's events as they happened, -1 without an item.
        gone: see `forgotten`. Two genres of a film make up what both of them are of it.
    """
    lost: dict[str, Floats] = {}
    for topic, count in sorted(gone.items()):
        part = np.zeros(len(catalogue) + 1, dtype=np.float32)  # the last for events without an item
        rows, share = catalogue.topics.share(topic)
        part[rows] = share
        of_sort = lost.setdefault(topic.partition(":")[0], np.zeros(len(items), dtype=np.float32))
        of_sort[:count] += part[items[:count]]
    left = np.ones(len(items), dtype=np.float32)
    for part in lost.values():
        left *= np.where(part > 1 - 1e-6, 0, 1 - part)  # three thirds are the whole
    return left


def spoken(table: EventTable, items: Rows, catalogue: Catalogue) -> Floats:
    """(n,) how much of each event still speaks: 1 all of it, 0 nothing.

    Args:
        table: n events of any number of people.
        items: (n,) rows of their items, see `segue.dataset.item_rows`.
    """
    factor = np.where(taken_back(table, items) | excluded(table, items), 0, 1).astype(np.float32)
    for own, gone in forgotten(table):
        factor[own] *= left_of(items[own], gone, catalogue)
    for _, before in _each(table, table.kinds == _RESET):
        factor[before[~np.isin(table.kinds[before], _CHOSEN)]] = 0
    return factor


def _each(table: EventTable, which: Mask) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Those events, and with each what the same person did before."""
    if not which.any():
        return
    order = in_order(table)
    begins = np.searchsorted(table.users[order], np.arange(len(table.user_ids) + 1))
    for place in np.flatnonzero(which[order]):
        event = int(order[place])
        yield event, order[begins[table.users[event]] : place]
