"""A talk with tools: what was said so far in, words and checked tool calls out, while they are being written.

What a person says, and what tools answer, is data: it travels in JSON under a name that nobody can foresee, never in
the system's message. What the model calls is checked against the tools that it was given: a tool that there is not, or
arguments of the wrong type, come back as a `Fault`, which the next turn tells the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from ..errors import in_one_line
from .prompts import prompt
from .protocol import NO_USAGE, Message, Piece, ToolCall, Usage, dumped_data, written_call
from .recital import Recital, recites
from .text import cleaned, first_object, guessed_tokens, one_line, plain, unhidden, visible

MAX_CALLS = 8
"""Tools that one answer may call."""
MAX_ARGUMENTS = 20_000
"""Characters of the arguments of one call."""
CHARACTERS_A_TOKEN = 8
"""More than this many for each token that an answer may have, and the server does not keep to the limit."""


@dataclass(frozen=True)
class Tool:
    """Something that the model may ask for."""

    name: str
    about: str
    """What it does, for the model."""
    takes: type[BaseModel]
    """Its arguments."""

    def as_json(self) -> dict[str, Any]:
        """As a request states it."""
        function = {"name": self.name, "description": self.about, "parameters": self.takes.model_json_schema()}
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class Delta:
    """Some more words of the answer."""

    text: str


@dataclass(frozen=True)
class Call:
    """A tool that is to be used, its arguments checked."""

    tool: str
    arguments: BaseModel
    made: ToolCall
    """As the model wrote it."""


@dataclass(frozen=True)
class Fault:
    """A call that cannot be made."""

    tool: str
    kind: Literal["unknown_tool", "broken_json", "wrong_arguments"]
    what: str
    """One sentence, for the model."""
    made: ToolCall

    def as_json(self) -> dict[str, Any]:
        """What the model is told in the tool's place."""
        return {"error": self.kind, "what": self.what}


@dataclass(frozen=True)
class End:
    """The answer is whole."""

    why: str
    """``stop``; ``length``: it was longer than it may be; ``tools``: it waits for what the tools answer."""
    usage: Usage = NO_USAGE


Heard = Delta | Call | Fault | End


