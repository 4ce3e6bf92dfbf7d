"""Budget: what one run may use of a language model, and what it has used."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass

from ..errors import BudgetSpent


@dataclass
class Usage:
    """What was asked of a language model, and how it went."""

    calls: int = 0
    """Requests that were sent, repeated ones included."""
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    """Questions that were answered without a request."""
    retried: int = 0
    """Requests that were sent again after 429, 5xx or a lost connection."""
    repaired: int = 0
    """Answers that were usable only at the second asking."""
    failed: int = 0
    """Questions that stayed without an answer."""

    def as_json(self) -> dict[str, int]:
        """For reports."""
        return asdict(self)


class Budget:
    """Counts calls and tokens, for any number of threads.

    Args:
        calls: how many there may be; 0: no limit.
        tokens: the same for tokens read and written. They are known only after a call, so the last one may go over.
    """

    def __init__(self, calls: int = 0, tokens: int = 0) -> None:
        self.calls = calls
        self.tokens = tokens
        self.usage = Usage()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count one call that is about to be made.

        Raises:
            BudgetSpent: there is nothing left.
        """
        with self._lock:
            used = self.usage.tokens_in + self.usage.tokens_out
            if self.calls and self.usage.calls >= self.calls:
                raise BudgetSpent(
                    f"The run's {self.calls} calls of the language model are used up. The next run goes on from here; "
                    "[llm] budget_calls allows more."
                )
            if self.tokens and used >= self.tokens:
                raise BudgetSpent(
                    f"The run's {self.tokens} tokens of the language model are used up ({used} used). The next run "
                    "goes on from here; [llm] budget_tokens allows more."
                )
            self.usage.calls += 1

    def note(self, **more: int) -> None:
        """Add to the usage: ``note(tokens_in=120, cached=1)``."""
        with self._lock:
            for name, count in more.items():
                setattr(self.usage, name, getattr(self.usage, name) + count)
