"""The small files of a workspace: ``segue.toml`` that a person edits, ``roots.json`` that importing a folder writes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from .. import storage
from ..errors import InvalidInput, SegueError, SettingsError, StorageError
from ..settings import Settings

SETTINGS = "segue.toml"
"""What makes a folder a workspace."""
ROOTS = "roots.json"

_SETTINGS_TEXT = """# Settings of this workspace. Everything has a default; `segue doctor` checks what you write.
# All names and their meaning: docs/settings.md

[storage]
url = {url}  # empty: segue.db (SQLite) in this folder; or postgresql://user:password@host/database
"""


def create(workspace: Path, storage_url: str) -> bool:
    """Make a workspace with empty rows; False, and nothing changed, where there is one.

    Raises:
        InvalidInput: the folder cannot be written.
        StorageError: the rows cannot be reached; then there is no workspace either.
    """
    settings = workspace / SETTINGS
    if settings.exists():
        return False
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        # A JSON string is a TOML string.
        settings.write_text(_SETTINGS_TEXT.format(url=json.dumps(storage_url, ensure_ascii=False)), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"No workspace can be made at {workspace}: {error.strerror}.") from error
    try:
        storage.open(url_of(workspace, Settings.load(workspace))).close()
    except SegueError:
        settings.unlink()
        raise
    return True


def settings_of(workspace: Path) -> Settings:
    """The settings, with the imported folders among ``[media] roots``.

    Raises:
        SettingsError: they cannot be used.
        StorageError: the list of imported folders is damaged.
    """
    return _with_folders(with_roots(Settings.load(workspace), workspace), workspace)


def _with_folders(settings: Settings, workspace: Path) -> Settings:
    """The settings with the folder of a language model of this process in full: its users know no workspace."""
    folder = workspace / settings.llm.model
    if settings.llm.url != "transformers" or not settings.llm.model or not folder.is_dir():
        return settings
    return settings.model_copy(update={"llm": settings.llm.model_copy(update={"model": str(folder.resolve())})})


def with_roots(settings: Settings, workspace: Path) -> Settings:
    """The settings with the folders imported by now, by any process, among ``[media] roots``; each once."""
    roots = tuple(dict.fromkeys((*settings.media.roots, *_roots(workspace))))
    return settings.model_copy(update={"media": settings.media.model_copy(update={"roots": roots})})


def restate_storage(settings: Path, storage_url: str) -> None:
    """Write another ``[storage] url`` into a ``segue.toml``; every other line stays as it is.

    Raises:
        SettingsError: the file states its storage in a way that is not understood line by line.
    """
    lines = settings.read_text(encoding="utf-8").splitlines() if settings.exists() else []
    wanted = tomllib.loads("\n".join(lines))
    wanted["storage"] = {**wanted.get("storage", {}), "url": storage_url}
    kept, table = list(lines), ""
    for number, line in enumerate(lines):
        if line.lstrip().startswith("["):
            table = line.split("]")[0].strip(" [")
        elif table == "storage" and line.partition("=")[0].strip() == "url":
            kept[number] = f"url = {json.dumps(storage_url, ensure_ascii=False)}"
            break
    else:
        kept += ["", "[storage]", f"url = {json.dumps(storage_url, ensure_ascii=False)}"]
    text = "\n".join([*kept, ""])
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        stated = {}
    if stated != wanted:
        raise SettingsError(f"The backup's {SETTINGS} states [storage] in an unusual way. Restore without --storage.")
    settings.write_text(text, encoding="utf-8")


def url_of(workspace: Path, settings: Settings) -> str:
    """Where the rows are."""
    return settings.storage.url or f"sqlite:///{(workspace / 'segue.db').resolve()}"


def add_root(workspace: Path, folder: Path) -> None:
    """Remember an imported folder, whose files may be read and played from now on, unless the workspace holds it."""
    root, kept = folder.resolve(), _roots(workspace)
    if root.is_relative_to(workspace.resolve()) or str(root) in kept:
        return
    fresh = workspace / f"{ROOTS}.tmp"
    fresh.write_text(json.dumps([*kept, str(root)], indent=1), encoding="utf-8")
    fresh.replace(workspace / ROOTS)


def _roots(workspace: Path) -> list[str]:
    file = workspace / ROOTS
    if not file.exists():
        return []
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if not (isinstance(kept, list) and all(isinstance(root, str) for root in kept)):
            raise ValueError("expected a list of folders")
    except (OSError, ValueError) as error:
        raise StorageError(f"{file} is damaged: {error}. Delete it and import the folders again.") from error
    return kept
