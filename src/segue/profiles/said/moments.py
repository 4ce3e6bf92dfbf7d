"""The moments of an item that people react to: bullet comments by their place in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...llm.text import one_line
from ...opinions import Remark
from .reader import same

BIN_S = 10.0
PEAKS = 5
LEAST = 3
"""Remarks, more or less, that a peak needs."""
LONGEST_S = 24 * 3600.0
"""Places beyond are no places."""
_WIDTH = 1.0
"""Bins over which a reaction is spread: people type a little late, and not alike fast."""
_OVER = 1.5
"""A peak has so many times the remarks of the item's mean bin."""
_SHOWN = 3


@dataclass(frozen=True)
class Moment:
    """Ten seconds with many remarks."""

    start_s: float
    end_s: float
    remarks: int
    sentiment: float | None
    """Mean of the decided ones; None where none is."""
    texts: tuple[str, ...]
    """What was said most often, at most three."""


@dataclass(frozen=True)
class Moments:
    """How people react along an item. Bins of ``bin_s`` seconds from its beginning to the last remark."""

    bin_s: float
    counts: tuple[int, ...]
    sentiment: tuple[float | None, ...]
    peaks: tuple[Moment, ...]
    """The most reacted to first."""
    remarks: int

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return asdict(self)


def moments(remarks: Iterable[Remark], duration_s: float | None = None) -> Moments:
    """Count an item's remarks along its time; the same words of one person within a bin are one remark.

    Args:
        duration_s: of the item; remarks behind its end are left out.
    """
    limit = min(duration_s + BIN_S, LONGEST_S) if duration_s else LONGEST_S
    seen: set[tuple[str, int, int]] = set()
    kept: list[tuple[int, Remark]] = []
    for remark in remarks:
        if 0 <= remark.position_s <= limit:
            place = int(remark.position_s // BIN_S)
            key = (remark.user_id, place, same(remark.text, None))
            if key not in seen:
                seen.add(key)
                kept.append((place, remark))
    if not kept:
        return Moments(BIN_S, (), (), (), 0)
    places = np.array([place for place, _ in kept])
    counts = np.bincount(places)
    told = [(place, remark.sentiment) for place, remark in kept if remark.sentiment is not None]
    decided = np.bincount([place for place, _ in told], minlength=len(counts)) if told else np.zeros(len(counts))
    sums = np.zeros(len(counts))
    np.add.at(sums, [place for place, _ in told], [value for _, value in told])
    mood = [round(float(s / n), 3) if n else None for s, n in zip(sums, decided, strict=True)]
    peaks = []
    for place in _peaks(counts):
        own = [remark for at, remark in kept if at == place]
        peaks.append(Moment(place * BIN_S, (place + 1) * BIN_S, len(own), mood[place], _most_said(own)))
    return Moments(BIN_S, tuple(counts.tolist()), tuple(mood), tuple(peaks), len(kept))


def _peaks(counts: np.ndarray[Any, np.dtype[Any]]) -> list[int]:
    """Bins that stand out over their neighbours and over the mean, the highest first."""
    smooth = gaussian_filter1d(counts.astype(float), _WIDTH, mode="constant")
    padded = np.pad(smooth, 1, constant_values=-1.0)
    tops = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]) & (counts >= LEAST))
    tops = tops[counts[tops] >= _OVER * counts.mean()] if len(counts) > 1 else tops
    return [int(place) for place in sorted(tops, key=lambda at: (-smooth[at], at))[:PEAKS]]


def _most_said(remarks: Iterable[Remark]) -> tuple[str, ...]:
    often: dict[str, int] = {}
    for remark in remarks:
        text = one_line(remark.text[:200], 80)
        if text:
            often[text] = often.get(text, 0) + 1
    return tuple(sorted(often, key=lambda text: (-often[text], text))[:_SHOWN])
