"""Manipulation: profiles that were made to push or sink an item, found by what they do together.

One odd profile (`oddness`) proves nothing. A group does: injected profiles are odd *and* agree on one item. For each
item, the odd people among those who like it are counted beside how many items as popular have; after Zhang, Tan, Zhang
& Wang and Zhou et al., "Shilling attacks detection in recommender systems based on target item analysis", PLoS ONE
2015. The count is judged by a negative binomial whose spread is that of all items, so that a niche with its own public
is no attack. Of a group that stands out, a share of 1 - expected/found is injected: that is its suspicion.

Accounts that do hardly anything else have no profile to be odd. They show by time: many likes of one item in a time in
which, at the usual pace of the whole service, few were due, from accounts that live in that time alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..arrays import Floats, Mask, Rows
from ..dataset import Dataset
from ..suspects import Reason, Suspect, Verdict
from .oddness import LIKED, Column, Profiles, oddness, views

SUSPECTED = 0.5
"""From such a suspicion on a person is shown for review and weighs less."""
SURE = 0.8
"""From such a suspicion on they count for nothing in training."""
STANDS_OUT = 3.0
"""A view with such a score is named among the reasons."""

_TAILS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)
"""Shares of the people that are taken for odd, one after the other: how many are injected is not known."""
_LEAST_GROUP = 5
_LEAST_EXCESS = 3.0
"""A group has so many times as many odd people as such an item has elsewhere."""
_CHANCE = 1e-3
"""Of finding any group in a log without one."""
_NEAR = 50
"""Items next above and next below in popularity that an item is compared with."""
_BURST = 8
"""Likes of one burst at least."""


@dataclass(frozen=True)
class Group:
    """People who agree on an item in a way that chance does not explain."""

    item: int
    """Row of the item."""
    code: str
    """``pushes``, ``sinks`` or ``burst``."""
    found: int
    expected: float
    chance: float
    """How likely it is without manipulation."""
    seconds: float | None = None
    """How long a burst lasted."""


@dataclass(frozen=True)
class Suspicions:
    """What was found in a dataset, by row of its people."""

    suspicion: Column
    """(n users,) 0 … 1."""
    score: Column
    """(n users,) suspicion, and among equally suspected the odder higher: what a ranking reads."""
    views: Mapping[str, Column]
    groups: tuple[Group, ...] = ()
    members: Mapping[int, tuple[Group, ...]] = field(default_factory=dict)
    """Row of a person → the groups they belong to, the most telling first."""

    def factors(self) -> Floats:
        """(n users,) how much each counts in training: 1 up to `SUSPECTED`, falling to 0 at `SURE`."""
        over = (self.suspicion - SUSPECTED) / (SURE - SUSPECTED)
        return (1 - np.clip(over, 0, 1)).astype(np.float32)


def suspicions(dataset: Dataset) -> Suspicions:
    """Look for injected profiles in the events of a dataset; nothing in it is changed."""
    profiles = Profiles.of(dataset)
    scores = views(profiles)
    suspicion = np.zeros(dataset.n_users)
    members: dict[int, list[Group]] = {}
    groups: list[Group] = []
    odd = oddness(scores) if scores else np.zeros(dataset.n_users)

    def add(group: Group, people: Rows, share: Column) -> None:
        groups.append(group)
        suspicion[people] = np.maximum(suspicion[people], share)
        for person in people[share >= SUSPECTED].tolist():
            members.setdefault(person, []).append(group)

    if scores:
        for code, side in (("pushes", profiles.weights >= LIKED), ("sinks", profiles.weights <= -LIKED)):
            for found in _agreeing(profiles, side, odd, code):
                add(*found)
    for found in _bursts(dataset):
        add(*found)
    rank = stats.rankdata(odd) / max(len(odd), 1)
    ordered = {p: tuple(sorted(own, key=lambda g: g.chance)) for p, own in members.items()}
    return Suspicions(suspicion, (suspicion + rank) / 2, scores, tuple(groups), ordered)


def suspects(
    found: Suspicions,
    dataset: Dataset,
    verdicts: Mapping[str, Verdict],
    factors: Floats,
    machines: Mapping[int, Sequence[Reason]],
) -> list[Suspect]:
    """Everybody to look at, the most suspected first: suspects, and those about whom a person has decided.

    Args:
        factors: (n users,) how much each counts in training, decisions included.
        machines: row of a person → why they can be no human, see `segue.profiles.cleaning`.
    """
    row_of = {user_id: row for row, user_id in enumerate(dataset.user_ids)}
    events = np.diff(dataset.offsets)
    wanted = {dataset.user_ids[row] for row in np.flatnonzero(found.suspicion >= SUSPECTED).tolist()}
    wanted |= {dataset.user_ids[row] for row in machines}
    shown = []
    for user_id in sorted(wanted | verdicts.keys()):
        row, verdict = row_of.get(user_id), verdicts.get(user_id)
        suspicion = 0.0 if row is None else 1.0 if row in machines else float(found.suspicion[row])
        if verdict is not None:
            suspicion = float(verdict.confirmed)
        told = [] if row is None else [*machines.get(row, ()), *_reasons(found, row, dataset)]
        shown.append(
            Suspect(
                user_id=user_id,
                suspicion=suspicion,
                factor=1.0 if row is None else float(factors[row]),
                events=0 if row is None else int(events[row]),
                reasons=tuple(told),
                items=tuple(dict.fromkeys(str(r.facts["item"]) for r in told if "item" in r.facts)),
                status="pending" if verdict is None else "confirmed" if verdict.confirmed else "cleared",
            )
        )
    return sorted(shown, key=lambda s: (-s.suspicion, s.user_id))


def _reasons(found: Suspicions, row: int, dataset: Dataset) -> list[Reason]:
    named = []
    for group in found.members.get(row, ()):
        facts: dict[str, float | str] = {
            "item": dataset.catalogue.ids[group.item],
            "found": group.found,
            "expected": round(group.expected, 1),
        }
        if group.seconds is not None:
            facts["seconds"] = round(group.seconds)
        named.append(Reason(group.code, facts))
    outstanding = {view: float(column[row]) for view, column in found.views.items() if column[row] >= STANDS_OUT}
    order = sorted(outstanding, key=lambda v: -outstanding[v])
    return named + [Reason(view, {"score": round(outstanding[view], 1)}) for view in order]


# Groups of odd people.


def _agreeing(profiles: Profiles, side: Mask, odd: Column, code: str) -> list[tuple[Group, Rows, Column]]:
    """Groups of odd people on one item, each with its people and the suspicion of each."""
    users, items = profiles.users[side], profiles.items[side]
    met = np.bincount(items, minlength=profiles.n_items)
    tests = len(_TAILS) * max(int(np.count_nonzero(met)), 1)
    order = np.argsort(-odd, kind="stable")
    place = np.empty(len(odd), np.int64)
    place[order] = np.arange(len(odd))  # 0 is the oddest
    counts = [np.bincount(items[place[users] < tail * len(odd)], minlength=profiles.n_items) for tail in _TAILS]
    expected = [_usual(count, met) for count in counts]
    chances = [_chance(count, usual, met) for count, usual in zip(counts, expected, strict=True)]
    found = []
    best = np.argmin(chances, axis=0)
    for item in np.flatnonzero(np.min(chances, axis=0) < _CHANCE / tests).tolist():
        at = int(best[item])
        together, due = int(counts[at][item]), float(expected[at][item])
        if together < _LEAST_GROUP or together < _LEAST_EXCESS * due:
            continue
        people = users[items == item]
        share = _share([c[item] for c in counts], [e[item] for e in expected], place[people], len(odd))
        found.append((Group(item, code, together, due, float(chances[at][item])), people, share))
    return found


def _usual(count: NDArray[np.int64], met: NDArray[np.int64]) -> Column:
    """(n items,) how many odd people items as popular have: `_NEAR` on either side, the item itself left out."""
    order = np.lexsort((np.arange(len(met)), met))
    near = np.arange(len(met))
    low, high = np.maximum(near - _NEAR, 0), np.minimum(near + _NEAR + 1, len(met))
    odd, all_ = (np.concatenate([[0], np.cumsum(column[order])]) for column in (count, met))
    share = (odd[high] - odd[low] - count[order] + 1) / (all_[high] - all_[low] - met[order] + 2)
    usual = np.empty(len(met))
    usual[order] = share * met[order]
    return usual


def _chance(count: NDArray[np.int64], usual: Column, met: NDArray[np.int64]) -> Column:
    """(n items,) how likely so many or more are, when items differ as much from the usual as items do."""
    judged = (met >= _LEAST_GROUP) & (usual > 0)
    chance = np.ones(len(count))
    if not judged.any():
        return chance
    found, due = count[judged].astype(np.float64), usual[judged]
    apart = (found - due) ** 2
    calm = apart / due <= np.quantile(apart / due, 0.99)  # the attacked ones do not say what is usual
    spread = max(float((apart - due)[calm].sum() / (due[calm] ** 2).sum()), 0.05)
    size = 1 / spread
    chance[judged] = stats.nbinom.sf(found - 1, size, size / (size + due))
    return chance


def _share(count: list[int], usual: list[float], place: Rows, n_people: int) -> Column:
    """(people,) of a group's stratum of oddness, the share that is more than usual."""
    share = np.zeros(len(place))
    before_count, before_usual, begin = 0.0, 0.0, 0.0
    for tail, found, due in zip(_TAILS, count, usual, strict=True):
        more, more_due = found - before_count, max(due - before_usual, 0.0)
        inside = (place >= begin) & (place < tail * n_people)
        if more > 0:
            share[inside] = max(0.0, 1 - more_due / more)
        before_count, before_usual, begin = found, due, tail * n_people
    return share


