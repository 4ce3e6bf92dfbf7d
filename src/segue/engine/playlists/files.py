"""Playlists handed out as files, and files taken in as playlists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ...errors import InvalidInput, StorageError
from ...ingest.playlist_files import MOST_BYTES, PlaylistFile, Track, parts_of, path_of, read, write
from ...items import Item
from ...pipeline.asking.titles import simple
from ...pipeline.stages import World
from ...playlists import MOST_ENTRIES, Playlist

NEAR_S = 5.0
"""Two lengths of one recording differ by so much at most."""
_ELSEWHERE = ("musicbrainz", "isrc", "imdb", "tmdb")


@dataclass(frozen=True)
class Brought:
    """A playlist that was taken in, and what of its file is not in the catalogue."""

    playlist: Playlist
    unmatched: tuple[str, ...]
    """What the file calls them, in its order."""
    hidden: int
    """Entries that are in the catalogue and may not be shown to this person."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            **self.playlist.as_json(),
            "items": [entry.item for entry in self.playlist.entries],
            "unmatched": list(self.unmatched),
            "hidden": self.hidden,
        }


def as_file(of: Playlist, items: Mapping[str, Item], format_: str, location: Callable[[Item], str | None]) -> str:
    """The playlist as a file; ``location`` says where an item is to be had."""
    tracks = []
    for entry in of.entries:
        item = items.get(entry.item)
        if item is not None:
            tracks.append(
                Track(
                    item=item.id,
                    location=location(item),
                    title=item.name,
                    creator=item.creators[0].name if item.creators else None,
                    album=item.album or item.series,
                    number=item.number,
                    seconds=item.duration_s,
                    why=entry.why.text or None,
                )
            )
    return write(format_, PlaylistFile(of.title, tuple(tracks), of.sentence or None, of.refreshed_at, of.id))


def on_disk(workspace: Path, item: Item) -> str | None:
    """Where an item's file lies, for whoever owns the machine: an absolute path, or the URL that it states."""
    if item.media_uri is None or "://" in item.media_uri:
        return item.media_uri
    return str((workspace / item.media_uri).absolute())


def from_file(file: Path) -> PlaylistFile:
    """Read a playlist of another program; the ending of its name says the format."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror}.") from error
    return read(content, file.suffix.lower().lstrip(".") or "m3u8", file.name)


def matched(found: PlaylistFile, folder: Path, workspace: Path, world: World) -> tuple[list[Item], list[str]]:
    """(the items that the entries are, in their order; what the file calls those that the catalogue does not have).

    By the id of Segue, by where the file lies, by an identifier that both know, else by title and creator; of several
    of one name the one whose length is nearest.

    Raises:
        InvalidInput: none of the entries is in the catalogue, or the file has none.
    """
    if not found.tracks:
        raise InvalidInput("The file lists nothing. Expected at least one entry: a path, an address or a title.")
    known = _Known(world, workspace)
    items, unmatched = [], []
    for track in found.tracks:
        item = known.find(track, folder)
        if item is None:
            unmatched.append(track.name)
        else:
            items.append(item)
    if not items:
        raise InvalidInput(
            f"None of the {len(found.tracks)} entries is in the catalogue, the first being {unmatched[0][:80]!r}. "
            "Import the media first, or compare the names with `segue search`."
        )
    return items[:MOST_ENTRIES], unmatched


class _Known:
    """The catalogue by what files call its items."""

    def __init__(self, world: World, workspace: Path) -> None:
        self.catalogue = world.catalogue
        self.places: dict[str, Item] = {}
        self.ids: dict[str, Item] = {}
        self.titles: dict[str, list[Item]] = {}
        for item in self.catalogue.items:
            if item is None:
                continue
            if (place := on_disk(workspace, item)) is not None:
                self.places.setdefault(place, item)
            for sort in _ELSEWHERE:
                if sort in item.ids:
                    self.ids.setdefault(item.ids[sort].casefold(), item)
            if plain := simple(item.title or ""):
                self.titles.setdefault(plain, []).append(item)

    def find(self, track: Track, folder: Path) -> Item | None:
        return self._by_id(track) or self._by_place(track, folder) or self._by_name(track)

    def _by_id(self, track: Track) -> Item | None:
        if track.item is not None and (found := self._item(track.item)) is not None:
            return found
        ends = (unquote(one).rsplit("/", 1)[-1].rsplit(":", 1)[-1].casefold() for one in track.identifiers)
        return next((self.ids[end] for end in ends if end in self.ids), None)

    def _item(self, item_id: str) -> Item | None:
        row = self.catalogue.row_of.get(item_id)
        return None if row is None else self.catalogue.items[row]

    def _by_place(self, track: Track, folder: Path) -> Item | None:
        if track.location is None:
            return None
        path = path_of(track.location)
        if path is not None:
            return self.places.get(str((folder / path).absolute())) if "\0" not in path else None
        if track.location in self.places:
            return self.places[track.location]
        _, served, part = parts_of(track.location).path.rpartition("/media/")
        return self._item(unquote(part)) if served else None

    def _by_name(self, track: Track) -> Item | None:
        """The item of that title, by that creator where the file names one and the catalogue knows any."""
        wanted = simple(track.creator or "")
        named = self.titles.get(simple(track.title or ""), [])
        if wanted:
            by = [item for item in named if wanted in {simple(credit.name) for credit in item.creators}]
            named = by or [item for item in named if not item.creators]
        if not named:
            # "Artist - Title" may be a title with a dash in it.
            return self._only(self.titles.get(simple(f"{track.creator or ''} {track.title or ''}"), []), track)
        return self._only(named, track)

    @staticmethod
    def _only(named: Sequence[Item], track: Track) -> Item | None:
        if len(named) <= 1 or track.seconds is None:
            return named[0] if named else None
        seconds = track.seconds
        timed = [(abs(item.duration_s - seconds), n) for n, item in enumerate(named) if item.duration_s is not None]
        near = [one for one in timed if one[0] <= NEAR_S]
        return named[min(near)[1]] if near else named[0]
