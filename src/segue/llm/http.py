"""The one way to call a server of models: an address, a key and limits in; a whole, bounded answer or one error out.

Errors name the host and the setting, never the whole URL or the key, either of which may be a secret.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import MissingLibrary, ServiceDown, ServiceError, SettingsError
from ..settings import LlmSettings, SpeechSettings
from .text import visible

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
        self._url = address.copy_with(path=address.path.rstrip("/").removesuffix(path) + path)
        self._group, self._timeout_s, self._max_bytes = group, settings.timeout_s, max_bytes
        self._key = settings.api_key.get_secret_value() if settings.api_key is not None else None
        # httpx logs the whole URL of every request at the level "info".
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # No redirects and nothing from the environment: the key goes to the stated address and nowhere else.
        limits = httpx.Timeout(self._timeout_s, connect=min(CONNECT_S, self._timeout_s))
        self._client = httpx.Client(timeout=limits, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(self, **body: Any) -> Reply:
        """One call, within the limits.

        Args:
            body: as httpx takes it: ``json``, or ``data`` and ``files``.

        Raises:
            ServiceDown: nobody listens there, or the call was broken off.
            ServiceError: it took too long, or the answer is too large.
            SettingsError: the URL or the key cannot be sent as it is written.
        """
        import httpx

        slow = f"{self.name} gave no whole answer within [{self._group}] timeout_s = {self._timeout_s:g}."
        until = time.monotonic() + self._timeout_s
        content = bytearray()
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            with self._client.stream("POST", self._url, headers=headers, **body) as response:
                for part in response.iter_bytes():
                    content += part
                    if len(content) > self._max_bytes:
                        raise ServiceError(
                            f"{self.name} sent more than {self._max_bytes:,} bytes; the rest was not read."
                        )
                    if time.monotonic() > until:
                        # The client's own limit counts from byte to byte; a server that drips would never end.
                        raise ServiceError(slow, passing=True)
                return Reply(response.status_code, response.headers, bytes(content))
        except UnicodeError as error:
            raise SettingsError(
                f"[{self._group}] url or api_key holds characters that cannot stand in a request. Correct them."
            ) from error
        except httpx.ConnectError as error:
            raise ServiceDown(f"{self.name} cannot be reached. Start it, or correct [{self._group}] url.") from error
        except httpx.TimeoutException as error:
            raise ServiceError(slow, passing=True) from error
        except httpx.HTTPError as error:
            # Its words may hold the URL: the kind of failure says enough.
            raise ServiceDown(f"{self.name} broke off the call ({type(error).__name__}).") from error

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
        said = f"(HTTP {status}{self._why(reply)})"
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

    def _why(self, reply: Reply) -> str:
        """What the server says is wrong, shortened, with the key taken out should it be repeated there."""
        text = visible(reply.content[:8_000].decode("utf-8", "replace"), 2_000)
        try:
            told = json.loads(text)
            told = told.get("error", told)
            text = str(told.get("message", told)) if isinstance(told, dict) else str(told)
        except (ValueError, AttributeError, RecursionError):
            pass
        if self._key:
            text = text.replace(self._key, "***")
        text = visible(re.sub(r"\b(sk|key)-[\w-]{6,}", "***", text), 200)
        return f": {text}" if text else ""


def _wait(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
