"""Item: one thing that can be recommended."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator


class ItemKind(StrEnum):
    """What sort of thing an item is."""

    MOVIE = "movie"
    SERIES = "series"
    EPISODE = "episode"
    VIDEO = "video"
    SHORT = "short"
    LIVE = "live"
    TRACK = "track"
    PODCAST = "podcast"
    PODCAST_EPISODE = "podcast_episode"
    GAME = "game"
    AD = "ad"


MEDIA: dict[ItemKind, str] = {
    ItemKind.MOVIE: "film", ItemKind.SERIES: "film", ItemKind.EPISODE: "film", ItemKind.VIDEO: "video",
    ItemKind.SHORT: "video", ItemKind.LIVE: "live", ItemKind.TRACK: "music", ItemKind.PODCAST: "talk",
    ItemKind.PODCAST_EPISODE: "talk", ItemKind.GAME: "game", ItemKind.AD: "ad",
}  # fmt: skip
"""The medium of each kind: who likes films may never have listened to a podcast."""


class Credit(NamedTuple):
    """A person or group and what they did: ``Credit("Agnès Varda", "director")``."""

    name: str
    role: str


MAX_TEXT = 100_000
"""Characters kept of a title, description or transcript; longer input is cut by whoever reads it in."""

_ISO_DATE = re.compile(r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")


def _blank_is_none(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        return value or None
    return value


def utc(value: Any) -> Any:
    """A datetime as UTC; one without a zone is taken to be UTC already."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


Id = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, BeforeValidator(_blank_is_none), Field(max_length=MAX_TEXT)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Noun(BaseModel):
    """Frozen, strict about names: an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=False)


class Item(Noun):
    """One film, track, episode, stream, game or advert, with what is known about it.

    Missing is ``None`` (or an empty tuple): never an empty string, never a zero.
    """

    id: Id
    """Chosen by whoever owns the catalogue; stable."""
    kind: ItemKind
    title: Text | None = None
    description: Text | None = None
    language: Annotated[str, BeforeValidator(_blank_is_none), Field(max_length=35)] | None = None
    """BCP 47 tag of the content: ``en``, ``zh``, ``pt-BR``."""
    creators: tuple[Credit, ...] = ()
    genres: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    released: str | None = None
    """ISO 8601 with the precision that is known: ``1959``, ``1959-08`` or ``1959-08-17``."""
    duration_s: Seconds | None = None
    lyrics_or_transcript: Text | None = None
    media_uri: str | None = None
    """A path below the workspace or an absolute path or URL of the playable file."""
    cover_uri: str | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    maturity: Annotated[int, Field(ge=0, le=21)] | None = None
    """Minimum age in years."""
    explicit: bool | None = None
    series: Text | None = None
    season: Annotated[int, Field(ge=0)] | None = None
    number: Annotated[int, Field(ge=0)] | None = None
    """Episode or track number."""
    album: Text | None = None
    provider: Text | None = None
    """Where the item came from: ``folder``, ``movielens`` …"""
    ids: dict[str, str] = Field(default_factory=dict)
    """Identifiers elsewhere: ``{"imdb": "tt0053125", "isrc": "…"}``."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Anything else, as JSON."""

    _utc = field_validator("available_from", "available_until", mode="after")(utc)

    @field_validator("released", mode="before")
    @classmethod
    def _released(cls, value: Any) -> Any:
        value = _blank_is_none(str(value) if isinstance(value, int) else value)
        if isinstance(value, str) and not _ISO_DATE.match(value):
            raise ValueError("expected an ISO 8601 date: YYYY, YYYY-MM or YYYY-MM-DD")
        return value

    @field_validator("genres", "tags", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError("expected a list of words, not one string")
        if value is None:
            return ()
        # Order is kept; repeats and blanks go.
        return tuple(dict.fromkeys(w.strip() if isinstance(w, str) else w for w in value if w != ""))

    @property
    def name(self) -> str:
        """What to call it: the title, or the id where there is none."""
        return self.title or self.id

    @property
    def year(self) -> int | None:
        """Year of release."""
        return int(self.released[:4]) if self.released else None

    @property
    def group(self) -> str | None:
        """What it belongs to: the series or the album, so that a list may show one entry of each."""
        if self.series:
            return f"series:{self.series}"
        return f"album:{self.album}" if self.album else None

    def fingerprint(self) -> str:
        """A hash of every field; equal fingerprints mean nothing has changed."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]

    def merged(self, newer: Item) -> Item:
        """This item with the fields that ``newer`` states; what ``newer`` leaves out stays.

        ``ids`` and ``extra`` are joined key by key.
        """
        stated = {f: getattr(newer, f) for f in newer.model_fields_set if getattr(newer, f) not in (None, ())}
        stated["ids"] = {**self.ids, **newer.ids}
        stated["extra"] = {**self.extra, **newer.extra}
        return self.model_copy(update=stated)
