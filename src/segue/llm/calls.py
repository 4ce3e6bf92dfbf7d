"""Calls of a model: within their time, not too many at once, repeated where that may help, and counted.

What is repeated (429, 5xx, no connection) waits longer each time, with some chance in it, so that many clients do not
come back together; a server may say how long with ``Retry-After``.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from ..errors import BudgetSpent, ServiceDown, ServiceError
from ..settings import LlmSettings
from . import accounts
from .accounts import Entry
from .budget import Allowance, Budget
from .protocol import Backend, Limits, NotUnderstood, Piece, Reply, Request, Usage, dumped
from .talk import Listening
from .text import guessed_tokens

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
"""The pause before the first repetition, doubled each time; the most that a server may ask for."""
_AT_ONCE_S = 0.05
"""What passes until a call is made for which nothing has to be waited."""
REST_S = 5.0
"""How long a server that was not there is let alone by those whose time is limited."""


@dataclass
class Question:
    """One question on its way: for what and whom, and until when."""

    purpose: str
    person: str | None
    until: float | None
    """Of `time.monotonic`; None: each call has its own time, and there is none for all."""
    began: float = field(default_factory=time.monotonic)
    first_until: float | None = None
    """Of `time.monotonic`: until when the first word must have come, repetitions included; None: within ``until``."""
    first_s: float | None = None
    """When the first word came, in seconds."""

    def left_s(self) -> float:
        """Seconds until it must be answered."""
        return float("inf") if self.until is None else self.until - time.monotonic()

    def first_left_s(self) -> float:
        """Seconds until its first word must have come."""
        return self.left_s() if self.first_until is None else self.first_until - time.monotonic()


class Caller:
    """Calls one model. Threads may share it.

    Args:
        budget: of the run.
        allowance: of the day.
    """

    def __init__(self, settings: LlmSettings, backend: Backend, budget: Budget, allowance: Allowance) -> None:
        self.settings = settings
        self._backend = backend
        self._budget = budget
        self._allowance = allowance
        self._at_once = min(settings.max_parallel, backend.at_once or settings.max_parallel)
        self._slots = threading.BoundedSemaphore(self._at_once)
        self._room = threading.BoundedSemaphore(self._at_once + settings.max_parallel)
        """Of those whose time is limited: for calls under way, and for some that wait."""
        self._rests_until = 0.0

    def answer(self, request: Request, question: Question) -> Reply:
        """The model's whole answer. Raises as the backend does, when repeating does not help."""
        with self._admitted(question):
            attempt = 0
            while True:
                try:
                    with self._slot(question.left_s()):
                        self._take(question)
                        seconds = max(min(self.settings.timeout_s, question.left_s()), 0.001)
                        reply = self._backend.answer(request, Limits(seconds, seconds))
                    said = reply.text + "".join(call.arguments for call in reply.calls)
                    self._count(question, request, reply.usage, guessed_tokens(said))
                    return reply
                except ServiceError as error:
                    attempt = self._again(error, attempt, question)

    def stream(
        self, request: Request, question: Question, silence_s: float, listening: Listening
    ) -> Generator[Piece, None, None]:
        """The pieces of one answer, of the first call that gives any; counted when they end, however they do.

        Raises as the backend does, when repeating does not help, and after the first word.

        Args:
            silence_s: seconds until the first word, and the longest silence.
            listening: puts them together, and knows what is to be counted.
        """
        with self._admitted(question):
            attempt = 0
            while True:
                try:
                    yield from self._call(request, question, silence_s, listening)
                    return
                except NotUnderstood as error:
                    raise ServiceError(f"{self._backend.name} knows no tools: {error.said}.") from error
                except ServiceError as error:
                    if question.first_s is not None:
                        raise
                    attempt = self._again(error, attempt, question, question.first_left_s())

    def _call(
        self, request: Request, question: Question, silence_s: float, listening: Listening
    ) -> Generator[Piece, None, None]:
        """One attempt of `stream`."""
        whole = False
        with self._slot(min(question.left_s(), question.first_left_s())):
            self._take(question)
            left = question.first_left_s()
            # As it was stated, unless some of it has gone by waiting for a place or in an attempt before this one.
            first_s = silence_s if left > silence_s - _AT_ONCE_S else max(left, 0.001)
            limits = Limits(max(question.left_s(), 0.001), first_s)
            try:
                with closing(self._backend.stream(request, limits)) as pieces:
                    for piece in pieces:
                        if question.first_s is None and (piece.text or piece.calls):
                            question.first_s = time.monotonic() - question.began
                        yield piece
                whole = True
            finally:
                if question.first_s is not None or whole:
                    self._count(question, request, listening.usage, listening.guessed_tokens)

    def note(self, question: Question, **more: int) -> None:
        """Put something to the accounts of the run and of the process: ``note(question, cached=1)``."""
        self._budget.note(**{name: number for name, number in more.items() if name != "stopped"})
        accounts.add(Entry(question.purpose, **more))

    @contextmanager
    def accounted(self, question: Question) -> Iterator[None]:
        """The whole of a question: how long it took, and whether it failed."""
        try:
            yield
        except BudgetSpent:
            accounts.add(Entry(question.purpose, refused=1))
            raise
        except ServiceError:
            self.note(question, failed=1)
            raise
        finally:
            seconds = time.monotonic() - question.began
            accounts.add(Entry(question.purpose, seconds=seconds, first_token_s=question.first_s))

    def _again(self, error: ServiceError, attempt: int, question: Question, left_s: float | None = None) -> int:
        """Wait until it may go well, and count one attempt more; or raise what went wrong.

        Args:
            left_s: seconds within which it must have gone well; None: those of the question.
        """
        if not error.passing or attempt == self.settings.retries:
            self._let_rest(error)
            raise error
        pause = error.wait_s
        if pause is None:
            pause = FIRST_PAUSE_S * 2**attempt * random.uniform(0.75, 1.25)
        pause = min(pause, LONGEST_PAUSE_S)
        if pause >= (question.left_s() if left_s is None else left_s):
            self._let_rest(error)
            raise error
        self.note(question, retried=1)
        log.info("%s Again in %.1f s.", error, pause)
        time.sleep(pause)
        return attempt + 1

    def _let_rest(self, error: ServiceError) -> None:
        """So that a talk falls back at once, rather than waiting anew at each turn for a server that is down."""
        if isinstance(error, ServiceDown) and error.passing:
            self._rests_until = time.monotonic() + min(error.wait_s or REST_S, LONGEST_PAUSE_S)

    @contextmanager
    def _admitted(self, question: Question) -> Iterator[None]:
        """Whoever waits keeps a thread of a server busy: no more do so than can soon be answered."""
        if question.until is None:
            yield
            return
        if not self._room.acquire(blocking=False):
            raise self._busy()
        try:
            yield
        finally:
            self._room.release()

    @contextmanager
    def _slot(self, left_s: float) -> Iterator[None]:
        if not self._slots.acquire(timeout=None if left_s == float("inf") else max(left_s, 0.0)):
            raise self._busy()
        try:
            yield
        finally:
            self._slots.release()

    def _busy(self) -> ServiceDown:
        return ServiceDown(
            f"{self._backend.name} is busy with {self._at_once} other calls ([llm] max_parallel).", passing=False
        )

    def _take(self, question: Question) -> None:
        left = self._rests_until - time.monotonic()
        if left > 0 and question.until is not None:
            raise ServiceDown(
                f"{self._backend.name} was down just now; it is asked again in {left:.0f} s.", passing=False
            )
        self._allowance.check(question.person)
        self._budget.take()
        accounts.add(Entry(question.purpose, calls=1))

    def _count(self, question: Question, request: Request, used: Usage, guessed: int) -> None:
        """Put the tokens of a call to every account; where nobody says how many, they are guessed."""
        read, written = used.tokens_in, used.tokens_out
        if read is None:
            read = sum(guessed_tokens(dumped(message)) for message in request.messages)
        written = guessed if written is None else written
        self._budget.note(tokens_in=read, tokens_out=written)
        self._allowance.add(question.person, question.purpose, 1, read, written)
        cost = (read * self.settings.price_in + written * self.settings.price_out) / 1e6
        accounts.add(Entry(question.purpose, tokens_in=read, tokens_out=written, cost=cost))
