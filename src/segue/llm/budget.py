"""Budget: what one run, one day and one person may use of a language model, and what has been used."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Protocol

from ..errors import BudgetSpent, StorageError
from ..events import now
from ..settings import LlmSettings

log = logging.getLogger(__name__)


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


class Ledger(Protocol):
    """Where the use of a day is kept, for all processes: `segue.storage.Store` is one."""

    def llm_tokens(self, day: str, user_id: str | None = None) -> int:
        """Tokens used on a day, for one person or in all."""
        ...

    def add_llm_usage(
        self, day: str, user_id: str | None, purpose: str, calls: int, tokens_in: int, tokens_out: int
    ) -> None:
        """Add to what was used."""
        ...


class OwnLedger:
    """A ledger of this process alone, for clients without a store."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str | None]] = Counter()
        self._lock = threading.Lock()

    def llm_tokens(self, day: str, user_id: str | None = None) -> int:
        """See `Ledger`."""
        with self._lock:
            return self._used[day, user_id]

    def add_llm_usage(
        self, day: str, user_id: str | None, purpose: str, calls: int, tokens_in: int, tokens_out: int
    ) -> None:
        """See `Ledger`."""
        with self._lock:
            for whose in {None, user_id}:
                self._used[day, whose] += tokens_in + tokens_out


class Allowance:
    """What ``[llm]`` allows in a day (UTC), to all and to one person, over all processes that share the ledger.

    Tokens are known only after a call: those under way when the limit is reached go over it.
    """

    def __init__(self, settings: LlmSettings, ledger: Ledger) -> None:
        self.settings = settings
        self._ledger = ledger

    def check(self, person: str | None) -> None:
        """Before a call for a person, or for nobody.

        Raises:
            BudgetSpent: nothing is left for today.
        """
        limit, own = self.settings.tokens_per_day, self.settings.tokens_per_person
        if limit and self._ledger.llm_tokens(_today()) >= limit:
            raise BudgetSpent(
                f"Today's {limit} tokens of the language model are used up. It is asked again tomorrow (UTC); [llm] "
                "tokens_per_day allows more."
            )
        if own and person is not None and self._ledger.llm_tokens(_today(), person) >= own:
            raise BudgetSpent(
                f"The {own} tokens of the language model that one person may use in a day are used up. It is asked "
                "again tomorrow (UTC); [llm] tokens_per_person allows more."
            )

    def add(self, person: str | None, purpose: str, calls: int, tokens_in: int, tokens_out: int) -> None:
        """After a call. Whose it was is kept only where people have a budget of their own."""
        whose = person if self.settings.tokens_per_person else None
        try:
            self._ledger.add_llm_usage(_today(), whose, purpose, calls, tokens_in, tokens_out)
        except StorageError as error:  # the answer is there and paid for
            log.warning("%s tokens of a language model are not counted: %s", tokens_in + tokens_out, error)


def _today() -> str:
    return now().date().isoformat()
