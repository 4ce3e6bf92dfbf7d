"""How an item looks: measurements of `look` on key frames or the cover, brought to fixed scales; needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Times
from ...errors import MediaError
from ...ingest import media
from ...items import Item
from ...readings import Reading
from ...settings import MediaSettings
from . import files, look
from .base import Encoder
from .scaling import Scaling

GROUP_WEIGHTS = {"colour": 2.0, "light": 1.0, "layout": 1.0, "gradients": 1.5, "patterns": 0.7, "motion": 1.0}
"""How much each group of measurements counts in the cosine of two looks."""

_FEW_KEY_FRAMES = 4
_SAMPLED_S = 32.0
"""Seconds decoded whole where key frames are too few: all of a short clip, else four pieces spread over the film."""
_SAMPLE_EVERY_S = 0.5

_STILLS = (
    (b"\xff\xd8\xff", "jpeg_pipe"),
    (b"\x89PNG\r\n", "png_pipe"),
    (b"GIF8", "gif_pipe"),
    (b"RIFF", "webp_pipe"),
    (b"BM", "bmp_pipe"),
)
"""How a picture file begins, and ffmpeg's reader of that one picture. Left to guess by the name, ffmpeg would take a
path with ``%d`` in it for a numbered series of files."""


class PictureEncoder(Encoder):
    """Colour, light, layout, texture, movement and pace of the picture.

    Up to ``understanding.max_frames`` key frames, spread over the film, are looked at; a file that has fewer than four
    is sampled twice a second instead. An item without moving pictures is judged by its cover, and has no movement then.
    """

    name: ClassVar[str] = "picture"
    decodes_media: ClassVar[bool] = True

    @cached_property
    def _scaling(self) -> Scaling:
        return Scaling.load("picture")

    @property
    def dim(self) -> int:
        return self._scaling.dim

    @property
    def version(self) -> str:
        return f"picture-1-{self.settings.understanding.max_frames}"

    def wants(self, item: Item) -> str | None:
        states = [files.state(uri, self.settings, self.workspace) for uri in (item.media_uri, item.cover_uri)]
        return None if states == [None, None] else "\x1e".join(state or "" for state in states)

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self._read(item) for item in items]

    def _read(self, item: Item) -> Reading:
        problem = None
        seen = None
        try:
            film = files.readable(item.media_uri, self.settings, self.workspace)
            seen = None if film is None else self._film(film)
        except MediaError as error:
            problem = str(error)
        if seen is None:
            # A film that cannot be read still has its cover; the problem is told only when that is missing, too.
            try:
                cover = files.readable(item.cover_uri, self.settings, self.workspace)
                seen = None if cover is None else (np.zeros(1), still(cover, self.settings.media), None)
            except MediaError as error:
                problem = problem or str(error)
        if seen is None:
            return self.reading(item, problem=problem)
        groups, facts = look.measure(*seen)
        if problem:
            facts["film_problem"] = problem
        return self.reading(item, vector=self._scaling.vector(groups, GROUP_WEIGHTS), facts=facts)

    def _film(self, path: Path) -> tuple[Times, NDArray[np.uint8], float | None] | None:
        """Times, pictures and duration; None where the file has no moving pictures."""
        limits = self.settings.media
        info = media.probe(path, limits)
        if not info.has_video:
            return None
        most = self.settings.understanding.max_frames
        times, pictures = media.key_frames(path, look.WIDTH, look.HEIGHT, most, limits)
        if len(times) < min(_FEW_KEY_FRAMES, most) and (info.duration_s or _SAMPLED_S) > _SAMPLE_EVERY_S:
            sampled = self._sampled(path, info.duration_s)
            if len(sampled[0]) > len(times):
                times, pictures = sampled
        return times, pictures, info.duration_s

    def _sampled(self, path: Path, duration: float | None) -> tuple[Times, NDArray[np.uint8]]:
        whole = duration is None or duration <= _SAMPLED_S
        starts = [0.0] if whole or duration is None else np.linspace(0, duration - _SAMPLED_S / 4, 4).tolist()
        length = _SAMPLED_S / len(starts)
        every = max(_SAMPLE_EVERY_S, _SAMPLED_S / self.settings.understanding.max_frames)
        found = [
            media.frames(path, look.WIDTH, look.HEIGHT, every, self.settings.media, start, length) for start in starts
        ]
        times = np.concatenate([start + times for start, (times, _) in zip(starts, found, strict=True)])
        return times, np.concatenate([pictures for _, pictures in found])


def still(path: Path, limits: MediaSettings, width: int = look.WIDTH, height: int = look.HEIGHT) -> NDArray[np.uint8]:
    """(1, height, width, 3) RGB: a picture file, brought to a size; unless one is given, to the one `look` measures.

    Raises:
        MediaError: it is missing, empty, no picture, or too large for the limits of ``[media]``.
    """
    args = media.input_args(path, limits)
    with path.open("rb") as stream:
        beginning = stream.read(8)
    reader = next((name for magic, name in _STILLS if beginning.startswith(magic)), None)
    if reader is None:
        raise MediaError(f"{path}: this is not a JPEG, PNG, GIF, WebP or BMP picture")
    args[args.index("-format_whitelist") + 1] = reader
    args[args.index("-i") : args.index("-i")] = ["-f", reader]
    out = [
        "-frames:v",
        "1",
        "-vf",
        f"scale={width}:{height}:flags=area",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
    ]
    status, output, _ = media.run_ffmpeg(
        ["-v", "error", "-threads", "1", *args, *out, "pipe:1"], timeout_s=limits.timeout_s, memory_mb=limits.memory_mb
    )
    size = width * height * 3
    if len(output) < size:
        raise MediaError(f"{path}: no picture can be decoded (ffmpeg left with status {status})")
    return np.frombuffer(output, np.uint8, count=size).reshape(1, height, width, 3)
