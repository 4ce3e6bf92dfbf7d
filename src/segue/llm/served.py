"""A language model behind an OpenAI-compatible URL: ``/chat/completions``, whole or streaming, and ``/models``."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping
from typing import Any

from ..errors import ServiceDown, ServiceError
from ..settings import LlmSettings
from . import http
from .ladder import RUNGS
from .protocol import Limits, NotUnderstood, Piece, Reply, Request, ToolCall, Usage, count
from .text import visible

MAX_BYTES = 1_000_000
"""Of one answer; a server that sends more is cut off."""
# What a server names that does not know a part of the request. Makers differ in the status they give it.
_UNKNOWN = re.compile(rb"response_format|json_schema|json_object|grammar|tool_choice|--jinja", re.I)
_PERHAPS_UNKNOWN = re.compile(rb"\btools?\b|function|schema", re.I)
"""In the words of an error that is the request's; those of a server's own failure may name anything."""


class Served:
    """One model on one server.

    Raises:
        SettingsError: the URL is none.
        MissingLibrary: httpx is not installed.
    """

    levels = RUNGS
    at_once = None

    def __init__(self, settings: LlmSettings) -> None:
        self._server = http.Server("language model", "llm", settings, "/chat/completions", MAX_BYTES)
        self._model = settings.model
        self._counts_in_streams = True
        self._temperature: dict[str, Any] = {"temperature": 0}
        self._limit = "max_tokens"

    @property
    def name(self) -> str:
        """What errors call it."""
        return self._server.name

    @property
    def place(self) -> str:
        """The host, without its port: the same model there gives the same answers."""
        return self._server.host

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()

    def answer(self, request: Request, limits: Limits) -> Reply:
        """See `segue.llm.protocol.Backend`."""
        while True:
            body = self._body(request)
            reply = self._server.post(within_s=limits.total_s, json=body)
            if not self._adapted(body, reply):
                self._check(reply, request)
                return self._reply(reply.content)

    def stream(self, request: Request, limits: Limits) -> Generator[Piece, None, None]:
        """See `segue.llm.protocol.Backend`."""
        body = {**self._body(request), "stream": True}
        if self._counts_in_streams:
            body["stream_options"] = {"include_usage": True}
        with self._server.stream(limits.total_s, limits.first_s, json=body) as coming:
            if coming.is_events:
                finished = False
                for event in coming.events():
                    piece = self._piece(event)
                    finished |= piece.finish is not None
                    if piece.text or piece.calls or piece.thought:
                        coming.alive()
                    yield piece
                if not (finished or coming.is_done):  # a lost connection may look like one that has ended
                    raise ServiceDown(f"{self.name} broke off its answer.")
                return
            reply = coming.whole()
            adapted = self._adapted(body, reply)
            if not adapted:
                self._check(reply, request)
                whole = self._reply(reply.content)  # one that does not stream
                yield Piece(whole.text, calls=tuple(enumerate(whole.calls)), finish="stop", usage=whole.usage)
        if adapted:
            yield from self.stream(request, limits)

    def models(self) -> list[str]:
        """See `segue.llm.protocol.Backend`."""
        reply = self._server.get("/models")
        self._server.check(reply)
        try:
            stated = json.loads(reply.content)["data"]
            return sorted({visible(str(one["id"]), 200) for one in stated})
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ServiceError(f"{self.name} answers no list of models.") from error

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": list(request.messages),
            self._limit: request.max_tokens,
            **self._temperature,
            **request.extra,
        }

    def _adapted(self, body: Mapping[str, Any], reply: http.Reply) -> bool:
        """Whether the request can be made in another way, after a refusal of what we can do without."""
        if reply.status not in (400, 422):
            return False
        if "stream_options" in body and b"stream_options" in reply.content:
            self._counts_in_streams = False
        elif "max_tokens" in body and b"max_completion_tokens" in reply.content:  # models that think before they speak
            self._limit = "max_completion_tokens"
        elif "temperature" in body and b"temperature" in reply.content:
            self._temperature = {}
        else:
            return False
        return True

    def _check(self, reply: http.Reply, request: Request) -> None:
        if request.extra and (
            (reply.status in (400, 404, 422, 500, 501) and _UNKNOWN.search(reply.content))
            or (reply.status in (400, 422) and _PERHAPS_UNKNOWN.search(reply.content))
        ):
            raise NotUnderstood(self._server.why(reply))
        self._server.check(reply)

    def _reply(self, raw: bytes) -> Reply:
        try:
            answer = json.loads(raw)
            message = answer["choices"][0]["message"]
            said = message.get("content")
            calls = tuple(_call(one) for one in message.get("tool_calls") or ())
            if not isinstance(said, str) and not calls:
                raise ValueError("no text")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise self._strange() from error
        return Reply(said if isinstance(said, str) else "", calls, _usage(answer.get("usage")))

    def _piece(self, event: str) -> Piece:
        try:
            told = json.loads(event)
            if told.get("error"):
                raise ServiceError(f"{self.name} broke off its answer: {self._server.words(event)}.")
            usage = _usage(told["usage"]) if isinstance(told.get("usage"), dict) else None
            choice: dict[str, Any] = next(iter(told.get("choices") or ()), {})
            delta = choice.get("delta") or {}
            text = delta.get("content")
            calls = tuple((int(one.get("index", n)), _call(one)) for n, one in enumerate(delta.get("tool_calls") or ()))
            thought = bool(delta.get("reasoning_content") or delta.get("reasoning"))
            finish = choice.get("finish_reason")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise self._strange() from error
        return Piece(
            text if isinstance(text, str) else "", thought, calls, finish if isinstance(finish, str) else None, usage
        )

    def _strange(self) -> ServiceError:
        return ServiceError(f"{self.name} answers no chat completion.", passing=True)


def _call(stated: Mapping[str, Any]) -> ToolCall:
    function = stated.get("function") or {}
    name, arguments = function.get("name") or "", function.get("arguments") or ""
    if not isinstance(arguments, str):  # some give the object itself
        arguments = json.dumps(arguments)
    return ToolCall(str(stated.get("id") or ""), str(name), arguments)


def _usage(stated: Any) -> Usage:
    if not isinstance(stated, dict):
        return Usage()
    return Usage(count(stated.get("prompt_tokens")), count(stated.get("completion_tokens")))
