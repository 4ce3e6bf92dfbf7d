"""Versions of everything trained, and the pointer to the one that serves.

::

    artifacts/
      draft-train/             a training under way; taken up again when the same training is asked for
      20261122-231500-042117/  one version: manifest.json, items.json, a folder per model
      serving.json             {"version": …, "history": […]}, replaced atomically
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import NotFound, StorageError
from ..storage.artifacts import ArtifactFolder

POINTER = "serving.json"
DRAFT = "draft-"


@dataclass(frozen=True)
class Version:
    """A finished training."""

    name: str
    folder: ArtifactFolder
    manifest: Mapping[str, Any]
    """``created_at segue_version settings data models metrics hashes``."""


class Registry:
    """The folder ``artifacts`` of a workspace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def draft(self, purpose: str, fingerprint: str) -> ArtifactFolder:
        """The folder of the work under way; what is in it stays if it was begun with the same fingerprint."""
        folder = ArtifactFolder(self.path / f"{DRAFT}{purpose}")
        begun = folder.path / "begun.json"
        if begun.exists() and folder.read_json("begun") == fingerprint:
            return folder
        shutil.rmtree(folder.path, ignore_errors=True)
        folder.write_json("begun", fingerprint)
        return folder

    def publish(self, draft: ArtifactFolder, manifest: Mapping[str, Any]) -> Version:
        """Turn the draft into a version: manifest and hashes written, then one rename. It does not serve yet."""
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"  # names sort by age
        (draft.path / "begun.json").unlink(missing_ok=True)
        draft.write_json("manifest", {"version": name, **manifest, "hashes": draft.hashes()})
        target = self.path / name
        draft.path.rename(target)
        return Version(name, ArtifactFolder(target), ArtifactFolder(target).read_json("manifest"))

    def promote(self, name: str) -> None:
        """Let a version serve from now on."""
        if name not in self.names():
            raise NotFound.named("version", name, self.names())
        self._point([*(n for n in self._history() if n != name), name])

    def rollback(self) -> str:
        """Let the version serve that served before this one; returns its name.

        Raises:
            NotFound: there is no earlier version left.
        """
        history = [n for n in self._history() if n in self.names()]
        if len(history) < 2:
            raise NotFound("There is no earlier version to go back to; `segue train` makes versions.")
        self._point(history[:-1])
        return history[-2]

    def serving(self) -> str | None:
        """Name of the serving version, None before the first training."""
        history = self._history()
        return history[-1] if history else None

    def open(self, name: str | None = None) -> Version | None:
        """A version (default: the serving one), None when nothing serves.

        Raises:
            StorageError: its folder is missing or damaged.
        """
        name = name or self.serving()
        if name is None:
            return None
        folder = ArtifactFolder(self.path / name)
        return Version(name, folder, folder.read_json("manifest"))

    def names(self) -> list[str]:
        """All finished versions, oldest first."""
        return sorted(p.parent.name for p in self.path.glob("*/manifest.json") if not p.parent.name.startswith(DRAFT))

    def prune(self, keep: int) -> list[str]:
        """Delete all but the newest ``keep`` versions; the serving one and the one before it always stay."""
        kept = {*self.names()[-keep:], *self._history()[-2:]}
        gone = [name for name in self.names() if name not in kept]
        for name in gone:
            shutil.rmtree(self.path / name)
        return gone

    def verify(self, name: str) -> list[str]:
        """Files of a version that are missing or differ from the hashes in its manifest."""
        version = self.open(name)
        if version is None:
            return []
        found = version.folder.hashes()
        stated: Mapping[str, str] = version.manifest["hashes"]
        return [f"{name}/{file}" for file, digest in stated.items() if found.get(file) != digest]

    def _history(self) -> list[str]:
        pointer = self.path / POINTER
        if not pointer.exists():
            return []
        try:
            history: list[str] = json.loads(pointer.read_text(encoding="utf-8"))["history"]
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{pointer} is damaged: {error}. Delete it and run `segue train`.") from error
        return history

    def _point(self, history: list[str]) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        fresh = self.path / f"{POINTER}.{os.getpid()}.tmp"
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump({"version": history[-1], "history": history[-20:]}, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self.path / POINTER)
