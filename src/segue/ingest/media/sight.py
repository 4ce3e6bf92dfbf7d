"""The pictures of a media file as arrays, and the one embedded in it."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...arrays import Times
from ...errors import MediaError
from ...settings import MediaSettings
from .child import LATE, ffmpeg_path, input_args, piece, reason, run, words
from .head import probe

STILL_PX = 640
"""Longer side of a picture in ``Sight.stills``."""


@dataclass(frozen=True)
class Sight:
    """How to look through a film: which pictures, how large, and what becomes of them."""

    width: int
    height: int
    every_s: float
    """At least so many seconds between two pictures."""
    limit: int
    """No more pictures than that."""
    keys_only: bool = True
    """Decode key frames only: a film then costs about as much as reading it."""
    start_s: float | None = None
    duration_s: float | None = None
    """A piece of the film, seconds; None: from the beginning, to the end."""
    stills: Path | None = None
    """Folder for the same pictures, larger, as ``1.jpg`` …; None: they are not kept."""


def key_frames(
    path: Path, width: int, height: int, limit: int, settings: MediaSettings
) -> tuple[Times, NDArray[np.uint8]]:
    """Up to ``limit`` key frames, spread over the film: times (n,) in seconds, pictures (n, height, width, 3) RGB.

    Only key frames are decoded, so that a film costs about as much as reading it. A short clip may have but one or
    two: `frames` looks at every picture.

    Raises:
        MediaError: there are no pictures, or they cannot be decoded.
    """
    duration = probe(path, settings).duration_s or 0.0
    return _collected(path, Sight(width, height, duration / limit, limit), settings)


def frames(
    path: Path,
    width: int,
    height: int,
    every_s: float,
    settings: MediaSettings,
    start_s: float | None = None,
    duration_s: float | None = None,
) -> tuple[Times, NDArray[np.uint8]]:
    """A picture every ``every_s`` seconds of a piece of the film, all of which is decoded; returns as `key_frames`.

    Times count from the beginning of the piece.
    """
    limit = (settings.memory_mb << 20) // (width * height * 3)
    return _collected(path, Sight(width, height, every_s, limit, False, start_s, duration_s), settings)


def cover(path: Path, settings: MediaSettings) -> bytes:
    """The picture embedded in the file, as it is stored there: JPEG or PNG.

    Raises:
        MediaError: there is none, or it is neither of the two.
    """
    args = [*words("-v error"), *input_args(path, settings)]
    # All pictures but moving ones.
    args += words("-map 0:v -map -0:V -frames:v 1 -c copy -f image2pipe pipe:1")
    _, output, log = run(path, args, settings)
    if not output.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        raise MediaError(f"{path}: there is no embedded JPEG or PNG picture ({reason(log)})")
    return output


def look_through(
    path: Path, sight: Sight, settings: MediaSettings, take: Callable[[NDArray[np.uint8]], None]
) -> tuple[Times, str | None]:
    """Hand every picture (height, width, 3) RGB to ``take``, in the order in which they come out of the file.

    Returns:
        Times (n,) in seconds from the beginning of the piece, one a picture and in the same order, which with some
        codecs is not quite rising; and a sentence where it ended before its end (too slow, or damaged).

    Raises:
        MediaError: there are no pictures, or none can be decoded.
    """
    size = sight.width * sight.height * 3
    count = 0

    def taken(data: bytes) -> None:
        nonlocal count
        if len(data) == size and count < sight.limit:
            count += 1
            take(np.frombuffer(data, dtype=np.uint8).reshape(sight.height, sight.width, 3))

    # A thousandth less, so that pictures which come exactly that far apart are not skipped by rounding.
    chosen = f"select=isnan(prev_selected_t)+gte(abs(t-prev_selected_t)\\,{sight.every_s * 0.999:.6f})"
    # Passed through as they come: a frame rate to be held would repeat some pictures and drop others.
    chain = f"[0:V:0]{chosen},showinfo=checksum=0"
    small = f"scale={sight.width}:{sight.height}:flags=fast_bilinear,format=rgb24[small]"
    output_args = [*_every_frame(), *words(f"-frames:v {sight.limit} -f rawvideo -pix_fmt rgb24 pipe:1")]
    if sight.stills is None:
        graph = [f"{chain},{small}", "-map", "[small]"]
    else:
        # Square pixels, and the longer side of at most STILL_PX.
        fit = f"min(1\\,{STILL_PX}/max(iw*sar\\,ih))"
        large = f"scale='max(2,trunc(iw*sar*{fit}/2)*2)':'max(2,trunc(ih*{fit}/2)*2)':flags=bilinear"
        # A clock of its own, since the encoder of the stills wants rising times, which key frames of HEVC have not.
        graph = [f"{chain},split[a][b];[a]{small};[b]{large},setsar=1,settb=1,setpts=N[large]", "-map", "[small]"]
        kept = [*_every_frame(), *words(f"-frames:v {sight.limit} -q:v 4 -f image2")]
        output_args += ["-map", "[large]", *kept, f"{sight.stills}/%d.jpg"]
    keys = words("-discard nokey -skip_frame nokey") if sight.keys_only else []
    args = [
        *words("-v info -nostats -threads 1"),
        # Without this, a change of size or colours in the stream would begin the chain, and that clock, anew.
        *words("-reinit_filter 0"),
        *keys,
        *piece(sight.start_s, sight.duration_s),
        *input_args(path, settings),
        *words("-an -sn -dn -filter_complex_threads 1 -filter_complex"),
        *graph,
        *output_args,
    ]
    status, _, log = run(path, args, settings, size, taken)
    times = [float(t) for t in re.findall(r"^\[Parsed_showinfo\S* @ \S+ n: *\d+ pts: *\S+ pts_time:(\S+)", log, re.M)]
    why = f"it took longer than {settings.timeout_s:g} s" if status == LATE else reason(log)
    found = min(count, len(times))
    if found == 0:
        raise MediaError(f"{path}: no picture can be decoded ({why if status else 'there is none in the file'})")
    return np.array(times[:found], dtype=np.float64), why if status else None


def _collected(path: Path, sight: Sight, settings: MediaSettings) -> tuple[Times, NDArray[np.uint8]]:
    pictures: list[NDArray[np.uint8]] = []
    when, _ = look_through(path, sight, settings, pictures.append)
    order = np.argsort(when, kind="stable")  # key frames of HEVC can come out of order
    return when[order], np.stack(pictures[: len(when)])[order]


@functools.cache
def _every_frame() -> list[str]:
    """The option that hands on each frame once, by the name that this ffmpeg knows (it changed with 5.1)."""
    said = subprocess.run([ffmpeg_path(), "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"ffmpeg version n?(\d+)\.(\d+)", said.stdout)
    old = version is not None and (int(version[1]), int(version[2])) < (5, 1)
    return ["-vsync" if old else "-fps_mode", "passthrough"]
