"""Moments: what was known of a person, an item and a session when something could happen, and whether it did.

    start    an impression or click: was the item begun before a session's pause had gone by?
    finish   an item that came to its end: completed, or skipped or abandoned?
    leave    after an event: was it the last of its session?
    return   after the last event of a session: did another session begin within so many days?

Only the past is read: a moment knows the events of its person before it, and (for ``leave`` and ``return``) the event
that it follows. Moments whose outcome lies beyond the end of the log are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Mask, Rows, Times
from ..dataset import Dataset
from ..events import KIND_CODE, EventKind
from .session import session_begins

ACTIONS = ("start", "finish", "leave", "return")
FEATURES = (
    "events",
    "sessions",
    "days_known",
    "last_pause",
    "usual_pause",
    "came_back",
    "place",
    "minutes",
    "usual_length",
    "beyond_usual",
    "idle",
    "hour_sin",
    "hour_cos",
    "weekend",
    "liked",
    "finished",
    "last_liked",
    "popularity",
    "item_finished",
    "item_length",
    "met",
    "same_group",
    "like_last",
    "like_person",
)
"""Counts, times and lengths are logarithms; shares are smoothed; what is unknown is NaN."""

DAY_S = 86_400.0
Array = NDArray[Any]
_SHOWN = np.array([KIND_CODE[EventKind.IMPRESSION], KIND_CODE[EventKind.CLICK]], np.uint8)
_PASSIVE = np.array([KIND_CODE[k] for k in (EventKind.IMPRESSION, EventKind.NOW_PLAYING)], np.uint8)
_ENDED = np.array([KIND_CODE[k] for k in (EventKind.COMPLETE, EventKind.SKIP, EventKind.ABANDON)], np.uint8)
_BEGUN = np.array([*_ENDED.tolist(), KIND_CODE[EventKind.PLAY], KIND_CODE[EventKind.NOW_PLAYING]], np.uint8)
_COMPLETE = KIND_CODE[EventKind.COMPLETE]
_SMOOTHING = 5.0
"""Events' worth of the average that a share begins with."""
_BLOCK = 20_000
"""Events whose vectors are added up at once."""


@dataclass(frozen=True)
class Asked:
    """Moments of one action: n of them, in the order of people and time."""

    users: Rows
    before: NDArray[np.int64]
    """How many acts, over everybody in the order of the log, lie before the moment."""
    items: Rows
    at: Times
    happened: Mask
    follows: bool
    """Whether the last of these acts is the one on the item that the moment is about (``leave``, ``return``)."""

    def __len__(self) -> int:
        return len(self.at)

    def only(self, mask: Mask) -> Asked:
        """Some of them."""
        return replace(
            self,
            users=self.users[mask],
            before=self.before[mask],
            items=self.items[mask],
            at=self.at[mask],
            happened=self.happened[mask],
        )


@dataclass(frozen=True)
class ItemFacts:
    """What is known of the items from a log of the past."""

    met: Floats
    """(n items,) log(1 + people who did something with it)."""
    finished: Floats
    """(n items,) how often it was finished of the times that it came to its end, smoothed; NaN without any such log."""
    average: float
    """The same over all items; NaN likewise."""

    @classmethod
    def of(cls, log: Dataset) -> ItemFacts:
        """Count."""
        n = log.n_items
        active = ~np.isin(log.kinds, _PASSIVE)
        pairs = np.unique(log.users[active].astype(np.int64) * max(n, 1) + log.items[active])
        met = np.log1p(np.bincount(pairs % max(n, 1), minlength=n)).astype(np.float32)
        ended, done = np.isin(log.kinds, _ENDED), log.kinds == _COMPLETE
        if done.sum() in (0, ended.sum()):  # nothing, or nothing but completions, tells nothing
            return cls(met, np.full(n, np.nan, np.float32), float("nan"))
        average = float(done.sum() / ended.sum())
        times, finished = (np.bincount(log.items[which], minlength=n) for which in (ended, done))
        share = (finished + _SMOOTHING * average) / (times + _SMOOTHING)
        return cls(met, share.astype(np.float32), average)

    def at(self, rows: Rows) -> tuple[Floats, Floats]:
        """(met, finished) of some rows; nobody has met an item newer than the log."""
        known = rows < len(self.met)
        met, finished = np.zeros(len(rows), np.float32), np.full(len(rows), self.average, np.float32)
        met[known], finished[known] = self.met[rows[known]], self.finished[rows[known]]
        return met, finished


