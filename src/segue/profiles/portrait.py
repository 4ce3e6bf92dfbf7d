"""Portrait: what is believed about a person, line by line with evidence, so that they can read and correct it.

A line is about a topic (`segue.topics`), a habit (`segue.profiles.patterns`), or an item that the person has hidden.
Its strength lies in -1 … 1:

    chosen     the person liked or disliked the topic itself: as strongly as they said so
    said       their comments, reviews and statements say so (`segue.profiles.said.topics`)
    inferred   what they did: the sum of their preferences for items that have it (a film of two genres counts half for
               each), over the largest such sum among topics of the same sort; where the sum is negative, over all that
               these items say, times n/(n + 2) for n items, since few dislikes among many likings tell as much

The first of these that is known holds: what is stated beats what is inferred. Its confidence is 1 for what was chosen,
1 - 0.4/n for what was said n times, and for what is inferred n/(n + 4) of n items, times how much of what these say is
for the same side. Nothing is read that was done incognito or that has been taken back (`segue.choices`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ..catalogue import Catalogue
from ..dataset import History
from ..edits import Action
from ..events import HIDING, KIND_CODE, Event, EventKind
from ..topics import topics_of
from .history import Live
from .patterns import Patterns
from .portrait_words import Names, described, habit_name, habit_words, in_short
from .said.topics import SaidTopic, said_topics
from .taste import forgotten_by

SORTS = ("topics", "people", "moods", "languages", "habits", "dislikes", "hidden")
SORT_OF = {"creator": "people", "mood": "moods", "language": "languages"}
"""Sort of a topic → sort of its line; the others are ``topics``."""
READ = ("genre", "theme", "tag", "kind", "series", "creator", "mood", "language")
"""Sorts of topics that lines are inferred about."""
MOST = {"genre": 6, "theme": 4, "tag": 4, "kind": 3, "series": 2, "creator": 6, "mood": 5, "language": 3}
"""Inferred lines of each sort of topic at most, as many of dislikes; what is stated comes on top."""
FAINT = 0.1
"""An inferred strength below this is no line."""
EVERYWHERE = 0.9
"""Share of the catalogue from which on a topic tells nobody apart."""
FEW = 10
"""Items known of a person from which on one alone makes no line about a name, a tag, a theme, or a dislike."""
HIDDEN = 20
"""Hidden items that are told; all of them can be shown again."""
LATELY_DAYS = 10.0
"""Half-life of what is done lately."""
SOURCE = "portrait"
"""``source`` of the events that edits make; flags stand behind a colon: ``portrait:locked+pinned``."""
FLAGS = ("locked", "pinned", "stated")
_EVIDENCE = 5
_DAY_S = 86_400.0
_KINDS = tuple(EventKind)
_HIDING = np.array([KIND_CODE[kind] for kind in HIDING], dtype=np.uint8)
_TOPIC_ACTIONS = (Action.STRENGTH, Action.LIKE, Action.DISLIKE, Action.PIN, Action.LOCK, Action.MUTE, Action.DELETE)


@dataclass(frozen=True)
class Proof:
    """One stored thing that shows a line."""

    kind: str
    """Kind of the event."""
    item: str | None = None
    event: str | None = None
    """Id of the event, of those that state something; what was done is found by its item, kind and time."""
    at: float | None = None
    """Seconds since 1970."""


@dataclass(frozen=True)
class Chosen:
    """What the person chose about a topic, with what their edits keep beside it."""

    value: float
    event: str
    at: float | None
    flags: frozenset[str] = frozenset({"stated"})

    @classmethod
    def of(cls, event: Event, value: float) -> Chosen:
        """Read the event that states it."""
        room, _, flags = (event.source or "").partition(":")
        at = event.at.timestamp() if event.at else None
        if room != SOURCE:
            return cls(value, event.id, at)
        return cls(value, event.id, at, frozenset(flags.split("+")) & frozenset(FLAGS))


@dataclass(frozen=True)
class Line:
    """One thing that is believed about a person."""

    id: str
    """The topic; ``item:ID``; ``habit:NAME``."""
    sort: str
    """One of `SORTS`."""
    name: Mapping[str, str]
    """By language."""
    text: Mapping[str, str]
    """A sentence, by language."""
    strength: float
    """-1 … 1, see the module."""
    confidence: float
    """0 … 1."""
    state: str
    """``muted``, ``pinned``, ``locked``, ``stated`` or ``inferred``: the first that holds."""
    pinned: bool = False
    locked: bool = False
    until: float | None = None
    """Muted until then, seconds since 1970; None: not muted, or for good."""
    lately: bool = False
    """More of it these days than in the long run."""
    actions: tuple[str, ...] = ()
    """What can be done to it."""
    evidence: tuple[Proof, ...] = ()


@dataclass(frozen=True)
class CitedSentence:
    """One sentence of the short text, and the lines that it rests on."""

    text: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Portrait:
    """All lines, by sort and the strongest first, and a short text in both languages."""

    lines: tuple[Line, ...]
    sentences: Mapping[str, tuple[CitedSentence, ...]]
    """By language."""
    forgotten: tuple[Mapping[str, Any], ...] = ()
    """What has been deleted and can be restored: ``id`` and ``name``."""
    written_by: Mapping[str, str] = field(default_factory=lambda: {"en": "code", "zh": "code"})
    degraded: tuple[str, ...] = ()

    def line(self, line_id: str) -> Line | None:
        """The line of that id."""
        return next((one for one in self.lines if one.id == line_id), None)

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        content = asdict(self)
        text = {
            language: ("" if language == "zh" else " ").join(one.text for one in said)
            for language, said in self.sentences.items()
        }
        return {"text": text, **content}


@dataclass
class _Sum:
    """What items say of one topic."""

    total: float = 0.0
    against: float = 0.0
    for_it: float = 0.0
    lately: float = 0.0
    items: dict[int, float] = field(default_factory=dict)


def portrait(
    live: Live,
    catalogue: Catalogue,
    read: Patterns,
    names: Names,
    now: float,
    chosen: Mapping[str, Chosen],
    hidden: Mapping[str, Proof],
) -> Portrait:
    """The portrait of a person.

    Args:
        read: their habits.
        now: seconds since 1970.
        chosen: what they chose of topics, for those in ``live.stated``.
        hidden: what hides the topics in ``live.hidden_topics``.
    """
    teller = _Teller(live, catalogue, names, now, chosen, hidden)
    lines = [*teller.topics(), *teller.hidden_items(), *_habits(read, live, catalogue)]
    place = {sort: n for n, sort in enumerate(SORTS)}
    lines.sort(key=lambda one: (place[one.sort], not one.pinned, -abs(one.strength), -one.confidence, one.id))
    return Portrait(
        lines=tuple(lines),
        sentences={
            language: tuple(CitedSentence(text, cited) for text, cited in in_short(lines, language == "zh"))
            for language in ("en", "zh")
        },
        forgotten=tuple({"id": key, "name": names.of(key, catalogue)} for key in live.forgotten),
    )


class _Teller:
    """What the lines of one person are made from."""

    def __init__(
        self,
        live: Live,
        catalogue: Catalogue,
        names: Names,
        now: float,
        chosen: Mapping[str, Chosen],
        hidden: Mapping[str, Proof],
    ) -> None:
        self.live, self.catalogue, self.names, self.now = live, catalogue, names, now
        self.chosen, self.hidden = chosen, hidden
        self.done = _done(live.history, catalogue)
        said = said_topics(live.said, now)
        self.said = {one.topic: one for one in (*said.liked, *said.disliked) if self._is_topic(one.topic)}
        self.looked = {one.topic: one for one in said.looked_for if self._is_topic(one.topic)}
        self.statements = {one.event_id: one for one in live.said}
        self.everywhere = EVERYWHERE * int(self.catalogue.alive.sum())
        self.known = len({row for one in self.done.values() for row in one.items})
        self.largest: dict[str, float] = defaultdict(float)
        for key, one in self.done.items():
            sort = key.partition(":")[0]
            self.largest[sort] = max(self.largest[sort], one.total)
        # Shares are told among what is liked: of one's likings in the long run, and lately.
        self.long, self.short = (
            {
                sort: sum(max(getattr(one, what), 0.0) for key, one in self.done.items() if key.startswith(f"{sort}:"))
                for sort in READ
            }
            for what in ("total", "lately")
        )

    def _is_topic(self, key: str) -> bool:
        return key.partition(":")[0] not in ("item", "aspect")

    def topics(self) -> list[Line]:
        """Lines about topics: chosen, said, hidden, and the strongest of what is inferred."""
        muted = {topic for topic, until in self.live.hidden_topics.items() if until > self.now}
        certain = {*self.chosen, *self.said, *muted}
        lines = [self._line(key) for key in sorted(certain)]
        guessed: dict[tuple[str, bool], list[Line]] = defaultdict(list)
        for key in sorted({*self.done, *self.looked} - certain):
            if self._tells(key):
                line = self._line(key)
                if abs(line.strength) >= FAINT:
                    guessed[key.partition(":")[0], line.strength < 0].append(line)
        for (sort, _), own in guessed.items():
            own.sort(key=lambda one: (-abs(one.strength) * (0.5 + one.confidence), one.id))
            lines += own[: MOST.get(sort, 2)]
        return lines

    def _tells(self, key: str) -> bool:
        """Whether an inferred topic tells this person apart, on enough items."""
        sort = key.partition(":")[0]
        if len(self.catalogue.topics.rows(key)) >= self.everywhere:
            return False
        if key not in self.done:
            return True
        done = self.done[key]
        return self.known <= FEW or len(done.items) >= 2 or (sort not in _NAMES and done.total > 0)

    def _line(self, key: str) -> Line:
        chosen, said = self.chosen.get(key), self.said.get(key)
        looked, done = self.looked.get(key), self.done.get(key)
        sort = key.partition(":")[0]
        strength, confidence, how = 0.0, 0.0, "inferred"
        if chosen is not None:
            strength, confidence, how = chosen.value, 1.0, "chosen"
        elif said is not None:
            strength, confidence, how = said.strength, 1 - 0.4 / self._times(key), "said"
        elif done is not None:
            n, said_in_all = len(done.items), max(done.for_it + done.against, 1e-9)
            against = done.total / said_in_all * n / (n + 2)
            strength = against if done.total < 0 else done.total / max(self.largest[sort], 1e-9)
            confidence = n / (n + 4) * abs(done.total) / said_in_all
        elif looked is not None:
            strength, confidence, how = looked.strength, 0.2, "looked"
        until = self.live.hidden_topics.get(key, -math.inf)
        muted = until > self.now
        flags = chosen.flags if chosen else frozenset()
        lately = self._lately(sort, done) if done and not muted and strength > 0 else False
        name = self.names.of(key, self.catalogue)
        text = described(key, name, strength, "hidden" if muted else how, until if math.isfinite(until) else None)
        state = "stated" if how == "said" or "stated" in flags else "inferred"
        for flag in ("locked", "pinned"):
            state = flag if flag in flags else state
        return Line(
            id=key,
            sort="hidden" if muted else "dislikes" if strength < 0 else SORT_OF.get(sort, "topics"),
            name=name,
            text=text,
            strength=round(strength, 4),
            confidence=round(min(confidence, 1.0), 4),
            state="muted" if muted else state,
            pinned="pinned" in flags,
            locked="locked" in flags,
            until=until if muted and math.isfinite(until) else None,
            lately=lately,
            actions=_actions(flags, strength, muted),
            evidence=tuple(self._proofs(key, muted, strength)[:_EVIDENCE]),
        )

    def _times(self, key: str) -> int:
        return max(1, sum(1 for one in self.live.said if one.opinion.topics.get(key) is not None))

    def _lately(self, sort: str, done: _Sum) -> bool:
        long, short = self.long.get(sort, 0.0), self.short.get(sort, 0.0)
        if long <= 0 or short <= 0:
            return False
        return bool(done.lately / short >= max(0.2, 2 * max(done.total, 0.0) / long))

    def _proofs(self, key: str, muted: bool, strength: float) -> list[Proof]:
        """What shows a line: what was chosen first, then what was said, then what was done."""
        found = [self.hidden[key]] if muted and key in self.hidden else []
        if (chosen := self.chosen.get(key)) is not None:
            kind = EventKind.LIKE if chosen.value >= 0 else EventKind.DISLIKE
            found.append(Proof(kind.value, event=chosen.event, at=chosen.at))
        said: SaidTopic | None = self.said.get(key) or self.looked.get(key)
        for event_id in said.events if said else ():
            statement = self.statements.get(event_id)
            if statement is not None:
                found.append(Proof(statement.kind, statement.item_id, event_id, statement.at))
        if (done := self.done.get(key)) is not None:
            side = 1 if strength >= 0 else -1
            rows = sorted((row for row in done.items if side * done.items[row] > 0), key=lambda r: -abs(done.items[r]))
            found += [self._deed(key, row, side) for row in rows[:_EVIDENCE]]
        return found

    def _deed(self, key: str, row: int, side: int) -> Proof:
        """What the person did with an item that speaks most for that side of a topic, the newest of equals."""
        history = self.live.history
        own = np.flatnonzero((history.items == row) & ~history.forgotten.get(key, np.zeros(len(history), bool)))
        best = int(own[::-1][np.argmax(side * history.weights[own[::-1]])])
        at = float(history.timestamps[best])
        return Proof(
            _KINDS[int(history.kinds[best])].value, self.catalogue.ids[row], at=at if math.isfinite(at) else None
        )

    def hidden_items(self) -> list[Line]:
        """Lines of items that are hidden now, the `HIDDEN` newest."""
        lines = []
        for row, until in sorted(self.live.hidden_until.items()):
            item = self.catalogue.items[row]
            if item is not None and until > self.now:
                key, name = f"item:{item.id}", {"en": item.name, "zh": item.name}
                end = until if math.isfinite(until) else None
                line = Line(
                    id=key,
                    sort="hidden",
                    name=name,
                    text=described(key, name, 0.0, "hidden", end),
                    strength=0.0,
                    confidence=1.0,
                    state="muted",
                    until=end,
                    actions=(Action.UNMUTE.value,),
                    evidence=self._hiding(row),
                )
                lines.append(line)
        lines.sort(key=lambda one: (-max((proof.at or 0.0 for proof in one.evidence), default=0.0), one.id))
        return lines[:HIDDEN]

    def _hiding(self, row: int) -> tuple[Proof, ...]:
        """The newest event that hides an item."""
        apart = self.live.history.apart
        for history in (self.live.history, *(() if apart is None else (apart,))):
            own = np.flatnonzero((history.items == row) & np.isin(history.kinds, _HIDING))
            if len(own):
                return (_event(history, self.catalogue, int(own[-1])),)
        return ()


_NAMES = ("creator", "tag", "theme", "series")


def _actions(flags: Iterable[str], strength: float, muted: bool) -> tuple[str, ...]:
    """What can be done to a line about a topic."""
    turned = {
        Action.LOCK: Action.UNLOCK if "locked" in flags else Action.LOCK,
        Action.PIN: Action.UNPIN if "pinned" in flags else Action.PIN,
        Action.MUTE: Action.UNMUTE if muted else Action.MUTE,
    }
    left_out = {Action.LIKE if strength > 0 else Action.DISLIKE if strength < 0 else Action.STRENGTH}
    return tuple(turned.get(action, action).value for action in _TOPIC_ACTIONS if action not in left_out)


def _done(history: History, catalogue: Catalogue) -> dict[str, _Sum]:
    """What the history says of each topic."""
    parts: dict[int, dict[frozenset[str], list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    times = history.timestamps
    newest = float(np.nanmax(times)) if np.isfinite(times).any() else 0.0
    fresh = np.nan_to_num(0.5 ** ((newest - times) / (_DAY_S * LATELY_DAYS)), nan=0.0)
    events = (history.items.tolist(), history.weights.tolist(), fresh.tolist(), forgotten_by(history))
    for row, weight, new, without in zip(*events, strict=True):
        if weight and catalogue.items[row] is not None:
            sums = parts[row][without]
            sums[0] += weight
            sums[1] += weight * new
    found: dict[str, _Sum] = defaultdict(_Sum)
    for row, by_topics in parts.items():
        own = defaultdict(list)
        for key in topics_of(catalogue.item(row)):
            own[key.partition(":")[0]].append(key)
        for without, (total, lately) in by_topics.items():
            for sort in READ:
                keys = [key for key in own.get(sort, ()) if key not in without]
                for key in keys:
                    _add(found[key], row, total / len(keys), lately / len(keys))
    return dict(found)


def _add(one: _Sum, row: int, total: float, lately: float) -> None:
    one.total += total
    one.for_it += max(total, 0.0)
    one.against += max(-total, 0.0)
    one.lately += lately
    one.items[row] = one.items.get(row, 0.0) + total


def _habits(read: Patterns, live: Live, catalogue: Catalogue) -> list[Line]:
    """Lines about habits; one that was deleted stays away until it is restored."""
    lines = []
    for name, share, text, shows in habit_words(read, live.history, catalogue):
        if f"habit:{name}" in live.forgotten:
            continue
        proofs = tuple(_event(live.history, catalogue, n) for n in shows[:_EVIDENCE])
        lines.append(
            Line(
                id=f"habit:{name}",
                sort="habits",
                name=habit_name(name),
                text=text,
                strength=round(share, 4),
                confidence=round(read.events / (read.events + 10), 4),
                state="inferred",
                actions=(Action.DELETE.value,),
                evidence=proofs,
            )
        )
    return lines


def _event(history: History, catalogue: Catalogue, n: int) -> Proof:
    at = float(history.timestamps[n])
    item = catalogue.ids[int(history.items[n])]
    return Proof(_KINDS[int(history.kinds[n])].value, item, at=at if math.isfinite(at) else None)


def rewritten(found: Portrait, language: str, sentences: Sequence[CitedSentence], by: str, *degraded: str) -> Portrait:
    """The portrait with another short text in one language."""
    return replace(
        found,
        sentences={**found.sentences, language: tuple(sentences)},
        written_by={**found.written_by, language: by},
        degraded=(*found.degraded, *degraded),
    )
