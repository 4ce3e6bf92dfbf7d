"""Everything Segue raises on purpose.

    SegueError
    ├── InvalidInput      a value, row or file that cannot be taken (names where, what came, what was expected)
    ├── NotFound          an item, user, model, version … that does not exist
    ├── SettingsError     segue.toml or an environment variable says something impossible
    ├── StorageError      rows or artefacts cannot be read or written
    │   └── Busy          another process holds the workspace
    ├── MediaError        one media file cannot be read (a run reports it and goes on)
    ├── ServiceError      one call of another server (a language model, speech) failed; the next may go well
    │   └── ServiceDown   no call can go well now: whoever has more to ask stops
    │       └── BudgetSpent   because the run has used what it may use of that server
    ├── ToolError         a tool of a conversation cannot do what it was called for
    │   └── NeedsGrant    because it writes, and nobody has allowed that
    │       └── NeverGranted  nor can anybody: the settings leave it out
    ├── Overloaded        so much is being done at this moment that this has to wait
    └── MissingLibrary    an optional library or its weights are not installed

The command line prints the message and exits 1; the HTTP API answers with a problem document (RFC 9457).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class SegueError(Exception):
    """Base of all errors meant for the person who uses Segue; the message is one clear sentence or two."""

    status = 500


class InvalidInput(SegueError):
    """A value, row or file that cannot be taken."""

    status = 422


class NotFound(SegueError):
    """A name that refers to nothing."""

    status = 404

    @classmethod
    def named(cls, what: str, name: str, known: Iterable[str]) -> NotFound:
        """``Unknown model 'eese'. Did you mean 'ease'? Known: als, ease.``"""
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        return cls(f"Unknown {what} {name!r}.{hint} Known: {listed or 'none yet'}.")


class UnknownConversation(NotFound):
    """There is no such conversation, or it is another person's, or it has been deleted."""


class SettingsError(SegueError):
    """The settings cannot be used as they stand."""

    status = 500


class StorageError(SegueError):
    """Rows or artefacts cannot be read or written."""

    status = 503


class Busy(StorageError):
    """Another process holds what this one needs."""

    status = 409


class MediaError(SegueError):
    """One media file cannot be read."""

    status = 422


class MissingLibrary(SegueError):
    """An optional library, program or set of weights is not installed."""

    status = 501


class ServiceError(SegueError):
    """One call of another server failed: no answer, or none that can be used; another call may fare better.

    Args:
        passing: whether the same call may go well in a moment.
        wait_s: seconds that the server asks to wait until then; None: it asks nothing.
    """

    status = 502

    def __init__(self, message: str, *, passing: bool = False, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.passing, self.wait_s = passing, wait_s


class ServiceDown(ServiceError):
    """No call of that server can go well now; whoever has more to ask stops asking."""

    status = 503

    def __init__(self, message: str, *, passing: bool = True, wait_s: float | None = None) -> None:
        super().__init__(message, passing=passing, wait_s=wait_s)


class BudgetSpent(ServiceDown):
    """The run has used the calls or tokens that it may use of a language model."""

    def __init__(self, message: str) -> None:
        super().__init__(message, passing=False)


class Overloaded(SegueError):
    """So much is being done at this moment that this has to wait; in a moment it may go well."""

    status = 503
    wait_s = 2
    """Seconds after which to try again."""


class ToolError(SegueError):
    """A tool of a conversation cannot do what it was called for; the message is for whoever called it."""

    status = 422


class NeedsGrant(ToolError):
    """A tool writes, and the caller was not allowed to."""

    status = 403


class NeverGranted(NeedsGrant):
    """A tool writes what the settings let nobody write from a conversation or a tool."""


_SECRET = re.compile("key|password|secret|token|url", re.IGNORECASE)


def in_one_line(error: ValidationError, told: bool = True) -> str:
    """What a validation complains of: field, what was expected, what came (unless its name says that it is secret).

    Args:
        told: whether to say what came; False where it may hold somebody's words and the sentence goes into a log.
    """
    parts = []
    for one in error.errors():
        where = ".".join(str(part) for part in one["loc"]) or "value"
        came = "a secret" if _SECRET.search(where) else repr(one["input"])[:80]
        parts.append(f"{where}: {one['msg'].removeprefix('Value error, ')}" + (f" (got {came})" if told else ""))
    return "; ".join(parts)
