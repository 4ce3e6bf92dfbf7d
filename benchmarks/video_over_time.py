"""Films over time: how fast and in how much memory they are seen, whether cuts are found, whether order counts.

- Rate and memory: real clips (``video_clips``), scaled to 1280 x 720, encoded by x264, put one after another and
  repeated to ten minutes and to three hours. All that `segue understand` does with the picture is measured: shots,
  curves, vectors, and on first sight the thumbnail, the contact sheet and the preview. Seconds are of the processor
  time of a process of its own and of its ffmpeg children; memory is the largest resident set of either.
- Cuts: films of forty pieces of the clips that hold no cut of their own, of 2 to 6 seconds in random order; a cut is
  found where one is reported within half a second of it.
- Order: films made of real shots, each going round three clips, where two films share the clips and differ in their
  order alone. The first half comes from one encoding, the second from another (256 x 144, CRF 34). Shown is how often
  the other half is found first among the halves of 120 films, by the mean of the shots, by fixed pooling, and by the
  pooling that was learnt on 400 other films of the same clips: without labels, and taught by words as well. A film's
  words are the titles of its clips in their order, read by the text encoder of the base install.
- Words: how often those of a film find it first among the 120, by a bridge (`align`) that is learnt on the 400. Since
  the words of two films of the same clips differ in the order of the titles alone, a guess between them is right half
  of the time.

Goal: 720p by key frames at 60 times real time per core, memory that does not grow with the film.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segue.ingest.media import ffmpeg_path
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.understanding import temporal
from segue.understanding.align import bridge
from segue.understanding.encoders.picture import PictureEncoder
from segue.understanding.encoders.text import TextEncoder

from ._harness import DATA, data_file, sha256, table, write_result

WHOLE = (
    "bigbuckbunny.mp4",
    "cockatoo.mp4",
    "mpy_chaplin.mp4",
    "archery.mp4",
    "mma_test.mp4",
    "flipping_a_pancake.mkv",
    "nasa_13013.mp4",
    "car-detection.mp4",
    "carphone.mp4",
    "mma_test.avi",
)
"""Clips that were seen to hold no cut, or hardly one."""
LONG = ("echo-hereweare.webm", "ml_10040.mp4", *WHOLE)
X264 = ("-an", "-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv420p")


def main() -> None:
    clips = data_file("video_clips/clips")
    # Side by side, since all three wait for ffmpeg most of the time; seconds are of each process, not of the clock.
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(3) as pool:
        parts = pool.map(lambda part: part(clips, _folder(name, part.__name__)), (_rates, _cuts, _order))
        tables = [made for part in parts for made in part]
    figures = {
        "tables": tables,
        "data": {"file": "clips.csv", "sha256": sha256(DATA / "video_clips" / "clips.csv")},
    }
    write_result("video_over_time", figures)
    for shown in tables:
        print(shown["title"], *shown["rows"], sep="\n  ")


def _folder(place: str, name: str) -> Path:
    folder = Path(place) / name
    folder.mkdir()
    return folder


def _ffmpeg(*args: str | Path) -> None:
    command = [str(ffmpeg_path()), "-nostdin", "-v", "error", "-y", "-threads", "1", *map(str, args)]
    subprocess.run(command, check=True)


def _piece(clip: Path, target: Path, size: tuple[int, int], *options: str) -> None:
    """A clip in MPEG-TS, so that pieces can be put one after another as they are."""
    width, height = size
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1,setsar=1,fps=25"
    _ffmpeg(*options, "-i", clip, "-vf", fit, *X264, "-f", "mpegts", target)


def _joined(pieces: list[Path], target: Path, *options: str) -> None:
    listing = target.with_suffix(".txt")
    listing.write_text("".join(f"file '{piece}'\n" for piece in pieces), encoding="utf-8")
    _ffmpeg("-f", "concat", "-safe", "0", "-i", listing, *options, target)


# Rates

_CHILD = """
import json, os, re, resource, sys
from pathlib import Path
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.understanding.encoders.picture import PictureEncoder
folder, name = Path(sys.argv[1]), sys.argv[2]
encoder = PictureEncoder(Settings(media={"timeout_s": 1200}), folder)
encoder.encode([Item(id="warm", kind=ItemKind.VIDEO, media_uri="warm.mp4")])
before = sum(os.times()[:4])
reading = encoder.encode([Item(id=name, kind=ItemKind.VIDEO, media_uri=name)])[0]
seconds = sum(os.times()[:4]) - before
# Linux counts into ru_maxrss what the parent held when it made this process; VmHWM begins with this program.
own = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
peak = [kib / 1024 for kib in (own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)]
assert reading.problem is None, reading.problem
print(json.dumps({"seconds": seconds, "peak": peak, "pictures": reading.facts["pictures"],
                  "shots": reading.facts["shots"]}))
