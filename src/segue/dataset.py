"""Dataset: a frozen, numbered view of items and events, to learn from and evaluate on; History: one person's part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .arrays import Floats, Mask, Rows, Sparse, Times
from .catalogue import KIND_CODE as ITEM_KIND_CODE
from .catalogue import Catalogue
from .choices import in_time, spoken
from .events import CONSUMED, KIND_CODE, EventKind, EventTable
from .items import ItemKind

WARM_EVENTS = 5
"""From so many events on a person counts as known well, in every choice and every report."""
_COMMENT_CODES = np.array([KIND_CODE[k] for k in (EventKind.COMMENT, EventKind.BULLET_COMMENT)], dtype=np.uint8)
_CONSUMED_CODES = np.array([KIND_CODE[k] for k in CONSUMED], dtype=np.uint8)


_FULL_SHARE = 0.8
"""Of a film, an episode, a video … from which on it has been watched."""
_MUSIC_SHARE, _MUSIC_S = 0.5, 240.0
"""A track has been listened to from this share or from so many seconds on, whichever comes first."""


def watch_share(table: EventTable, items: Rows, catalogue: Catalogue) -> Floats:
    """(n events,) how much of what makes a play whole was played, 0 … 1; NaN where that is not known.

    A track is whole from half of it or four minutes on, a short from one loop on, everything else from 80 % on.

    Args:
        items: (n,) row of each event's item, see `item_rows`.
    """
    kinds = np.append(catalogue.kinds, np.int8(-1))[items]
    durations = item_durations(items, catalogue)
    music, short = kinds == ITEM_KIND_CODE[ItemKind.TRACK], kinds == ITEM_KIND_CODE[ItemKind.SHORT]
    whole = np.where(short, durations, np.float32(_FULL_SHARE) * durations)
    whole = np.where(music, np.minimum(np.float32(_MUSIC_SHARE) * durations, np.float32(_MUSIC_S)), whole)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = table.played_s / whole
    loops = short & np.isnan(share)
    share = np.where(loops, table.value, share)
    return np.asarray(np.clip(share, 0, 1), dtype=np.float32)


def preferences(
    table: EventTable, signals: Mapping[EventKind, float], share: Floats, own_scale: bool = False
) -> Floats:
    """How much each event speaks for (> 0) or against (< 0) its item, about -1 … 1.

    Args:
        table: n events.
        signals: weight per kind of event (`Settings.signals`).
        share: (n,) how much of a whole play each event is, see `watch_share`.
        own_scale: whether a rating counts by its place among the person's own ratings.

    A rating counts by its place on its own scale: lowest -1, middle 0, highest 1, times the weight of ``rate``. A play
    whose watched share is known lies between the weights of ``abandon`` (share 0) and ``complete`` (share 1).

    A comment counts by what it says, times the weight of its kind; one that is undecided, or repeats what the same
    person has said before, says nothing. A rating that comes with a text is drawn towards what the text says, as far as
    the weight of ``comment`` beside that of ``rate`` goes.
    """
    by_code = np.zeros(len(EventKind), dtype=np.float32)
    for kind, weight in signals.items():
        by_code[KIND_CODE[kind]] = weight
    weights = by_code[table.kinds]
    rated = table.kinds == KIND_CODE[EventKind.RATE]
    with np.errstate(invalid="ignore", divide="ignore"):
        place = 2 * (table.value - table.scale_low) / (table.scale_high - table.scale_low) - 1
    if own_scale:
        place = _among_own(table, place, rated)
    weights[rated] *= place[rated]
    partial = (table.kinds == KIND_CODE[EventKind.PLAY]) & np.isfinite(share)
    low, high = by_code[KIND_CODE[EventKind.ABANDON]], by_code[KIND_CODE[EventKind.COMPLETE]]
    weights[partial] = low + (high - low) * share[partial]
    told = np.where(repeated(table), np.float32(np.nan), table.opinion)
    commented = np.isin(table.kinds, _COMMENT_CODES)
    weights[commented] *= told[commented]
    both = rated & np.isfinite(told)
    rate, comment = (abs(float(by_code[KIND_CODE[kind]])) for kind in (EventKind.RATE, EventKind.COMMENT))
    if both.any() and rate and comment:
        drawn = comment / (rate + comment)
        weights[both] = (1 - drawn) * weights[both] + drawn * by_code[KIND_CODE[EventKind.RATE]] * told[both]
    return np.nan_to_num(weights, nan=0.0)


def repeated(table: EventTable) -> Mask:
    """(n events,) what says again what the same person has said before, by time, then by arrival."""
    found = np.zeros(len(table), dtype=bool)
    read = np.flatnonzero(table.said)
    if len(read) > 1:
        order = read[np.lexsort((table.seq[read], table.at[read], table.said[read], table.users[read]))]
        again = (np.diff(table.said[order]) == 0) & (np.diff(table.users[order]) == 0)
        found[order[1:][again]] = True
    return found


_PRIOR_RATINGS, _PRIOR_SPREAD = 50.0, 0.5
"""How many ratings the middle of the scale and the usual spread are worth beside a person's own."""


