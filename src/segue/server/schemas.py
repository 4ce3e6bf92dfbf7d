"""What goes over the wire and is not a noun of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from ..answers import Answer
from ..events import Context, Event
from ..groups import People, Strategy
from ..items import MAX_TEXT, Id, Item, ItemKind
from ..prints import Duplicate
from ..queries import Constraints
from ..queries import Query as Asked

Language = Annotated[Literal["en", "zh"], Query(description="Language of the reasons.")]
Count = Annotated[int, Query(ge=1, le=200, description="How many.")]
Page = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
Cards = Annotated[bool, Query(description="Add to each pick what is needed to show it.")]

MAX_BATCH = 10_000
"""Events or items of one request."""


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:segue:problem:not-found",
                "title": "Not found",
                "status": 404,
                "detail": "Unknown item 't9'. `segue search` finds ids by title.",
                "request_id": "5b3c…",
            }
        }
    )
    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[dict[str, Any]] = []
    """For a request that cannot be taken: ``{"detail", "pointer" | "parameter"}`` per value."""


class Rejection(BaseModel):
    """An event that was not kept, and why."""

    id: str | None
    why: str


class RecordedOut(BaseModel):
    """What became of the events. They are on disk when this arrives."""

    model_config = ConfigDict(json_schema_extra={"example": {"accepted": 2, "duplicate": 1, "rejected": []}})
    accepted: int
    duplicate: int
    rejected: list[Rejection]


class PutOut(BaseModel):
    """What became of the items."""

    added: int
    updated: int
    unchanged: int


class ItemsOut(BaseModel):
    """One page of the catalogue; ``next`` is the ``after`` of the following page, null on the last."""

    items: list[Item]
    next: str | None


class Card(BaseModel):
    """What is needed to show an item in a list."""

    id: str
    kind: ItemKind
    title: str | None
    creators: list[str]
    genres: list[str]
    language: str | None
    released: str | None
    duration_s: float | None
    available_from: datetime | None
    playable: bool
    """Whether there is something at ``/media/{id}``."""

    @classmethod
    def of(cls, item: Item) -> Card:
        """The card of an item."""
        return cls(
            id=item.id,
            kind=item.kind,
            title=item.title,
            creators=list(dict.fromkeys(credit.name for credit in item.creators))[:3],
            genres=list(item.genres),
            language=item.language,
            released=item.released,
            duration_s=item.duration_s,
            available_from=item.available_from,
            playable=item.media_uri is not None,
        )


class DuplicateOut(BaseModel):
    """An item that is a copy, whole or in part."""

    item: str
    title: str | None
    kind: Literal["same_recording", "near_duplicate"]
    """By its sound, or by its pictures."""
    similarity: float
    """Share of the compared bits that agree: 1 the same file, about 0.5 by chance."""
    starts_s: float
    """Where the common part begins in the item that was asked about, in seconds."""
    other_starts_s: float
    seconds: float
    covers: float
    """The common part's share of the longer of the two."""

    @classmethod
    def of(cls, link: Duplicate, other: Item) -> DuplicateOut:
        """A link, seen from its first item."""
        shown = {name: value for name, value in link.as_json().items() if name not in ("item", "other")}
        return cls(item=other.id, title=other.title, **shown)


class EvidenceOut(BaseModel):
    """One recorded fact that a reason rests on."""

    kind: str
    ref: str
    name: str
    weight: float
    """Share of the score, 0 … 1."""
    via: str = ""
    """How it reached the score: `history`, `session`, `words`, `mood` … `shared`: what the item has in common with the
    evidence before it."""
    influence: float | None = None
    """How much the score falls without it, in its unit; null where that is not measured."""


class ReasonOut(BaseModel):
    """Why, as a sentence and as the evidence that it names."""

    text: str
    evidence: list[EvidenceOut]


class SuitsOut(BaseModel):
    """How well a pick suits one of a group."""

    user_id: str
    name: str
    suits: float
    """0: no better than the middle one of all candidates; 1: as well as what they would be offered alone."""
    reason: ReasonOut | None
    """Why, said to this person alone."""


class GroupMemberOut(BaseModel):
    """What a whole list is for one of a group."""

    user_id: str
    name: str
    suits: float
    """The mean over the picks."""
    so_far: float | None
    """For `fairness`: what they got from the group's last choices, 0 … 1; null: no choice yet."""
    counts: float
    """How much they count in this list, as a share of 1."""


class GroupOut(BaseModel):
    """Whom a list was made for together."""

    key: str
    """For the `context.group` of events of what they choose, see `POST /v1/groups/choices`."""
    strategy: Strategy
    members: list[GroupMemberOut]


class PickOut(BaseModel):
    """One recommended item."""

    item: str
    title: str | None
    kind: ItemKind
    score: float
    """Only its order within one answer means something."""
    sources: list[str]
    reason: ReasonOut | None
    suits: list[SuitsOut] = []
    """For a group: how well it suits each of them, whom it suits best first."""
    card: Card | None = None
    """Only with ``cards``."""


