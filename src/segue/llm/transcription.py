"""Speech to text by a server: one call of ``POST /v1/audio/transcriptions`` as OpenAI defined it.

Whisper servers of many makers answer it. What comes back is untrusted: it is bounded, and checked field by field.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from ..errors import ServiceError
from ..readings import Segment
from ..settings import SpeechSettings
from .http import Server

MAX_BYTES = 16 << 20


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
        MissingLibrary: httpx is not installed.
    """
    with Server("transcription server", "speech", settings, "/audio/transcriptions", MAX_BYTES) as server:
        files = {"file": ("sound.flac", sound, "audio/flac")}
        for shape in ("verbose_json", "json"):
            reply = server.post(data={"model": settings.server_model, "response_format": shape}, files=files)
            if reply.status != 400:  # what one says that knows no times
                break
        server.check(reply)
        try:
            answer = json.loads(reply.content)
        except (ValueError, RecursionError) as error:
            raise ServiceError(f"{server.name} answers no JSON.") from error
        return _heard(answer, duration_s, server.name)


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
