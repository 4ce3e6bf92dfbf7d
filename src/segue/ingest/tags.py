"""Tags inside media files, read by tinytag and cleaned: names, album, numbers, genre, lyrics, identifiers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..errors import MediaError
from .values import clean, iso_date

MAX_NAME = 1000
"""Characters of a title, name or genre; what is longer is damage or mischief, and is cut."""

_IDS = {
    "isrc": "isrc",
    "musicbrainz_recordingid": "musicbrainz_recording",
    "musicbrainz_trackid": "musicbrainz_recording",
    "musicbrainz track id": "musicbrainz_recording",
    "musicbrainz_albumid": "musicbrainz_release",
    "musicbrainz album id": "musicbrainz_release",
    "musicbrainz_artistid": "musicbrainz_artist",
    "musicbrainz artist id": "musicbrainz_artist",
    "musicbrainz_releasegroupid": "musicbrainz_release_group",
    "musicbrainz release group id": "musicbrainz_release_group",
}
"""Names of tags (in lower case) that are identifiers; ``musicbrainz_trackid`` is the recording, despite its name."""

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_ISRC = re.compile(r"^[A-Z]{2}[A-Z0-9]{3}\d{7}$")


def readable(path: Path) -> bool:
    """Whether tinytag knows files of that suffix."""
    from tinytag import TinyTag

    return bool(TinyTag.is_supported(path))


def read_tags(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Fields of an `Item` that the file's tags state, and what was odd about them, a sentence each.

    Raises:
        MediaError: the tags cannot be parsed.
    """
    from tinytag import TinyTag

    try:
        tag = TinyTag.get(path, duration=False)
    except Exception as error:
        # A parser of hostile bytes may stumble in any way; whichever it is, this file's tags cannot be read.
        raise MediaError(f"its tags cannot be read ({type(error).__name__}: {str(error)[:120]})") from error
    odd: list[str] = []

    def text(name: str, value: object) -> str | None:
        if value is None:
            return None
        whole = str(value)
        if len(whole) > MAX_NAME:
            odd.append(f"The tag {name!r} has {len(whole):,} characters; the first {MAX_NAME:,} are kept.")
        elif any(c not in "\t\n\r" and not c.isprintable() for c in whole):
            odd.append(f"The tag {name!r} holds control characters, which are left out.")
        return clean(whole[:MAX_NAME])

    other = {name.lower(): values for name, values in tag.other.items() if isinstance(values, list)}
    artists = _several([tag.artist, *other.get("artist", []), *other.get("artists", [])], "artist", text)
    creators = [(name, "artist") for name in artists]
    creators += [(name, "album artist") for name in _several([tag.albumartist], "album artist", text)]
    creators += [(name, "composer") for name in _several([tag.composer, *other.get("composer", [])], "composer", text)]
    genres = _several([tag.genre, *other.get("genre", [])], "genre", text)
    fields: dict[str, Any] = {
        "title": text("title", tag.title),
        "album": text("album", tag.album),
        "creators": list(dict.fromkeys(c for c in creators if c[1] != "album artist" or c[0] not in artists)),
        "genres": [part.strip() for genre in genres for part in re.split(r"[;/|]", genre) if part.strip()],
        "tags": _several(other.get("mood", []), "mood", text),
        "description": clean(str(tag.comment)) if tag.comment else None,
        "lyrics_or_transcript": next((clean(str(words)) for words in other.get("lyrics", []) if words), None),
        "number": tag.track if isinstance(tag.track, int) and 0 < tag.track < 10_000 else None,
        "ids": _identifiers(other),
    }
    if tag.year:
        try:
            fields["released"] = iso_date(str(tag.year))
        except ValueError:
            odd.append(f"The tag 'year' is no date: {str(tag.year)[:40]!r}.")
    return {name: value for name, value in fields.items() if value not in (None, [], {})}, odd


def _several(values: list[Any], name: str, text: Any) -> list[str]:
    found = [text(name, value) for value in values[:50]]
    return list(dict.fromkeys(value for value in found if value))


def _identifiers(other: dict[str, list[Any]]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for name, key in _IDS.items():
        for value in other.get(name, [])[:1]:
            value = str(value).strip()
            if (_ISRC if key == "isrc" else _UUID).match(value):
                ids.setdefault(key, value)
    return ids
