"""Accounts: what this process has used of language models, by purpose. Whoever wants to know listens.

Only counts, never a word of what was asked or answered.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """What one call, or one question, adds to the accounts."""

    purpose: str
    """The name of its prompt."""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """In the money of ``[llm] price_in`` and ``price_out``."""
    cached: int = 0
    retried: int = 0
    repaired: int = 0
    failed: int = 0
    stopped: int = 0
    """Streams that were cut off because they babbled or took too long."""
    refused: int = 0
    """Questions that a budget did not allow."""
    seconds: float | None = None
    """From the question to the end of its answer, retries included."""
    first_token_s: float | None = None
    """From the question to the first word, for answers that stream."""


class Listener(Protocol):
    """Takes what is added to the accounts."""

    def llm_used(self, entry: Entry) -> None:
        """Called by the thread that asked; must be quick."""
        ...


_listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
_lock = threading.Lock()


def listen(listener: Listener) -> None:
    """Tell a listener what is added from now on, for as long as it lives."""
    with _lock:
        _listeners.add(listener)


def add(entry: Entry) -> None:
    """Add to the accounts."""
    with _lock:
        listeners = list(_listeners)
    for listener in listeners:
        listener.llm_used(entry)
