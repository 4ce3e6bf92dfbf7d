"""The ladder of typed answers: ways to get an object of a schema out of a model, the surest first.

``json_schema``: the server writes only what fits (structured outputs); ``tool``: the answer is the argument of a tool
that must be called; ``json_object``: any JSON object; ``text``: nothing but our request. On every rung the schema also
stands in the system's message and the answer is checked. A rung that a server refuses is left for good; one on which
answers do not fit, three times in a row while a lower one does, is left too. What was learnt is kept for the process.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from .protocol import Reply, written_call

RUNGS = ("json_schema", "tool", "json_object", "text")
MOST_MISSES = 3
ANSWER = "answer"
"""Name of the schema, and of the tool that stands for it."""


def asking(rung: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says besides its messages, to be answered by an object of this JSON schema."""
    if rung == "json_schema":
        return {"response_format": {"type": "json_schema", "json_schema": {"name": ANSWER, "schema": shape}}}
    if rung == "tool":
        function = {"name": ANSWER, "description": "Give the answer.", "parameters": shape}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": ANSWER}},
        }
    return {"response_format": {"type": "json_object"}} if rung == "json_object" else {}


def said_in(reply: Reply) -> str:
    """Where the answer's object stands: the argument of the first tool call, else the text."""
    if reply.calls:
        return reply.calls[0].arguments
    _, begun, rest = reply.text.partition("<tool_call>")
    return written_call(rest).arguments if begun else reply.text  # a call that the server has not read


class Ladder:
    """Which rungs of one server's ladder are left. Threads may share it."""

    def __init__(self, rungs: Sequence[str]) -> None:
        self._left = tuple(rungs)
        self._misses: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def rung(self) -> str:
        """The rung to begin on."""
        return self._left[0]

    def below(self, rung: str) -> str | None:
        """The next lower rung that is left; None: there is none."""
        lower = RUNGS[RUNGS.index(rung) + 1 :]
        return next((one for one in self._left if one in lower), None)

    def fits(self, rung: str) -> None:
        """An answer asked for on this rung fitted."""
        with self._lock:
            self._misses.pop(rung, None)

    def missed(self, rung: str) -> None:
        """An answer on this rung did not fit, and the next one, on a lower rung, did."""
        with self._lock:
            self._misses[rung] = self._misses.get(rung, 0) + 1
            if self._misses[rung] >= MOST_MISSES:
                self._leave(rung)

    def refused(self, rung: str) -> None:
        """The server does not know what this rung asks for, and has answered on a lower one."""
        with self._lock:
            self._leave(rung)

    def _leave(self, rung: str) -> None:
        if len(self._left) > 1:  # something is always asked
            self._left = tuple(one for one in self._left if one != rung)


_LEARNT: dict[tuple[str, str], Ladder] = {}
_LEARNING = threading.Lock()


def ladder_of(place: str, model: str, rungs: Sequence[str]) -> Ladder:
    """The ladder of a model at a place, with what this process has learnt about it."""
    with _LEARNING:
        return _LEARNT.setdefault((place, model), Ladder(rungs))


def forget() -> None:
    """Forget what was learnt about all servers, as when one has been updated."""
    with _LEARNING:
        _LEARNT.clear()
