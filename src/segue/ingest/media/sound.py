"""The sound of a media file as numbers: whole, or in pieces as they are asked for."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...arrays import Floats
from ...errors import MediaError
from ...settings import MediaSettings
from .child import MAX_LOG_BYTES, command_of, confine, input_args, piece, reason, run, words

LAYOUTS = "mono|stereo|5.1|5.1(side)"
"""Arrangements of channels that `sound_pieces` gives."""

LOUDEST = 64.0
"""Samples of float formats are held to this (36 dB above full scale), so that squares of them stay numbers."""


def pcm(
    path: Path,
    rate: int,
    settings: MediaSettings,
    start_s: float | None = None,
    duration_s: float | None = None,
) -> Floats:
    """The first sound track, mixed to one channel at ``rate`` Hz: float32 of shape (samples,), nominally in [-1, 1].

    ``start_s`` and ``duration_s`` (seconds) cut a piece out; a piece beyond the end has no samples.

    Raises:
        MediaError: there is no sound, it cannot be decoded, or it is longer than ``media.memory_mb`` holds.
    """
    cut = piece(start_s, duration_s)
    limit = settings.memory_mb << 20
    output_args = words(f"-map 0:a:0 -vn -sn -dn -ac 1 -ar {rate} -fs {limit} -f f32le pipe:1")
    args = [*words("-v error -threads 1"), *cut, *input_args(path, settings), *output_args]
    status, output, log = run(path, args, settings)
    if len(output) >= limit - 4096:
        raise MediaError(f"{path}: its sound fills more than media.memory_mb = {settings.memory_mb}; ask for a piece")
    if status != 0 and not output:
        raise MediaError(f"{path}: its sound cannot be decoded ({reason(log)})")
    samples = np.frombuffer(output[: len(output) // 4 * 4], dtype="<f4").astype(np.float32, copy=False)
    # Float formats can carry NaN and infinities.
    return samples if np.isfinite(samples).all() else np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)


def sound_pieces(
    path: Path, rate: int, settings: MediaSettings, piece_s: float, duration_s: float | None = None
) -> Iterator[Floats]:
    """The first sound track in pieces of ``piece_s`` seconds, decoded once and as it is asked for.

    Each piece is float32 of shape (samples, channels) at ``rate`` Hz; the last is shorter. Channels: 1, 2 or 6 (left,
    right, centre, low effects, surrounds): whatever the file has is brought to the nearest of these. ffmpeg may be
    waited for ``media.timeout_s`` and as much again for every hour of sound; time spent on the pieces does not count.

    Raises:
        MediaError: there is no sound, none of it can be decoded, or ffmpeg took too long.
    """
    cut = piece(None, duration_s)
    chosen = f"-map 0:a:0 -vn -sn -dn -af aformat=channel_layouts={LAYOUTS}"
    out = f"{chosen} -ar {rate} -bitexact -c:a pcm_f32le -f wav pipe:1"
    args = [*words("-v error -threads 1"), *cut, *input_args(path, settings), *words(out)]
    command = command_of(args, settings.memory_mb)
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(  # noqa: S603 - an argument list, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
        ) as process:
            confine(process.pid, settings.memory_mb)
            try:
                heard = 0
                reader = _PatientReader(process, settings.timeout_s)
                channels = _wav_channels(reader)
                size = round(piece_s * rate) * channels * 4
                while channels and (data := reader.read(size)):
                    samples = np.frombuffer(data[: len(data) // (4 * channels) * 4 * channels], dtype="<f4")
                    samples = samples.reshape(-1, channels)
                    heard += len(samples)
                    reader.left_s += settings.timeout_s * len(samples) / rate / 3600
                    # Float formats can carry NaN and infinities, and numbers that no loudspeaker has heard of.
                    yield np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -LOUDEST, LOUDEST)
                if reader.left_s <= 0:
                    raise MediaError(f"{path}: its sound took longer than {settings.timeout_s:g} s to decode")
            finally:
                process.kill()
        if not heard:
            log.seek(0)
            text = log.read(MAX_LOG_BYTES).decode("utf-8", errors="replace")
            # A track without a single sample is as good as none, and no damage.
            if text.strip():
                raise MediaError(f"{path}: its sound cannot be decoded ({reason(text)})")


class _PatientReader:
    """Reads what a process writes; ends it when it has been waited for too long altogether."""

    def __init__(self, process: subprocess.Popen[bytes], timeout_s: float) -> None:
        self.process = process
        self.left_s = timeout_s

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, fewer at the end only; nothing once time is up."""
        assert self.process.stdout is not None
        if self.left_s <= 0:
            return b""
        began = time.monotonic()
        timer = threading.Timer(self.left_s, self.process.kill)
        timer.start()
        try:
            return self.process.stdout.read(size)
        finally:
            timer.cancel()
            self.left_s -= time.monotonic() - began


def _wav_channels(reader: _PatientReader) -> int:
    """Channels by the head of a WAV stream, read up to its first sample; 0 where there is none."""
    if len(reader.read(12)) < 12:
        return 0
    channels = 0
    while len(head := reader.read(8)) == 8 and head[:4] != b"data":
        body = reader.read(int.from_bytes(head[4:], "little"))
        if head[:4] == b"fmt ":
            channels = int.from_bytes(body[2:4], "little")
    return channels