"""


def _rates(clips: Path, folder: Path) -> list[dict[str, Any]]:
    pieces = []
    for n, name in enumerate(LONG):
        pieces.append(folder / f"long{n}.ts")
        _piece(clips / name, pieces[-1], (1280, 720))
    _joined(pieces, folder / "once.mp4", "-c", "copy")
    _ffmpeg("-i", folder / "once.mp4", "-t", "5", "-c", "copy", folder / "warm.mp4")
    rows = []
    for label, minutes in (("10 minutes", 10), ("3 hours", 180)):
        file = folder / "film.mp4"
        _ffmpeg("-stream_loop", "-1", "-i", folder / "once.mp4", "-c", "copy", "-t", str(60 * minutes), file)
        for what in ("measured only", "with thumbnail, sheet and preview")[minutes > 60 :]:
            if what.startswith("with"):
                (folder / "derived").mkdir(exist_ok=True)
            found = _in_a_process(folder, file.name)
            rate = round(60 * minutes / found["seconds"], 1)
            rows.append([label, what, 60, rate, found["pictures"], found["shots"], *map(round, found["peak"])])
        for made in (folder / "derived").iterdir():
            for part in made.iterdir():
                part.unlink()
            made.rmdir()
        (folder / "derived").rmdir()
    columns = ["film", "what", "goal", "x real time per core", "pictures", "shots", "peak MiB", "peak MiB of ffmpeg"]
    return [table("720p films by key frames", columns, rows)]


def _in_a_process(folder: Path, name: str) -> Any:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, "-c", _CHILD, str(folder), name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **threads})
    return json.loads(done.stdout)


# Cuts


def _cuts(clips: Path, folder: Path) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    pieces, lengths = [], []
    for n, name in enumerate(WHOLE):
        lengths.append(round(25 * min(rng.uniform(2, 6), _length(clips / name) - 0.2)) / 25)
        pieces.append(folder / f"cut{n}.ts")
        _piece(clips / name, pieces[-1], (426, 240), "-t", str(lengths[-1]))
    hits = reported = right = there = 0
    rows: list[list[Any]] = []
    for film in range(3):
        order = rng.permutation(len(WHOLE))
        while len(order) < 40:
            more = rng.permutation(len(WHOLE))
            order = np.concatenate([order, more]) if more[0] != order[-1] else order
        _joined([pieces[n] for n in order], folder / "cuts.mp4", *X264)
        item = Item(id="cuts", kind=ItemKind.VIDEO, media_uri="cuts.mp4")
        facts = PictureEncoder(Settings(), folder).encode([item])[0].facts
        found = np.array([begin for begin, _, _ in facts["timeline"]["shots"]][1:])
        true = np.cumsum([lengths[n] for n in order])[:-1]
        close = np.abs(found[:, None] - true[None]) < 0.5
        counts = len(true), len(found), int(close.any(axis=1).sum()), int(close.any(axis=0).sum())
        rows.append([f"film {film + 1}", *counts[:2], round(counts[2] / counts[1], 3), round(counts[3] / counts[0], 3)])
        there, reported, right, hits = (a + b for a, b in zip((there, reported, right, hits), counts, strict=True))
    rows.append(["all", there, reported, round(right / reported, 3), round(hits / there, 3)])
    return [table("Cuts between pieces of real clips", ["film", "cuts", "reported", "precision", "recall"], rows)]


def _length(clip: Path) -> float:
    return float(_stated(clip.name)["seconds"])


def _stated(name: str) -> dict[str, str]:
    """What the list of clips says of one."""
    with (DATA / "video_clips" / "clips.csv").open(encoding="utf-8") as stream:
        return next(row for row in csv.DictReader(stream) if row["file"] == f"clips/{name}")


# Order


def _order(clips: Path, folder: Path) -> list[dict[str, Any]]:
    kinds = [_shots(clips / name, folder) for name in WHOLE]
    learn, test = _films(kinds, 400, seed=1), _films(kinds, 120, seed=2)
    titles = [_stated(name)["title"] for name in WHOLE]
    words, asked = (_read([", then ".join(titles[n] for n in film.order) for film in some]) for some in (learn, test))
    whole = [film.whole for film in learn]
    ways: dict[str, Callable[[list[np.ndarray]], np.ndarray]] = {
        "mean of the shots": _means,
        "fixed pooling": temporal.fit(whole, learn=False).apply,
        "learnt": temporal.fit(whole).apply,
        "learnt, words beside the shots": temporal.fit(whole, words=words).apply,
    }
    halves, found = [], []
    for label, pooled in ways.items():
        halves.append([label, *_first(pooled([f.first for f in test]), pooled([f.second for f in test]))])
        made = bridge(words, pooled(whole), seed=7)
        assert made is not None
        found.append([label, *_first(made.words(asked), made.apply(pooled([f.whole for f in test])))])
    columns = ["shots pooled by", "Recall@1", "95 %"]
    return [
        table("A film's other half, found first among 120", columns, halves),
        table("A film, found first among 120 by its words", columns, found),
    ]


def _first(asked: np.ndarray, there: np.ndarray) -> tuple[float, str]:
    """How often a row finds first the one of the same place, and the interval of that."""
    right = (asked @ there.T).argmax(axis=1) == np.arange(len(asked))
    draws = np.random.default_rng(7).integers(0, len(right), (1000, len(right)))
    low, high = np.percentile(right[draws].mean(axis=1), [2.5, 97.5])
    return round(float(right.mean()), 3), f"{low:.3f} … {high:.3f}"


def _read(texts: list[str]) -> np.ndarray:
    return TextEncoder(Settings()).encode_many(texts)


def _shots(clip: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of single pictures of a clip, a second apart, from two encodings of it."""
    encoder = PictureEncoder(Settings(), folder)
    found = []
    for name, size, crf in (("one.mp4", (426, 240), "23"), ("other.mp4", (256, 144), "34")):
        _piece(clip, folder / "piece.ts", size)
        _ffmpeg("-i", folder / "piece.ts", *X264, "-crf", crf, "-g", "25", folder / name)
        seen = encoder._look(folder / name, None, None).seen
        rows = [encoder._part(seen, np.array([n])) for n in range(len(seen))]
        found.append(np.stack([row for row in rows if row is not None]))
    return found[0], found[1]


class Film(NamedTuple):
    """A film of real shots."""

    whole: np.ndarray
    """Of the first encoding."""
    first: np.ndarray
    """Its first half."""
    second: np.ndarray
    """Its second half, of the other encoding."""
    order: list[int]
    """The clips that it goes round, by their place."""


def _films(kinds: list[tuple[np.ndarray, np.ndarray]], count: int, seed: int) -> list[Film]:
    rng = np.random.default_rng(seed)
    films = []
    for _ in range(count // 2):
        trio = rng.choice(len(kinds), 3, replace=False)
        for order in (trio, trio[[0, 2, 1]]):
            half = int(rng.integers(6, 13))
            sequence = np.resize(order, 2 * half)
            shots = [
                [kinds[kind][which][rng.integers(len(kinds[kind][which]))] for kind in sequence] for which in (0, 1)
            ]
            films.append(Film(np.stack(shots[0]), np.stack(shots[0][:half]), np.stack(shots[1][half:]), order.tolist()))
    return films


def _means(films: list[np.ndarray]) -> np.ndarray:
    rows = np.stack([film.mean(axis=0) for film in films])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
