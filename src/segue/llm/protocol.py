"""What a language model is asked and what it gives back, whoever runs it: the words of OpenAI's chat completions.

Two run it: `segue.llm.served` (a server behind a URL) and `segue.llm.in_process` (transformers in this process).
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .text import first_object

Message = Mapping[str, Any]
"""``{"role": …, "content": …}``, with ``tool_calls`` or ``tool_call_id`` where tools are spoken of."""


@dataclass(frozen=True)
class Request:
    """One question to a model."""

    messages: Sequence[Message]
    max_tokens: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    """``response_format``, ``tools``, ``tool_choice``."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants used, as it wrote it: nothing of it has been checked."""

    id: str
    name: str
    arguments: str
    """JSON, it says."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one call; None where nobody said."""

    tokens_in: int | None = None
    tokens_out: int | None = None


NO_USAGE = Usage()


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = NO_USAGE


@dataclass(frozen=True)
class Piece:
    """A part of an answer that streams."""

    text: str = ""
    thought: bool = False
    """Whether the model thinks, which is a sign of life and no part of its answer."""
    calls: tuple[tuple[int, ToolCall], ...] = ()
    """(which call, a part of it); parts of one call are joined, name and arguments each."""
    finish: str | None = None
    """Why it ends: ``stop``, ``length``, ``tool_calls``."""
    usage: Usage | None = None


@dataclass(frozen=True)
class Limits:
    """How long a call may take, in seconds from its beginning."""

    total_s: float
    first_s: float
    """Until the first piece of a stream, and the longest silence within it."""


class NotUnderstood(Exception):
    """The one who runs the model does not know a part of the request: it is asked for in another way.

    Args:
        said: its words, bounded, without secrets.
    """

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Backend(Protocol):
    """Runs one model. Threads may share it."""

    @property
    def name(self) -> str:
        """What errors call it."""
        ...

    @property
    def place(self) -> str:
        """Where it runs: what tells its answers from those of another model of the same name."""
        ...

    @property
    def at_once(self) -> int | None:
        """How many questions it takes at once; None: any number."""
        ...

    @property
    def levels(self) -> tuple[str, ...]:
        """The rungs of `segue.llm.ladder` that are worth a try here, best first."""
        ...

    def answer(self, request: Request, limits: Limits) -> Reply:
        """The whole answer. Raises `ServiceError`, `SettingsError`, `NotUnderstood`."""
        ...

    def stream(self, request: Request, limits: Limits) -> Generator[Piece, None, None]:
        """The answer in pieces, as they come; closing the iterator stops the model. Raises as `answer` does."""
        ...

    def models(self) -> list[str]:
        """Names of the models that can be asked for here. Raises `ServiceError`, `SettingsError`."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


def dumped(value: Any) -> str:
    """JSON, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)


def dumped_data(value: Any) -> str:
    """JSON of what comes from outside, in which no text can pass for a sign of a chat template.

    Templates turn ``<|im_start|>``, ``[INST]``, ``</s>`` and their like into the border between speakers, wherever they
    stand. The same character is written as an escape, which means the same in JSON and nothing in a template.
    """
    # No JSON has a bracket of its own before a capital or a slash.
    return re.sub(r"\[(?=[A-Z/])", r"\\u005b", dumped(value).replace("<", r"\u003c"))


def written_call(text: str) -> ToolCall:
    """A call that a model wrote into its text, as servers hand it on that do not read it themselves."""
    try:
        stated = first_object(text)
        name, arguments = stated.get("name", ""), stated.get("arguments", stated.get("parameters", {}))
    except ValueError:
        name = match.group(1) if (match := re.search(r'"name"\s*:\s*"([\w.-]{1,64})"', text)) else ""
        return ToolCall("", name, text)
    return ToolCall("", str(name), arguments if isinstance(arguments, str) else json.dumps(arguments))


def count(value: Any) -> int | None:
    """A count that a server states; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
