"""``/v1/playlists``: playlists that are made from a sentence, and live."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ...engine import Engine
from ...events import now
from ...items import Id, Item
from ...playlists import FORMATS, Changes, Length, Order, Playlist, PlaylistSentence, Refresh, Title
from ...queries import Constraints
from ..addresses import public
from ..auth import EngineHere
from ..files import MEDIA_TYPES, servable
from ..schemas import Card, ReasonOut

router = APIRouter(prefix="/v1", tags=["playlists"])

Whose = Annotated[str | None, Query(min_length=1, max_length=512, description="Whose it is; left out: nobody's.")]
Format = Literal["m3u8", "xspf", "jspf"]


class PlaylistIn(BaseModel):
    """A sentence, and what is stated besides."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"user_id": "ada", "sentence": "an hour of calm piano, renewed every day"}},
    )
    user_id: Id | None = None
    """Whose playlist it is; null: nobody's."""
    sentence: Annotated[PlaylistSentence, Field(min_length=1)]
    title: Title | None = None
    language: Literal["en", "zh"] = "en"
    """Of the reasons."""
    length: Length | None = None
    order: Order | None = None
    refresh: Refresh | None = None
    channel: bool | None = None
    constraints: Constraints = Constraints()
    """What holds besides those of the sentence."""


class PlaylistPartOut(BaseModel):
    """One thing that was understood."""

    what: str
    text: str
    said: dict[str, str]
    """By language."""
    without: str
    """The sentence without it: what to PATCH to take it back; empty where it cannot be."""


class EntryOut(BaseModel):
    """One entry of a list."""

    item: str
    card: Card
    reason: ReasonOut
    pinned: bool
    new: bool
    """It has come since yesterday; on a weekly playlist, since last week."""


class PlaylistOut(BaseModel):
    """A list. Entries that may not be shown just now are left out, and ``notes`` says so."""

    model_config = ConfigDict(extra="allow")
    id: str
    user_id: str | None
    title: str
    sentence: str
    understood: list[PlaylistPartOut]
    length: Length
    order: Order
    channel: bool
    refresh: Refresh
    notes: list[dict[str, str]]
    """Why it is shorter than asked for, what had to leave; by language."""
    degraded: list[str]
    problem: str | None
    """Why it could not be made anew when it was due."""
    made_at: str
    refreshed_at: str
    next_at: str | None
    count: int
    seconds: float
    """Of all entries together, as far as they state it."""
    entries: list[EntryOut] = []
    query: dict[str, Any] | None = None
    """What it asks for, as of now: with it `POST /v1/explanations` tells of its entries. Null: it was put together by
    hand, or comes without its entries."""


class PlaylistsOut(BaseModel):
    """The playlists of a person, the newest first, without their entries."""

    playlists: list[PlaylistOut]


class PlayedIn(BaseModel):
    """What a channel has played."""

    model_config = ConfigDict(extra="forbid")
    played: Annotated[list[Id], Field(max_length=200)] = []


def _shown(engine: Engine, of: Playlist, entries: bool = True) -> PlaylistOut:
    items = engine.find_items(entry.item for entry in of.entries)
    at = now().timestamp()
    there = [(entry, items[entry.item]) for entry in of.entries if entry.item in items]
    content: dict[str, Any] = {
        **of.as_json(),
        "count": len(there),
        "seconds": sum(item.duration_s or 0.0 for _, item in there),
    }
    if entries:
        query = engine.query_of_playlist(of)
        content["query"] = None if query is None else query.asked()
        content["entries"] = [
            EntryOut(
                item=item.id,
                card=Card.of(item),
                reason=ReasonOut.model_validate(entry.why.as_json()),
                pinned=entry.pinned,
                new=of.is_new(entry, at),
            )
            for entry, item in there
        ]
    return PlaylistOut.model_validate(content)


@router.post("/playlists", status_code=201)
def make(engine: EngineHere, wanted: PlaylistIn) -> PlaylistOut:
    """Make a playlist from a sentence, English or Chinese; ``understood`` tells what was read from it."""
    stated = {name: value for name, value in wanted if name not in ("user_id", "sentence")}
    return _shown(engine, engine.make_playlist(wanted.user_id, wanted.sentence, **stated))


@router.get("/playlists")
def playlists(engine: EngineHere, user_id: Whose = None) -> PlaylistsOut:
    """The playlists of a person."""
    return PlaylistsOut(playlists=[_shown(engine, one, entries=False) for one in engine.playlists(user_id)])


@router.get("/playlists/{playlist_id}", responses={200: {"content": {one: {} for one in FORMATS.values()}}})
def one(
    request: Request,
    engine: EngineHere,
    playlist_id: str,
    user_id: Whose = None,
    format: Annotated[
        Format | None, Query(description="As a file; also by the ending: `/v1/playlists/{id}.xspf`.")
    ] = None,
) -> PlaylistOut:
    """A playlist with its entries, or as a file of other players: M3U8, XSPF, JSPF."""
    plain, dot, ending = playlist_id.rpartition(".")
    wanted = format or (ending if dot and ending in FORMATS else None)
    if wanted is None:
        return _shown(engine, engine.playlist(playlist_id, user_id))
    plain = plain if dot and ending in FORMATS else playlist_id
    root = str(request.base_url).rstrip("/")
    if (below := engine.settings.server.root_path.rstrip("/")) and root.endswith(below):
        root = root.removesuffix(below)

    def location(item: Item) -> str | None:
        """Where this server has it: never a path of its disk."""
        uri = item.media_uri
        if uri is not None and uri.startswith(("http://", "https://")):
            return uri
        return f"{root}{public(engine, item).media_uri}" if servable(engine, uri, MEDIA_TYPES) else None

    text = engine.export_playlist(plain, wanted, user_id, location)
    return Response(  # type: ignore[return-value]
        text.encode("utf-8", "replace"),
        media_type=FORMATS[wanted],
        headers={"content-disposition": f'attachment; filename="{plain}.{wanted}"'},
    )


@router.patch("/playlists/{playlist_id}")
def change(engine: EngineHere, playlist_id: str, changes: Changes, user_id: Whose = None) -> PlaylistOut:
    """Rename it, pin, remove or arrange entries, give it another sentence, length, order or schedule."""
    return _shown(engine, engine.change_playlist(playlist_id, changes, user_id))


@router.post("/playlists/{playlist_id}/refresh")
def refresh(engine: EngineHere, playlist_id: str, user_id: Whose = None) -> PlaylistOut:
    """Make it anew now. Pinned entries stay, removed ones do not come back."""
    return _shown(engine, engine.refresh_playlist(playlist_id, user_id))


@router.post("/playlists/{playlist_id}/next")
def go_on(engine: EngineHere, playlist_id: str, played: PlayedIn, user_id: Whose = None) -> PlaylistOut:
    """Let a channel go on: what was played leaves, what continues it comes in at the end."""
    return _shown(engine, engine.play_on(playlist_id, played.played, user_id))


@router.delete("/playlists/{playlist_id}", status_code=204)
def delete(engine: EngineHere, playlist_id: str, user_id: Whose = None) -> None:
    """Delete it."""
    engine.delete_playlist(playlist_id, user_id)
