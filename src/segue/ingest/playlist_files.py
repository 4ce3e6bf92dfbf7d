"""Playlists as files of other programs: M3U8, XSPF (version 1, xspf.org/xspf-v1.html) and JSPF (the same as JSON).

Each format has one entry as one record. Texts may hold anything: what would break a line or is no character of XML
becomes a space, and so does every run of spaces.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit
from xml.etree import ElementTree as ET

from ..errors import InvalidInput, NotFound
from ..playlists import FORMATS

MOST_BYTES = 10_000_000
MOST_TRACKS = 10_000
ITEM = "urn:segue:item:"
PLAYLIST = "urn:segue:playlist:"
_NAMESPACE = "http://xspf.org/ns/0/"
_MARK = "#SEGUE-ITEM:"
"""A line of an M3U8, which other players take for a remark: which item the next entry is."""


@dataclass(frozen=True)
class Track:
    """One entry of a file. Missing is None."""

    item: str | None = None
    """Id in a catalogue of Segue."""
    location: str | None = None
    """A path, or an absolute URL."""
    title: str | None = None
    creator: str | None = None
    album: str | None = None
    number: int | None = None
    seconds: float | None = None
    why: str | None = None
    identifiers: tuple[str, ...] = ()
    """URIs by which others know the recording."""

    @property
    def name(self) -> str:
        """What to call it."""
        told = " - ".join(part for part in (self.creator, self.title) if part)
        return told or self.location or self.item or "an entry without a name"


@dataclass(frozen=True)
class PlaylistFile:
    """A playlist as a file has it."""

    title: str | None
    tracks: tuple[Track, ...]
    annotation: str | None = None
    made_at: float | None = None
    id: str | None = None


# Writing


def write(format_: str, of: PlaylistFile) -> str:
    """The playlist in a format. Raises NotFound: there is no such format."""
    if format_ not in FORMATS:
        raise NotFound.named("format of playlists", format_, FORMATS)
    return {"m3u8": _m3u8, "xspf": _xspf, "jspf": _jspf}[format_](of)


def plain(text: str | None) -> str | None:
    """One line of characters that every format can hold; None of nothing."""
    if text is None:
        return None
    kept = "".join(" " if c.isspace() or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join(kept.replace("\ufffe", " ").replace("\uffff", " ").split()) or None


def as_uri(location: str) -> str:
    """A path or URL as a URI (RFC 3986): whatever may not stand in one is percent-encoded."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", location):
        return _quoted(location, "%/:?#[]@!$&'()*+,;=-._~")
    return "file://" + _quoted(location, "/")


def _quoted(text: str, safe: str = "") -> str:
    try:
        return quote(text, safe=safe, errors="surrogateescape")  # names of files may be any bytes
    except UnicodeEncodeError:
        return quote(text, safe=safe, errors="replace")


def _m3u8(of: PlaylistFile) -> str:
    lines = ["#EXTM3U", "#EXTENC:UTF-8"]
    if title := plain(of.title):
        lines.append(f"#PLAYLIST:{title}")
    for track in of.tracks:
        name = " - ".join(part for part in (plain(track.creator), plain(track.title)) if part)
        if track.location is None:
            lines.append(f"# without a file: {name or plain(track.item) or ''}".rstrip())
            continue
        if track.item is not None:
            lines.append(_MARK + _quoted(track.item))
        seconds = -1 if track.seconds is None else round(track.seconds)
        lines.append(f"#EXTINF:{seconds},{name}")
        # A path with a line end or a space at its edge, or that is no text, would be another one when it is read.
        odd = plain(track.location) != track.location or "  " in track.location or track.location.startswith("#")
        lines.append(as_uri(track.location) if odd else track.location)
    return "\n".join(lines) + "\n"


