"""What people take back: which of their events still speak, and how much, after ``exclude``, ``clear`` and ``reset``.

    exclude an item      nothing about it ever speaks, before or after
    exclude a topic      what was done before with items that have it speaks less: by the part it is of their topics
    clear                what was chosen before about that item or topic no longer holds
    reset                what was done before no longer speaks; what was said on purpose (`CHOSEN`) still does

"Before" is by time, events without one last and in order of arrival, so that the order of arrival changes nothing.
Learning and live requests both read events through this, so that neither knows what the other was asked to forget.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats, Mask, Rows
from .catalogue import Catalogue
from .events import CHOSEN, KIND_CODE, ON_TOPICS, EventKind, EventTable

_CHOSEN = np.array([KIND_CODE[kind] for kind in CHOSEN], dtype=np.uint8)
_HELD = np.array([KIND_CODE[kind] for kind in ON_TOPICS], dtype=np.uint8)
_EXCLUDE, _CLEAR, _RESET = (KIND_CODE[kind] for kind in (EventKind.EXCLUDE, EventKind.CLEAR, EventKind.RESET))


def in_time(table: EventTable) -> NDArray[np.intp]:
    """Positions sorted by person, then by time; unknown times last, equal ones by arrival."""
    return np.lexsort((table.seq, table.at, table.users))


def taken_back(table: EventTable, items: Rows) -> Mask:
    """(n,) choices that the person has cleared later."""
    found = np.zeros(len(table), dtype=bool)
    if (table.kinds == _CLEAR).any():
        for event, before in _each(table, table.kinds == _CLEAR):
            found[before[_same(table, items, before, event)]] = True
    return found


def spoken(table: EventTable, items: Rows, catalogue: Catalogue) -> Floats:
    """(n,) how much of each event still speaks: 1 all of it, 0 nothing.

    Args:
        table: n events of any number of people.
        items: (n,) rows of their items, see `segue.dataset.item_rows`.
    """
    factor = np.where(taken_back(table, items), 0, 1).astype(np.float32)
    excluded = (table.kinds == _EXCLUDE) & (items >= 0) & (factor > 0)
    if excluded.any():
        pair = table.users.astype(np.int64) * (len(catalogue) + 1) + items
        factor[(items >= 0) & np.isin(pair, pair[excluded])] = 0
    forgetting = (table.kinds == _EXCLUDE) & (items < 0) & (factor > 0)
    forgetting &= np.isin(table.seq, list(table.topics))
    for event, before in _each(table, forgetting):
        share = np.zeros(len(catalogue) + 1, dtype=np.float32)  # the last for events without an item
        rows, part = catalogue.topics.share(table.topics[int(table.seq[event])])
        share[rows] = part
        factor[before] *= 1 - share[items[before]]
    for _, before in _each(table, table.kinds == _RESET):
        factor[before[~np.isin(table.kinds[before], _CHOSEN)]] = 0
    return factor


def _each(table: EventTable, which: Mask) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Those events, and with each what the same person did before."""
    if not which.any():
        return
    order = in_time(table)
    begins = np.searchsorted(table.users[order], np.arange(len(table.user_ids) + 1))
    for place in np.flatnonzero(which[order]):
        event = int(order[place])
        yield event, order[begins[table.users[event]] : place]


def _same(table: EventTable, items: Rows, among: NDArray[np.intp], event: int) -> Mask:
    """Which of those events chose something about what this one is about."""
    choices: Mask = np.isin(table.kinds[among], _HELD)
    if items[event] >= 0:
        return np.asarray(choices & (items[among] == items[event]))
    topic = table.topics.get(int(table.seq[event]))
    about = [topic is not None and table.topics.get(int(n)) == topic for n in table.seq[among]]
    return np.asarray(choices & np.array(about, dtype=bool))
