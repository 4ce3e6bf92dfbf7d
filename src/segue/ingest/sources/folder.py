"""Folder: every audio and video file below a folder becomes an item.

What is known comes, the later the stronger, from the file's name, its tags, ``.info.json`` and its NFO; length and
streams come from ffmpeg. An item's id depends on the name of the folder and the path below it, so that a library that
is moved or mounted elsewhere keeps its ids.

The kind is, in this order: the option ``kind``; what NFO or ``.info.json`` say; episode, where the name has S01E02 or a
series is known; podcast episode, where the genre says podcast; track, for sound alone; short, for a video of up to 60
seconds, or of up to 180 that stands upright; video.

A file whose size, times and sidecars are as they were is not read again. Links are not followed, hidden files and
folders are passed over, playlists are no media.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ...errors import InvalidInput, MediaError
from ...events import Event
from ...items import Item, ItemKind
from ...users import User
from ..media import MediaInfo, cut_off, probe
from ..origin import Origin, OriginConfig, Problem, Problems, existing, sentence
from ..sidecars import Sidecars, beside, read_info, read_nfo, read_text
from ..tags import read_tags, readable
from ..values import clean

# fmt: off
AUDIO = frozenset((
    ".aac", ".aif", ".aiff", ".alac", ".ape", ".dsf", ".flac", ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".mpc", ".oga",
    ".ogg", ".opus", ".tak", ".tta", ".wav", ".wma", ".wv",
))
VIDEO = frozenset((
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".rm",
    ".rmvb", ".ts", ".vob", ".webm", ".wmv",
))
# fmt: on
PLAYLISTS = frozenset((".m3u", ".m3u8", ".pls", ".xspf", ".jspf", ".cue"))

VERSION = 1
"""Raised when files are read differently, so that all are read again."""

AHEAD = 64
"""Files read at a time."""


class FolderConfig(OriginConfig):
    """Settings of `Folder`."""

    workers: int = min(8, os.cpu_count() or 1)
    """Files looked into at once; each is a child process that ffmpeg runs in."""


class _File(NamedTuple):
    path: Path
    where: str
    """The path below the root."""
    item_id: str
    sidecars: Sidecars
    stamp: str
    """Changes when the file, a sidecar or the way of reading does."""


class Folder(Origin):
    """See the module."""

    name = "folder"
    Config = FolderConfig

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        if not existing(path).is_dir():
            raise InvalidInput(f"{path} is a file. Give the folder that holds the media files.")
        files = _walk(path.resolve(), problems, self.config.kind)
        with ThreadPoolExecutor(self.config.workers) as pool:
            while ahead := list(islice(files, AHEAD)):
                same = [self._unchanged(file) for file in ahead]
                fresh = pool.map(self._item, (f for f, item in zip(ahead, same, strict=True) if item is None))
                for item in same:
                    if item is not None:
                        yield item
                        continue
                    found, told = next(fresh)
                    for where, what in told:
                        problems.note(where, what)
                    if found is None:
                        problems.rejected["items"] += 1
                    else:
                        yield found

    def total(self, path: Path) -> int | None:
        """The number of media files."""
        return sum(1 for _ in _walk(path.resolve(), Problems(), None)) if path.is_dir() else None

    def _unchanged(self, file: _File) -> Item | None:
        """The item as it is stored, if its file is as it was; where it lies may have changed."""
        item = self.known(file.item_id)
        if item is None or item.extra.get("stamp") != file.stamp:
            return None
        if item.media_uri == str(file.path):
            return item
        cover = file.sidecars.cover
        return item.model_copy(
            update={"media_uri": str(file.path), "cover_uri": str(cover) if cover else item.cover_uri}
        )

    def _item(self, file: _File) -> tuple[Item | None, list[Problem]]:
        """The item of a file, or None, and what is to be told."""
        told: list[Problem] = []
        try:
            info = probe(file.path, self.media)
            missing = cut_off(file.path)
        except MediaError as error:
            why = str(error).removeprefix(f"{file.path}: ")
            return None, [Problem(file.where, f"{why[:1].upper()}{why[1:]}.")]
        if missing:
            told.append(Problem(file.where, missing))
        fields: dict[str, Any] = {**_of_name(file.path), "ids": {}, "extra": {}}
        for stated in self._stated(file, told):
            ids, extra = stated.pop("ids", {}), stated.pop("extra", {})
            fields.update(stated)
            fields["ids"] = {**fields["ids"], **ids}
            fields["extra"] = {**fields["extra"], **extra}
        fields["extra"] = {**fields["extra"], "stamp": file.stamp, "streams": _streams(info)}
        duration = info.duration_s or fields.get("duration_s")
        if duration is None:
            told.append(Problem(file.where, "Its length is not known."))
        fields.update(
            id=file.item_id,
            provider=self.name,
            duration_s=duration,
            media_uri=str(file.path),
            cover_uri=str(file.sidecars.cover) if file.sidecars.cover else None,
        )
        fields["kind"] = self.config.kind or fields.get("kind") or _kind(fields, info)
        try:
            return Item(**{name: value for name, value in fields.items() if value is not None}), told
        except ValidationError as error:
            return None, [*told, Problem(file.where, sentence(error))]

    def _stated(self, file: _File, told: list[Problem]) -> Iterator[dict[str, Any]]:
        """What tags and sidecars say, the weakest first; what cannot be read is told and passed over."""
        sidecars = file.sidecars

        def odd(what: list[str], beside: Path | None = None) -> None:
            at = file.where if beside is None else f"{file.where} ({beside.name})"
            told.extend(Problem(at, one) for one in what)

        if readable(file.path):
            try:
                fields, strange = read_tags(file.path)
                odd(strange)
                yield fields
            except MediaError as error:
                odd([f"{error}.".replace("its", "Its", 1)])
        if sidecars.info:
            try:
                yield read_info(sidecars.info)
            except InvalidInput as error:
                odd([f"{error}."], sidecars.info)
        for nfo in (sidecars.show, sidecars.nfo):
            if nfo is None:
                continue
            try:
                fields, strange = read_nfo(nfo)
            except InvalidInput as error:
                odd([f"{error}."], nfo)
                continue
            odd(strange, nfo)
            if nfo.name.lower() == "tvshow.nfo":
                # Of a series only what holds for each of its episodes.
                shared: dict[str, Any] = {
                    name: fields[name] for name in ("genres", "tags", "maturity") if name in fields
                }
                yield {**shared, **({"series": fields["title"]} if "title" in fields else {})}
            else:
                yield fields
        for text in sidecars.texts[:1]:
            try:
                if words := read_text(text):
                    yield {"lyrics_or_transcript": words}
            except InvalidInput as error:
                odd([f"{error}."], text)


def item_id(root: Path, path: Path) -> str:
    """The id of a file in a library: the same wherever the library lies."""
    below = unicodedata.normalize("NFC", f"{root.name}\0{path.relative_to(root).as_posix()}")
    return f"file-{blake2b(below.encode(), digest_size=10).hexdigest()}"


def _walk(root: Path, problems: Problems, kind: ItemKind | None) -> Iterator[_File]:
    """The media files below the root, in the order of their names."""
    shows: dict[str, Path] = {}

    def unreadable(error: OSError) -> None:
        problems.note(str(error.filename), f"The folder cannot be read: {error.strerror}.")

    for folder, folders, files in os.walk(root, onerror=unreadable, followlinks=False):
        here = Path(folder)
        for name in sorted(folders):
            if (here / name).is_symlink() and not name.startswith("."):
                problems.note(_below(root, here / name), "This is a link to a folder; links are not followed.")
        folders[:] = sorted(n for n in folders if not n.startswith(".") and not (here / n).is_symlink())
        visible = {name: here / name for name in sorted(files) if not name.startswith(".")}
        plain = {name.lower(): p for name, p in visible.items() if not p.is_symlink() and p.is_file()}
        if show := plain.get("tvshow.nfo") or shows.get(str(here.parent)):
            shows[folder] = show
        media = [name for name in visible if Path(name).suffix.lower() in AUDIO | VIDEO]
        for name, path in visible.items():
            suffix = path.suffix.lower()
            where = _below(root, path)
            if suffix in PLAYLISTS:
                problems.note(where, "This is a playlist, which is no media file; it is not read.")
            if suffix not in AUDIO | VIDEO:
                continue
            if path.is_symlink():
                problems.note(where, "This is a link; links are not followed.")
            elif not _is_text(name):
                problems.reject("items", where, "Its name is not valid UTF-8; rename the file.")
            elif path.is_file():
                sidecars = beside(path, plain, len(media) == 1, show)
                yield _File(path, where, item_id(root, path), sidecars, _stamp(path, sidecars, kind))
            else:
                problems.reject("items", where, "This is no regular file.")


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _stamp(path: Path, sidecars: Sidecars, kind: ItemKind | None) -> str:
    parts = [str(VERSION), kind or ""]
    for file in (path, *sidecars.files()):
        try:
            stat = file.stat()
            parts.append(f"{file.name}:{stat.st_size}:{stat.st_mtime_ns}")
        except OSError:
            parts.append(f"{file.name}:gone")  # whoever reads it will say so
    return blake2b("\0".join(parts).encode(), digest_size=10).hexdigest()


def _of_name(path: Path) -> dict[str, Any]:
    """What the file's name says: ``Show.S01E02.Title``, ``The.Film.2010.1080p``, ``07 - Title``."""
    stem = path.stem
    if " " not in stem:
        stem = re.sub(r"[._]+", " ", stem)
    if found := re.match(r"^(.*?)[\s-]*\bS(\d{1,3})E(\d{1,4})\b[\s.-]*(.*)$", stem, re.IGNORECASE):
        show, season, number, title = found.groups()
        return {
            "title": clean(title) or clean(stem),
            "series": clean(show),
            "season": int(season),
            "number": int(number),
        }
    if path.suffix.lower() in VIDEO and (found := re.match(r"^(.+?)[\s(\[]+((?:19|20)\d\d)(?=$|[\s)\]])", stem)):
        return {"title": clean(found[1]), "released": found[2]}
    if path.suffix.lower() in AUDIO and (found := re.match(r"^(\d{1,3})[\s.-]+(.+)$", stem)):
        return {"title": clean(found[2]), "number": int(found[1])}
    return {"title": clean(stem)}


def _kind(fields: dict[str, Any], info: MediaInfo) -> ItemKind:
    if any("podcast" in genre.lower() for genre in fields.get("genres", ())):
        return ItemKind.PODCAST_EPISODE
    if not info.has_video:
        return ItemKind.TRACK
    if fields.get("series"):
        return ItemKind.EPISODE
    upright = (info.height or 0) > (info.width or 0)
    return ItemKind.SHORT if info.duration_s and info.duration_s <= (180 if upright else 60) else ItemKind.VIDEO


def _streams(info: MediaInfo) -> dict[str, Any]:
    """What later rooms and pages want to know about the file without opening it."""
    said = {
        "video": info.video_codec,
        "audio": info.audio_codec,
        "width": info.width,
        "height": info.height,
        "fps": info.fps,
        "embedded_cover": info.has_cover or None,
    }
    return {name: value for name, value in said.items() if value is not None}
