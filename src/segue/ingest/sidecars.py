"""Files beside a media file: NFO (Kodi, Jellyfin), ``.info.json`` (yt-dlp), lyrics, subtitles, pictures.

All are untrusted: XML is parsed without entities or external references, sizes are bounded, and no path that a sidecar
names is ever followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from ..errors import InvalidInput
from ..items import MAX_TEXT, ItemKind
from ..readings import Segment
from . import captions
from .values import clean, iso_date, minimum_age

MAX_BYTES = 16 << 20
"""A larger sidecar is reported and not read."""

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
COVERS = ("cover", "folder", "poster", "front", "albumart", "thumb")
"""Names of the picture that stands for a whole folder, the likeliest first."""

_KINDS = {"movie": ItemKind.MOVIE, "episodedetails": ItemKind.EPISODE, "musicvideo": ItemKind.VIDEO}
_PATHS = ("filenameandpath", "path", "file", "original_filename", "thumb", "trailer", "basepath")
"""Elements of an NFO that may name files."""


class Sidecars(NamedTuple):
    """What stands beside one media file."""

    nfo: Path | None
    show: Path | None
    """``tvshow.nfo`` of the series it belongs to."""
    info: Path | None
    texts: tuple[Path, ...]
    """Lyrics or subtitles, the ones without a language first."""
    cover: Path | None

    def files(self) -> list[Path]:
        """All of them."""
        return [p for p in (self.nfo, self.show, self.info, *self.texts, self.cover) if p is not None]


def beside(media: Path, names: dict[str, Path], alone: bool, show: Path | None) -> Sidecars:
    """The sidecars of ``media`` among the files of its folder.

    Args:
        names: the folder's files by their names in lower case.
        alone: it is the only media file there, so that ``movie.nfo`` is about it.
        show: the ``tvshow.nfo`` that holds for the folder.
    """
    stem = media.stem.lower()
    texts = [
        p for n, p in sorted(names.items()) if re.fullmatch(re.escape(stem) + r"(\.[\w-]+)?\.(lrc|srt|vtt|ass|ssa)", n)
    ]
    own = [names.get(f"{stem}{suffix}{picture}") for suffix in ("", "-poster", "-thumb") for picture in PICTURES]
    shared = [names.get(f"{cover}{picture}") for cover in COVERS for picture in PICTURES]
    return Sidecars(
        nfo=names.get(f"{stem}.nfo") or (names.get("movie.nfo") if alone else None),
        show=show,
        info=names.get(f"{stem}.info.json"),
        texts=tuple(sorted(texts, key=lambda p: (p.name.count("."), p.name))),
        cover=next((p for p in own + shared if p is not None), None),
    )


def read_nfo(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Fields of an `Item` that an NFO states (``tvshow``: those of the series), and what was odd, a sentence each.

    Raises:
        InvalidInput: it is no XML of a known kind, or uses entities.
    """
    import defusedxml
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(_bounded(path), forbid_dtd=True)
    except (ParseError, ValueError, LookupError, defusedxml.DefusedXmlException) as error:
        raise InvalidInput(
            f"{path.name} is no NFO that can be read ({type(error).__name__}: {str(error)[:100]})"
        ) from error
    if root.tag not in {*_KINDS, "tvshow"}:
        raise InvalidInput(f"{path.name} is about {root.tag[:40]!r}; expected {', '.join(_KINDS)} or tvshow")
    odd: list[str] = []
    for element in root.iter():
        text = (element.text or "").strip()
        if element.tag in _PATHS and re.match(r"^(/|\\|~|[A-Za-z]:\\|file:)|(^|[/\\])\.\.([/\\]|$)", text):
            odd.append(f"It names the file {text[:80]!r}; paths in an NFO are not followed.")

    def one(*tags: str) -> str | None:
        found = (clean(root.findtext(tag) or "") for tag in tags)
        return next((text for text in found if text), None)

    def several(*tags: str) -> list[str]:
        texts = (clean(e.text or "") for tag in tags for e in root.findall(tag)[:200])
        return list(dict.fromkeys(text for text in texts if text))

    people = [(name, "director") for name in several("director")]
    people += [(name, "writer") for name in several("credits", "writer")]
    people += [(name, "artist") for name in several("artist")]
    people += [(name, "actor") for name in several("actor/name")]
    ids = {e.get("type", "").lower(): (e.text or "").strip() for e in root.findall("uniqueid")[:20]}
    fields: dict[str, Any] = {
        "kind": _KINDS.get(root.tag),
        "title": one("title", "originaltitle"),
        "description": one("plot", "outline", "tagline"),
        "genres": several("genre"),
        "tags": several("tag"),
        "creators": people,
        "maturity": minimum_age(one("mpaa") or ""),
        "series": one("showtitle"),
        "season": _whole(one("season")),
        "number": _whole(one("episode")),
        "album": one("album"),
        "ids": {name[:40]: value[:200] for name, value in ids.items() if name and value},
    }
    if minutes := re.match(r"\d+(\.\d+)?", one("runtime") or ""):
        fields["duration_s"] = float(minutes[0]) * 60
    for tag in ("premiered", "aired", "releasedate", "year"):
        if written := one(tag):
            try:
                fields["released"] = iso_date(written)
                break
            except ValueError as error:
                odd.append(f"Its {tag} is not understood: {error}.")
    return {name: value for name, value in fields.items() if value not in (None, [], {})}, odd


