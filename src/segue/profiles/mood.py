"""The mood of now: which moods somebody wants at this moment, from what they say, state, and have just done.

Whether somebody who is sad wants what is sad or what cheers is not for us to guess. Mood management (Zillmann, 1988)
says the latter; of music, many turn to what feels with them first, to move on from there (the iso principle of music
therapy, Altshuler 1948; Van den Tol & Edwards, Psychology of Music 2013; Taruffi & Koelsch, PLoS ONE 2014). So for
sadness, loneliness, heartbreak, homesickness and anger there are two *ways*, and an answer takes them in turns until
the person says which. States in which studies and sense agree have one way: after a bad day, in stress, tired or unable
to sleep what calms or lifts; in a good mood what keeps it (Isen, 1984). A mood that is asked for in so many words, or
chosen, goes before any state: "I'm sad, cheer me up".

Where nothing is said, the session speaks: an exponential average over its events of the moods of their items, as in
`segue.profiles.session`, which fades with the time since. One item alone decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Floats
from ..dataset import History
from ..settings import SessionSettings
from ..topics import topic_key
from .item_moods import ItemMoods
from .mood_words import Heard, Weights, merged
from .session import adjusted, session_events

HALF_LIFE_S = 1800.0
"""After so many seconds without an event the mood of a session is half as sure."""
STEP = 0.3
"""How far one whole event draws the mood of a session towards its item's."""
SURE = 0.4
"""From so much on the mood of a session is one: two events in a row that agree, not one."""

Origin = Literal["stated", "words", "state", "session", "nothing"]

_CONFIDENCE: Mapping[Origin, float] = {"stated": 1.0, "words": 0.9, "state": 0.7, "nothing": 0.0}


@dataclass(frozen=True)
class Way:
    """One thing to want."""

    name: Literal["", "match", "lift"]
    """``match``: what feels with the person; ``lift``: what helps; empty: there is no choice to make."""
    moods: Weights
    """Mood → how much, 0 … 1."""


@dataclass(frozen=True)
class Mood:
    """What is wanted now; no ways and nothing unwanted: undecided."""

    ways: tuple[Way, ...] = ()
    """None, one, or the two between which nobody has decided; the first comes first in an answer."""
    unwanted: frozenset[str] = frozenset()
    origin: Origin = "nothing"
    """What the ways come from."""
    confidence: float = 0.0
    """0 … 1; two ways are half as sure as one."""

    @property
    def decided(self) -> bool:
        """Whether anything is known at all."""
        return bool(self.ways or self.unwanted)

    @property
    def moods(self) -> dict[str, float]:
        """The moods of all ways."""
        return merged([way.moods for way in self.ways])


def mood_of_now(heard: Sequence[Heard], stated: Sequence[str], felt: Weights, known: Sequence[str]) -> Mood:
    """The mood of now.

    Args:
        heard: what the person's words say (`segue.profiles.mood_words.read`).
        stated: moods that they chose.
        felt: the mood of the session (`session_mood`): decides where nothing is said, and which of two ways is first.
        known: the vocabulary; other moods are left out.
    """
    wished = [one.moods for one in heard if one.what == "wish"]
    outright = {*stated, *(mood for moods in wished if len(moods) == 1 for mood in moods)}
    # "Sad but not depressing": what is asked for by name stays, whatever else a word rules out with it.
    refused = [
        {mood for mood in one.moods if len(one.moods) == 1 or mood not in outright}
        for one in heard
        if one.what == "not"
    ]
    unwanted = frozenset().union(*refused) & frozenset(known)
    states = [one for one in heard if one.what == "state"]
    origin: Origin = "nothing"
    found: list[Way] = []
    if stated or wished:
        origin = "stated" if stated else "words"
        found = [Way("", merged([*wished, dict.fromkeys(stated, 1.0)]))]
    elif states:
        origin = "state"
        match, lift = merged([one.match for one in states]), merged([one.lift for one in states])
        found = [Way("match", match), Way("lift", lift)] if match != lift else [Way("", lift)]
    elif not unwanted and felt:
        origin, found = "session", [Way("", felt)]
    ways = [Way(way.name, own) for way in found if (own := _kept(way.moods, unwanted, known))]
    if len(ways) == 1:
        ways = [Way("", ways[0].moods)]
    elif felt:
        ways.sort(key=lambda way: -sum(felt.get(mood, 0.0) * weight for mood, weight in way.moods.items()))
    if not ways:
        origin = "words" if unwanted else "nothing"
    sure = min(max(felt.values(), default=0.0), 1.0) if origin == "session" else _CONFIDENCE[origin]
    return Mood(tuple(ways), unwanted, origin, sure / max(len(ways), 1))


def _kept(moods: Weights, unwanted: frozenset[str], known: Sequence[str]) -> dict[str, float]:
    return {mood: weight for mood, weight in moods.items() if mood in known and mood not in unwanted}


def session_mood(history: History, items: ItemMoods, settings: SessionSettings, now: float) -> dict[str, float]:
    """Mood → how much the running session turns to it, 0 … 1; empty where it turns to none, or there is no session.

    What was skipped draws the average away from its moods. Nothing speaks of a mood that the person has excluded since.
    """
    events = session_events(history, settings, now)
    events = events[history.items[events] < len(items.matrix)]
    told = items.matrix[history.items[events]]
    for n, name in enumerate(items.names):
        gone = history.forgotten.get(topic_key("mood", name))
        if gone is not None:
            told[gone[events], n] = 0
    known = told.any(axis=1)
    if not known.any():
        return {}
    vector: Floats = np.zeros(len(items.names), dtype=np.float32)
    for moods, weight in zip(told[known], history.weights[events][known], strict=True):
        vector = adjusted(vector, moods, float(weight), STEP)
    times = history.timestamps[events]
    newest = float(times[np.isfinite(times)].max()) if np.isfinite(times).any() else now
    vector *= np.float32(0.5 ** (max(now - newest, 0.0) / HALF_LIFE_S))
    return {name: float(value) for name, value in zip(items.names, vector, strict=True) if value >= SURE}
