"""LanguageModel: a task and some data in, a checked pydantic object or a talk with tools out.

The model runs behind any OpenAI-compatible URL (`segue.llm.served`) or in this process (`segue.llm.in_process`). What
comes from outside (titles, descriptions, comments, what people say) is data: it travels in JSON in the user's message,
in a field whose name nobody can foresee, apart from the task, and nothing that stands in it is followed. What comes
back is checked against a schema; an answer that does not fit is sent back once with what is wrong with it, one rung
lower on the ladder (`segue.llm.ladder`), and then it is an error. Every way to fail is a `ServiceError` with one clear
sentence, so that the caller can say what stands in for the answer.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from itertools import islice
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import InvalidInput, ServiceDown, ServiceError, SettingsError, in_one_line
from ..settings import LlmSettings
from .budget import Allowance, Budget, Ledger, OwnLedger, Usage
from .calls import Caller, Question
from .ladder import Ladder, asking, ladder_of, said_in
from .prompts import Prompt, prompt
from .protocol import Backend, Message, NotUnderstood, Reply, Request, dumped, dumped_data
from .recital import recites
from .served import Served
from .talk import Babble, Heard, Listening, Tool, Turn, messages_of
from .text import cleaned, first_object, plain, visible

log = logging.getLogger(__name__)
Answer = TypeVar("Answer", bound=BaseModel)

MAX_TEXT = 6_000
"""Characters of one text in the data."""
MAX_DATA = 400_000
"""Characters of all data of one question."""
IN_PROCESS = "transformers"
"""What ``[llm] url`` says where the model runs in this process."""

RULES = "rules_of_an_answer"
"""Of `segue.llm.prompts`: what every typed answer is told behind its task."""


class Kept(Ledger, Protocol):
    """Where answers, and the use of a day, are kept between runs: `segue.storage.Store` is one."""

    def llm_answer(self, key: str) -> str | None:
        """The answer under a key."""
        ...

    def put_llm_answer(self, key: str, answer: str) -> None:
        """Keep an answer."""
        ...


def backend_of(settings: LlmSettings) -> Backend:
    """Whoever runs the model that the settings name.

    Raises:
        SettingsError: no model is stated, or the URL is none.
        MissingLibrary: httpx is not installed, or the model is not on this machine.
    """
    if not settings.model:
        raise SettingsError("[llm] url is set and [llm] model is not. Name the model as the server calls it.")
    if settings.url == IN_PROCESS:
        from .in_process import InProcess

        return InProcess(settings)
    return Served(settings)


class LanguageModel:
    """One model, with the budget of one run. Threads may share it.

    Args:
        settings: ``[llm]``; its ``url`` and ``model`` must be set.
        store: keeps answers by model and prompt, so that a question is paid once, and what a day has used. None:
            nothing is kept, and the day's use is that of this object alone.
        budget: None: that of one run, ``[llm] budget_calls`` and ``budget_tokens``. A server, which runs for good, has
            `Budget` without limits, and those of the day.

    Raises:
        SettingsError: no URL or no model is stated, or the URL is none.
        MissingLibrary: httpx is not installed, or a model of this process is not on this machine.
    """

    def __init__(self, settings: LlmSettings, store: Kept | None = None, budget: Budget | None = None) -> None:
        self.settings = settings
        self.name = settings.model
        self._backend = backend_of(settings)
        self._store = store
        self._budget = budget or Budget(settings.budget_calls, settings.budget_tokens)
        allowance = Allowance(settings, store if store is not None else OwnLedger())
        self._caller = Caller(settings, self._backend, self._budget, allowance)

    @property
    def usage(self) -> Usage:
        """What this run has used so far."""
        return self._budget.usage

    @property
    def place(self) -> str:
        """What errors call whoever runs the model."""
        return self._backend.name

    @property
    def ladder(self) -> Ladder:
        """How typed answers are asked for here, as far as this process has learnt."""
        return ladder_of(f"{self._backend.name} {self._backend.place}", self.name, self._backend.levels)

    @property
    def levels(self) -> tuple[str, ...]:
        """The rungs of the ladder that are worth a try here, best first."""
        return self._backend.levels

    def close(self) -> None:
        """Let go of the connections."""
        self._backend.close()

    def __enter__(self) -> LanguageModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def models(self) -> list[str]:
        """Names of the models that can be asked for there.

        Raises:
            ServiceError: it does not answer, or with something else.
            SettingsError: it refuses the key, or has no list.
        """
        return self._backend.models()

    def ask(
        self,
        schema: type[Answer],
        task: Prompt | str,
        data: Mapping[str, Any],
        *,
        person: str | None = None,
        within_s: float | None = None,
        keep: bool = True,
    ) -> Answer:
        """The model's answer as an instance of the schema.

        Args:
            task: our own words: what to do. Nothing from outside belongs in it.
            data: what to do it with; texts are cut at `MAX_TEXT` and freed of hidden characters.
            person: whom it is about, or for; it counts for their budget, and the answer is not kept.
            within_s: seconds that it may take in all, repetitions included; None: ``[llm] timeout_s`` for each call.
            keep: whether the answer may be kept for others; False for what somebody typed whom nobody knows.

        Raises:
            ServiceDown: it cannot be asked now, or (`BudgetSpent`) it may be asked no more.
            ServiceError: no answer within the time limit and the repetitions, or two answers that do not fit.
            SettingsError: the server refuses the key, or knows no such model.
            InvalidInput: the data is larger than `MAX_DATA`, or nested too deeply.
        """
        shape = schema.model_json_schema()
        material = _material(data)
        told = task if isinstance(task, Prompt) else Prompt("other", 1, task.strip())
        question = Question(told.name, person, None if within_s is None else time.monotonic() + within_s)
        store = self._store if person is None and keep else None
        key = self._key(told, material, shape)
        kept = store.llm_answer(key) if store is not None else None
        if kept is not None:
            try:
                answer = _checked(schema, kept)
            except ValueError:
                log.warning("a kept answer of %s does not fit any more and is asked for again", self.name)
            else:
                self._caller.note(question, cached=1)
                return answer
        with self._caller.accounted(question):
            answer = self._asked(schema, shape, _messages(told, material, shape), question)
        if store is not None:
            store.put_llm_answer(key, answer.model_dump_json())
        return answer

    def ask_on(self, rung: str, schema: type[Answer], task: Prompt, data: Mapping[str, Any]) -> Answer:
        """The answer asked for on one rung of the ladder, by one call: to find out whether that works.

        Raises:
            ServiceError: it does not. Others as `ask`.
        """
        shape = schema.model_json_schema()
        question = Question(task.name, None, None)
        messages = _messages(task, _material(data), shape)
        request = Request(messages, self.settings.max_answer_tokens, asking(rung, shape))
        with self._caller.accounted(question):
            try:
                return _checked(schema, said_in(self._caller.answer(request, question)))
            except NotUnderstood as error:
                raise ServiceError(f"{self.place} does not know it: {error.said}.") from error
            except ValueError as error:
                raise ServiceError(f"{self.place} gave an answer that does not fit: {error}.") from error

    def ask_many(
        self, schema: type[Answer], task: Prompt | str, data: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[int, Answer | ServiceError]]:
        """(place in ``data``, answer or what went wrong) as they come in, ``max_parallel`` under way at once.

        Raises:
            ServiceDown: nothing more can be asked (`BudgetSpent`: nor may be); what was under way has been handed over.
            SettingsError: the server refuses the key, or knows no such model.
        """
        waiting = iter(enumerate(data))
        with ThreadPoolExecutor(self.settings.max_parallel, thread_name_prefix="segue-llm") as pool:
            running: dict[Future[Answer], int] = {}
            stopped: ServiceDown | None = None
            try:
                while True:
                    if stopped is None:
                        for number, one in islice(waiting, self.settings.max_parallel - len(running)):
                            running[pool.submit(self.ask, schema, task, one)] = number
                    if not running:
                        break
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        number = running.pop(future)
                        try:
                            yield number, future.result()
                        except ServiceDown as error:
                            stopped = error
                        except ServiceError as error:
                            yield number, error
            finally:
                for future in running:
                    future.cancel()
        if stopped is not None:
            raise stopped

    def talk(
        self,
        task: Prompt | str,
        turns: Sequence[Turn],
        tools: Sequence[Tool] = (),
        *,
        person: str | None = None,
        within_s: float | None = None,
        first_s: float | None = None,
    ) -> Generator[Heard, None, None]:
        """The model's next turn, as it is written: words (`Delta`), then calls of tools or what is wrong with them
        (`Call`, `Fault`), and at last an `End`. Closing the iterator stops the model. Nothing is kept.

        A call that fails before the first word is made again, within the time; afterwards it is an error, and so is an
        answer that repeats itself, or is longer than it may be: what was said until then has been handed over.

        Args:
            task: our own words. Nothing from outside belongs in it.
            turns: what was said so far, oldest first.
            tools: what the model may call.
            person: whose budget it counts for.
            within_s: seconds until the end; None: ``[llm] timeout_s``.
            first_s: seconds until the first word, repetitions included, and the longest silence; None: each call has
                ``[llm] first_token_s``.

        Raises:
            ServiceDown: it cannot be asked now, broke off, or (`BudgetSpent`) may be asked no more.
            ServiceError: it took too long, babbled, or answered no chat completion.
            SettingsError: the server refuses the key, or knows no such model.
        """
        told = task if isinstance(task, Prompt) else Prompt("talk", 1, task.strip())
        total_s = self.settings.timeout_s if within_s is None else within_s
        first_until = None if first_s is None else time.monotonic() + first_s
        question = Question(told.name, person, time.monotonic() + total_s, first_until=first_until)
        name = _field()
        try:
            messages = messages_of(told.text, turns, name, MAX_TEXT)
        except ValueError as error:
            raise InvalidInput(f"What a language model is to be told cannot be sent: {error}.") from error
        extra = {"tools": [tool.as_json() for tool in tools]} if tools else {}
        request = Request(messages, self.settings.max_answer_tokens, extra)
        by_name = {tool.name: tool for tool in tools}
        listening = Listening(by_name, self.settings.max_answer_tokens, str(messages[0]["content"]))
        silence_s = self.settings.first_token_s if first_s is None else first_s
        with (
            self._caller.accounted(question),
            closing(self._caller.stream(request, question, silence_s, listening)) as pieces,
        ):
            try:
                for piece in pieces:
                    yield from listening.hear(piece)
                yield from listening.end()
            except Babble as error:
                self._caller.note(question, stopped=1)
                raise ServiceError(f"{self.place} ({self.name!r}) {error}; it was stopped.") from error

    def _key(self, told: Prompt, material: Any, shape: Mapping[str, Any]) -> str:
        prompts = [told.digest, prompt(RULES).digest]
        asked = [self.name, self._backend.place, self.settings.max_answer_tokens, prompts, material, shape]
        return hashlib.sha256(dumped(asked).encode("utf-8", "surrogatepass")).hexdigest()

    def _asked(
        self, schema: type[Answer], shape: dict[str, Any], messages: list[Message], question: Question
    ) -> Answer:
        ladder = self.ladder
        reply, rung = self._understood(messages, shape, ladder.rung, question)
        said = said_in(reply)
        try:
            answer = _checked(schema, said, messages)
        except ValueError as error:
            wrong = str(error)
        else:
            ladder.fits(rung)
            return answer
        again = [
            *messages,
            {"role": "assistant", "content": plain(said, 2_000)},
            {"role": "user", "content": dumped_data({"wrong": f"That answer cannot be used: {wrong}. Answer again."})},
        ]
        reply, lower = self._understood(again, shape, ladder.below(rung) or rung, question)
        try:
            answer = _checked(schema, said_in(reply), messages)
        except ValueError as error:
            raise ServiceError(
                f"{self.place} ({self.name!r}) answered twice with something that cannot be used: {error}. "
                "Another model, or one that follows JSON schemas, may help."
            ) from error
        if lower != rung:
            ladder.missed(rung)
        self._caller.note(question, repaired=1)
        return answer

    def _understood(
        self, messages: list[Message], shape: dict[str, Any], rung: str, question: Question
    ) -> tuple[Reply, str]:
        """The reply on this rung, or on the next lower one that the server knows, and that rung."""
        refused: list[str] = []
        while True:
            request = Request(messages, self.settings.max_answer_tokens, asking(rung, shape))
            try:
                reply = self._caller.answer(request, question)
            except NotUnderstood as error:
                lower = self.ladder.below(rung)
                if lower is None:
                    raise ServiceError(f"{self.place} refuses the question: {error.said}.") from error
                refused.append(rung)
                rung = lower
            else:
                for one in refused:
                    self.ladder.refused(one)
                return reply, rung


def _messages(told: Prompt, material: Any, shape: Mapping[str, Any]) -> list[Message]:
    name = _field()
    rules = prompt(RULES).text.replace("{field}", name).replace("{schema}", dumped(shape))
    return [
        {"role": "system", "content": f"{told.text}\n\n{rules}"},
        {"role": "user", "content": dumped_data({name: material})},
    ]


def _material(data: Mapping[str, Any]) -> Any:
    try:
        material = cleaned(data, MAX_TEXT)
    except ValueError as error:
        raise InvalidInput(f"The data for a language model cannot be sent: {error}.") from error
    if (size := len(dumped(material))) > MAX_DATA:
        raise InvalidInput(f"The data for a language model has {size:,} characters; at most {MAX_DATA:,} are sent.")
    return material


def _field() -> str:
    """A name for the data that nobody who wrote it can have known."""
    return f"data_{secrets.token_hex(8)}"


def _checked(schema: type[Answer], said: str, messages: Sequence[Message] = ()) -> Answer:
    """Raises ValueError with a short reason.

    Args:
        messages: the question; its first message, the task, is not to be repeated.
    """
    try:
        answer = schema.model_validate(cleaned(first_object(said), MAX_TEXT))
    except ValidationError as error:
        raise ValueError(visible(in_one_line(error, told=False), 400)) from error
    if messages and recites(answer.model_dump(), str(messages[0]["content"])):
        raise ValueError("it repeats its task")
    return answer
