"""What code logs of errors and exceptions while a conversation is held: none is expected, whoever caught it.

But one: that a service outside, such as a language model's server, gave no answer that can be used (`ServiceError`).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import ServiceError

ROOM = "segue"
"""The logger whose debug records are heard, too: there stands what a request survived."""


@contextmanager
def troubles() -> Iterator[list[str]]:
    """Collects them meanwhile: every record of an error, and every record that has an exception with it."""
    heard: list[str] = []
    handler, room = _Troubles(heard), logging.getLogger(ROOM)
    before = room.level
    logging.getLogger().addHandler(handler)
    room.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        room.setLevel(before)
        logging.getLogger().removeHandler(handler)


class _Troubles(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if record.levelno < logging.ERROR and (error is None or isinstance(error, ServiceError)):
            return
        told = f"{record.name} logs: {record.getMessage()[:300]}"
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
            told += f" ({type(error).__name__}: {str(error)[:200]}{where})"
        self._heard.append(told)
