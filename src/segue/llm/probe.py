"""Trying a language model out: whether it can be reached, which typed answers it gives, how fast, whether it uses
tools. A handful of short calls about nothing in the catalogue."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ..errors import SegueError, ServiceDown, SettingsError
from ..settings import LlmSettings
from .budget import Budget
from .client import LanguageModel
from .prompts import prompt
from .talk import Call, Delta, End, Fault, Person, Tool


class Colour(BaseModel):
    """The typed answer that is asked for."""

    model_config = ConfigDict(extra="forbid")
    word: str
    is_colour: bool
    surety: Literal["low", "high"]


class Weather(BaseModel):
    """The arguments of the tool that is offered."""

    model_config = ConfigDict(extra="forbid")
    city: str


@dataclass(frozen=True)
class Typed:
    """How one way to ask for a typed answer went."""

    level: str
    ok: bool
    seconds: float
    problem: str | None = None


@dataclass
class Probe:
    """What was found."""

    model: str
    where: str
    models: list[str] | None = None
    """Those that the server lists; None: it has no list."""
    typed: list[Typed] = field(default_factory=list)
    level: str | None = None
    """The surest way to a typed answer that works; None: none does."""
    first_token_s: float | None = None
    tokens_per_s: float | None = None
    streams: bool = False
    calls_tools: bool = False
    problems: list[str] = field(default_factory=list)
    """What does not work, a sentence each."""

    @property
    def ok(self) -> bool:
        """Whether everything that Segue asks of a model can be asked of this one."""
        return self.level is not None and self.streams

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"ok": self.ok, **asdict(self)}


def probe(settings: LlmSettings) -> Probe:
    """Try the model of the settings.

    Raises:
        SettingsError: no language model is stated, or the server refuses the key or knows no such model.
        ServiceDown: nobody is there.
        MissingLibrary: httpx is not installed, or a model of this process is not on this machine.
    """
    if not settings.url:
        raise SettingsError("[llm] url is empty: no language model is asked. State it in segue.toml, with [llm] model.")
    with LanguageModel(settings.model_copy(update={"retries": 0}), budget=Budget()) as model:
        found = Probe(model.name, model.place)
        try:
            found.models = model.models()
            if model.name not in found.models:
                listed = ", ".join(found.models[:10]) or "none"
                found.problems.append(f"{model.name!r} is not among the models that it lists: {listed}.")
        except ServiceDown:
            raise
        except SegueError as error:
            found.problems.append(f"It lists no models: {error}")
        for level in model.levels:
            found.typed.append(_typed(model, level))
        found.level = next((one.level for one in found.typed if one.ok), None)
        if found.level is None:
            found.problems.append(f"No way to ask for a typed answer works: {found.typed[-1].problem}")
        _stream(model, found)
        if found.streams:
            _tools(model, found)
    return found


def _typed(model: LanguageModel, level: str) -> Typed:
    began = time.monotonic()
    try:
        model.ask_on(level, Colour, prompt("test_typed"), {"word": "turquoise"})
    except (ServiceDown, SettingsError):
        raise
    except SegueError as error:
        return Typed(level, False, round(time.monotonic() - began, 3), str(error))
    return Typed(level, True, round(time.monotonic() - began, 3))


def _stream(model: LanguageModel, found: Probe) -> None:
    began = time.monotonic()
    first = None
    try:
        for one in model.talk(prompt("test_stream"), [Person("Tell me about the sea, please.")]):
            if isinstance(one, Delta) and first is None:
                first = time.monotonic()
            if isinstance(one, End):
                found.streams = first is not None
                written, seconds = one.usage.tokens_out, time.monotonic() - (first or began)
                if written and seconds > 0:
                    found.tokens_per_s = round(written / seconds, 1)
    except SegueError as error:
        found.problems.append(f"It does not stream well: {error}")
    if first is not None:
        found.first_token_s = round(first - began, 3)
    elif not found.problems:
        found.problems.append("It streams an answer without a word.")


def _tools(model: LanguageModel, found: Probe) -> None:
    tools = [Tool("weather", "The weather of a city now.", Weather)]
    try:
        turn = list(model.talk(prompt("test_tools"), [Person("How is the weather in Oslo?")], tools))
    except SegueError as error:
        found.problems.append(f"It does not use tools: {error}")
        return
    found.calls_tools = any(isinstance(one, Call) for one in turn)
    wrong = [one.what for one in turn if isinstance(one, Fault)]
    if not found.calls_tools:
        found.problems.append(f"It called no tool where it should have. {' '.join(wrong)}".strip())
