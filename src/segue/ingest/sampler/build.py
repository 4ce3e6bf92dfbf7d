"""Writing the library: media, sidecars, tables, and last ``library.json``, by which a whole library is known.

    media/music/ARTIST/ALBUM/01 Title.mp3 + cover.jpg      tags inside the files
    media/video/CHANNEL/01 Title.webm + .jpg + .info.json  VP8 and Opus
    media/podcasts/SHOW/01 Title.opus + .vtt + cover.jpg
    media/live/ID.webm + .jpg                              what is on air, a few seconds of it
    covers/ID.jpg                                          of games and adverts
    items.jsonl users.jsonl events.jsonl truth.json

The library is made beside its place and moved there when it is whole.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput, MediaError
from ...items import Item, ItemKind, Noun
from .covers import SQUARE, WIDE, cover
from .films import film
from .listeners import LISTENERS, World, live
from .music import compose
from .paint import Canvas
from .speech import episode
from .voices import RATE
from .words import Work, works

FORMAT = 1
"""Version of the layout, in ``library.json``."""

Progress = Callable[[int, int, str], None]
"""Told how many files are made, of how many, and which one was made last."""

MARK = "library.json"


@dataclass(frozen=True)
class SampleLibrary:
    """A library that was written."""

    path: Path
    seed: int
    now: datetime
    items: int
    users: int
    events: int
    size_bytes: int


def today() -> datetime:
    """Midnight UTC of the current day: the default reference time."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def build(
    target: Path,
    seed: int = 7,
    now: datetime | None = None,
    scale: float = 1.0,
    progress: Progress | None = None,
    workers: int = 2,
) -> SampleLibrary:
    """Write the sample library to ``target``; one that stands there is replaced.

    Equal seed, reference time and scale give equal metadata, events and sound (bit for bit on one machine).

    Args:
        now: the moment that schedules, releases and events lead up to. Default: today at midnight, UTC.
        scale: share of works, lengths and listeners; 1 is 236 items and 300 listeners.
        workers: processes that compose and draw; 1: this one.

    Raises:
        InvalidInput: something else stands at ``target``, or the scale is not above 0.
    """
    if not 0 < scale <= 1:
        raise InvalidInput(f"The scale of a sample library is {scale:g}; expected a share above 0 and up to 1.")
    if target.exists() and not (target / MARK).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidInput(f"{target} is not a sample library and not empty. Name a new folder, or remove this one.")
    now = now or today()
    catalogue = works(seed, now, scale)
    known = live(catalogue, seed, now, max(8, round(LISTENERS * scale)))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _files(part, catalogue, seed, progress or _silent, workers)
        _tables(part, known)
        size = sum(p.stat().st_size for p in part.rglob("*") if p.is_file())
        made = SampleLibrary(
            target, seed, now, len(catalogue), len(known.listeners), len(known.events), size_bytes=size
        )
        stated = {k: v for k, v in made.__dict__.items() if k not in ("path", "now")}
        _write(part / MARK, {"format": FORMAT, "now": now.isoformat(), "scale": scale, **stated})
        part.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _silent(done: int, total: int, name: str) -> None:
    """Nobody watches."""


# ---- tables


def _tables(folder: Path, known: World) -> None:
    _lines(folder / "items.jsonl", (_without_transcript(w) for w in known.works))
    _lines(folder / "users.jsonl", (p.user for p in known.listeners))
    _lines(folder / "events.jsonl", known.events)
    _write(folder / "truth.json", known.truth())


def _without_transcript(work: Work) -> Item:
    """The transcript is told once, in the sidecar beside the sound."""
    return work.item.model_copy(update={"lyrics_or_transcript": None})