class PreviewOut(BaseModel):
    """A few sentences over the first picks."""

    text: str
    items: list[str]
    """Ids of the items that it is about, in their order."""
    by: Literal["language_model", "code"]
    degraded: list[str]


class UnderstoodOut(BaseModel):
    """One thing that was read from the words of a search, or that decided a mood."""

    what: str
    """`duration`, `year`, `language`, `kind`, `genre`, `without`, `creator`, `audience`, `seed`, `leaning`, `spelling`
    or `words` (others to search with); of a mood also `stated`, `mood`, `not_mood`, `state`, `match`, `lift` or
    `session`."""
    text: str
    """As it was typed."""
    said: str
    """How it was understood."""
    without: str
    """The words without it: what to search for to take it back. Empty where it cannot be, or by `leave`."""
    by: str | None = None
    """`language_model` where it understood this; without it, the built-in reader."""
    leave: str | None = None
    """Of what a language model understood: what to send as `left_out` to take it back."""


class AnswerOut(BaseModel):
    """The picks of one request, best first, and how they came about."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "user_id": "ada",
                "recipe": "home",
                "version": "20260301-101500",
                "request_id": "8c1f…",
                "degraded": [],
                "picks": [
                    {
                        "item": "t1",
                        "title": "Blue in Green",
                        "kind": "track",
                        "score": 1.42,
                        "sources": ["ease", "content"],
                        "reason": {
                            "text": "Because you finished “So What”.",
                            "evidence": [{"kind": "seed", "ref": "t7", "name": "So What", "weight": 0.61}],
                        },
                    }
                ],
            }
        }
    )
    user_id: str | None
    recipe: str
    version: str | None
    request_id: str
    degraded: list[str]
    """What failed or was missing on the way; empty when all went well."""
    picks: list[PickOut]
    query: dict[str, Any] = {}
    """What was asked, with what was read from a sentence: with it `POST /v1/explanations` tells of this very list."""
    group: GroupOut | None = None
    """For a group."""
    understood: list[UnderstoodOut] = []
    """Of a search, and of the recipe `mood`: what was read from the words."""
    emptied_by: list[str] = []
    """Of a search that found nothing: what was understood and left nothing."""

    @classmethod
    def of(cls, answer: Answer, cards: bool) -> AnswerOut:
        """The answer in its stable shape, with the cards of its picks where wanted."""
        content = answer.as_json()
        if cards:
            for shown, pick in zip(content["picks"], answer, strict=True):
                shown["card"] = Card.of(pick.item)
        return cls.model_validate(content)


class RecommendationsIn(BaseModel):
    """What to recommend, to whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"user_id": "ada", "recipe": "home", "k": 10, "constraints": {"kinds": ["track"]}}
        },
    )
    user_id: Id | None = None
    """Nobody: what suits most people."""
    recipe: Annotated[str, Field(max_length=64)] = "home"
    k: Annotated[int, Field(ge=1, le=200)] = 10
    constraints: Constraints = Constraints()
    context: Context | None = None
    seeds: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    """Items to start from, for the recipes `radio` and `similar`."""
    group: People = ()
    """User ids of everybody who is there: one list for all of them, by the recipe `together`."""
    strategy: Strategy = "average"
    """How the group's wishes become one order. An item that somebody vetoes goes into `constraints.exclude`."""
    words: Annotated[str | None, Field(max_length=MAX_TEXT)] = None
    """For the recipe `mood`: how somebody feels and what they are in the mood for, in English or Chinese."""
    moods: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=20)] = ()
    """For the recipe `mood`: moods that were chosen, of the vocabulary `moods`."""
    explain: bool = True
    personal: bool = True
    """False: the non-profiling mode. No user id is read at all, but to keep the age limit of a member of an account."""
    language: Literal["en", "zh"] = "en"
    seed: int | None = None
    """Makes every random choice of this request repeatable."""
    cards: bool = False
    """Add to each pick what is needed to show it."""

    def query(self) -> Asked:
        """What it asks of the engine; a group is asked for by its own recipe, also where none is named."""
        fields = {name: getattr(self, name) for name in type(self).model_fields if name in Asked.model_fields}
        if self.group and "recipe" not in self.model_fields_set:
            fields["recipe"] = "together"
        return Asked(**fields)


class HistoryEntry(BaseModel):
    """One event, with the card of its item where the catalogue (still) has it."""

    event: Event
    card: Card | None


class UsersOut(BaseModel):
    """Ids of people; ``next`` is the ``after`` of the following page, null on the last."""

    users: list[str]
    next: str | None


