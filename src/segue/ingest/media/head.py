"""What a media file says about itself, and whether it is there to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import MediaError
from ...settings import MediaSettings
from .child import input_args, reason, run

PROBE_S = 30
"""Seconds that looking into a file may take, where ``media.timeout_s`` allows more: a head is read, no film."""

MAX_BOXES = 100_000
"""Parts at the top level of an MP4 file; a long film in fragments has some thousands."""


@dataclass(frozen=True)
class MediaInfo:
    """What a media file says about itself. Missing is ``None``."""

    duration_s: float | None
    has_audio: bool
    has_video: bool
    """Moving pictures; embedded cover art does not count."""
    has_cover: bool = False
    """There is an embedded picture."""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    container: str | None = None


def probe(path: Path, settings: MediaSettings) -> MediaInfo:
    """What the file holds: streams, duration in seconds, picture size in pixels.

    Raises:
        MediaError: it is no media file, or nothing in it can be played.
    """
    log = description(path, settings)
    head = re.search(r"^Input #0, (.+), from '", log, re.MULTILINE)
    if head is None:
        raise MediaError(f"{path}: this is not a media file that can be read ({reason(log)})")
    # Tags are indented deeper than these lines, so that a tag cannot pass for one.
    streams = re.findall(r"^  Stream #0:\d+\S*: (Video|Audio): (.*)$", log, re.MULTILINE)
    audio = [s for kind, s in streams if kind == "Audio" and not re.search(r"(?<!\d)0 channels|: none", s)]
    pictures = [s for kind, s in streams if kind == "Video"]
    video = [s for s in pictures if "(attached pic)" not in s and re.search(r", \d+x\d+", s)]
    if not audio and not video:
        raise MediaError(f"{path}: there is neither sound nor picture in it ({reason(log)})")
    size = re.search(r", (\d+)x(\d+)", video[0]) if video else None
    fps = re.search(r"([\d.]+)(k?) fps", video[0]) if video else None
    rate = re.search(r"(\d+) Hz", audio[0]) if audio else None
    return MediaInfo(
        duration_s=_duration(log),
        has_audio=bool(audio),
        has_video=bool(video),
        has_cover=len(pictures) > len(video),
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        fps=float(fps[1]) * (1000 if fps[2] else 1) if fps else None,
        video_codec=_codec(video),
        audio_codec=_codec(audio),
        sample_rate=int(rate[1]) if rate else None,
        container=head[1],
    )


def description(path: Path, settings: MediaSettings) -> str:
    """What ffmpeg says of the file, its streams and its tags.

    Raises:
        MediaError: it is no regular file, or looking into it took more than `PROBE_S`.
    """
    brief = settings.model_copy(update={"timeout_s": min(settings.timeout_s, PROBE_S)})
    # Without an output ffmpeg describes its input and leaves with status 1: the description decides.
    _, _, log = run(path, input_args(path, settings), brief)
    return log


def _duration(log: str) -> float | None:
    found = re.search(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", log, re.MULTILINE)
    if not found:
        return None
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
    return seconds or None


def _codec(streams: list[str]) -> str | None:
    return re.split(r"[ ,]", streams[0], maxsplit=1)[0] if streams else None


def cut_off(path: Path) -> str | None:
    """A sentence where an MP4 or WAV file ends before its own tables say it does; None where nothing is missing.

    Such a file describes itself whole, and only its reading to the end would show what is missing.

    Raises:
        MediaError: it is made of more parts than any honest file, or cannot be read.
    """
    try:
        return _cut_off(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {error.strerror}") from error


def _cut_off(path: Path) -> str | None:
    size = path.stat().st_size
    end = boxes = 0
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF":
            stated = int.from_bytes(head[4:8], "little")
            end = 0 if stated in (0, 0xFFFFFFFF) else stated + 8  # those two: written as a stream, length unknown
        elif head[4:8] == b"ftyp":
            while end < size:
                file.seek(end)
                box = file.read(16)
                length = int.from_bytes(box[:4], "big")
                length = int.from_bytes(box[8:16], "big") if length == 1 else length or size - end
                boxes += 1
                if boxes > MAX_BOXES:
                    raise MediaError(f"{path}: it is made of more than {MAX_BOXES:,} parts, which no sound file is")
                if length < 8:
                    break
                end += length
    return f"It is cut off: {size:,} of {end:,} bytes are there." if end > size else None
