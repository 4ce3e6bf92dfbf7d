"""Speech to text by a server: one call of ``POST /v1/audio/transcriptions`` as OpenAI defined it.

Whisper servers of many makers answer it. What comes back is untrusted: it is bounded, and checked field by field.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import MissingLibrary, ServiceDown, ServiceError, SettingsError
from ..readings import Segment
from ..settings import SpeechSettings

_MOST_ANSWER_BYTES = 16 << 20
_CONNECT_S = 10.0


@dataclass(frozen=True)
class Heard:
    """What was understood of a piece of sound."""

    segments: tuple[Segment, ...]
    """Times in seconds from the beginning of the piece."""
    language: str | None
    """As the server or model calls it."""


def transcribe(sound: bytes, duration_s: float, settings: SpeechSettings) -> Heard:
    """Ask the server of ``[speech]`` what is said.

    Args:
        sound: a FLAC file.
        duration_s: its length; a server that gives no times answers one segment of that length.

    Raises:
        ServiceDown: nobody listens there, or it says that it cannot work now.
        ServiceError: it took too long, or its answer is no transcript.
        SettingsError: it knows no such path or model, or refuses the key.
        MissingLibrary: ``httpx`` is not installed.
    """
    answer = _call(sound, settings, "verbose_json")
    return _heard(answer, duration_s, _place(settings))


def _call(sound: bytes, settings: SpeechSettings, shape: str) -> Any:
    try:
        import httpx
    except ImportError as error:
        raise MissingLibrary(
            "httpx is not installed, which calls the transcription server. Install it with "
            "`pip install 'segue[speech]'`, or leave speech.url empty."
        ) from error
    key = settings.api_key.get_secret_value() if settings.api_key else None
    began = time.monotonic()
    place = _place(settings)
    limits = httpx.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s))
    try:
        with (
            httpx.Client(timeout=limits, follow_redirects=False) as client,
            client.stream(
                "POST",
                _endpoint(settings.url),
                headers={"Authorization": f"Bearer {key}"} if key else {},
                data={"model": settings.server_model, "response_format": shape},
                files={"file": ("sound.flac", sound, "audio/flac")},
            ) as response,
        ):
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if len(body) > _MOST_ANSWER_BYTES:
                    raise ServiceError(f"{place} answers more than {_MOST_ANSWER_BYTES >> 20} MiB.")
                # The client's own limit counts from byte to byte; a server that drips would never end.
                if time.monotonic() - began > settings.timeout_s:
                    raise httpx.ReadTimeout("dripping")
            status = response.status_code
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SettingsError(
            f"speech.url cannot be used: {error}. Expected a URL such as 'http://127.0.0.1:8000/v1'."
        ) from error
    except httpx.ConnectError as error:
        raise ServiceDown(f"{place} cannot be reached. Start it, or correct speech.url.") from error
    except httpx.TimeoutException as error:
        raise ServiceError(f"{place} took longer than speech.timeout_s = {settings.timeout_s:g}.") from error
    except httpx.HTTPError as error:
        raise ServiceDown(f"{place} broke off the call ({type(error).__name__}).") from error
    if status == 400 and shape != "json":
        return _call(sound, settings, "json")  # a server that knows no times
    _check_status(status, place)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceError(f"{place} answers no JSON.") from error


def _endpoint(url: str) -> str:
    whole = url.rstrip("/")
    return whole if whole.endswith("/audio/transcriptions") else f"{whole}/audio/transcriptions"


def _place(settings: SpeechSettings) -> str:
    """What errors call the server: no user name, password or query of its URL."""
    try:
        parts = urlsplit(settings.url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
    except ValueError:
        host = "speech.url"
    return f"The transcription server {host}"


def _check_status(status: int, place: str) -> None:
    if status == 200:
        return
    if status in (401, 403):
        raise SettingsError(f"{place} refuses the key (HTTP {status}). Set speech.api_key.")
    if status in (404, 405):
        raise SettingsError(f"{place} knows no such path or model (HTTP {status}). Check speech.url and server_model.")
    if status in (429, 502, 503, 504):
        raise ServiceDown(f"{place} cannot work now (HTTP {status}). Run the same command again later.")
    raise ServiceError(f"{place} answers with HTTP {status}.")


def _heard(answer: Any, duration_s: float, place: str) -> Heard:
    if not isinstance(answer, dict):
        raise ServiceError(f"{place} answers a {type(answer).__name__}, no transcript.")
    language = answer.get("language")
    stated = answer.get("segments")
    segments = []
    if isinstance(stated, list):
        for row in stated:
            if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                raise ServiceError(f"{place} answers a segment without text.")
            segments.append(Segment(_number(row.get("start"), 0.0), _number(row.get("end"), duration_s), row["text"]))
    if not segments:
        text = answer.get("text")
        if not isinstance(text, str):
            raise ServiceError(f"{place} answers JSON that is no transcript: neither text nor segments.")
        segments = [Segment(0.0, duration_s, text)] if text.strip() else []
    return Heard(tuple(segments), language if isinstance(language, str) else None)


def _number(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else otherwise