@dataclass(frozen=True)
class Course:
    """What people did, one after the other, cut into sessions; impressions and ``now_playing`` are no acts."""

    log: Dataset
    acts: Dataset
    gap_s: float
    horizon_s: float
    session: NDArray[np.int64]
    """(acts,) number of its session, over everybody."""
    starts: NDArray[np.int64]
    """(sessions,) position of its first act."""
    pauses: Times
    """(sessions,) seconds since the end of the person's session before; NaN for their first."""

    @classmethod
    def of(cls, log: Dataset, gap_s: float, horizon_days: float) -> Course:
        """Cut a log, all of whose events state their time."""
        acts = log.only(~np.isin(log.kinds, _PASSIVE))
        n = len(acts)
        begins = np.zeros(n, bool)
        begins[session_begins(acts.timestamps, gap_s)] = True
        begins[1:] |= acts.users[1:] != acts.users[:-1]
        starts = np.flatnonzero(begins)
        pauses = np.full(len(starts), np.nan)
        again = np.flatnonzero((starts > 0) & (acts.users[starts] == acts.users[np.maximum(starts - 1, 0)]))
        pauses[again] = acts.timestamps[starts[again]] - acts.timestamps[starts[again] - 1]
        return cls(log, acts, gap_s, horizon_days * DAY_S, np.cumsum(begins) - 1, starts, pauses)

    def asked(self) -> dict[str, Asked]:
        """The moments of each of `ACTIONS` whose outcome the log shows."""
        acts = self.acts
        n, end = len(acts), float(self.log.timestamps.max()) if len(self.log) else 0.0
        last = np.ones(n, bool)
        last[:-1] = self.session[1:] != self.session[:-1]

        def moments(of: NDArray[np.int64], follows: bool, happened: Mask) -> Asked:
            return Asked(acts.users[of], of + follows, acts.items[of], acts.timestamps[of], happened, follows)

        told = np.flatnonzero(acts.timestamps <= end - self.gap_s)
        ends = np.flatnonzero(last & (acts.timestamps <= end - self.horizon_s))
        pause = np.append(self.pauses, np.nan)[self.session[ends] + 1]  # NaN: the next session is somebody else's
        ended = np.flatnonzero(np.isin(acts.kinds, _ENDED))
        return {
            "start": self._shown(end),
            "finish": moments(ended, False, acts.kinds[ended] == _COMPLETE),
            "leave": moments(told, True, last[told]),
            "return": moments(ends, True, pause <= self.horizon_s),
        }

    def _shown(self, end: float) -> Asked:
        log = self.log
        shown = np.flatnonzero(np.isin(log.kinds, _SHOWN) & (log.timestamps <= end - self.gap_s))
        begun = np.flatnonzero(np.isin(log.kinds, _BEGUN))
        pair = log.users.astype(np.int64) * max(log.n_items, 1) + log.items
        happened = np.zeros(len(shown), bool)
        if len(begun) and len(shown):
            # Both in the order of pair and time; of equal times the showing comes first.
            both = np.concatenate([shown, begun])
            is_begun = np.repeat([False, True], [len(shown), len(begun)])
            order = np.lexsort((is_begun, log.timestamps[both], pair[both]))
            following = np.where(is_begun[order], np.arange(len(order)), len(order))
            following = np.minimum.accumulate(following[::-1])[::-1]  # position of the next beginning
            found = following < len(order)
            after = both[order[np.where(found, following, 0)]]
            own = both[order]
            soon = found & (pair[after] == pair[own])
            soon &= log.timestamps[after] - log.timestamps[own] <= self.gap_s
            begun_soon = np.zeros(len(both), bool)
            begun_soon[order] = soon
            happened = begun_soon[: len(shown)]
        active = ~np.isin(log.kinds, _PASSIVE)
        before: NDArray[np.int64] = np.cumsum(active)[shown] - active[shown]
        return Asked(log.users[shown], before, log.items[shown], log.timestamps[shown], happened, False)

    def features(self, asked: Asked, facts: ItemFacts) -> Floats:
        """(n, `FEATURES`); where nothing is known of the person before the moment, what asks for their past is NaN."""
        acts = self.acts
        last = np.maximum(asked.before - 1, 0)
        known = asked.before > acts.offsets[asked.users]
        x: dict[str, Any] = dict.fromkeys(FEATURES, np.nan)
        if len(acts):
            past = {**self._past(asked, last), **self._content(asked, last)}
            x |= {name: np.where(known, values, np.nan) for name, values in past.items()}
        x["events"] = np.where(known, x["events"], 0.0)
        hour = 2 * np.pi * (asked.at % DAY_S) / DAY_S
        x["hour_sin"], x["hour_cos"] = np.sin(hour), np.cos(hour)
        x["weekend"] = ((asked.at // DAY_S + 3) % 7 >= 5).astype(float)  # 1970 began on a Thursday
        x["popularity"], x["item_finished"] = facts.at(asked.items)
        x["item_length"] = np.log1p(self.log.catalogue.durations[asked.items])
        return np.stack([np.broadcast_to(x[name], len(asked)) for name in FEATURES], axis=1).astype(np.float32)

    def _past(self, asked: Asked, last: NDArray[np.int64]) -> dict[str, Array]:
        acts, times = self.acts, self.acts.timestamps
        first = acts.offsets[asked.users]
        number = self.session[last]
        begin = self.starts[number]
        earlier = number - self.session[np.minimum(first, len(acts) - 1)]  # sessions before this one
        place = last - begin + 1
        length = np.log(np.where(earlier > 0, begin - first, np.nan) / np.maximum(earlier, 1))
        first_number = number - earlier
        pauses = np.log1p(self.pauses / 3600)
        came = self.pauses <= self.horizon_s
        ended, done = np.isin(acts.kinds, _ENDED), acts.kinds == _COMPLETE
        return {
            "events": np.log1p(asked.before - first),
            "sessions": np.log1p(np.maximum(earlier, 0)),
            "days_known": np.log1p((asked.at - times[np.minimum(first, len(acts) - 1)]) / DAY_S),
            "last_pause": pauses[number],
            "usual_pause": _sum(np.nan_to_num(pauses), first_number + 1, number + 1) / np.maximum(earlier, 1)
            + np.where(earlier > 0, 0.0, np.nan),
            "came_back": _share(came, first_number + 1, number + 1),
            "place": np.log(np.maximum(place, 1)),
            "minutes": np.log1p(np.maximum(times[last] - times[begin], 0) / 60),
            "usual_length": length,
            "beyond_usual": np.log(np.maximum(place, 1)) - length,
            "idle": np.log1p(np.maximum(asked.at - times[last], 0) / 60),
            "liked": _share(acts.weights > 0, first, asked.before),
            "finished": _share(done, first, asked.before, ended),
            "last_liked": acts.weights[last],
            "met": self._met(asked),
        }

    def _met(self, asked: Asked) -> Array:
        """Whether the person had met the item before (for ``leave`` and ``return``: before the event they follow)."""
        acts = self.acts
        n = max(acts.n_items, 1)
        pairs, first = np.unique(acts.users.astype(np.int64) * n + acts.items, return_index=True)
        wanted = asked.users.astype(np.int64) * n + asked.items
        at = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
        met: Array = (pairs[at] == wanted) & (first[at] < asked.before - asked.follows)
        return met.astype(float)

    def _content(self, asked: Asked, last: NDArray[np.int64]) -> dict[str, Array]:
        """How like the item is to the one before it and to what the person liked till then."""
        groups, vectors = self.log.catalogue.groups, self.log.vectors.get("mixed")
        first = self.acts.offsets[asked.users]
        other = np.maximum(last - asked.follows, np.minimum(first, len(self.acts) - 1))
        same = (groups[asked.items] >= 0) & (groups[self.acts.items[other]] == groups[asked.items])
        there = last - asked.follows >= first
        found: dict[str, Array] = {"same_group": np.where(there, same.astype(float), np.nan)}
        if vectors is None:
            return found
        near = np.einsum("nd,nd->n", _of(vectors, asked.items), _of(vectors, self.acts.items[other]))
        found["like_last"] = np.where(there, near, np.nan)
        found["like_person"] = np.full(len(asked), np.nan)
        for where, sums in self._liked_so_far(asked.users, asked.before - asked.follows, vectors):
            length = np.linalg.norm(sums, axis=1)
            cosine = np.einsum("nd,nd->n", sums, _of(vectors, asked.items[where])) / np.maximum(length, 1e-9)
            found["like_person"][where] = np.where(length > 1e-6, cosine, np.nan)
        return found

    def _liked_so_far(self, users: Rows, before: Array, vectors: Floats) -> Iterator[tuple[Array, Floats]]:
        """Blocks of (positions of moments, (n, dim) sum of the vectors of what was liked by their person till then)."""
        acts, offsets = self.acts, self.acts.offsets
        user = 0
        while user < acts.n_users:
            until = max(int(np.searchsorted(offsets, offsets[user] + _BLOCK, side="right")) - 1, user + 1)
            begin, end = int(offsets[user]), int(offsets[until])
            where = np.flatnonzero((users >= user) & (users < until) & (before > offsets[users]))
            if len(where):
                own = np.nan_to_num(_of(vectors, acts.items[begin:end])) * np.maximum(acts.weights[begin:end, None], 0)
                total = np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), np.cumsum(own, axis=0)])
                first = offsets[users[where]] - begin
                yield where, np.asarray(total[before[where] - begin] - total[first], dtype=np.float32)
            user = until


def _of(vectors: Floats, rows: Rows) -> Floats:
    """(n, dim), NaN for rows newer than the vectors."""
    if not len(rows) or rows.max() < len(vectors):
        return vectors[rows]
    found = np.full((len(rows), vectors.shape[1]), np.nan, np.float32)
    known = rows < len(vectors)
    found[known] = vectors[rows[known]]
    return found


def _sum(values: Array, begin: Array, end: Array) -> Array:
    """Of each values[begin:end]."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(total[np.maximum(end, begin)] - total[begin])


def _share(hits: Mask, begin: Array, end: Array, among: Mask | None = None) -> Array:
    """Of each hits[begin:end], among those that count, drawn towards one half where there are few."""
    counted = np.ones(len(hits), bool) if among is None else among
    begin, end = np.minimum(begin, len(hits)), np.minimum(end, len(hits))
    share: Array = (_sum(hits & counted, begin, end) + _SMOOTHING / 2) / (_sum(counted, begin, end) + _SMOOTHING)
    return share