def _fields(of: PlaylistFile) -> dict[str, Any]:
    """What XSPF and JSPF share: fields of the whole, and of each track, in the order of the specification."""

    def stated(**fields: Any) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if value not in (None, [])}

    at = None if of.made_at is None else datetime.fromtimestamp(of.made_at, UTC).isoformat(timespec="seconds")
    tracks = [
        stated(
            location=[] if track.location is None else [as_uri(track.location)],
            identifier=[
                *([] if track.item is None else [ITEM + _quoted(track.item)]),
                *(as_uri(one) for one in track.identifiers),
            ],
            title=plain(track.title),
            creator=plain(track.creator),
            annotation=plain(track.why),
            album=plain(track.album),
            trackNum=track.number if track.number else None,
            duration=None if track.seconds is None else round(1000 * track.seconds),
        )
        for track in of.tracks
    ]
    identifier = None if of.id is None else PLAYLIST + _quoted(of.id)
    whole = stated(title=plain(of.title), annotation=plain(of.annotation), identifier=identifier, date=at)
    return {**whole, "track": tracks}


def _jspf(of: PlaylistFile) -> str:
    return json.dumps({"playlist": _fields(of)}, ensure_ascii=False, indent=1) + "\n"


def _xspf(of: PlaylistFile) -> str:
    ET.register_namespace("", _NAMESPACE)
    fields = _fields(of)

    def put(parent: ET.Element, name: str, value: Any) -> ET.Element:
        node = ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
        if value is not None:
            node.text = str(value)
        return node

    root = ET.Element(f"{{{_NAMESPACE}}}playlist", {"version": "1"})
    for name, value in fields.items():
        if name != "track":
            put(root, name, value)
    tracks = put(root, "trackList", None)
    for track in fields["track"]:
        node = put(tracks, "track", None)
        for name, value in track.items():
            for one in value if isinstance(value, list) else [value]:
                put(node, name, one)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


# Reading


def read(content: bytes, format_: str, name: str = "the file") -> PlaylistFile:
    """A playlist out of a file.

    Raises:
        NotFound: there is no such format.
        InvalidInput: the file is too large, or is none of that format.
    """
    format_ = {"m3u": "m3u8", "json": "jspf", "xml": "xspf"}.get(format_, format_)
    if format_ not in FORMATS:
        raise NotFound.named("format of playlists", format_, FORMATS)
    if len(content) > MOST_BYTES:
        raise InvalidInput(
            f"{name} has more than {MOST_BYTES // 1_000_000} MB, which is the most that a playlist may have. Split it."
        )
    reader: Callable[[bytes, str], PlaylistFile] = {"m3u8": _from_m3u8, "xspf": _from_xspf, "jspf": _from_jspf}[format_]
    found = reader(content, name)
    if len(found.tracks) > MOST_TRACKS:
        raise InvalidInput(f"{name} has {len(found.tracks)} entries, and {MOST_TRACKS} are the most. Split it.")
    return found


def _from_m3u8(content: bytes, name: str) -> PlaylistFile:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # what an .m3u was before there was .m3u8
    if "\0" in text:
        raise InvalidInput(f"{name} is no M3U8: it holds NUL characters. Expected lines of text.")
    title, told, tracks = None, Track(), []
    for line in re.split(r"\r\n|\n|\r", text):
        line = line.strip()
        if line.startswith("#PLAYLIST:"):
            title = line.removeprefix("#PLAYLIST:").strip() or None
        elif line.startswith(_MARK):
            told = Track(item=unquote(line.removeprefix(_MARK)), **_said(told))
        elif line.startswith("#EXTINF:"):
            told = _extinf(line.removeprefix("#EXTINF:"), told.item)
        elif line and not line.startswith("#"):
            tracks.append(Track(location=line, item=told.item, **_said(told)))
            told = Track()
    return PlaylistFile(title, tuple(tracks))


def _said(track: Track) -> dict[str, Any]:
    return {"title": track.title, "creator": track.creator, "seconds": track.seconds}


def _extinf(text: str, item: str | None) -> Track:
    """``123 key="value",Artist - Title``."""
    match = re.match(r"\s*(-?\d+(?:\.\d+)?)?(?:\s+[\w-]+=\"[^\"]*\")*\s*,?(.*)$", text)
    length, name = (match.group(1), match.group(2).strip()) if match else (None, text.strip())
    seconds = float(length) if length and float(length) >= 0 else None
    creator, dash, title = name.partition(" - ")
    if not dash:
        return Track(item=item, title=name or None, seconds=seconds)
    return Track(item=item, title=title.strip() or None, creator=creator.strip() or None, seconds=seconds)


