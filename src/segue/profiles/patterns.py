"""Patterns: when and how a person listens and watches, in counts that they can check against their own memory.

Everything here is read from one history. An event counts where the person met an item (played, finished, skipped,
liked, rated …); several events on one item within a session are one visit. Sessions are cut as everywhere
(`segue.profiles.session`). Hours and weekdays are those of the person's own time zone where one is stated of them,
else UTC, and the result says which.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..catalogue import Catalogue
from ..dataset import History
from ..events import CONSUMED, KIND_CODE, EventKind
from ..settings import SessionSettings
from .drift import Drift, drift
from .session import session_begins

_MET = np.array([KIND_CODE[k] for k in CONSUMED - {EventKind.ALREADY_SEEN}], dtype=np.uint8)
BINGE = 3
"""So many different items of one series or album in one session are a binge."""
PARTS = {"night": range(6), "morning": range(6, 12), "afternoon": range(12, 18), "evening": range(18, 24)}
"""Parts of the day by their hours."""
_TOP = 5
_CERTAIN = 0.001
"""p of the test whether a person keeps to hours at all."""


@dataclass(frozen=True)
class Sitting:
    """How long sessions are."""

    sessions: int
    events: float
    """Median number of visits of a session."""
    minutes: float | None
    """Median length from first to last event; None where times are unknown."""
    longest_minutes: float | None
    per_week: float | None
    """Sessions a week, from the first to the last; None with less than a week to look at."""


@dataclass(frozen=True)
class Binges:
    """Several episodes or tracks of one series or album in one session."""

    share: float
    """Of the sessions: 0 … 1."""
    groups: tuple[tuple[str, int], ...]
    """(series or album, visits in binges), the most first."""


@dataclass(frozen=True)
class Repeats:
    """Coming back to what was met in an earlier session."""

    share: float
    """Of the visits: 0 … 1."""
    items: tuple[tuple[str, int], ...]
    """(id, visits) of what was come back to most."""


@dataclass(frozen=True)
class Exploration:
    """How often a visit is a first meeting. Only the newer half of the visits counts: in the beginning all is new."""

    visits: int
    """Counted."""
    items: float | None
    """Share of visits to an item never met before; None without any visit."""
    creators: float | None
    """Share of visits, among those whose creators are known, to none that was met before."""
    genres: float | None
    """Share of visits, among those with a genre, that brought a genre never met before."""


@dataclass(frozen=True)
class Patterns:
    """The habits of one person."""

    events: int
    zone: str
    """Time zone of all hours and days."""
    zone_stated: bool
    """False: none is stated of the person (or none that there is), so the hours are UTC."""
    hours: tuple[int, ...]
    """24 counts of visits, from midnight on."""
    weekdays: tuple[int, ...]
    """7 counts, Monday first."""
    week: tuple[tuple[int, ...], ...]
    """7 days of 24 hours."""
    part: str | None
    """The part of the day with most visits where these surely keep to hours (Rayleigh test), else None."""
    weekend: float | None
    """Share of Saturday and Sunday; 0.29 is no preference."""
    kinds: Mapping[str, Mapping[str, float]]
    """Part of the day → kind of item → share of the visits there."""
    devices: Mapping[str, float]
    """Device → share of the events that name one, the most used first."""
    sitting: Sitting
    binges: Binges
    repeats: Repeats
    exploration: Exploration
    drift: Drift

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return asdict(self)


def zone_of(attributes: Mapping[str, Any]) -> tuple[tzinfo, str, bool]:
    """(time zone, its name, whether it is stated) of a person with these attributes: ``timezone``, such as
    ``Asia/Shanghai``; UTC where there is none, or none that this machine knows."""
    name = attributes.get("timezone")
    if isinstance(name, str) and name and len(name) <= 64:
        try:
            return ZoneInfo(name), name, True
        except (OSError, ValueError, KeyError):  # no name of a zone, or (KeyError) no such zone on this machine
            pass
    return UTC, "UTC", False


def patterns(
    history: History,
    catalogue: Catalogue,
    vectors: Floats | None,
    settings: SessionSettings,
    attributes: Mapping[str, Any] | None = None,
    devices: Iterable[str] = (),
) -> Patterns:
    """Read the habits of a person.

    Args:
        vectors: (n items, dim) in the space ``mixed``, for the drift; None where there are none.
        attributes: what is stated of the person (`User.attributes`); of these ``timezone`` is read.
        devices: the device of each event that names one.
    """
    zone, name, stated = zone_of(attributes or {})
    visits = _visits(history, catalogue, settings)
    week, kinds = _in_time(visits, catalogue, zone)
    hours, days = week.sum(axis=0), week.sum(axis=1)
    total = int(week.sum())
    named = Counter(devices)
    return Patterns(
        events=len(history),
        zone=name,
        zone_stated=stated,
        hours=tuple(hours.tolist()),
        weekdays=tuple(days.tolist()),
        week=tuple(tuple(day) for day in week.tolist()),
        part=_part(hours, _hours(visits.begin, zone)),
        weekend=round(float(days[5:].sum() / total), 4) if total else None,
        kinds=kinds,
        devices={d: round(n / named.total(), 4) for d, n in sorted(named.items(), key=lambda e: (-e[1], e[0]))},
        sitting=_sitting(visits),
        binges=_binges(visits, catalogue),
        repeats=_repeats(visits, catalogue),
        exploration=_exploration(visits, catalogue),
        drift=drift(history, vectors, settings),
    )


@dataclass(frozen=True)
class _Visits:
    """Meetings of a person with items, oldest first; one an item and session."""

    items: NDArray[np.int32]
    at: NDArray[np.float64]
    session: NDArray[np.intp]
    begin: NDArray[np.float64]
    """(sessions,) time of the first event."""
    end: NDArray[np.float64]


def _visits(history: History, catalogue: Catalogue, settings: SessionSettings) -> _Visits:
    met = np.isin(history.kinds, _MET) & catalogue.alive[history.items]
    items, at = history.items[met], history.timestamps[met]
    begins = session_begins(at, settings.gap_s)
    session = np.searchsorted(begins, np.arange(len(items)), side="right") - 1
    ends = np.append(begins[1:], len(items)) - 1 if len(begins) else begins
    pairs = session.astype(np.int64) * max(len(catalogue), 1) + items
    first = np.sort(np.unique(pairs, return_index=True)[1])
    return _Visits(items[first], at[first], session[first], at[begins], at[ends])


def _in_time(
    visits: _Visits, catalogue: Catalogue, zone: tzinfo
) -> tuple[NDArray[np.int64], dict[str, dict[str, float]]]:
    """((7, 24) visits by weekday and hour, part of the day → kind → share)."""
    week = np.zeros((7, 24), dtype=np.int64)
    by_part: dict[str, Counter[str]] = defaultdict(Counter)
    part_of = {hour: part for part, hours in PARTS.items() for hour in hours}
    for row, seconds in zip(visits.items.tolist(), visits.at.tolist(), strict=True):
        if np.isfinite(seconds):
            at = datetime.fromtimestamp(seconds, zone)
            week[at.weekday(), at.hour] += 1
            by_part[part_of[at.hour]][catalogue.item(row).kind.value] += 1
    return week, {
        part: {kind: round(n / by_part[part].total(), 4) for kind, n in by_part[part].most_common()}
        for part in PARTS
        if part in by_part
    }


def _hours(times: NDArray[np.float64], zone: tzinfo) -> NDArray[np.int64]:
    """(24,) how many of the times lie in each hour."""
    known = times[np.isfinite(times)].tolist()
    return np.bincount([datetime.fromtimestamp(s, zone).hour for s in known], minlength=24).astype(np.int64)


def _part(hours: NDArray[np.int64], begun: NDArray[np.int64]) -> str | None:
    """Where on the clock a person's visits gather; None where they may as well be spread at random.

    Args:
        hours: (24,) visits.
        begun: (24,) sessions begun, which are tested: the visits of one session lie together anyhow.
    """
    n = int(begun.sum())
    if not n:
        return None
    angles = 2 * np.pi * (np.arange(24) + 0.5) / 24
    z = ((begun @ np.cos(angles)) ** 2 + (begun @ np.sin(angles)) ** 2) / n
    if np.exp(-z) > _CERTAIN:
        return None
    return max(PARTS, key=lambda part: int(hours[list(PARTS[part])].sum()))


def _sitting(visits: _Visits) -> Sitting:
    n = len(visits.begin)
    if not n:
        return Sitting(0, 0.0, None, None, None)
    minutes = (visits.end - visits.begin) / 60
    minutes = minutes[np.isfinite(minutes)]
    days = float(np.nanmax(visits.end) - np.nanmin(visits.begin)) / 86_400 if len(minutes) else 0.0
    return Sitting(
        sessions=n,
        events=float(np.median(np.bincount(visits.session, minlength=n))),
        minutes=round(float(np.median(minutes)), 1) if len(minutes) else None,
        longest_minutes=round(float(minutes.max()), 1) if len(minutes) else None,
        per_week=round(n / (days / 7), 2) if days >= 7 else None,
    )


def _binges(visits: _Visits, catalogue: Catalogue) -> Binges:
    groups = catalogue.groups[visits.items]
    grouped = groups >= 0
    pairs, counts = np.unique(np.stack([visits.session[grouped], groups[grouped]]), axis=1, return_counts=True)
    long = counts >= BINGE
    total: Counter[str] = Counter()
    for group, count in zip(pairs[1, long].tolist(), counts[long].tolist(), strict=True):
        row = int(visits.items[groups == group][0])
        item = catalogue.item(row)
        total[item.series or item.album or ""] += count
    share = len(np.unique(pairs[0, long])) / len(visits.begin) if len(visits.begin) else 0.0
    return Binges(round(share, 4), tuple(sorted(total.items(), key=lambda e: (-e[1], e[0]))[:_TOP]))


def _repeats(visits: _Visits, catalogue: Catalogue) -> Repeats:
    rows, counts = np.unique(visits.items, return_counts=True)
    again = sorted(
        ((catalogue.ids[row], n) for row, n in zip(rows.tolist(), counts.tolist(), strict=True) if n > 1),
        key=lambda e: (-e[1], e[0]),
    )
    share = float((counts - 1).sum() / counts.sum()) if len(counts) else 0.0
    return Repeats(round(share, 4), tuple(again[:_TOP]))


def _exploration(visits: _Visits, catalogue: Catalogue) -> Exploration:
    met: dict[str, set[str]] = {"items": set(), "creators": set(), "genres": set()}
    fresh: dict[str, list[bool]] = {what: [] for what in met}
    half = len(visits.items) // 2
    for n, row in enumerate(visits.items.tolist()):
        item = catalogue.item(row)
        own = {
            "items": {item.id},
            "creators": {credit.name.casefold() for credit in item.creators},
            "genres": {genre.casefold() for genre in item.genres},
        }
        for what, names in own.items():
            if n >= half and names:
                known = names & met[what]
                fresh[what].append(not known if what != "genres" else known != names)
            met[what] |= names
    shares = {what: round(sum(seen) / len(seen), 4) if seen else None for what, seen in fresh.items()}
    return Exploration(len(visits.items) - half, shares["items"], shares["creators"], shares["genres"])