# Bursts.


def _bursts(dataset: Dataset) -> list[tuple[Group, Rows, Column]]:
    """Bursts of likes by accounts that live in the burst alone, each with its people and their suspicion."""
    timed = np.isfinite(dataset.timestamps)
    first, last = np.full(dataset.n_users, np.inf), np.full(dataset.n_users, -np.inf)
    np.minimum.at(first, dataset.users[timed], dataset.timestamps[timed])
    np.maximum.at(last, dataset.users[timed], dataset.timestamps[timed])
    likes = np.flatnonzero(timed & (dataset.weights >= LIKED))
    if len(likes) < _BURST:
        return []
    # The clock that counts all likes: a busy evening is no burst.
    likes = likes[np.argsort(dataset.timestamps[likes], kind="stable")]
    clock = np.arange(len(likes)) / len(likes)
    lives = np.sort((last - first)[np.isfinite(first)])
    by_item = np.argsort(dataset.items[likes], kind="stable")
    items = dataset.items[likes][by_item]
    begins = np.flatnonzero(np.diff(items, prepend=-1))
    tests = max(len(begins), 1)
    found = []
    for own in np.split(by_item, begins[1:]):
        if len(own) < _BURST:
            continue
        window, chance = _densest(clock[own])
        if chance * tests > _CHANCE:
            continue
        events = likes[own[window]]
        times, people = dataset.timestamps[events], np.unique(dataset.users[events])
        seconds = float(times[-1] - times[0])
        only = (first[people] >= times[0] - seconds) & (last[people] <= times[-1] + seconds)
        usual = float(np.searchsorted(lives, 3 * seconds, side="right")) / max(len(lives), 1)
        short = int(np.count_nonzero(only))
        due = usual * len(people)
        unlikely = float(stats.binom.sf(short - 1, len(people), min(usual, 1.0)))
        if short >= _BURST and unlikely * tests < _CHANCE and short >= _LEAST_EXCESS * due:
            group = Group(int(dataset.items[events[0]]), "burst", short, due, max(unlikely, chance), seconds)
            found.append((group, people[only].astype(np.int32), np.full(short, 1 - due / short)))
    return found


def _densest(clock: Column) -> tuple[slice, float]:
    """The most surprising run of an item's likes on the clock of all likes, and how likely any such run is.

    The item's own pace since its first like is what is usual, so that a new item is no burst by being new.
    """
    n = len(clock)
    pace = n / max(1 - float(clock[0]), 1e-12)
    best, chance = slice(0, n), 1.0
    size = _BURST
    while size <= n:
        spans = clock[size - 1 :] - clock[: n - size + 1]
        start = int(np.argmin(spans))
        # As many windows as there are likes have been looked at.
        likely = min(1.0, n * float(stats.poisson.sf(size - 2, pace * float(spans[start]))))
        if likely < chance:
            best, chance = slice(start, start + size), likely
        size += max(1, size // 8)
    return best, chance