@dataclass(frozen=True)
class Person:
    """What the person says."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    """What else the model must know at this point: data, like the text."""


@dataclass(frozen=True)
class Model:
    """What the model answered earlier."""

    text: str
    calls: Sequence[Call | Fault] = ()


@dataclass(frozen=True)
class Result:
    """What became of a call."""

    call: Call | Fault
    content: Any
    """JSON; for a fault `Fault.as_json`."""


Turn = Person | Model | Result

RULES = "rules_of_a_talk"
"""Of `segue.llm.prompts`: what every talk is told behind its task."""


def messages_of(task: str, turns: Sequence[Turn], name: str, limit: int) -> list[Message]:
    """The talk as messages.

    Args:
        name: of the field that holds what comes from outside.
        limit: characters of one text.
    """
    rules = prompt(RULES).text.replace("{field}", name)
    told: list[Message] = [{"role": "system", "content": f"{task}\n\n{rules}"}]
    for turn in turns:
        if isinstance(turn, Person):
            said = {**cleaned(turn.data, limit), "person": visible(turn.text, limit)}
            told.append({"role": "user", "content": dumped_data({name: said})})
        elif isinstance(turn, Result):
            content = dumped_data({name: cleaned(turn.content, limit)})
            told.append({"role": "tool", "tool_call_id": turn.call.made.id, "content": content})
        else:
            calls = {"tool_calls": [_made(one.made) for one in turn.calls]} if turn.calls else {}
            told.append({"role": "assistant", "content": plain(turn.text, limit), **calls})
    return told


def _made(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = dumped_data(cleaned(json.loads(call.arguments), MAX_ARGUMENTS))
    except (ValueError, RecursionError):
        arguments = "{}"  # servers read what they are told the model wrote, and fail at what is broken
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": one_line(plain(call.name), 64), "arguments": arguments},
    }


def checked(call: ToolCall, tools: Mapping[str, Tool]) -> Call | Fault:
    """A call of one of the tools, or what is wrong with it."""
    tool = tools.get(call.name)
    name = one_line(call.name, 64)
    if tool is None:
        return Fault(name, "unknown_tool", f"There is no tool {name!r}. There are: {', '.join(tools) or 'none'}.", call)
    try:
        given = cleaned(first_object(call.arguments or "{}"), MAX_ARGUMENTS)
    except ValueError as error:
        return Fault(name, "broken_json", f"The arguments of {name} cannot be read: {error}.", call)
    try:
        return Call(name, tool.takes.model_validate(given), call)
    except ValidationError as error:
        what = f"The arguments of {name} do not fit: {visible(in_one_line(error), 400)}."
        return Fault(name, "wrong_arguments", what, call)


class Babble(Exception):
    """An answer goes on and on.

    Args:
        why: what it does, for an error.
    """


class Listening:
    """Puts an answer together out of its pieces.

    Args:
        tools: what may be called.
        max_tokens: what the answer may have.
        told: the task and the rules, which are not to be repeated.
    """

    def __init__(self, tools: Mapping[str, Tool], max_tokens: int, told: str = "") -> None:
        self._tools = tools
        self._told = told
        self._recital = Recital(told)
        self._most = max_tokens * CHARACTERS_A_TOKEN
        self._calls: dict[int, ToolCall] = {}
        self._regions = _Regions()
        self._looked = 0
        self._finish: str | None = None
        self.usage = NO_USAGE
        self.text = ""
        """What was said so far."""
        self.written = 0
        """Characters written in all: thoughts and calls included."""

    @property
    def guessed_tokens(self) -> int:
        """About how many tokens were written, where nobody counts them."""
        return guessed_tokens(self.text) + max(self.written - len(self.text), 0) // 4

    def hear(self, piece: Piece) -> Iterator[Delta]:
        """The words in a piece.

        Raises:
            Babble: it must be stopped.
        """
        self.usage = piece.usage or self.usage
        self._finish = piece.finish or self._finish
        for index, part in piece.calls:
            self._join(index, part)
        if piece.text:
            self.written += len(piece.text)
            yield from self._say(self._regions.feed(piece.text))
        if self.written > self._most:
            raise Babble(f"wrote more than {self._most:,} characters, which it had been told not to")

    def end(self) -> Iterator[Heard]:
        """What is left when nothing more comes: the last words, the calls, the end."""
        yield from self._say(self._regions.rest(), last=True)
        made = [call for _, call in sorted(self._calls.items())]
        made += [written_call(text) for text in self._regions.calls]
        if any(recites(call.arguments, self._told) for call in made):
            raise Babble(_RECITED)
        for number, call in enumerate(made):
            whole = ToolCall(call.id or f"call_{number}", call.name.strip(), call.arguments)
            yield checked(whole, self._tools)
        why = "tools" if made else "length" if self._finish == "length" else "stop"
        yield End(why, self.usage)

    def _say(self, text: str, last: bool = False) -> Iterator[Delta]:
        text = self._recital.feed(unhidden(text))
        if last:
            text += self._recital.rest()
        if self._recital.heard:
            raise Babble(_RECITED)
        if not self.text:
            text = text.lstrip()
        if not text:
            return
        self.text += text
        if len(self.text) - self._looked >= _LOOK_EVERY:
            self._looked = len(self.text)
            if repeats(self.text):
                raise Babble("said the same over and over")
        yield Delta(text)

    def _join(self, index: int, part: ToolCall) -> None:
        before = self._calls.get(index, ToolCall("", "", ""))
        joined = ToolCall(before.id or part.id, before.name + part.name, before.arguments + part.arguments)
        self.written += len(part.name) + len(part.arguments)
        self._calls[index] = joined
        if len(self._calls) > MAX_CALLS or len(joined.arguments) > MAX_ARGUMENTS:
            raise Babble(f"called more than {MAX_CALLS} tools, or one with more than {MAX_ARGUMENTS:,} characters")


_RECITED = "repeated what it had been told to do"
_LOOK_EVERY = 100
_TAIL, _LONGEST_PERIOD, _LEAST_TIMES = 600, 150, 4


def repeats(text: str) -> bool:
    """Whether a text ends in the same 1 … 150 characters over and over, 600 characters long."""
    tail = text[-_TAIL:]
    if len(tail) < _TAIL:
        return False
    return any(tail[period:] == tail[:-period] for period in range(1, min(_LONGEST_PERIOD, _TAIL // _LEAST_TIMES) + 1))


class _Regions:
    """Takes thoughts and written calls out of a text that comes in pieces."""

    _TAGS: Mapping[str, str] = {"<think>": "</think>", "<tool_call>": "</tool_call>"}

    def __init__(self) -> None:
        self._held = ""
        """What may be the beginning of a tag, or stands within a region."""
        self._within: str | None = None
        self.calls: list[str] = []

    def feed(self, text: str) -> str:
        """The text that stands outside, as far as that is certain."""
        self._held += text
        outside = ""
        while True:
            if self._within is None:
                found = min(((at, tag) for tag in self._TAGS if (at := self._held.find(tag)) >= 0), default=None)
                if found is None:
                    keep = _begun(self._held, self._TAGS)
                    outside += self._held[: len(self._held) - keep]
                    self._held = self._held[len(self._held) - keep :]
                    return outside
                at, self._within = found
                outside += self._held[:at]
                self._held = self._held[at + len(self._within) :]
            else:
                at = self._held.find(self._TAGS[self._within])
                if at < 0:
                    return outside
                self._leave(self._held[:at])
                self._held = self._held[at + len(self._TAGS[self._within]) :]
                self._within = None

    def rest(self) -> str:
        """What is left at the end: a call without its closing tag is one, a thought without it is none."""
        held, self._held = self._held, ""
        if self._within is None:
            return held
        self._leave(held)
        self._within = None
        return ""

    def _leave(self, region: str) -> None:
        if self._within == "<tool_call>" and len(self.calls) < MAX_CALLS:
            self.calls.append(region)


def _begun(text: str, tags: Mapping[str, str]) -> int:
    """How many characters at the end of a text may be the beginning of a tag."""
    return max((n for tag in tags for n in range(1, len(tag)) if text.endswith(tag[:n])), default=0)
