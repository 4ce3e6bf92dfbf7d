"""The log, on stderr, as far as ``log_level`` asks. Only commands and the server call this, never the library."""

from __future__ import annotations

import logging


def to_stderr(level: str) -> None:
    """Let Segue's own messages from ``level`` (debug, info, warning, error) on go to stderr, one line each."""
    log = logging.getLogger("segue")
    for old in [handler for handler in log.handlers if handler.name == _NAME]:
        log.removeHandler(old)  # stderr may be another one by now
    handler = logging.StreamHandler()
    handler.name = _NAME
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(level.upper())


_NAME = "segue-stderr"
