"""Which file on this machine an item's URI means, and whether it may be read."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import MediaError
from ...settings import Settings


def local_path(uri: str | None, workspace: Path) -> Path | None:
    """The path behind a URI: absolute, ``file:``, or below the workspace. None for nothing and for remote URLs.

    Remote media is never fetched: import it into a folder first.
    """
    if uri is None or "\0" in uri:
        return None
    if uri.startswith("file:"):
        return Path(unquote(urlsplit(uri).path))
    return None if "://" in uri else workspace / uri


def state(uri: str | None, settings: Settings, workspace: Path) -> str | None:
    """Path, size and time of change of the file, as a key; ``absent`` in their place when there is no such file."""
    path = local_path(uri, workspace)
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return f"{uri}\0absent"
    allowed = "" if _inside(path, settings, workspace) else "\0outside"
    return f"{uri}\0{found.st_size}\0{found.st_mtime_ns}{allowed}"


def readable(uri: str | None, settings: Settings, workspace: Path) -> Path | None:
    """The file to read; None where the item names none on this machine.

    Raises:
        MediaError: it lies neither in the workspace nor below one of ``[media] roots``.
    """
    path = local_path(uri, workspace)
    if path is not None and path.exists() and not _inside(path, settings, workspace):
        raise MediaError(
            f"{path} lies outside the workspace and is not read. Add its folder to [media] roots in segue.toml."
        )
    return path


def _inside(path: Path, settings: Settings, workspace: Path) -> bool:
    """Followed through links, so that a link in the workspace cannot lead out of it."""
    try:
        real = path.resolve()
        roots = settings.media.folders(workspace)
    except (OSError, RuntimeError):
        return False
    return any(real.is_relative_to(root) for root in roots)