def _among_own(table: EventTable, place: Floats, rated: Mask) -> Floats:
    """(n,) places of ratings beside what the person had rated on that scale by then: (place - m) / s times the usual s.

    Mean m and deviation s shrink towards the middle of the scale and the usual spread. Only earlier ratings count, so
    that what a rating says does not change with what comes after it.
    """
    rows = np.flatnonzero(rated & np.isfinite(place))
    rows = rows[np.lexsort((table.seq[rows], table.at[rows], table.scale_high[rows], table.scale_low[rows]))]
    rows = rows[np.argsort(table.users[rows], kind="stable")]
    keys = (table.users[rows], table.scale_low[rows], table.scale_high[rows])
    new = np.ones(len(rows), dtype=bool)
    new[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    begins = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    own = place[rows].astype(np.float64)
    before = [np.concatenate([[0.0], np.cumsum(x)]) for x in (own, own**2)]
    count = np.arange(1, len(rows) + 1) - begins
    total, squares = (x[1:] - x[begins] for x in before)
    mean = total / (count + _PRIOR_RATINGS)
    variance = squares - 2 * mean * total + count * mean**2 + _PRIOR_RATINGS * _PRIOR_SPREAD**2
    result = place.copy()
    spread = np.sqrt(variance / (count + _PRIOR_RATINGS))
    result[rows] = np.clip(_PRIOR_SPREAD * (own - mean) / spread, -1, 1)
    return result


def item_rows(table: EventTable, catalogue: Catalogue) -> Rows:
    """(n events,) row of each event's item; -1 where it has none or the catalogue does not know it."""
    rows = np.append(catalogue.rows(table.item_ids), np.int32(-1))  # what code -1 (no item) finds
    return rows[table.items]


def item_durations(items: Rows, catalogue: Catalogue) -> Floats:
    """(n events,) length in seconds of the items in these rows, NaN where unknown."""
    return np.append(catalogue.durations, np.float32(np.nan))[items]


@dataclass(frozen=True)
class History:
    """What one person did, oldest first. The only thing that a model is told about a person.

    All arrays have the same length L.
    """

    items: Rows
    weights: Floats
    """Preference of each event, see `preferences`."""
    timestamps: Times
    """NaN where only the order is known."""
    kinds: NDArray[np.uint8]
    user_id: str | None = None

    @classmethod
    def empty(cls, user_id: str | None = None) -> History:
        """Nothing known."""
        return cls.of([], user_id=user_id)

    @classmethod
    def of(
        cls, items: Sequence[int] | Rows, weights: Sequence[float] | None = None, user_id: str | None = None
    ) -> History:
        """A history of completed items without times; weight 1 each unless given."""
        n = len(items)
        return cls(
            items=np.asarray(items, dtype=np.int32),
            weights=np.ones(n, np.float32) if weights is None else np.asarray(weights, dtype=np.float32),
            timestamps=np.full(n, np.nan),
            kinds=np.full(n, KIND_CODE[EventKind.COMPLETE], dtype=np.uint8),
            user_id=user_id,
        )

    def __len__(self) -> int:
        return len(self.items)

    def only(self, mask: Mask | slice) -> History:
        """The events where ``mask`` is true."""
        return replace(
            self,
            items=self.items[mask],
            weights=self.weights[mask],
            timestamps=self.timestamps[mask],
            kinds=self.kinds[mask],
        )

    @cached_property
    def positive(self) -> History:
        """The events that speak for their item."""
        return self.only(self.weights > 0)

    @cached_property
    def consumed(self) -> Rows:
        """Items that the person has met, each once, ascending."""
        return np.unique(self.items[np.isin(self.kinds, _CONSUMED_CODES)])


@dataclass(frozen=True)
class Holdout:
    """What some people did next: the answers that a model is asked for. Person ``users[j]`` has
    ``items[offsets[j]:offsets[j + 1]]``."""

    users: Rows
    offsets: NDArray[np.int64]
    items: Rows

    @classmethod
    def of(cls, answers: Mapping[int, Sequence[int] | Rows]) -> Holdout:
        """From a mapping user row → item rows; people without an answer are left out."""
        kept = {u: np.asarray(i, dtype=np.int32) for u, i in sorted(answers.items()) if len(i)}
        return cls(
            users=np.array(list(kept), dtype=np.int32),
            offsets=np.cumsum([0, *(len(i) for i in kept.values())], dtype=np.int64),
            items=np.concatenate(list(kept.values())) if kept else np.zeros(0, np.int32),
        )

    def __len__(self) -> int:
        return len(self.users)

    def answers(self, j: int) -> Rows:
        """Item rows held out for person ``users[j]``."""
        return self.items[self.offsets[j] : self.offsets[j + 1]]


@dataclass(frozen=True)
class Dataset:
    """Events sorted by person and then by time (ties and unknown times: by arrival), with numbered people and items.

    Columns ``users items kinds timestamps weights seq`` have one entry an event; person u's events are
    ``offsets[u]:offsets[u + 1]``. Impressions and ``now_playing`` are in it (weight 0); events that must not train, and
    what a person took back (`segue.choices`), are not.
    """

    catalogue: Catalogue
    user_ids: tuple[str, ...]
    users: Rows
    items: Rows
    kinds: NDArray[np.uint8]
    timestamps: Times
    weights: Floats
    seq: NDArray[np.int64]
    vectors: Mapping[str, Floats] = field(default_factory=dict)
    """Content vectors by space (``text``, ``audio``, ``picture``, ``mixed`` …): (n items, dim), NaN where missing."""

    @classmethod
    def build(
        cls,
        catalogue: Catalogue,
        table: EventTable,
        signals: Mapping[EventKind, float],
        vectors: Mapping[str, Floats] | None = None,
        until: float | None = None,
        own_scale: bool = False,
    ) -> Dataset:
        """Number, weigh and sort the events.

        Args:
            until: leave out events at or after this time (seconds); events without a time stay.
            own_scale: see `preferences`.

        Events on items that the catalogue does not have are left out.
        """
        user_ids = table.user_ids
        items = item_rows(table, catalogue)
        keep = (items >= 0) & table.train
        if until is not None:
            keep &= ~(table.at >= until)
        factor = spoken(table, items, catalogue)
        keep &= factor > 0
        weights = preferences(table, signals, watch_share(table, items, catalogue), own_scale) * factor
        order = in_time(table)
        order = order[keep[order]]
        return cls(
            catalogue=catalogue,
            user_ids=user_ids,
            users=table.users[order],
            items=items[order],
            kinds=table.kinds[order],
            timestamps=table.at[order],
            weights=weights[order],
            seq=table.seq[order],
            vectors=vectors or {},
        )

    def __len__(self) -> int:
        return len(self.users)

    @property
    def n_users(self) -> int:
        """People, also those without any event left in this view."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Rows of the catalogue."""
        return len(self.catalogue)

    def only(self, mask: Mask) -> Dataset:
        """The same people and items with some of the events."""
        return replace(
            self,
            users=self.users[mask],
            items=self.items[mask],
            kinds=self.kinds[mask],
            timestamps=self.timestamps[mask],
            weights=self.weights[mask],
            seq=self.seq[mask],
        )

    def weighed(self, factors: Floats) -> Dataset:
        """The same events, each counting so much of what it counts here.

        Args:
            factors: (n events,) 0 … 1, see `segue.profiles.cleaning`.
        """
        return replace(self, weights=(self.weights * factors).astype(np.float32))

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """(n users + 1,): where each person's events begin."""
        return np.searchsorted(self.users, np.arange(self.n_users + 1)).astype(np.int64)

    @cached_property
    def has_times(self) -> bool:
        """Whether every event states its time."""
        return bool(len(self) and np.isfinite(self.timestamps).all())

    @cached_property
    def positive(self) -> Mask:
        """Events that speak for their item."""
        return self.weights > 0

    @cached_property
    def matrix(self) -> Sparse:
        """(n users, n items) float32: the sum of each pair's positive preferences; zeros are not stored."""
        p = self.positive
        shape = (self.n_users, self.n_items)
        matrix = sparse.csr_array((self.weights[p], (self.users[p], self.items[p])), shape=shape, dtype=np.float32)
        matrix.sum_duplicates()
        return matrix

    def history(self, user: int) -> History:
        """The events of one person (row number)."""
        own = slice(self.offsets[user], self.offsets[user + 1])
        return History(
            items=self.items[own],
            weights=self.weights[own],
            timestamps=self.timestamps[own],
            kinds=self.kinds[own],
            user_id=self.user_ids[user],
        )