class ProofOut(BaseModel):
    """One stored thing that shows a line of a portrait."""

    kind: str
    """Kind of the event."""
    item: str | None
    event: str | None
    """Id of the event, of those that state something; what was done is found by its item, kind and time."""
    at: float | None
    """Seconds since 1970."""


class LineOut(BaseModel):
    """One thing that is believed about a person. See `segue.profiles.portrait` for how it is counted."""

    id: str
    sort: Literal["topics", "people", "moods", "languages", "habits", "dislikes", "hidden"]
    name: dict[str, str]
    """By language, as is the text."""
    text: dict[str, str]
    strength: float
    """-1 … 1."""
    confidence: float
    """0 … 1."""
    state: Literal["inferred", "stated", "locked", "pinned", "muted"]
    pinned: bool
    locked: bool
    until: float | None
    """Muted until then, seconds since 1970; null: not muted, or for good."""
    lately: bool
    """More of it these days than in the long run."""
    actions: list[str]
    """What can be done to it with ``PATCH``."""
    evidence: list[ProofOut]


class SentenceOut(BaseModel):
    """One sentence of the short text, and the ids of the lines that it rests on."""

    text: str
    lines: list[str]


class ForgottenOut(BaseModel):
    """A line that has been deleted and can be restored."""

    id: str
    name: dict[str, str]


class PortraitOut(BaseModel):
    """What is believed about a person, line by line, the strongest of each sort first."""

    user_id: str
    writer: str | None
    """The language model that may be asked for the text; null: none is configured."""
    text: dict[str, str]
    """Two to four sentences where enough is known, by language."""
    sentences: dict[str, list[SentenceOut]]
    written_by: dict[str, str]
    """``code`` or ``language_model``, by language."""
    lines: list[LineOut]
    forgotten: list[ForgottenOut]
    degraded: list[str]
    """``portrait:language_model``: what it wrote could not be used, so the text is made by code."""


class ProfileOut(BaseModel):
    """What the engine believes about a person; each list has the strongest first, each entry the items that show it."""

    model_config = ConfigDict(extra="allow")
    user_id: str
    portrait: PortraitOut
    titles: dict[str, str]
    """What to call the items that are named as evidence."""


class SegmentOut(BaseModel):
    """One segment of people."""

    segment: str
    """As recipes name it: ``[ranking.blend.home_SEGMENT]``."""
    name: dict[str, str]
    """What it is called, by language."""


class SegmentSizeOut(SegmentOut):
    """A segment and how many are in it."""

    people: int


class TopicOut(BaseModel):
    """What sets a taste apart."""

    key: str
    name: str
    share: float
    lift: float
    """How many times as much of it is liked as by everybody."""


class TasteOut(SegmentSizeOut):
    """A cluster of people of one taste."""

    topics: list[TopicOut]


class SegmentsOut(BaseModel):
    """All segments, as of ``at`` (seconds since 1970)."""

    at: float
    people: int
    definitions: dict[str, float]
    """The settings ``[segments]``."""
    activity: list[SegmentSizeOut]
    known: list[SegmentSizeOut]
    """By how many of their events say something: none, 1 to 4, 5 and more."""
    tastes: list[TasteOut]


class PersonSegmentsOut(BaseModel):
    """The segments of one person, the most telling first."""

    user_id: str
    segments: list[SegmentOut]


class InterestOut(BaseModel):
    """One of the things that a person turns to."""

    name: dict[str, str]
    share: float
    """Of their likings in the long run."""
    now: float
    """Of their likings of these days."""
    short_term: bool
    items: list[str]


class StreamOut(BaseModel):
    """Interests over time: the layers of a stacked area."""

    days: int
    """Of one step."""
    begins: list[str]
    layers: list[list[float]]
    """One for each of the interests, then one for the rest: the sum of likings in every step."""


class PatternsOut(BaseModel):
    """The habits of a person. See `segue.profiles.patterns` for every field."""

    model_config = ConfigDict(extra="allow")
    user_id: str
    events: int
    zone: str
    zone_stated: bool
    hours: list[int]
    weekdays: list[int]
    segments: list[SegmentOut]
    interests: list[InterestOut]
    stream: StreamOut
    next: dict[str, float]
    """``leave``: that what they did last ends the session; ``return``: that they come back within a week."""
    titles: dict[str, str]


class MomentOut(BaseModel):
    """Seconds of an item with many bullet comments."""

    start_s: float
    end_s: float
    remarks: int
    sentiment: float | None
    """-1 … 1, the mean of those that say something for or against; null where none does."""
    texts: list[str]
    """What was said most often."""


class MomentsOut(BaseModel):
    """How people react along an item; bins of ``bin_s`` seconds from its beginning to the last remark."""

    item: str
    bin_s: float
    counts: list[int]
    sentiment: list[float | None]
    peaks: list[MomentOut]
    """The most reacted to first."""
    remarks: int


class KeyIn(BaseModel):
    """The key of this server."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, Field(min_length=1, max_length=1000)]
