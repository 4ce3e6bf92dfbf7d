"""One process at a time works on a workspace."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import Busy, StorageError


@contextmanager
def workspace_lock(workspace: Path, doing: str) -> Iterator[None]:
    """Hold the workspace while training, understanding, importing or restoring.

    The operating system frees the lock when the process ends, however it ends.

    Args:
        doing: what the others are told, for example ``"training"``.

    Raises:
        Busy: another process holds it; the message names what it does, and its process number.
        StorageError: the folder does not exist or cannot be written.
    """
    if not workspace.is_dir():
        raise StorageError(f"There is no workspace {workspace}. Make one: segue init {workspace}")
    note = workspace / ".lock.json"
    try:
        lock = FileLock(workspace / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise Busy(f"The workspace {workspace} is in use: {_holder(note)}. Try again when it has ended.") from error
    except OSError as error:
        raise StorageError(f"The workspace {workspace} cannot be locked: {error.strerror}.") from error
    try:
        note.write_text(json.dumps({"doing": doing, "pid": os.getpid()}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(note.read_text(encoding="utf-8"))
        return f"{told['doing']} (process {told['pid']})"
    return "another process has just begun"
