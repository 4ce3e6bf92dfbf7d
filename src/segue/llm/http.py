"""The one way to call a server of models: an address, a key and limits in; a whole, bounded answer or one error out.

Errors name the host and the setting, never the whole URL or the key, either of which may be a secret.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ..errors import MissingLibrary, ServiceDown, ServiceError, SettingsError
from ..events import now
from ..settings import LlmSettings, SpeechSettings
from .text import visible

if TYPE_CHECKING:
    import httpx

CONNECT_S = 10.0


@dataclass(frozen=True)
class Reply:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    content: bytes


class Server:
    """One server of models behind an OpenAI-compatible URL. Threads may share it.

    Args:
        what: what errors call it: ``language model``.
        group: the table of its settings, and the extra that installs httpx: ``llm``.
        settings: that table.
        path: what is called below its URL: ``/chat/completions``.
        max_bytes: of one answer; a server that sends more is cut off.

    Raises:
        SettingsError: the URL is none.
        MissingLibrary: httpx is not installed.
    """

    def __init__(
        self, what: str, group: str, settings: LlmSettings | SpeechSettings, path: str, max_bytes: int
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingLibrary(
                f"Calling a {what} needs httpx. Install it with `pip install 'segue[{group}]'`, or leave [{group}] url "
                "empty."
            ) from error
        try:
            address = httpx.URL(settings.url)
        except httpx.InvalidURL:
            address = httpx.URL()
        if address.scheme not in ("http", "https") or not address.host:
            raise SettingsError(
                f"[{group}] url is no address of a {what}. Expected something like http://localhost:8000/v1."
            )
        self.host = address.host
        self.name = f"The {what} at {address.host}{f':{address.port}' if address.port else ''}"
        """What errors call it."""
        self._base = address.copy_with(path=address.path.rstrip("/").removesuffix(path))
        self._url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        self._group, self._timeout_s, self._max_bytes = group, settings.timeout_s, max_bytes
        self._key = settings.api_key.get_secret_value() if settings.api_key is not None else None
        # httpx logs the whole URL of every request at the level "info".
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # No redirects and nothing from the environment: the key goes to the stated address and nowhere else.
        self._client = httpx.Client(follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(self, within_s: float | None = None, **body: Any) -> Reply:
        """One call, within the limits.

        Args:
            within_s: seconds that it may take in all; None: those of the settings.
            body: as httpx takes it: ``json``, or ``data`` and ``files``.

        Raises:
            ServiceDown: nobody listens there, or the call was broken off.
            ServiceError: it took too long, or the answer is too large.
            SettingsError: the URL or the key cannot be sent as it is written.
        """
        return self._whole("POST", self._url, within_s or self._timeout_s, body)

    def get(self, path: str, within_s: float | None = None) -> Reply:
        """What stands at a path below the URL. Raises as `post` does."""
        return self._whole("GET", self._base.copy_with(path=self._base.path.rstrip("/") + path), within_s, {})

    @contextmanager
    def stream(self, total_s: float, first_s: float, **body: Any) -> Iterator[Stream]:
        """One call whose answer is read as it comes. Raises as `post` does, also while it is read.

        Args:
            total_s: seconds that it may take in all.
            first_s: seconds until `Stream.alive` must have been called, and the longest silence.
        """
        with self._opened("POST", self._url, total_s, min(first_s, total_s), body) as (response, watch, read):
            yield Stream(response, watch, read)

    def _whole(self, method: str, url: httpx.URL, within_s: float | None, body: Mapping[str, Any]) -> Reply:
        seconds = within_s or self._timeout_s
        with self._opened(method, url, seconds, seconds, body) as (response, watch, read):
            watch.alive()
            return Reply(response.status_code, response.headers, b"".join(read()))

    @contextmanager
    def _opened(
        self, method: str, url: httpx.URL, total_s: float, first_s: float, body: Mapping[str, Any]
    ) -> Iterator[tuple[httpx.Response, _Watch, Callable[[], Iterator[bytes]]]]:
        import httpx

        watch = _Watch(total_s, first_s)
        limits = httpx.Timeout(first_s, connect=min(CONNECT_S, first_s))
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}

        def read() -> Iterator[bytes]:
            size = 0
            for part in response.iter_bytes():
                watch.check()
                size += len(part)
                if size > self._max_bytes:
                    raise ServiceError(f"{self.name} sent more than {self._max_bytes:,} bytes; the rest was not read.")
                yield part
            watch.check()  # a connection that the watch has cut may look like one that has ended

        try:
            with self._client.stream(method, url, headers=headers, timeout=limits, **body) as response:
                watch.hold(response.extensions["network_stream"].get_extra_info("socket"))
                yield response, watch, read
        except UnicodeError as error:
            raise SettingsError(
                f"[{self._group}] url or api_key holds characters that cannot stand in a request. Correct them."
            ) from error
        except httpx.ConnectError as error:
            raise ServiceDown(f"{self.name} cannot be reached. Start it, or correct [{self._group}] url.") from error
        except (httpx.HTTPError, _TooLate) as error:
            if watch.passed or isinstance(error, httpx.TimeoutException | _TooLate):
                raise ServiceError(self._slow(watch), passing=True) from error
            # Its words may hold the URL: the kind of failure says enough.
            raise ServiceDown(f"{self.name} broke off the call ({type(error).__name__}).") from error
        finally:
            watch.end()

    def _slow(self, watch: _Watch) -> str:
        if not watch.is_alive and watch.first_s < watch.total_s:
            return f"{self.name} gave no word within {watch.first_s:g} s ([{self._group}] first_token_s)."
        if watch.is_alive and not watch.passed and watch.first_s < watch.total_s:
            return f"{self.name} fell silent for {watch.first_s:g} s ([{self._group}] first_token_s)."
        if watch.total_s == self._timeout_s:
            return f"{self.name} gave no whole answer within [{self._group}] timeout_s = {watch.total_s:g}."
        return f"{self.name} gave no whole answer within the {watch.total_s:.2g} s that were left."

    def check(self, reply: Reply) -> None:
        """Whether the server did as it was asked.

        Raises:
            SettingsError: it refuses the key, or knows no such path or model.
            ServiceDown: it says that it cannot work now.
            ServiceError: it says anything else.
        """
        status = reply.status
        if status == 200:
            return
        why = self.why(reply)
        said = f"(HTTP {status}{f': {why}' if why else ''})"
        if status in (401, 403):
            raise SettingsError(f"{self.name} refuses the key {said}. Set [{self._group}] api_key.")
        if status in (404, 405):
            raise SettingsError(f"{self.name} knows no such path or model {said}. Check [{self._group}] url and model.")
        if status in (429, 502, 503, 504):
            raise ServiceDown(
                f"{self.name} cannot work now {said}. Run the same command again later.", wait_s=_wait(reply.headers)
            )
        raise ServiceError(
            f"{self.name} failed at the call {said}.", passing=status >= 500, wait_s=_wait(reply.headers)
        )

    def why(self, reply: Reply) -> str:
        """What the server says is wrong, shortened, with the key taken out should it be repeated there."""
        return self.words(reply.content[:8_000].decode("utf-8", "replace"))

    def words(self, text: str) -> str:
        """The words of an error that a server tells in JSON or in plain text, shortened, without the key."""
        text = visible(text, 2_000)
        try:
            told = json.loads(text)
            told = told.get("error", told)
            text = str(told.get("message", told)) if isinstance(told, dict) else str(told)
        except (ValueError, AttributeError, RecursionError):
            pass
        if self._key:
            text = text.replace(self._key, "***")
        return visible(re.sub(r"\b(sk|key)-[\w-]{6,}", "***", text), 200).rstrip(".")


class Stream:
    """An answer on its way."""

    def __init__(self, response: httpx.Response, watch: _Watch, read: Callable[[], Iterator[bytes]]) -> None:
        self._response, self._watch, self._read = response, watch, read
        self.status = response.status_code
        kind = response.headers.get("content-type", "")
        self.is_events = self.status == 200 and kind.startswith("text/event-stream")
        """Whether it comes in pieces."""
        self.is_done = False
        """Whether it has said that nothing more comes."""

    def alive(self) -> None:
        """The first word has come: from now on only the whole time counts, and silence."""
        self._watch.alive()

    def whole(self) -> Reply:
        """All of it, where it does not come in pieces."""
        return Reply(self.status, self._response.headers, b"".join(self._read()))

    def events(self) -> Iterator[str]:
        """The data of each server-sent event (HTML standard, 9.2), up to ``[DONE]``."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest, data = "", []
        for part in self._read():
            *lines, rest = (rest + decoder.decode(part)).split("\n")
            for line in lines:
                line = line.removesuffix("\r")
                if line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                elif not line and data:
                    event, data = "\n".join(data), []
                    if event == "[DONE]":
                        self.is_done = True
                        return
                    yield event
        if data:
            yield "\n".join(data)


