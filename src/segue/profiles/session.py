"""The dynamic adjustment: where a person is heading in the present session, one step an event.

For each event d_t of the session, oldest first, with preference w_t and the item's content vector e_t::

    v ← v + λ·f(v, d_t)      f(v, d_t) = |w_t| · (sign(w_t)·e_t - v)

an exponential moving average in which an event against an item counts as its opposite direction: a like draws v
towards the item, a skip or dislike pushes it away from the item and its neighbours. v begins at zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Times
from ..dataset import History
from ..settings import SessionSettings


def adjusted(vector: Floats, item: Floats, weight: float, step: float) -> Floats:
    """One step: ``vector + step · |weight| · (sign(weight) · item - vector)``; |weight| counts up to 1."""
    size = min(abs(weight), 1.0)
    return np.asarray(vector + step * size * (np.sign(weight) * item - vector), dtype=np.float32)


def session_begins(times: Times, gap_s: float) -> NDArray[np.intp]:
    """Positions at which a session begins, among events of one person, oldest first; empty where there are none.

    A pause longer than ``gap_s`` seconds ends a session; unknown times (NaN) end none.
    """
    if not len(times):
        return np.zeros(0, dtype=np.intp)
    return np.concatenate([[0], 1 + np.flatnonzero(np.diff(times) > gap_s)]).astype(np.intp)


def session_events(history: History, settings: SessionSettings, now: float) -> NDArray[np.intp]:
    """Positions in the history, oldest first, of the newest session's events that say something.

    A session ends with a pause longer than ``gap_s``; one that ended before ``now`` is over: nothing. Events without
    times make one session, of which the newest ``events`` count.
    """
    if not len(history):
        return np.zeros(0, dtype=np.intp)
    times = history.timestamps
    start = int(session_begins(times, settings.gap_s)[-1])
    known = times[start:][np.isfinite(times[start:])]
    if len(known) and now - known.max() > settings.gap_s:
        return np.zeros(0, dtype=np.intp)
    return (start + np.flatnonzero(history.weights[start:]))[-settings.events :]


def session_vector(history: History, vectors: Floats | None, settings: SessionSettings, now: float) -> Floats | None:
    """(dim,) of length 1, or None where there is no session, or none of its items has a vector.

    Args:
        vectors: (n items, dim) in the space ``mixed``, NaN where missing; None where there are none at all.
        now: seconds since 1970.
    """
    if vectors is None:
        return None
    events = session_events(history, settings, now)
    events = events[history.items[events] < len(vectors)]
    vector = np.zeros(vectors.shape[1], dtype=np.float32)
    for event in events:
        item = vectors[history.items[event]]
        if np.isfinite(item[0]):
            vector = adjusted(vector, item, float(history.weights[event]), settings.step)
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 1e-6 else None