def _from_xspf(content: bytes, name: str) -> PlaylistFile:
    import defusedxml
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        raise InvalidInput(f"{name} is no XSPF that is read: it has a DTD. Expected XML without one.") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InvalidInput(f"{name} is no XSPF: {error}. Expected XML.") from error
    if root.tag not in (f"{{{_NAMESPACE}}}playlist", "playlist"):
        raise InvalidInput(f"{name} is no XSPF: its root is {root.tag!r}. Expected <playlist> of {_NAMESPACE}.")
    space = root.tag.removesuffix("playlist")

    def texts(node: ET.Element, field: str) -> list[str]:
        return [text for one in node.findall(space + field) if (text := (one.text or "").strip())]

    def fields(node: ET.Element) -> Mapping[str, Any]:
        names = {str(one.tag).removeprefix(space) for one in node}
        return {field: texts(node, field) for field in names}

    tracks = root.find(f"{space}trackList")
    nodes = [] if tracks is None else tracks.findall(f"{space}track")
    return _playlist_of(fields(root), [fields(node) for node in nodes])


def _from_jspf(content: bytes, name: str) -> PlaylistFile:
    expected = 'Expected {"playlist": {"track": [{"title": …}]}}.'
    try:
        whole = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} is no JSPF: it is not UTF-8. {expected}") from error
    except ValueError as error:
        raise InvalidInput(f"{name} is no JSPF: {error}. {expected}") from error
    except RecursionError as error:
        raise InvalidInput(f"{name} is no JSPF: it is nested too deeply. {expected}") from error
    stated = whole.get("playlist") if isinstance(whole, dict) else None
    if not isinstance(stated, dict):
        raise InvalidInput(f"{name} is no JSPF: it has no object `playlist`. {expected}")
    tracks = stated.get("track") or []
    if not isinstance(tracks, list) or not all(isinstance(one, dict) for one in tracks):
        raise InvalidInput(f"{name} is no JSPF: its `track` is no list of objects. {expected}")
    return _playlist_of(stated, tracks)


def _playlist_of(stated: Mapping[str, Any], tracks: Sequence[Mapping[str, Any]]) -> PlaylistFile:
    return PlaylistFile(_text(stated, "title"), tuple(map(_track, tracks)), annotation=_text(stated, "annotation"))


def _track(stated: Mapping[str, Any]) -> Track:
    identifiers = list(_texts(stated, "identifier"))
    items = [unquote(one.removeprefix(ITEM)) for one in identifiers if one.startswith(ITEM)]
    milliseconds = _text(stated, "duration")
    known = milliseconds is not None and re.fullmatch(r"\d{1,12}(?:\.\d+)?", milliseconds)
    return Track(
        item=items[0] if items else None,
        location=_text(stated, "location"),
        title=_text(stated, "title"),
        creator=_text(stated, "creator"),
        album=_text(stated, "album"),
        seconds=float(milliseconds) / 1000 if known and milliseconds else None,
        identifiers=tuple(one for one in identifiers if not one.startswith(ITEM)),
    )


def _text(stated: Mapping[str, Any], field: str) -> str | None:
    return next(_texts(stated, field), None)


def _texts(stated: Mapping[str, Any], field: str) -> Iterator[str]:
    """The texts of a field that may have one or several."""
    value = stated.get(field)
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int | float) and not isinstance(one, bool) and (text := plain(str(one))):
            yield text


def parts_of(location: str) -> SplitResult:
    """The parts of an address; all empty where it is none, such as ``http://[::1``."""
    try:
        return urlsplit(location)
    except ValueError:
        return SplitResult("", "", "", "", "")


def path_of(location: str) -> str | None:
    """The path that a location on this machine means; None for an address elsewhere."""
    if location.startswith("file:"):
        parts = parts_of(location)
        path = unquote(parts.path, errors="surrogateescape") if parts.netloc in ("", "localhost") else ""
        return path or None
    return None if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", location) else location


__all__ = ["ITEM", "PlaylistFile", "Track", "as_uri", "parts_of", "path_of", "plain", "read", "write"]
