"""Event: one thing a person did or said; EventTable: many of them as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from .arrays import Floats, Mask, Rows, Times
from .items import Id, Noun, Seconds, Text, utc
from .opinions import Opinion
from .topics import TopicKey


class EventKind(StrEnum):
    """What happened."""

    IMPRESSION = "impression"
    CLICK = "click"
    PLAY = "play"
    NOW_PLAYING = "now_playing"
    COMPLETE = "complete"
    SKIP = "skip"
    ABANDON = "abandon"
    LIKE = "like"
    DISLIKE = "dislike"
    ALREADY_SEEN = "already_seen"
    RATE = "rate"
    COMMENT = "comment"
    BULLET_COMMENT = "bullet_comment"
    SHARE = "share"
    ADD_TO_LIST = "add_to_list"
    FOLLOW = "follow"
    SEARCH = "search"
    NOT_INTERESTED = "not_interested"
    SNOOZE = "snooze"
    BLOCK = "block"
    EXCLUDE = "exclude"
    CLEAR = "clear"
    RESET = "reset"


KIND_CODE: dict[EventKind, int] = {kind: code for code, kind in enumerate(EventKind)}
"""Kinds as small integers, in the order of `EventKind`; only ever extended at its end."""

WITHOUT_ITEM = frozenset({EventKind.SEARCH, EventKind.COMMENT, EventKind.FOLLOW, EventKind.RESET})
"""Kinds that may stand without an item and without a topic."""

ON_TOPICS = frozenset(
    {
        EventKind.LIKE,
        EventKind.DISLIKE,
        EventKind.FOLLOW,
        EventKind.NOT_INTERESTED,
        EventKind.SNOOZE,
        EventKind.BLOCK,
        EventKind.EXCLUDE,
        EventKind.CLEAR,
    }
)
"""Kinds that may be about a topic instead of an item: "I like this genre", "never show me this artist"."""

CHOSEN = ON_TOPICS | {EventKind.RATE, EventKind.ALREADY_SEEN, EventKind.ADD_TO_LIST, EventKind.RESET}
"""What a person says on purpose; a ``reset`` leaves it as it is."""

CONSUMED = frozenset(
    {
        EventKind.PLAY,
        EventKind.COMPLETE,
        EventKind.SKIP,
        EventKind.ABANDON,
        EventKind.LIKE,
        EventKind.DISLIKE,
        EventKind.ALREADY_SEEN,
        EventKind.RATE,
    }
)
"""Kinds after which the person has met the item. ``now_playing`` and ``impression`` are not among them."""

HIDING = frozenset({EventKind.NOT_INTERESTED, EventKind.BLOCK, EventKind.SNOOZE})
"""Kinds by which a person asks not to be shown the item (a snooze ends after ``value`` days)."""


_STRENGTHS = (EventKind.LIKE, EventKind.DISLIKE, EventKind.FOLLOW)


class Context(Noun):
    """Where and how an event happened; ``propensity`` is the probability with which the item was shown."""

    device: str | None = None
    surface: str | None = None
    rank: Annotated[int, Field(ge=0)] | None = None
    request_id: str | None = None
    propensity: Annotated[float, Field(gt=0, le=1)] | None = None


class Event(Noun):
    """One thing a person did or said.

    The id is chosen by the sender: the same id twice is one event. Events are never changed.
    """

    id: Id
    user_id: Id
    item_id: Id | None = None
    topic: TopicKey | None = None
    """What it is about, where that is no item: ``genre:horror``, see `segue.topics`."""
    kind: EventKind
    at: datetime | None = None
    """UTC. ``None`` only for logs that state an order and no times; the order of arrival then counts."""
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The rating for ``rate``; how many days for ``snooze``; how strongly, 0 … 1, for a liked or disliked topic; loops
    for shorts; play counts."""
    played_s: Seconds | None = None
    position_s: Seconds | None = None
    text: Text | None = None
    scale: tuple[float, float] | None = None
    """Lowest and highest possible ``value`` of a rating, for example (0.5, 5)."""
    session_id: str | None = None
    context: Context | None = None
    train: bool = True
    """False: kept, honoured by filters, never learnt from (incognito)."""
    source: str | None = None

    _utc = field_validator("at", mode="after")(utc)

    @field_validator("at", mode="after")
    @classmethod
    def _plausible(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 1970 <= value.year <= 2100:
            raise ValueError("expected a time between 1970 and 2100")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Event:
        if self.topic is not None and self.item_id is not None:
            raise ValueError("an event is about an item or about a topic; it has both an item_id and a topic")
        if self.topic is not None and self.kind not in ON_TOPICS:
            raise ValueError(f"an event of kind {self.kind.value!r} cannot be about a topic; it needs an item_id")
        if self.item_id is None and self.topic is None and self.kind not in WITHOUT_ITEM:
            raise ValueError(
                f"an event of kind {self.kind.value!r} needs an item_id{' or a topic' * (self.kind in ON_TOPICS)}"
            )
        if (
            self.topic is not None
            and self.kind in _STRENGTHS
            and not 0 <= (1 if self.value is None else self.value) <= 1
        ):
            raise ValueError(f"the strength of a liked or disliked topic lies in 0 … 1, not {self.value:g}")
        if self.kind is EventKind.RATE:
            if self.value is None or self.scale is None:
                raise ValueError("a rating needs a value and its scale, e.g. value=4, scale=(0.5, 5)")
            low, high = self.scale
            if not low < high or not low <= self.value <= high:
                raise ValueError(f"rating {self.value:g} lies outside its scale ({low:g}, {high:g})")
        return self


@dataclass(frozen=True)
class EventTable:
    """Many events as columns of equal length, in order of arrival. What storage hands to learning.

    ``users`` and ``items`` are codes into ``user_ids`` and ``item_ids`` (item code -1: no item).
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    users: Rows
    items: Rows
    kinds: NDArray[np.uint8]
    at: Times
    value: Floats
    scale_low: Floats
    scale_high: Floats
    played_s: Floats
    train: Mask
    opinion: Floats
    """-1 … 1: what the event's text says for or against its item; NaN where there is none, or it is undecided."""
    said: NDArray[np.int64]
    """What the text says as a number (`segue.opinions.Opinion.same`); 0 where no text was read."""
    seq: NDArray[np.int64]
    """Order of arrival, rising."""
    topics: Mapping[int, str] = field(default_factory=dict)
    """The topic of those events that are about one, by ``seq``; of most tables empty."""

    def __len__(self) -> int:
        return len(self.users)

    @classmethod
    def of(
        cls, events: Iterable[Event], first_seq: int = 1, opinions: Mapping[str, Opinion] | None = None
    ) -> EventTable:
        """Columns of the given events, numbered from ``first_seq`` on, with what was read in them by id."""
        rows = list(events)
        user_of: dict[str, int] = {}
        item_of: dict[str, int] = {}
        nan = float("nan")
        read = [None if opinions is None else opinions.get(e.id) for e in rows]

        def floats(values: Sequence[float | None]) -> Floats:
            return np.array([nan if v is None else v for v in values], dtype=np.float32)

        return cls(
            users=np.array([user_of.setdefault(e.user_id, len(user_of)) for e in rows], dtype=np.int32),
            items=np.array(
                [-1 if e.item_id is None else item_of.setdefault(e.item_id, len(item_of)) for e in rows],
                dtype=np.int32,
            ),
            kinds=np.array([KIND_CODE[e.kind] for e in rows], dtype=np.uint8),
            at=np.array([nan if e.at is None else e.at.timestamp() for e in rows], dtype=np.float64),
            value=floats([e.value for e in rows]),
            scale_low=floats([e.scale[0] if e.scale else None for e in rows]),
            scale_high=floats([e.scale[1] if e.scale else None for e in rows]),
            played_s=floats([e.played_s for e in rows]),
            train=np.array([e.train for e in rows], dtype=bool),
            opinion=floats([o.sentiment if o else None for o in read]),
            said=np.array([o.same if o else 0 for o in read], dtype=np.int64),
            seq=np.arange(first_seq, first_seq + len(rows), dtype=np.int64),
            user_ids=tuple(user_of),
            item_ids=tuple(item_of),
            topics={first_seq + n: e.topic for n, e in enumerate(rows) if e.topic is not None},
        )


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)
