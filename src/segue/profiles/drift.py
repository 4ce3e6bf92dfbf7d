"""Drift: whether, when and whereto a person's taste has changed.

Change detection by cumulative sums (CUSUM; Page, "Continuous Inspection Schemes", 1954), in its form for one change at
an unknown time in a series of vectors x_1 … x_n::

    S_t = Σ_{i ≤ t} (x_i - mean)        T = max_t |S_t|² · n / (t · (n - t))

x_i is the mean content vector of one session, not of one event: what is met within a sitting is alike whether or not a
taste changes. How large T becomes without any change is found by putting the same sessions into random order (Pettitt
1979 and after him; the permutation test is exact where sessions could have come in any order), so the rate of false
alarms is what `FALSE_ALARMS` says, for every person, whatever their vectors look like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..dataset import History
from ..settings import SessionSettings
from .session import session_begins

FALSE_ALARMS = 0.01
"""A person whose taste has not changed is said to have changed at most this often."""
ORDERS = 999
"""Random orders that the real one is compared with."""
FEWEST = 10
"""Sessions below which nothing is said."""
MOST = 400
"""Newest sessions that count."""
EDGE = 3
"""A change is looked for only where so many sessions lie on either side."""
_DIMENSIONS = 16
_SEED = 7


@dataclass(frozen=True)
class Drift:
    """What a test for change has found."""

    sessions: int
    """That it could look at."""
    p: float | None
    """How often sessions in random order look as changed as these; None: fewer than `FEWEST` sessions."""
    changed: bool
    """Whether p is at most `FALSE_ALARMS`."""
    at: float | None = None
    """Time of the first session after the change, seconds since 1970; None where there is none, or it has no time."""
    position: int | None = None
    """Position in the history of the first event after the change; None without one."""


def drift(history: History, vectors: Floats | None, settings: SessionSettings) -> Drift:
    """Look for a change in what a person turns to.

    Args:
        vectors: (n items, dim) in the space ``mixed``, NaN where missing; None where there are none at all.
    """
    means, begins = session_means(history, vectors, settings)
    means, begins = means[-MOST:], begins[-MOST:]
    if len(means) < FEWEST:
        return Drift(len(means), None, False)
    at, p = change(means)
    if p > FALSE_ALARMS:
        return Drift(len(means), p, False)
    time = float(history.timestamps[begins[at]])
    return Drift(len(means), p, True, time if np.isfinite(time) else None, int(begins[at]))


def session_means(
    history: History, vectors: Floats | None, settings: SessionSettings
) -> tuple[Floats, NDArray[np.intp]]:
    """((sessions, dim) mean of what was liked in each session, position of its first event), oldest first.

    Sessions without anything liked that has a vector are left out.
    """
    if vectors is None or not len(history):
        return np.zeros((0, 0), np.float32), np.zeros(0, np.intp)
    begins = session_begins(history.timestamps, settings.gap_s)
    number = np.searchsorted(begins, np.arange(len(history)), side="right") - 1
    counted = (history.weights > 0) & (history.items < len(vectors))
    counted[counted] = np.isfinite(vectors[history.items[counted], 0])
    own, weights = number[counted], history.weights[counted]
    sums = np.zeros((len(begins), vectors.shape[1]))
    np.add.at(sums, own, vectors[history.items[counted]] * weights[:, None])
    total = np.bincount(own, weights, minlength=len(begins))
    said = total > 0
    return np.asarray(sums[said] / total[said, None], dtype=np.float32), begins[said]


def change(series: Floats) -> tuple[int, float]:
    """(position of the first vector after the likeliest change, p of the permutation test).

    Args:
        series: (n, dim), oldest first, n ≥ 2 · `EDGE`.
    """
    n = len(series)
    centred = np.asarray(series - series.mean(axis=0), dtype=np.float64)
    # The directions in which these vectors differ at all; the rest would only cost time.
    directions = np.linalg.svd(centred, full_matrices=False)[2][:_DIMENSIONS]
    points = centred @ directions.T
    t = np.arange(EDGE, n - EDGE + 1)
    scale = n / (t * (n - t))

    def sums(order: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.asarray((np.cumsum(points[order], axis=0)[t - 1] ** 2).sum(axis=1) * scale)

    found = sums(np.arange(n))
    rng = np.random.default_rng(_SEED)
    # A hair's breadth, so that orders which amount to the same count as such.
    reached = found.max() * (1 - 1e-9)
    as_large = sum(sums(rng.permutation(n)).max() >= reached for _ in range(ORDERS))
    return int(t[int(np.argmax(found))]), (1 + as_large) / (1 + ORDERS)
