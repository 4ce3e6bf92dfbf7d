"""Taste: what a person's history says about them, in words a person can read and check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..catalogue import Catalogue
from ..dataset import History
from ..events import CONSUMED, KIND_CODE, EventKind
from ..items import Item
from ..topics import topic_key

_CONSUMED_CODES = np.array([KIND_CODE[k] for k in CONSUMED], dtype=np.uint8)
_EVIDENCE = 5


@dataclass(frozen=True)
class Leaning:
    """One thing the person turns to."""

    name: str
    share: float
    """Of everything positive, by preference: 0 … 1. An item with several genres counts for each of them in part."""
    items: tuple[str, ...]
    """Ids of the items that show it, the strongest first, at most five."""


@dataclass(frozen=True)
class Taste:
    """A readable first profile. Each list has the strongest first."""

    genres: tuple[Leaning, ...]
    tags: tuple[Leaning, ...]
    creators: tuple[Leaning, ...]
    kinds: tuple[Leaning, ...]
    languages: tuple[Leaning, ...]
    liked: tuple[str, ...]
    """Ids of items with a positive sum of preferences, the strongest first."""
    disliked: tuple[str, ...]
    """Ids of items with a negative sum of preferences, the strongest first."""
    hours: tuple[int, ...]
    """24 counts: what was played, completed, skipped … by hour of the day, UTC."""
    weekdays: tuple[int, ...]
    """7 counts, Monday first, UTC."""
    events: int
    """How many of the history's events have been read."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return asdict(self)


def taste(history: History, catalogue: Catalogue, top: int = 10) -> Taste:
    """Read the history; ``top`` entries a list. Removed items say nothing any more, and what the person has excluded
    is named by nothing that came before."""
    totals: dict[int, float] = defaultdict(float)
    parts: dict[int, dict[frozenset[str], float]] = defaultdict(lambda: defaultdict(float))
    gone = forgotten_by(history)
    for row, weight, without in zip(history.items.tolist(), history.weights.tolist(), gone, strict=True):
        if catalogue.items[row] is not None:
            totals[row] += weight
            parts[row][without] += weight
    liked = sorted((r for r in totals if totals[r] > 0), key=lambda r: -totals[r])
    disliked = sorted((r for r in totals if totals[r] < 0), key=lambda r: totals[r])

    def leanings(sort: str, names: Any) -> tuple[Leaning, ...]:
        weight: dict[str, float] = defaultdict(float)
        shown: dict[str, list[str]] = defaultdict(list)
        spelt: dict[str, str] = {}
        for row in liked:
            item = catalogue.item(row)
            every = _unique(names(item))
            for without, total in parts[row].items():
                own = [name for name in every if topic_key(sort, name) not in without]
                for name in own:
                    key = name.casefold()
                    spelt.setdefault(key, name)
                    weight[key] += total / len(own)
                    if item.id not in shown[key]:
                        shown[key].append(item.id)
        best = [key for key in sorted(weight, key=lambda key: (-weight[key], key)) if weight[key] > 0][:top]
        whole = sum(max(part, 0.0) for part in weight.values())
        return tuple(Leaning(spelt[key], round(weight[key] / whole, 4), tuple(shown[key][:_EVIDENCE])) for key in best)

    hours, weekdays = [0] * 24, [0] * 7
    active = np.isin(history.kinds, _CONSUMED_CODES) & np.isfinite(history.timestamps)
    active &= history.kinds != KIND_CODE[EventKind.ALREADY_SEEN]
    for seconds in history.timestamps[active].tolist():
        at = datetime.fromtimestamp(seconds, UTC)
        hours[at.hour] += 1
        weekdays[at.weekday()] += 1
    return Taste(
        genres=leanings("genre", lambda item: item.genres),
        tags=leanings("tag", lambda item: item.tags),
        creators=leanings("creator", lambda item: [credit.name for credit in item.creators]),
        kinds=leanings("kind", lambda item: [item.kind.value]),
        languages=leanings("language", _languages),
        liked=tuple(catalogue.ids[row] for row in liked[:top]),
        disliked=tuple(catalogue.ids[row] for row in disliked[:top]),
        hours=tuple(hours),
        weekdays=tuple(weekdays),
        events=len(history),
    )


def forgotten_by(history: History) -> list[frozenset[str]]:
    """For each event, the topics of which it no longer speaks, see `History.forgotten`."""
    if not history.forgotten:
        return [frozenset()] * len(history)
    table = {topic: gone.tolist() for topic, gone in history.forgotten.items()}
    return [frozenset(topic for topic, gone in table.items() if gone[n]) for n in range(len(history))]


def _languages(item: Item) -> list[str]:
    return [item.language.split("-")[0].lower()] if item.language else []


def _unique(names: Iterable[str]) -> list[str]:
    return list({name.casefold(): name for name in names}.values())
