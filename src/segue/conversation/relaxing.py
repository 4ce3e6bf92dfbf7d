"""Where nothing meets all wishes: which of them it is, and the nearest ways out, with how many items each gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..arrays import Mask
from ..candidates import Candidates
from ..phrases import listed
from ..pipeline.answer import request_of
from ..pipeline.filters.constraints import Constrained
from ..pipeline.filters.gone import Gone
from ..pipeline.filters.maturity import Maturity
from ..pipeline.stages import World
from ..queries import Constraints, Query
from .dialogue import Wish
from .understanding.trees import stated, together

MOST_OPTIONS = 4
_MOST_WISHES = 10
"""Of which single ones and pairs are dropped to see what comes of it."""
_FILTERS = (Gone(), Maturity(), Constrained())
Admits = Callable[[Constraints], Mask]
"""(n items,) what may be shown to the person and meets constraints."""


@dataclass(frozen=True)
class WayOut:
    """One relaxation."""

    dropped: tuple[Wish, ...]
    count: int
    """Items that meet what is left."""
    label: str
    say: str
    """What to send to take it."""


@dataclass(frozen=True)
class Conflict:
    """Why nothing is left."""

    wishes: tuple[Wish, ...]
    """Those without any one of which something would be left; all hard ones where it is no single one."""
    ways: tuple[WayOut, ...]


def meeting(world: World, constraints: Constraints) -> Mask:
    """(n items,) what is in the catalogue and meets the constraints, whether or not it may be shown to somebody."""
    rows = np.arange(len(world.catalogue), dtype=np.int32)
    request = request_of(world, Query(constraints=constraints, explain=False), None, None, None)
    for part in _FILTERS:
        rows = rows[part(request, Candidates(rows))]
    mask: Mask = np.zeros(len(world.catalogue), dtype=bool)
    mask[rows] = True
    return mask


def conflict(world: World, admits: Admits, wishes: Sequence[Wish], chinese: bool) -> Conflict:
    """Why nothing meets the wishes, and what would: numbers moved least and fewest wishes dropped come first."""
    hard = [w for w in wishes if w.constraints != Constraints() and w.what != "known"][-_MOST_WISHES:]
    guilty: list[Wish] = []
    ways: list[tuple[tuple[float, int], WayOut]] = []
    for wish in hard:
        rest = [w for w in wishes if w is not wish]
        left = admits(together(w.constraints for w in rest))
        n = int(left.sum())
        if not n:
            continue
        guilty.append(wish)
        moved = _moved(world, admits, wish, left, rest, chinese)
        if moved is not None:
            ways.append(((0.5, -moved.count), moved))
        ways.append(((1.0, -n), _dropping((wish,), n, chinese)))
    if not ways:
        for pair in combinations(hard, 2):
            rest = [w for w in wishes if w not in pair]
            n = int(admits(together(w.constraints for w in rest)).sum())
            if n:
                ways.append(((2.0, -n), _dropping(pair, n, chinese)))
    ways.sort(key=lambda way: way[0])
    return Conflict(tuple(guilty or hard), tuple(way for _, way in ways[:MOST_OPTIONS]))


def _dropping(wishes: tuple[Wish, ...], n: int, chinese: bool) -> WayOut:
    said = [wish.said(chinese) for wish in wishes]
    if chinese:
        return WayOut(wishes, n, f"不要求{'、'.join(said)}（{n} 个）", "；".join(f"算了“{one}”" for one in said))
    label = f"without {listed([f'“{one}”' for one in said], False)} ({_items(n)})"
    return WayOut(wishes, n, label, "; ".join(f"never mind “{one}”" for one in said))


def _items(n: int) -> str:
    return "1 item" if n == 1 else f"{n:,} items"


def _moved(world: World, admits: Admits, wish: Wish, left: Mask, rest: Sequence[Wish], chinese: bool) -> WayOut | None:
    """The wish with its number moved as little as lets something in: the next length or year there is."""
    limits = stated(wish.constraints)
    if len(limits) != 1:
        return None
    (name, bound), catalogue = next(iter(limits.items())), world.catalogue
    if name.endswith("duration_s"):
        minute = 60.0 if bound >= 600 else 1.0
        values = catalogue.durations[left]
        values = values[np.isfinite(values)]
        if not len(values):
            return None
        low = name.startswith("min")
        nearest = float(np.floor(values.max() / minute)) if low else float(np.ceil(values.min() / minute))
        if nearest <= 0:
            return None
        english = f"{'at least' if low else 'at most'} {nearest:g} {'minutes' if minute > 1 else 'seconds'}"
        zh = f"{nearest:g} {'分钟' if minute > 1 else '秒'}{'以上' if low else '以内'}"
        moved = {name: nearest * minute}
    elif name in ("min_year", "max_year"):
        years = catalogue.years[left]
        years = years[years > 0]
        if not len(years):
            return None
        year = int(years.max() if name == "min_year" else years.min())
        english = f"since {year}" if name == "min_year" else f"until {year}"
        zh = f"{year} 年以来" if name == "min_year" else f"{year + 1} 年以前"
        moved = {name: year}
    else:
        return None
    n = int(admits(together([*(w.constraints for w in rest), Constraints.model_validate(moved)])).sum())
    if not n:
        return None
    if chinese:
        return WayOut((wish,), n, f"{zh}（{n} 个）", f"改成 {zh}")
    return WayOut((wish,), n, f"{english} ({_items(n)})", f"make it {english}")
