"""How an item looks: what `look` and `shots` measure in film or cover, brought to fixed scales; needs no weights."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Times
from ...errors import MediaError
from ...ingest import media
from ...items import Item
from ...readings import Reading
from ...settings import MediaSettings
from .. import derived
from . import files, look, shots
from .base import Encoder, unit
from .scaling import Scaling

STILL_WEIGHTS = {
    "colour": 2.0,
    "tones": 3.0,
    "light": 1.0,
    "layout": 1.0,
    "gradients": 0.75,
    "edges": 0.5,
    "patterns": 2.0,
}
GROUP_WEIGHTS = {**STILL_WEIGHTS, "motion": 1.0, "course": 0.7}
"""How much each group of measurements counts in the cosine of two looks."""

DOUBTS = {
    "black": 0.2,
    "mostly_black": 0.6,
    "one_colour": 0.3,
    "one_picture": 0.4,
    "few_pictures": 0.7,
    "far_apart": 0.8,
    "cut_off": 0.7,
    "unfinished": 0.6,
    "wrong_length": 0.7,
    "cover_only": 0.5,
}
"""What lowers the confidence in a reading, and the factor by which it does."""

FEW_KEY_FRAMES = 4
_SAMPLED_S = 32.0
"""Seconds decoded whole where key frames are too few: all of a short clip, else four pieces spread over the film."""
_SAMPLE_EVERY_S = 0.5
_CLOSEST_S = 0.25
"""Key frames nearer to each other than this are passed over: some files are made of nothing else."""
_AT_ONCE = 32
"""Pictures held at a time: a film of any length takes no more memory."""
_FAR_APART_S = 15.0

_STILLS = (
    (b"\xff\xd8\xff", "jpeg_pipe"),
    (b"\x89PNG\r\n", "png_pipe"),
    (b"GIF8", "gif_pipe"),
    (b"RIFF", "webp_pipe"),
    (b"BM", "bmp_pipe"),
)
"""How a picture file begins, and ffmpeg's reader of that one picture. Left to guess by the name, ffmpeg would take a
path with ``%d`` in it for a numbered series of files."""


@dataclass(frozen=True)
class _Look:
    """What was seen of a film, in the order in which it came."""

    times: Times
    seen: look.Seen
    stills: list[Path]
    short: str | None


class PictureEncoder(Encoder):
    """Colour, light, layout, texture, movement, pace and course of the picture.

    Up to ``understanding.max_frames`` key frames, spread over the film, are looked at; a file that has fewer than four
    is sampled twice a second instead. An item without moving pictures, or with a black film, is judged by its cover,
    and has no movement then. ``parts`` are the looks of the film's shots, in their order. Doubts lower the
    ``confidence`` among the facts.
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
        return f"picture-2-{self.settings.understanding.max_frames}"

    def wants(self, item: Item) -> str | None:
        states = [files.state(uri, self.settings, self.workspace) for uri in (item.media_uri, item.cover_uri)]
        return None if states == [None, None] else "\x1e".join(state or "" for state in states)

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self._read(item) for item in items]

    def _read(self, item: Item) -> Reading:
        problem: str | None = None
        doubts: list[str] = []
        try:
            path = files.readable(item.media_uri, self.settings, self.workspace)
            reading = None if path is None else self._of_film(item, path, doubts)
            if reading is not None:
                return reading
        except MediaError as error:
            problem = str(error)
        # A film that cannot be read still has its cover; the problem is told only when that is missing, too.
        try:
            cover = files.readable(item.cover_uri, self.settings, self.workspace)
            if cover is not None:
                return self._of_cover(item, cover, doubts, problem)
        except MediaError as error:
            problem = problem or str(error)
        facts = {"doubts": doubts, "confidence": 0.0} if doubts else {}
        return self.reading(item, facts=facts, problem=problem)

    def _of_cover(self, item: Item, cover: Path, doubts: list[str], problem: str | None) -> Reading:
        seen = look.see(still(cover, self.settings.media))
        facts = look.describe(seen)
        if problem:
            facts["film_problem"] = problem
        if problem or doubts:
            facts |= _confidence([*doubts, "cover_only"])
        return self.reading(item, vector=self._scaling.vector(seen.mean(), GROUP_WEIGHTS), facts=facts)

    def _of_film(self, item: Item, path: Path, doubts: list[str]) -> Reading | None:
        """None where the file has no moving pictures, or only black ones (which is then among the ``doubts``)."""
        limits = self.settings.media
        info = media.probe(path, limits)
        if not info.has_video:
            return None
        key = derived.key_of(item.id, files.state(item.media_uri, self.settings, self.workspace) or "")
        wanted = self.settings.understanding.film_pictures and (self.workspace / derived.FOLDER).is_dir()
        keep = wanted and not derived.is_made(self.workspace, key)
        with tempfile.TemporaryDirectory(prefix="segue-stills-") as name:
            looked = self._look(path, info.duration_s, Path(name) if keep else None)
            film = shots.film(looked.times, looked.seen, info.duration_s)
            if film.seen.black.mean() > 0.98:
                doubts.append("black")
                return None
            made: dict[str, Any] = {}
            if wanted and keep and len(looked.stills) != len(looked.times):
                made = {"derived": {}}  # none can be made of this film, however often it is read
            elif wanted:
                order = np.argsort(looked.times, kind="stable")
                stills = [looked.stills[n] for n in order] if keep else []
                told = derived.make(self.workspace, key, path, film, stills, limits)
                made = {"derived": told} if told else {}
        doubts += _doubts(film, info.duration_s, looked.short, media.cut_off(path))
        facts = {**look.describe(film.seen), **shots.facts(film), **made}
        groups = film.seen.mean()
        if len(film.times) > 1:
            groups |= {"motion": shots.movement(film), "course": shots.course(film)}
        return self.reading(
            item,
            vector=self._scaling.vector(groups, GROUP_WEIGHTS),
            facts={**facts, **_confidence(doubts)},
            parts=self._parts(film),
        )

    def _parts(self, film: shots.Film) -> Floats | None:
        """(shots, still dim) unit rows, in their order; None for a single one, which says no more than the whole."""
        rows = [self._part(film.seen, piece) for piece in shots.pieces(film)]
        found = [row for row in rows if row is not None]
        return np.stack(found) if len(found) > 1 else None

    def _part(self, seen: look.Seen, rows: NDArray[np.intp]) -> Floats | None:
        """(still dim,) unit vector of some pictures, without movement."""
        return unit(self._scaling.only(STILL_WEIGHTS).vector(seen.mean(rows), STILL_WEIGHTS))

    def _look(self, path: Path, duration: float | None, stills: Path | None) -> _Look:
        most = self.settings.understanding.max_frames
        every = max(_CLOSEST_S, (duration or 0.0) / most)
        try:
            found = self._through(path, media.Sight(look.WIDTH, look.HEIGHT, every, most), stills)
        except MediaError:
            found = None  # no key frame at all: every picture is looked at
        few = found is None or len(found.times) < min(FEW_KEY_FRAMES, most)
        if few and (found is None or (duration or _SAMPLED_S) > _SAMPLE_EVERY_S):
            sampled = self._sampled(path, duration, stills)
            if found is None or len(sampled.times) > len(found.times):
                return sampled
        assert found is not None
        return found

    def _sampled(self, path: Path, duration: float | None, stills: Path | None) -> _Look:
        """A picture every half a second, of all of a short film or of four pieces of a long one."""
        starts, length = samples(duration)
        most = self.settings.understanding.max_frames
        every = max(_SAMPLE_EVERY_S, _SAMPLED_S / most)
        found: list[_Look] = []
        failed: MediaError | None = None
        for number, start in enumerate(starts):
            sight = media.Sight(look.WIDTH, look.HEIGHT, every, most, False, start, length)
            try:
                piece = self._through(path, sight, stills and stills / str(number))
            except MediaError as error:
                failed = error  # a piece that lies beyond what there is, or is damaged, leaves the others
                continue
            found.append(_Look(piece.times + start, piece.seen, piece.stills, piece.short))
        if not found:
            assert failed is not None
            raise failed
        return _Look(
            np.concatenate([piece.times for piece in found]),
            look.join([piece.seen for piece in found]),
            [still for piece in found for still in piece.stills],
            next((piece.short for piece in found if piece.short), str(failed) if failed else None),
        )

    def _through(self, path: Path, sight: media.Sight, stills: Path | None) -> _Look:
        """One pass over the film: measured as the pictures come, and kept as JPEG files below ``stills``."""
        if stills is not None:
            stills = stills / "pictures"
            stills.mkdir(parents=True, exist_ok=True)
        parts: list[look.Seen] = []
        held: list[NDArray[np.uint8]] = []

        def take(picture: NDArray[np.uint8]) -> None:
            held.append(picture)
            if len(held) == _AT_ONCE:
                parts.append(look.see(np.stack(held)))
                held.clear()

        times, short = media.look_through(path, dataclasses.replace(sight, stills=stills), self.settings.media, take)
        if held:
            parts.append(look.see(np.stack(held)))
        seen = look.join(parts)
        kept = [stills / f"{number}.jpg" for number in range(1, len(times) + 1)] if stills else []
        if not all(still.exists() for still in kept):
            kept = []  # they would not belong to the pictures any more
        return _Look(times, seen.take(np.arange(len(times))), kept, short)


def samples(duration: float | None) -> tuple[list[float], float]:
    """Where the pieces of a film begin that are decoded whole, and how long each is, in seconds."""
    if duration is None or duration <= _SAMPLED_S:
        return [0.0], _SAMPLED_S
    return np.linspace(0, duration - _SAMPLED_S / 4, 4).tolist(), _SAMPLED_S / 4


def _doubts(film: shots.Film, duration: float | None, short: str | None, cut_off: str | None) -> list[str]:
    """What speaks against relying on what was seen."""
    count = len(film.times)
    found = {
        "mostly_black": film.seen.black.mean() > 0.5,
        "one_colour": film.seen.flat.mean() > 0.9,
        "one_picture": count == 1,
        "few_pictures": 1 < count < FEW_KEY_FRAMES,
        "far_apart": film.gap_s > _FAR_APART_S,
        "cut_off": cut_off is not None,
        "unfinished": short is not None,
        "wrong_length": duration is not None and not shots.is_plausible(film.times, duration),
    }
    return [name for name, holds in found.items() if holds]


def _confidence(doubts: Sequence[str]) -> dict[str, Any]:
    return {"confidence": round(math.prod(DOUBTS[doubt] for doubt in doubts), 2), "doubts": list(doubts)}


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
