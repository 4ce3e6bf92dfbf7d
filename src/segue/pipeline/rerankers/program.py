"""A list to be played: so many entries or so much time, in an order that is good to follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ...arrays import Floats, Rows
from ...candidates import Candidates
from ...catalogue import KIND_CODE, Catalogue
from ...items import ItemKind
from ...playlists import Length, Order
from ..stages import Request, World

FACTS = ("tempo_bpm", "energy")
"""What neighbours in a flow are alike in."""


class Program:
    """Takes the best until the list is full, then puts them in order: no two by the same artist in a row where that can
    be avoided.

    By time, what would go beyond it is passed over, and what states no length is not taken.

    Args:
        length: how many entries, or how much time at most, with what is ``fixed``.
        order: `Order.FLOW` holds for music of which at least half was listened to; else it is that by rank.
        fixed: place in the whole list → row of what stands there already; it is no candidate.
        kept: rows in the person's own order, for `Order.OWN`.
        resting: rows that come in only where the list is not full without them.
    """

    name = "program"

    def __init__(
        self,
        length: Length,
        order: Order = Order.RANK,
        fixed: Mapping[int, int] | None = None,
        kept: Sequence[int] = (),
        resting: Rows | None = None,
    ) -> None:
        self.length, self.order, self.fixed, self.kept = length, order, dict(fixed or {}), tuple(kept)
        self.resting = np.zeros(0, np.int32) if resting is None else resting

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        catalogue, rows = request.world.catalogue, candidates.items
        rested = np.isin(rows, self.resting)
        taken = self._taken(catalogue, rows, np.argsort(rested, kind="stable").tolist())
        if self.order is Order.OWN:
            place = {row: n for n, row in enumerate(self.kept)}
            taken = sorted(taken, key=lambda one: place.get(int(rows[one]), len(place)))
        artists = [artist(catalogue, int(rows[one])) for one in taken]
        slots = slotted(len(taken), self.fixed)
        standing = {n: artist(catalogue, row) for n, row in enumerate(slots) if row is not None}
        flow = None
        if self.order is Order.FLOW:
            flow = _flow(request.world, rows[taken], [None if row is None else row for row in slots])
        return np.array([taken[one] for one in arranged(artists, standing, flow)], dtype=np.int32)

    def _taken(self, catalogue: Catalogue, rows: Rows, order: Sequence[int]) -> list[int]:
        """Positions of what fits in, best first."""
        if self.length.items is not None:
            return list(order[: max(0, self.length.items - len(self.fixed))])
        left = (self.length.seconds or 0.0) - float(np.nansum(catalogue.durations[list(self.fixed.values())]))
        taken = []
        for one in order:
            seconds = float(catalogue.durations[rows[one]])
            if 0 < seconds <= left:
                taken.append(one)
                left -= seconds
        return taken


def slotted(free: int, fixed: Mapping[int, int]) -> list[int | None]:
    """The whole list: the row of what stands fixed, None for each of the free places. A place beyond the end is the
    last one."""
    slots: list[int | None] = []
    waiting = sorted(fixed.items())
    while free or waiting:
        if waiting and (not free or waiting[0][0] <= len(slots)):
            slots.append(waiting.pop(0)[1])
        else:
            slots.append(None)
            free -= 1
    return slots


def artist(catalogue: Catalogue, row: int) -> str:
    """By whom an item is, for not hearing the same twice in a row; empty: nobody knows."""
    item = catalogue.items[row]
    return item.creators[0].name.casefold() if item is not None and item.creators else ""


def arranged(artists: Sequence[str], standing: Mapping[int, str], flow: Floats | None = None) -> list[int]:
    """An order of the free entries, given by rank, in which no artist follows themselves where that can be avoided.

    Greedy: at each place the best of those by another artist than the one before (and than a fixed one behind); whoever
    has more left than all others together goes first, else they would remain among themselves.

    Args:
        artists: of the free entries.
        standing: place → artist of what stands fixed.
        flow: (n + fixed, n + fixed) how far two are apart, free ones first, then the fixed by place; None: by rank.
    """
    left = list(range(len(artists)))
    counts = Counter(one for one in artists if one)
    order: list[int] = []
    before, last, place = "", -1, 0
    numbers = {at: len(artists) + n for n, at in enumerate(sorted(standing))}
    while left:
        if place in standing:
            before, last = standing[place], numbers[place]
            place += 1
            continue
        behind = standing.get(place + 1, "")
        most = max(counts, key=lambda one: counts[one]) if counts else ""
        forced = [one for one in left if artists[one] == most] if most and 2 * counts[most] > len(left) else []
        for choice in (
            [one for one in forced if artists[one] not in (before, behind)],
            [one for one in left if not artists[one] or artists[one] not in (before, behind)],
            [one for one in left if not artists[one] or artists[one] != before],
            left,
        ):
            if choice:
                break
        one = choice[0] if flow is None or last < 0 else min(choice, key=lambda n: (float(flow[last, n]), n))
        order.append(one)
        left.remove(one)
        if artists[one]:
            counts[artists[one]] -= 1
            counts += Counter()
        before, last, place = artists[one], one, place + 1
    return order


def _flow(world: World, free: Rows, slots: Sequence[int | None]) -> Floats | None:
    """(n, n) how far entries are apart in tempo and energy, standard deviations; None where too little is known, or
    where it is not all music."""
    rows = np.array([*free.tolist(), *[row for row in slots if row is not None]], dtype=np.int32)
    if len(rows) < 3 or not (world.catalogue.kinds[rows] == KIND_CODE[ItemKind.TRACK]).all():
        return None
    measures = world.derived("measures", lambda: world.measure() if world.measure else {})
    columns = []
    for name in FACTS:
        if name not in measures:
            continue
        values = measures[name][rows].astype(np.float64)
        if name == "tempo_bpm":  # twice as fast is as far as half as fast
            values = np.log2(np.where(values > 0, values, np.nan))
        known = np.isfinite(values)
        if 2 * np.count_nonzero(known) >= len(rows) and np.ptp(values[known]) > 0:
            columns.append(np.where(known, (values - values[known].mean()) / values[known].std(), 0.0))
    if not columns:
        return None
    points = np.stack(columns, axis=1)
    return np.asarray(np.linalg.norm(points[:, None] - points[None, :], axis=2), dtype=np.float32)
