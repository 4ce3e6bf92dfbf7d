"""Segments: kinds of people, so that each can be served, and judged, in a way of its own.

A person is in up to three segments, the most telling first:

- by taste: one of the clusters that a training has found (`segue.profiles.tastes`), where they have shown a taste;
- by activity: `ACTIVITY`, as ``[segments]`` defines them;
- by how much is known of them: `KNOWN`.

Recipes look for a table of the first of these that has one (``[ranking.blend.home_at_risk]``), reports have figures for
every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..dataset import WARM_EVENTS, History
from ..settings import SegmentSettings
from .session import session_begins

DAY_S = 86_400.0
KNOWN = ("new", "few", "warm")
"""People by the number of events that say something: none, 1 to 4, 5 and more."""
ACTIVITY = ("new", "light", "heavy", "returning", "at_risk")
"""People by what they do: not known long; now and then; often; back after a long pause; gone for longer than usual."""

NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "new": "new",
        "few": "few events",
        "warm": "known well",
        "light": "now and then",
        "heavy": "often here",
        "returning": "back again",
        "at_risk": "drifting away",
    },
    "zh": {
        "new": "新用户",
        "few": "事件较少",
        "warm": "较为了解",
        "light": "偶尔使用",
        "heavy": "经常使用",
        "returning": "回归用户",
        "at_risk": "可能流失",
    },
}
"""What segments are called, by language."""


def known(history: History) -> str:
    """Which of `KNOWN` a person is in."""
    events = int(np.count_nonzero(history.weights))
    return "new" if not events else "few" if events < WARM_EVENTS else "warm"


def activity(history: History, settings: SegmentSettings, now: float, gap_s: float) -> str:
    """Which of `ACTIVITY` a person is in.

    Args:
        now: seconds since 1970; later events are not known yet.
        gap_s: the pause that ends a session, `[session] gap_s`.

    Without any times, only the number of events is looked at.
    """
    told = history.weights != 0
    times = history.timestamps[told & ~(history.timestamps > now)]
    if len(times) < settings.new_events:
        return "new"
    times = np.sort(times[np.isfinite(times)])
    if not len(times):
        return "heavy" if np.count_nonzero(told) >= settings.heavy_events else "light"
    begins = times[session_begins(times, gap_s)]
    usual = float(np.median(np.diff(begins))) / DAY_S if len(begins) > 1 else 0.0
    silent = (now - times[-1]) / DAY_S
    if silent > max(settings.risk_days, settings.risk_factor * usual):
        return "at_risk"
    pauses = np.diff(times) / DAY_S
    back = np.flatnonzero(pauses > settings.away_days)
    if len(back) and (now - times[back[-1] + 1]) / DAY_S <= settings.returned_days:
        return "returning"
    lately = int(np.count_nonzero(times > now - settings.window_days * DAY_S))
    return "heavy" if lately >= settings.heavy_events else "light"


def segments(
    history: History, settings: SegmentSettings, now: float, gap_s: float, taste: str | None = None
) -> tuple[str, ...]:
    """All segments of a person, the most telling first.

    Args:
        taste: key of their taste cluster, see `segue.profiles.tastes`; None where they have none.

    Of somebody who is new, how little is known says more than that they are new.
    """
    doing, knowing = activity(history, settings, now, gap_s), known(history)
    rest = (knowing, doing) if doing == "new" else (doing, knowing)
    return tuple(dict.fromkeys((*(() if taste is None else (taste,)), *rest)))