class _TooLate(Exception):
    """The time is over."""


class _Watch:
    """Cuts a connection when its time is over: a read that waits for a byte would not look at the clock."""

    def __init__(self, total_s: float, first_s: float) -> None:
        self.total_s, self.first_s = total_s, first_s
        self.passed = self.is_alive = False
        self._began = time.monotonic()
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._set(min(first_s, total_s))

    def hold(self, connected: socket.socket | None) -> None:
        """This is the connection to cut."""
        with self._lock:
            self._socket = connected
        self.check()

    def alive(self) -> None:
        """Only the whole time counts from now on."""
        if not self.is_alive:
            self.is_alive = True
            self._set(self._began + self.total_s - time.monotonic())

    def check(self) -> None:
        """Raises `_TooLate` when the time is over."""
        if self.passed:
            raise _TooLate

    def end(self) -> None:
        """The call is over; its connection may serve another one."""
        with self._lock:
            self._socket = None
            if self._timer is not None:
                self._timer.cancel()

    def _set(self, seconds: float) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(max(seconds, 0.0), self._cut)
            self._timer.daemon = True
            self._timer.start()

    def _cut(self) -> None:
        with self._lock:
            if self._timer is not threading.current_thread():
                return  # another one has been set since
            self.passed = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # Past the class for TLS, whose own method would also forget the session that is being read.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for: it states them, or a date (RFC 9110, 10.2.3)."""
    stated = headers.get("retry-after", "")
    try:
        return max(0.0, float(stated))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(stated) - now()).total_seconds())
    except (ValueError, TypeError):
        return None