def read_info(path: Path) -> dict[str, Any]:
    """Fields of an `Item` that yt-dlp's ``.info.json`` states; ``kind`` says short or live where the page did.

    Raises:
        InvalidInput: it is not a JSON object.
    """
    try:
        info = json.loads(_bounded(path))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is not JSON ({str(error)[:100]})") from error
    if not isinstance(info, dict):
        raise InvalidInput(f"{path.name} is not a JSON object")

    def text(*names: str) -> str | None:
        found = (clean(info[name]) for name in names if isinstance(info.get(name), str))
        return next((value for value in found if value), None)

    def words(name: str) -> list[str]:
        value = info.get(name)
        return [w for w in (clean(str(v), 200) for v in value[:200]) if w] if isinstance(value, list) else []

    fields: dict[str, Any] = {
        "title": text("title", "fulltitle"),
        "description": text("description"),
        "language": (text("language") or "")[:35] or None,
        "genres": words("categories"),
        "tags": words("tags"),
        "creators": [(name, "channel") for name in [text("channel", "uploader")] if name],
        "duration_s": _positive(info.get("duration")),
        "series": text("series", "playlist_title") if info.get("series") else None,
        "season": _whole(str(info.get("season_number"))),
        "number": _whole(str(info.get("episode_number"))),
    }
    if re.fullmatch(r"\d{8}", text("upload_date", "release_date") or ""):
        fields["released"] = iso_date(text("upload_date", "release_date") or "")
    if age := _whole(str(info.get("age_limit"))):
        fields["maturity"] = min(age, 21)
    source, key = text("extractor_key", "extractor"), text("id")
    if source and key:
        fields["ids"] = {source.lower()[:40]: key[:200]}
    if "/shorts/" in (text("webpage_url", "original_url") or ""):
        fields["kind"] = ItemKind.SHORT
    elif info.get("is_live") is True or info.get("was_live") is True:
        fields["kind"] = ItemKind.LIVE
    if isinstance(views := info.get("view_count"), int):
        fields["extra"] = {"view_count": views}
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def read_timed(path: Path) -> list[Segment]:
    """The words of lyrics or subtitles with their times.

    Raises:
        InvalidInput: it cannot be read.
    """
    return captions.segments(_decoded(path), path.suffix)


def read_text(path: Path) -> str | None:
    """The words of lyrics (``.lrc``) or subtitles (``.srt .vtt .ass .ssa``), without times, tags and repetitions.

    Raises:
        InvalidInput: it cannot be read.
    """
    if path.suffix.lower() in (".ass", ".ssa"):
        return clean("\n".join(segment.text for segment in read_timed(path)), MAX_TEXT)
    text = _decoded(path)
    # The numbers of captions, but not numbers that somebody says.
    text = re.sub(r"(?m)^[ \t]*\d+[ \t]*\r?\n(?=.*-->)", "", text)
    strip: Callable[[str], str] = _lyric if path.suffix.lower() == ".lrc" else _caption
    kept: list[str] = []
    for line in text.splitlines():
        words = strip(line).strip()
        if words and (not kept or kept[-1] != words):
            kept.append(words)
    return clean("\n".join(kept), MAX_TEXT)


def _decoded(path: Path) -> str:
    raw = _bounded(path)
    # Lyrics that are not Unicode are Chinese more often than anything else.
    for codec in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _lyric(line: str) -> str:
    """``[00:12.30]<00:12.5>words`` → words; ``[ar:…]`` → nothing."""
    if re.match(r"^\s*\[[a-zA-Z#]+:.*\]\s*$", line):
        return ""
    return re.sub(r"[\[<]\d+:\d+([.:]\d+)?[\]>]", "", line)


def _caption(line: str) -> str:
    if "-->" in line or re.match(r"^(WEBVTT|NOTE|STYLE|REGION)\b|^(Kind|Language):", line):
        return ""
    return re.sub(r"<[^>]{0,200}>|\{\\[^}]{0,200}\}", "", line)


def _bounded(path: Path) -> bytes:
    """The file's content.

    Raises:
        InvalidInput: it is too large, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path.name} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"{path.name} is larger than {MAX_BYTES >> 20} MiB")
    return content


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text) else None


def _positive(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < 1e7 else None
