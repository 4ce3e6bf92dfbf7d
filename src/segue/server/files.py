"""Which file of an item may leave the machine.

A path never comes from the client: it is the item's own ``media_uri`` or ``cover_uri``, followed through every link,
and it must end below the workspace or one of ``[media] roots``, in a file whose name says that it is sound, a moving
picture or an image. The database and the settings lie in the same folder and are none of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi.responses import FileResponse

from ..engine import Engine

MEDIA_TYPES: Mapping[str, str] = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".avi": "video/x-msvideo",
    ".flac": "audio/flac",
    ".flv": "video/x-flv",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4v": "video/mp4",
    ".mka": "audio/x-matroska",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".ts": "video/mp2t",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".wma": "audio/x-ms-wma",
    ".wmv": "video/x-ms-wmv",
}
COVER_TYPES: Mapping[str, str] = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}

FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; sandbox"
"""A file opened by itself runs nothing, whatever it is: an SVG is a document."""


def servable(engine: Engine, uri: str | None, types: Mapping[str, str]) -> Path | None:
    """The file behind an item's URI; None where there is none that may be served."""
    if uri is None or "://" in uri or "\0" in uri:
        return None
    try:
        path = (engine.workspace / uri).resolve(strict=True)
        roots = engine.media_folders()
    except (OSError, RuntimeError):  # gone, or a loop of links
        return None
    inside = any(path.is_relative_to(root) for root in roots)
    return path if inside and path.suffix.lower() in types and path.is_file() else None


def file_response(path: Path, types: Mapping[str, str]) -> FileResponse:
    """The file with its type; Starlette answers ``Range`` (RFC 9110) and ``If-Range``."""
    return FileResponse(
        path,
        media_type=types[path.suffix.lower()],
        headers={"content-security-policy": FILE_POLICY, "cache-control": "private, max-age=3600"},
    )
