"""Playlist: a sentence that lives on: what was understood of it, what is on it and why, when it is made anew."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from .answers import KeptEvidence, Reason
from .items import Id, Noun
from .phrases import cleaned
from .queries import Constraints

MOST_ENTRIES = 200
MOST_HOURS = 24
MOST_REMEMBERED = 1000
"""Of what was taken off a playlist, and of what a channel has played; of these the oldest is forgotten first."""
LONGEST_SENTENCE = 1000
"""Characters."""
USUAL_ENTRIES = 20
"""Length of a playlist whose sentence asks for none."""
DAY_S = 86_400.0

FORMATS = {
    "m3u8": "audio/mpegurl; charset=utf-8",
    "xspf": "application/xspf+xml",
    "jspf": "application/jspf+json",
}
"""What playlists are handed out as, with its media type."""

Refresh = Literal["never", "hourly", "daily", "weekly"]
PERIOD_S: dict[str, float] = {"hourly": 3600.0, "daily": DAY_S, "weekly": 7 * DAY_S}


def _title(name: str) -> str:
    plain = cleaned(name, 200)
    if not plain:
        raise ValueError("expected a name with something to see in it")
    return plain


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_title)]
PlaylistSentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_SENTENCE)]


class Order(StrEnum):
    """How the entries follow each other; in each, no two by the same artist in a row where that is possible."""

    RANK = "rank"
    """What fits best comes first."""
    FLOW = "flow"
    """From the best on, always the nearest in tempo and energy: for music that was listened to."""
    OWN = "own"
    """As the person has put them; what comes later stands behind."""


class Length(Noun):
    """By number or by time: one of the two."""

    items: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] | None = None
    seconds: Annotated[float, Field(gt=0, le=MOST_HOURS * 3600, allow_inf_nan=False)] | None = None
    """In all, at most: what would go beyond it is not taken."""

    @model_validator(mode="after")
    def _one(self) -> Length:
        if (self.items is None) == (self.seconds is None):
            raise ValueError("expected a number of items or of seconds, one of the two")
        return self


class UnderstoodPart(Noun):
    """One thing that was understood."""

    what: str
    """As `segue.pipeline.asking.sentence.Part.what`; also ``length``, ``refresh``, ``channel``, ``mood`` …"""
    text: str
    """As it was typed."""
    english: str
    chinese: str
    without: str
    """The sentence without it, with which it is taken back; empty where it cannot be."""


class Note(Noun):
    """A remark on a playlist, in both languages."""

    english: str
    chinese: str

    def said(self, chinese: bool) -> str:
        """In one of them."""
        return self.chinese if chinese else self.english


class Entry(Noun):
    """One item on a playlist, and why."""

    item: Id
    reason: str
    told: str = ""
    """Of what was shown and then put on the list by hand: a sentence of why it was shown."""
    evidence: tuple[KeptEvidence, ...] = ()
    """What the reason rests on; of what has been ``told``, that."""
    pinned: bool = False
    """It stays where it is, as long as it may be shown."""
    since: float = 0.0
    """When it came onto the playlist, in seconds since 1970."""

    @property
    def why(self) -> Reason:
        """The reason, and what has been told besides, with the evidence."""
        apart = " " if self.told and self.reason.isascii() else ""
        return Reason.of(f"{self.reason}{apart}{self.told}", self.evidence)


class Wanted(Noun):
    """What a playlist asks for: its sentence, read."""

    constraints: Constraints = Constraints()
    """Hold without exception, whenever the playlist is made."""
    words: str = ""
    also: tuple[str, ...] = ()
    seeds: tuple[Id, ...] = ()
    leanings: tuple[str, ...] = ()


class Playlist(Noun):
    """A playlist as it is kept. Immutable: a change makes a new one."""

    id: Id
    user_id: Id | None = None
    """Whose it is; None: nobody's, and nothing of anybody is read for it."""
    title: Title
    sentence: PlaylistSentence = ""
    """What was asked for; empty: a playlist that was brought along, or chosen by hand."""
    language: Literal["en", "zh"] = "en"
    """Of the reasons."""
    understood: tuple[UnderstoodPart, ...] = ()
    stated: Constraints = Constraints()
    """What holds besides the sentence."""
    wanted: Wanted = Wanted()
    length: Length = Length(items=USUAL_ENTRIES)
    order: Order = Order.RANK
    channel: bool = False
    """It plays on: what was played leaves at the front, what continues it comes in at the end."""
    refresh: Refresh = "never"
    entries: Annotated[tuple[Entry, ...], Field(max_length=MOST_ENTRIES)] = ()
    removed: Annotated[tuple[Id, ...], Field(max_length=MOST_REMEMBERED)] = ()
    """What never comes back."""
    played: Annotated[tuple[Id, ...], Field(max_length=MOST_REMEMBERED)] = ()
    """Of a channel: what was played, the newest last."""
    notes: tuple[Note, ...] = ()
    """Why it is shorter than asked for, what had to leave."""
    degraded: tuple[str, ...] = ()
    """What failed or was missing when it was made, see `segue.answers.Answer.degraded`."""
    problem: str | None = None
    """Why it could not be made anew when it was due; the entries are those of before."""
    made_at: float
    """Seconds since 1970, as are the others."""
    refreshed_at: float
    used_at: float | None = None
    """When somebody last came back to it; None: not since it was made."""
    next_at: float | None = None
    """When it is due to be made anew; None: never by itself."""

    def is_new(self, entry: Entry, at: float) -> bool:
        """Whether an entry has come since yesterday; of a weekly playlist, since last week."""
        span = max(DAY_S, PERIOD_S.get(self.refresh, 0.0))
        return entry.since > self.made_at and at - entry.since < span

    def due_after(self, at: float) -> float | None:
        """The first moment after ``at`` at which it is due: at the time of day, or of the hour, at which it was made.
        What was missed meanwhile is thereby made up for once."""
        period = PERIOD_S.get(self.refresh)
        if period is None:
            return None
        return self.made_at + period * (max(0.0, at - self.made_at) // period + 1)

    @property
    def size(self) -> int | None:
        """How many entries it is to have; None: as many as its time takes."""
        return self.length.items

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP, without what its items are called."""
        return {
            "id": self.id,
            "user_id": self.user_id,
            "title": self.title,
            "sentence": self.sentence,
            "language": self.language,
            "understood": [
                {
                    "what": part.what,
                    "text": part.text,
                    "said": {"en": part.english, "zh": part.chinese},
                    "without": part.without,
                }
                for part in self.understood
            ],
            "constraints": self.wanted.constraints.stated(),
            "length": self.length.model_dump(exclude_none=True),
            "order": self.order.value,
            "channel": self.channel,
            "refresh": self.refresh,
            "notes": [{"en": note.english, "zh": note.chinese} for note in self.notes],
            "degraded": list(self.degraded),
            "problem": self.problem,
            "made_at": _moment(self.made_at),
            "refreshed_at": _moment(self.refreshed_at),
            "next_at": None if self.next_at is None else _moment(self.next_at),
            "removed": list(self.removed),
        }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


class Changes(Noun):
    """What is to change of a playlist; what is left out stays."""

    title: Title | None = None
    sentence: PlaylistSentence | None = None
    """Another sentence: the playlist is made anew from it."""
    language: Literal["en", "zh"] | None = None
    length: Length | None = None
    order: Order | None = None
    refresh: Refresh | None = None
    channel: bool | None = None
    pin: tuple[Id, ...] = ()
    unpin: tuple[Id, ...] = ()
    remove: tuple[Id, ...] = ()
    """They leave, and never come back."""
    restore: tuple[Id, ...] = ()
    """They may come back."""
    arrange: tuple[Id, ...] = ()
    """The entries in the person's own order; those that are left out stand behind."""
