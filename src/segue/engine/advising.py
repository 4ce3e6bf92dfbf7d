"""Who gets the advice of a language model on the order of their home page, and what is remembered of it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import SegueError, ServiceDown
from ..items import Item
from ..llm.client import LanguageModel
from ..pipeline.stages import World
from ..profiles.cold_start import digest, is_new, ordered, told
from ..profiles.history import Live
from ..queries import Constraints, Query
from ..settings import Settings

Advice = Callable[[Sequence[Item]], Sequence[str]]

PEOPLE_KEPT = 1000
"""New people whose order stays in the memory of this process."""
STATES_KEPT = 4
"""Orders of one person: by what was known of them and what was asked for."""
REST_S = 60.0
"""How long a person in whose time there was no answer is not made to wait again."""


@dataclass
class _Kept:
    orders: OrderedDict[str, tuple[str, ...]] = field(default_factory=OrderedDict)
    failed: dict[str, float] = field(default_factory=dict)


class Advising:
    """Asks for the order of newcomers' short lists. Threads may share it.

    Args:
        asked: the language model of this process.
    """

    def __init__(self, settings: Settings, asked: Callable[[], LanguageModel]) -> None:
        self._settings = settings
        self._asked = asked
        self._people: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, query: Query, live: Live | None, world: World, ask: bool = True) -> Advice | None:
        """What gives the order for this query; None: nobody does, as for everybody who is known well.

        Args:
            ask: False: only what is remembered is used.
        """
        wanted = self._settings.llm
        if not wanted.url or wanted.cold_start <= 0 or query.recipe != "home" or query.group:
            return None
        if live is None or query.user_id is None or not query.personal or not _main_row(query):
            return None
        if not is_new(live, self._settings, time.time()):
            return None
        user_id, person = query.user_id, told(live, world.catalogue)
        state = digest(person, world.version, query.constraints.model_dump_json())
        return lambda items: self._order(items, user_id, person, state, ask)

    def _order(self, items: Sequence[Item], user_id: str, person: dict[str, Any], state: str, ask: bool) -> list[str]:
        with self._lock:
            kept = self._people.get(user_id) or _Kept()
            order, failed = kept.orders.get(state, ()), kept.failed.get(state, 0.0)
        ids = [item.id for item in items]
        if 2 * sum(item_id in order for item_id in ids) >= len(ids) or (order and not ask):
            return _applied(order, ids)
        if not ask:
            return ids
        if time.monotonic() < failed:
            raise ServiceDown("the language model gave no order in time a moment ago", passing=False)
        try:
            found = ordered(items, person, self._asked(), user_id, self._settings.llm.cold_start_s, state)
        except SegueError:
            self._note(user_id, state, None)
            raise
        self._note(user_id, state, tuple(found))
        return found

    def _note(self, user_id: str, state: str, order: tuple[str, ...] | None) -> None:
        with self._lock:
            kept = self._people.setdefault(user_id, _Kept())
            self._people.move_to_end(user_id)
            if order is None:
                kept.failed = {state: time.monotonic() + REST_S}
            else:
                kept.orders[state] = order
                kept.failed.pop(state, None)
            while len(kept.orders) > STATES_KEPT:
                kept.orders.popitem(last=False)
            while len(self._people) > PEOPLE_KEPT:
                self._people.popitem(last=False)

    def forget(self, user_id: str) -> None:
        """Drop what is kept of a person."""
        with self._lock:
            self._people.pop(user_id, None)


def _main_row(query: Query) -> bool:
    """Whether the list is that of the page itself: its further rows state kinds or years, and are not asked about."""
    stated = query.constraints.model_copy(update={"exclude": (), "max_maturity": None, "allow_explicit": True})
    return stated == Constraints()


def _applied(order: Sequence[str], ids: Sequence[str]) -> list[str]:
    """The items that are there in the order that was given; those that came since keep their places."""
    known = iter([item_id for item_id in order if item_id in set(ids)])
    there = set(order)
    return [next(known) if item_id in there else item_id for item_id in ids]
