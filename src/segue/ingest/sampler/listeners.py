"""Who listens, what they secretly like, and how they choose.

**Taste.** Every work has features x: its style (1; the music of a film 0.5), its moods (shared out to length 1), its
pace, its language (+1 Chinese, -1 English) and its medium. A listener's taste θ mixes one to three topics of
``world/people.toml`` (a wish that shows in several media: who wants rainy evenings wants jazz, lo-fi, films of rain
and stories told quietly), a leaning towards their own language, a leaning per medium, and a little noise that is theirs
alone. Every fifth listener drifts: in sixty days a third of their taste moves to another topic.

**Choice.** At every step of a sitting the listener sees a slate: half of it drawn by trend (plays so far, fading with
a half-life of ten days), half at random from what is available and allowed at their age. They choose by softmax of

    utility = SHARPNESS · θ·x + quality + familiarity - satiation + Gumbel noise

where quality is the work's own pull on everybody, familiarity is a liking for what they enjoyed before that wears off
with every hearing, and satiation turns them from the album or series that they have just had.

**Outcome.** P(enjoyed) = σ(STEEPNESS · (SHARPNESS · θ·x + quality - threshold)): the threshold is such that a person
enjoys what lies in their taste and skips most of the rest. What is enjoyed is completed, sometimes liked, rated,
praised, shared, listed; what is not is skipped or abandoned, sometimes disliked, rated low, complained about.

One event tells the outcome (``complete``, ``play`` with the seconds played, ``abandon`` or ``skip``); what the person
did besides (``like``, ``rate``, ``comment`` …) follows as events of its own. There are no impressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...events import Context, Event, EventKind
from ...items import ItemKind
from ...users import User
from .words import PROVIDER, Work, world

F64 = NDArray[np.float64]

LISTENERS = 300
DAYS = 60
"""Days before the reference time in which things happen."""
NEWCOMERS = 0.05
"""Share of listeners whose first sitting lies in the last four days."""
DRIFTERS = 0.2
SLATE = 48
"""Works seen at a step, half by trend, half at random."""
SHARPNESS = 2.8
"""Weight of taste in the utility."""
QUALITY_SD = 0.8
STEEPNESS = 1.6
THRESHOLD = 2.4
SITTINGS = 9.0
"""Median number of sittings of a listener who is there for the whole time."""
STEPS = 5.0
"""Mean number of choices in a sitting."""
HALF_LIFE_DAYS = 10.0

MEDIA = {
    ItemKind.TRACK: "music", ItemKind.SHORT: "film", ItemKind.VIDEO: "film", ItemKind.EPISODE: "film",
    ItemKind.PODCAST_EPISODE: "talk", ItemKind.LIVE: "live", ItemKind.GAME: "game", ItemKind.AD: "ad",
}  # fmt: skip
MEDIUM_LEANING = {"music": 0.0, "film": 0.0, "talk": -0.05, "live": -0.05, "game": -0.15, "ad": -0.9}


@dataclass
class Listener:
    """One person, as only the sampler knows them."""

    user: User
    language: str
    age: int
    topics: dict[str, float]
    taste: F64
    """θ on the first day."""
    drift: F64
    """What is added to θ by the last day."""
    first_day: float

    def taste_on(self, day: float) -> F64:
        """θ on a day, 0 … `DAYS`."""
        return self.taste + self.drift * (day / DAYS)


@dataclass
class World:
    """Works, listeners and what happened: everything that is known, hidden things included."""

    works: Sequence[Work]
    features: list[str]
    x: F64
    """(works, features)"""
    quality: F64
    listeners: list[Listener]
    events: list[Event] = field(default_factory=list)

    def utility(self, listener: Listener, day: float = DAYS) -> F64:
        """What a listener would get from each work: the right answer, up to noise and mood."""
        return np.asarray(SHARPNESS * (self.x @ listener.taste_on(day)) + self.quality)

    def truth(self) -> dict[str, Any]:
        """Everything hidden, as JSON."""
        return {
            "model": {
                "sharpness": SHARPNESS, "steepness": STEEPNESS, "threshold": THRESHOLD, "quality_sd": QUALITY_SD,
                "slate": SLATE, "half_life_days": HALF_LIFE_DAYS, "days": DAYS,
            },
            "features": self.features,
            "items": {
                w.id: {"x": self.x[i].round(4).tolist(), "quality": round(float(self.quality[i]), 4)}
                for i, w in enumerate(self.works)
            },
            "listeners": {
                p.user.id: {
                    "topics": {k: round(v, 4) for k, v in p.topics.items()},
                    "taste": p.taste.round(4).tolist(),
                    "drift": p.drift.round(4).tolist(),
                }
                for p in self.listeners
            },
        }  # fmt: skip


def live(works: Sequence[Work], seed: int, now: datetime, listeners: int = LISTENERS) -> World:
    """Draw the listeners and let them live through the sixty days before ``now``."""
    names, x = _features(works)
    rng = np.random.default_rng([seed, 2])
    quality = rng.normal(0, QUALITY_SD, len(works))
    people = _people(names, rng, listeners)
    made = World(works, names, x, quality, people)
    made.events = _Life(made, np.random.default_rng([seed, 3]), now).events()
    return made


def _features(works: Sequence[Work]) -> tuple[list[str], F64]:
    topics = world("people")["topics"].values()
    styles = sorted({w.style for w in works} | {s for t in topics for s in t["genres"]})
    moods = sorted({m for w in works for m in w.moods} | {m for t in topics for m in t["moods"]})
    names = [
        *(f"style:{s}" for s in styles),
        *(f"mood:{m}" for m in moods),
        *(f"medium:{m}" for m in MEDIUM_LEANING),
        "pace",
        "language",
    ]
    column = {name: i for i, name in enumerate(names)}
    x = np.zeros((len(works), len(names)))
    for row, work in enumerate(works):
        if work.sound and work.sound != work.style:
            x[row, column[f"style:{work.sound}"]] = 0.5
        x[row, column[f"style:{work.style}"]] = 1.0
        for mood in work.moods:
            x[row, column[f"mood:{mood}"]] = 1 / np.sqrt(len(work.moods))
        x[row, column[f"medium:{MEDIA[work.item.kind]}"]] = 1.0
        x[row, column["pace"]] = work.pace
        x[row, column["language"]] = 1.0 if work.item.language == "zh" else -1.0
    return names, x


def _people(names: list[str], rng: np.random.Generator, count: int) -> list[Listener]:
    topics = world("people")["topics"]
    column = {name: i for i, name in enumerate(names)}
    vectors = {}
    for topic, row in topics.items():
        vector = np.zeros(len(names))
        for style, weight in row["genres"].items():
            vector[column[f"style:{style}"]] = weight
        for mood, weight in row["moods"].items():
            vector[column[f"mood:{mood}"]] = weight
        vector[column["pace"]] = row["pace"]
        vectors[topic] = vector
    keys = list(topics)
    common = np.array([topics[k]["weight"] for k in keys])
    common = common / common.sum()
    is_style = np.array([n.startswith("style:") for n in names])
    media = np.array([MEDIUM_LEANING.get(n.removeprefix("medium:"), 0.0) for n in names])
    is_medium = np.array([n.startswith("medium:") for n in names])

    out = []
    for user, language in _names(rng, count):
        age = int(np.clip(rng.gamma(6, 5.5), 12, 78))
        chosen = rng.choice(keys, size=int(rng.choice([1, 2, 3], p=[0.35, 0.45, 0.2])), replace=False, p=common)
        weights = np.sort(rng.dirichlet(np.full(len(chosen), 3.0)))[::-1]
        # Weights are stretched so that whoever has three loves loves each of them more than a third.
        weights = weights / weights.max()
        taste = sum((w * vectors[k] for w, k in zip(weights, chosen, strict=True)), np.zeros(len(names)))
        taste = taste + media + np.where(is_style, rng.normal(0, 0.12, len(names)), 0.0)
        taste = taste + np.where(is_medium, rng.normal(0, 0.15, len(names)), 0.0)
        taste[column["language"]] = (1 if language == "zh" else -1) * float(rng.uniform(0.0, 0.3))
        drift = np.zeros(len(names))
        if rng.random() < DRIFTERS:
            other = str(rng.choice([k for k in keys if k not in chosen]))
            drift = 0.35 * (vectors[other] - weights[0] * vectors[str(chosen[0])])
        first = DAYS - rng.uniform(0.5, 4) if rng.random() < NEWCOMERS else max(0.0, rng.uniform(-60, 25))
        user = user.model_copy(update={"attributes": {**user.attributes, "age": age}})
        mixture = {str(k): float(w) for k, w in zip(chosen, weights, strict=True)}
        out.append(Listener(user, language, age, mixture, taste, drift, float(first)))
    return out


def _names(rng: np.random.Generator, count: int) -> list[tuple[User, str]]:
    """People called like ``clara-falk`` and ``lin-xiaoyu``, as many of the one as of the other."""
    names = world("people")["names"]
    english = [(f"{a} {b}", f"{a}-{b}".lower(), "en") for a in names["en_first"] for b in names["en_last"]]
    chinese = [(f"{b}{a}", f"{bp}-{ap}", "zh") for a, ap in names["zh_first"] for b, bp in names["zh_last"]]
    rng.shuffle(english)
    rng.shuffle(chinese)
    pairs = [row for both in zip(english, chinese, strict=True) for row in both]
    return [
        (User(id=pairs[i % 300][1] + (f"-{i // 300 + 1}" if i >= 300 else ""),
              attributes={"name": pairs[i % 300][0], "language": pairs[i % 300][2]}), pairs[i % 300][2])
        for i in range(count)
    ]  # fmt: skip


class _Life:
    """Sixty days of everybody, in the order in which things happen."""

    def __init__(self, made: World, rng: np.random.Generator, now: datetime) -> None:
        self.world = made
        self.rng = rng
        self.now = now
        self.start = now - timedelta(days=DAYS)
        n, m = len(made.listeners), len(made.works)
        items = [w.item for w in made.works]
        self.base = np.array([made.utility(p, 0) for p in made.listeners])
        self.change = np.array([SHARPNESS * (made.x @ p.drift) for p in made.listeners])
        self.heard = np.zeros((n, m))
        self.enjoyed = np.zeros((n, m), dtype=bool)
        self.plays = np.ones(m)
        self.faded_at = 0.0
        self.opens = np.array([self._day(i.available_from, 0.0) for i in items])
        self.closes = np.array([self._day(i.available_until, DAYS + 1.0) for i in items])
        self.maturity = np.array([i.maturity or 0 for i in items])
        groups = {g: k for k, g in enumerate(dict.fromkeys(i.group for i in items if i.group))}
        self.group = np.array([groups[i.group] if i.group else -1 - k for k, i in enumerate(items)])
        self.made: list[dict[str, Any]] = []

    def _day(self, at: datetime | None, missing: float) -> float:
        return missing if at is None else (at - self.start).total_seconds() / 86400

    def events(self) -> list[Event]:
        """All events, by time."""
        for day, person in sorted(self._sittings()):
            self._sit(person, day)
        kept = sorted((e for e in self.made if e["at"] < self.now), key=lambda e: e["at"])
        return [Event(id=f"sampler-{k:06d}", source=PROVIDER, **row) for k, row in enumerate(kept, 1)]

    def _sittings(self) -> list[tuple[float, int]]:
        out = []
        for p, listener in enumerate(self.world.listeners):
            span = DAYS - listener.first_day
            mean = SITTINGS * float(self.rng.lognormal(0, 0.45)) * max(span / DAYS, 0.2)
            offset = 8 / 24 if listener.language == "zh" else 0.0
            for _ in range(max(2, int(self.rng.poisson(mean)))):
                day = np.floor(self.rng.uniform(listener.first_day, DAYS))
                # Evenings mostly, lunch breaks sometimes, by the clock of where they live.
                hour = self.rng.normal(21, 1.8) if self.rng.random() < 0.7 else self.rng.normal(12.5, 1.5)
                at = day + float(hour) / 24 - offset
                if listener.first_day <= at < DAYS:
                    out.append((float(at), p))
        return out

    def _sit(self, p: int, day: float) -> None:
        listener, rng = self.world.listeners[p], self.rng
        self.plays *= 0.5 ** ((day - self.faded_at) / HALF_LIFE_DAYS)
        self.faded_at = day
        session = f"{listener.user.id}-{int(day * 1440):06d}"
        device = str(rng.choice(["phone", "desktop", "tv"], p=[0.6, 0.28, 0.12]))
        allowed = (self.opens <= day) & (self.closes > day) & (self.maturity <= listener.age)
        taste = self.base[p] + self.change[p] * (day / DAYS)
        at = self.start + timedelta(days=day)
        if rng.random() < 0.05:
            self._search(p, at, session)
        sated: dict[int, float] = {}
        for _ in range(1 + int(rng.poisson(STEPS - 1))):
            slate = self._slate(np.flatnonzero(allowed))
            if not len(slate):
                return
            familiar = np.where(self.enjoyed[p, slate], 0.4, 0.0) - 1.2 * self.heard[p, slate]
            satiation = np.array([sated.get(int(g), 0.0) for g in self.group[slate]])
            utility = taste[slate] + familiar - satiation + rng.gumbel(0, 1, len(slate))
            rank = int(np.argmax(utility))
            choice = int(slate[rank])
            context = Context(device=device, surface="home", rank=rank)
            at = self._meet(p, choice, float(taste[choice]), at, {"session_id": session, "context": context})
            sated[int(self.group[choice])] = 1.5
            allowed[choice] = False

    def _slate(self, allowed: NDArray[np.intp]) -> NDArray[np.intp]:
        """Half by trend, half at random, in the order shown."""
        half = min(SLATE, len(allowed)) // 2
        # Gumbel noise on the logarithm draws without replacement in proportion to the plays.
        trend = np.log(self.plays[allowed] + 0.3) + self.rng.gumbel(0, 1, len(allowed))
        order = np.argsort(-trend)
        order[half:] = self.rng.permutation(order[half:])
        return np.asarray(allowed[self.rng.permutation(order[: 2 * half])])

    def _meet(self, p: int, choice: int, taste: float, at: datetime, shared: dict[str, Any]) -> datetime:
        """One work met: the outcome and what is said about it. Returns when the person is free again."""
        rng, work, listener = self.rng, self.world.works[choice], self.world.listeners[p]
        enjoyed = bool(rng.random() < 1 / (1 + np.exp(-STEEPNESS * (taste - THRESHOLD))))
        shared = {**shared, "user_id": listener.user.id, "item_id": work.id}
        kind, share = self._outcome(work.item.kind, enjoyed)
        length = work.item.duration_s or float(rng.gamma(2, 600 if enjoyed else 60))
        played = round(min(length, max(0.5, share * length)), 1)
        value = float(rng.integers(1, 4)) if work.item.kind is ItemKind.SHORT and kind is EventKind.COMPLETE else None
        loops = value or 1.0
        after = at + timedelta(seconds=round(played * loops, 1))
        self._add(after, kind, played_s=played, value=value, **shared)
        self.plays[choice] += 1.0 if enjoyed else 0.25
        self.heard[p, choice] += 1
        self.enjoyed[p, choice] |= enjoyed
        self._react(listener, work, taste, enjoyed, after, played, shared)
        return after + timedelta(seconds=round(float(rng.gamma(2, 12)), 1))

    def _outcome(self, kind: ItemKind, enjoyed: bool) -> tuple[EventKind, float]:
        rng = self.rng
        if kind is ItemKind.AD:
            return (EventKind.CLICK, 1.0) if enjoyed else (EventKind.SKIP, float(rng.uniform(0.0, 0.2)))
        endless = kind in (ItemKind.LIVE, ItemKind.GAME)
        if enjoyed:
            partial = endless or rng.random() < 0.12
            return (EventKind.PLAY, float(rng.uniform(0.55, 0.9))) if partial else (EventKind.COMPLETE, 1.0)
        if endless or rng.random() < 0.25:
            return EventKind.ABANDON, float(rng.uniform(0.15, 0.4))
        return EventKind.SKIP, float(rng.uniform(0.03, 0.2))

    def _react(
        self, listener: Listener, work: Work, taste: float, enjoyed: bool, at: datetime, played: float, shared: Any
    ) -> None:
        rng, warmth = self.rng, 1 / (1 + np.exp(-(taste - THRESHOLD)))
        words = world("people")["comments"][listener.language if rng.random() < 0.9 else str(work.item.language)]

        def later(kind: EventKind, **more: Any) -> None:
            self._add(at + timedelta(seconds=round(float(rng.uniform(1, 9)), 1)), kind, **more, **shared)

        def said(lines: list[str]) -> str:
            who = work.item.creators[0].name if work.item.creators else work.item.name
            return lines[int(rng.integers(len(lines)))].format(title=work.item.title, who=who)

        if rng.random() < (0.28 * warmth if enjoyed else 0.06):
            later(EventKind.LIKE if enjoyed else EventKind.DISLIKE)
        if rng.random() < 0.1:
            stars = np.clip(round(2 * (3.2 + 0.9 * (taste - THRESHOLD) / 2 + rng.normal(0, 0.5))) / 2, 0.5, 5)
            stars = max(stars, 3.5) if enjoyed else min(stars, 2.5)
            later(EventKind.RATE, value=float(stars), scale=(0.5, 5.0))
        if rng.random() < 0.06:
            later(EventKind.COMMENT, text=said(words["praise" if enjoyed else "complaint"]))
        if enjoyed and work.look and rng.random() < 0.05:
            moment = round(float(rng.uniform(0, played)), 1)
            later(EventKind.BULLET_COMMENT, text=said(words["bullet"]), position_s=moment)
        if enjoyed and rng.random() < 0.05:
            later(EventKind.ADD_TO_LIST)
        if enjoyed and rng.random() < 0.02:
            later(EventKind.SHARE)
        if not enjoyed and rng.random() < 0.015:
            later(EventKind.NOT_INTERESTED)

    def _search(self, p: int, at: datetime, session: str) -> None:
        """A few words for what the person wants tonight: tags of a work in their taste."""
        liked = np.argsort(-self.base[p])[:20]
        tags = self.world.works[int(self.rng.choice(liked))].item.tags
        words = " ".join(str(t) for t in self.rng.permutation(tags)[:2])
        self._add(at, EventKind.SEARCH, text=words, user_id=self.world.listeners[p].user.id, session_id=session)

    def _add(self, at: datetime, kind: EventKind, **fields: Any) -> None:
        self.made.append({"at": at, "kind": kind, **fields})