def _lines(path: Path, rows: Iterable[Noun]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(row.model_dump_json(exclude_defaults=True) + "\n" for row in rows)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# ---- files


def _files(folder: Path, catalogue: Sequence[Work], seed: int, progress: Progress, workers: int) -> None:
    tasks: list[tuple[str, Path, Work, int]] = [("media", folder, w, seed) for w in catalogue if w.item.media_uri]
    first_of = {w.item.cover_uri: w for w in reversed(catalogue) if w.look is None}
    tasks += [("cover", folder, w, seed) for w in first_of.values()]
    # Long ones first, so that no worker is left alone with one at the end.
    tasks.sort(key=lambda t: -((t[2].seconds or 0) * (8 if t[2].look else 1)))
    if workers <= 1:
        for done, task in enumerate(tasks, 1):
            progress(done, len(tasks), _make(task))
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for done, name in enumerate(pool.imap_unordered(_make, tasks), 1):
            progress(done, len(tasks), name)


def _make(task: tuple[str, Path, Work, int]) -> str:
    """One file and what lies beside it. Runs in a worker; what it draws depends on seed and id alone."""
    what, folder, work, seed = task
    if what == "cover":
        _draw_cover(folder, work, np.random.default_rng([seed, 5, crc32(str(work.item.cover_uri).encode())]))
        return str(work.item.cover_uri)
    rng = np.random.default_rng([seed, 4, crc32(work.id.encode())])
    path = folder / str(work.item.media_uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    if work.look:
        _make_film(path, folder / str(work.item.cover_uri), work, rng)
    elif work.said:
        sound, times = episode(work.said, str(work.item.language), work.seconds or 0, rng)
        _encode_sound(path, sound, work.item, ["-c:a", "libopus", "-b:a", "24k"])
        path.with_suffix(".vtt").write_text(_vtt(work.said, times), encoding="utf-8")
    else:
        piece = compose(str(work.sound), work.seconds or 0, rng)
        _encode_sound(path, piece.sound, work.item, ["-c:a", "libmp3lame", "-b:a", "56k", "-compression_level", "9"])
    return str(work.item.media_uri)


def _make_film(path: Path, poster: Path, work: Work, rng: np.random.Generator) -> None:
    seconds, canvas = work.seconds or 0, Canvas()
    sound = compose(str(work.sound), seconds, rng).sound
    if work.look == "rain":  # it rains on the soundtrack too
        patter = np.random.default_rng(5).standard_normal(len(sound))
        sound = np.clip(0.75 * sound + 900 * patter, -32768, 32767).astype(np.int16)
    frames = b"".join(frame.tobytes() for frame in film(str(work.look), seconds, rng, canvas))
    size = f"{canvas.width}x{canvas.height}"
    moment = int(seconds * canvas.fps * 0.7)
    with tempfile.NamedTemporaryFile(suffix=".pcm", dir=path.parent) as pcm:
        pcm.write(sound.tobytes())
        pcm.flush()
        _ffmpeg(
            [
                *f"-f rawvideo -pix_fmt rgb24 -s {size} -r {canvas.fps} -i - -f s16le -ar {RATE} -ac 1 -i".split(),
                pcm.name,
                *VP8,
                "-metadata",
                f"title={work.item.title}",
                *EXACT,
                str(path),
                *f"-map 0:v -vf select=eq(n\\,{moment}),scale=320:180:flags=lanczos -frames:v 1".split(),
                *JPEG,
                str(poster),
            ],
            frames,
        )
    if work.item.kind is not ItemKind.LIVE:
        _write(path.with_suffix(".info.json"), _info(work.item))


def _draw_cover(folder: Path, work: Work, rng: np.random.Generator) -> None:
    path = folder / str(work.item.cover_uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    square = work.item.kind in (ItemKind.TRACK, ItemKind.PODCAST_EPISODE)
    width, height = SQUARE if square else WIDE
    style = "advert" if work.item.kind is ItemKind.AD else work.style
    picture: NDArray[np.uint8] = cover(style, (width, height), rng)
    _ffmpeg(
        [*f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -i -".split(), "-frames:v", "1", *JPEG, str(path)],
        picture.tobytes(),
    )


def _encode_sound(path: Path, sound: NDArray[np.int16], item: Item, codec: list[str]) -> None:
    tags = {
        "title": item.title,
        "artist": item.creators[0].name,
        "album": item.album or item.series,
        "album_artist": item.creators[0].name,
        "genre": item.genres[-1],
        "date": item.released,
        "track": item.number,
        "language": item.language,
        "comment": item.description,
    }
    stated = [part for k, v in tags.items() if v is not None for part in ("-metadata", f"{k}={v}")]
    form = ["-id3v2_version", "4"] if path.suffix == ".mp3" else []
    _ffmpeg([*f"-f s16le -ar {RATE} -ac 1 -i -".split(), *codec, *stated, *form, *EXACT, str(path)], sound.tobytes())


VP8 = ["-map", "0:v", "-map", "1:a", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "-8", "-g", "60"]
VP8 += ["-pix_fmt", "yuv420p", "-b:v", "220k", "-maxrate", "340k", "-bufsize", "600k", "-c:a", "libopus", "-b:a", "40k"]
"""A negative speed is a fixed one: libvpx would else look at the clock, and equal input give unequal files."""

JPEG = ["-c:v", "mjpeg", "-q:v", "4", "-update", "1", "-pix_fmt", "yuvj420p", "-threads", "1"]

EXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-threads", "1"]
"""Equal input gives equal files: no encoder's name, no time of making, no race between threads."""


def _ffmpeg(args: list[str], given: bytes) -> None:
    """Encode with the ffmpeg that ``imageio-ffmpeg`` carries: its encoders are known, the system's are not."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *args]
    done = subprocess.run(command, input=given, capture_output=True, timeout=120, check=False)  # noqa: S603
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise MediaError(f"{args[-1]} could not be encoded: {words[-1] if words else 'ffmpeg gave no reason'}.")


def _info(item: Item) -> dict[str, Any]:
    """The sidecar that video downloaders write (``.info.json``)."""
    stated = {
        "id": item.id,
        "title": item.title,
        "description": item.description,
        "uploader": item.creators[0].name,
        "channel": item.creators[0].name,
        "tags": list(item.tags),
        "categories": list(item.genres),
        "upload_date": (item.released or "").replace("-", "") or None,
        "duration": item.duration_s,
        "language": item.language,
        "series": item.series,
        "season_number": item.season,
        "episode_number": item.number,
        "age_limit": item.maturity,
    }
    return {k: v for k, v in stated.items() if v is not None}


def _vtt(said: Sequence[str], times: Sequence[tuple[float, float]]) -> str:
    def clock(s: float) -> str:
        return f"{int(s // 3600):02d}:{int(s // 60) % 60:02d}:{s % 60:06.3f}"

    cues = [f"{clock(a)} --> {clock(b)}\n{line}\n" for line, (a, b) in zip(said, times, strict=True)]
    return "\n".join(["WEBVTT\n", *cues])
