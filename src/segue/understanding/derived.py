"""Pictures made of a film for people: a thumbnail, a contact sheet, a short preview.

They lie in the workspace, in a folder ``derived/KEY`` for each item; the key changes with the item's media file, and
stands in the facts of its picture reading. They may be deleted at any time, and the next run makes them again; a backup
leaves them out.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MediaError
from ..ingest import media
from ..settings import MediaSettings
from .encoders.shots import Film

FOLDER = "derived"
"""Below the workspace. An encoder writes only where it is there: whoever has films read makes it first."""
NAMES = ("thumbnail.jpg", "sheet.jpg", "preview.webm")

_VERSION = "derived-1"
_CELLS, _COLUMNS, _CELL_PX = 24, 4, 240
_FEW_CELLS = 6
"""A film of fewer shots has so many evenly spaced pictures on its sheet instead."""
_PIECES, _PIECE_S, _PREVIEW_PX, _PREVIEW_FPS = 4, 1.2, 320, 12
_EDGES = 0.03
"""Share of the film at its beginning and its end that makes a poor thumbnail: titles, fades."""


def key_of(item_id: str, state: str) -> str:
    """Name of the folder of an item whose media file is in this state (see `files.state`)."""
    return hashlib.sha256(f"{_VERSION}\0{item_id}\0{state}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def path_of(workspace: Path, facts: Mapping[str, Any], name: str) -> Path | None:
    """The file of that name which belongs to a picture reading with these facts; None where there is none."""
    stated = facts.get("derived")
    key = stated.get("key") if isinstance(stated, Mapping) else None
    if name not in NAMES or not isinstance(key, str) or not re.fullmatch(r"[0-9a-f]{32}", key):
        return None
    path = workspace / FOLDER / key / name
    return path if path.is_file() else None


def present(workspace: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, less those about pictures that are not there (any more)."""
    there = path_of(workspace, facts, NAMES[1]) is not None
    return {name: fact for name, fact in facts.items() if there or name != "derived"}


def is_lacking(workspace: Path, facts: Mapping[str, Any]) -> bool:
    """Whether a picture reading with these facts is of a film whose pictures are missing.

    Not where none could be made of it: its facts name no key then.
    """
    if "timeline" not in facts:
        return False  # a cover
    return facts.get("derived") != {} and path_of(workspace, facts, NAMES[0]) is None


def is_made(workspace: Path, key: str) -> bool:
    """Whether the pictures of this key are there; a film that gave no preview has none."""
    return (workspace / FOLDER / key / NAMES[0]).is_file()


def make(
    workspace: Path, key: str, path: Path, film: Film, stills: Sequence[Path], limits: MediaSettings
) -> dict[str, Any]:
    """Make the files, unless they are there, and return what the facts tell of them.

    Args:
        film: what was seen, in order of time.
        stills: the same pictures as JPEG files, one a row of ``film``; not needed where `is_made`.

    Returns:
        ``key``; ``thumbnail_s``, the time of the thumbnail; ``cells``, the times on the contact sheet, in rows of
        ``columns``; ``preview``, whether there is one. Empty where nothing can be written.
    """
    best = thumbnail(film)
    cells = cells_of(film)
    told: dict[str, Any] = {
        "key": key,
        "thumbnail_s": round(float(film.times[best]), 2),
        "cells": [round(float(film.times[row]), 2) for row in cells],
        "columns": min(_COLUMNS, len(cells)),
    }
    place = workspace / FOLDER / key
    try:
        if not is_made(workspace, key):
            with tempfile.TemporaryDirectory(prefix=".making-", dir=workspace / FOLDER) as name:
                folder = Path(name) / key
                folder.mkdir()
                shutil.copyfile(stills[best], folder / NAMES[0])
                _sheet([stills[row] for row in cells], told["columns"], folder / NAMES[1], limits)
                _preview(path, film, folder / NAMES[2], limits)
                shutil.rmtree(place, ignore_errors=True)
                folder.replace(place)
        return {**told, "preview": (place / NAMES[2]).is_file()}
    except OSError:
        return {}  # pictures for people: no room for them must not cost the reading


def sweep(workspace: Path, keep: Collection[str]) -> int:
    """Delete the folders whose key no reading names any more; returns how many."""
    folder = workspace / FOLDER
    gone = [place for place in folder.iterdir() if place.name not in keep] if folder.is_dir() else []
    for place in gone:
        shutil.rmtree(place, ignore_errors=True)
    return len(gone)


def remove(workspace: Path, facts: Mapping[str, Any]) -> None:
    """Delete the files that belong to a picture reading with these facts."""
    path = path_of(workspace, facts, NAMES[0])
    if path is not None:
        shutil.rmtree(path.parent, ignore_errors=True)


def thumbnail(film: Film) -> int:
    """The row of the picture that stands best for the film: good in itself, from a long shot, neither in a dissolve nor
    at an edge.
    """
    lengths = np.minimum(film.ends - film.begins, 10.0)
    shot = np.searchsorted(film.firsts, np.arange(len(film.times)), side="right") - 1
    worth = film.seen.quality * (0.8 + 0.2 * lengths[shot] / max(float(lengths.max()), 1e-6))
    # Half of a dissolve is seen in a picture that lies between its neighbours: as near to both as they are far apart.
    small = film.seen.small.astype(np.float32) / 255
    if len(small) > 2:
        apart = np.abs(small[2:] - small[:-2]).mean(axis=(1, 2, 3))
        between = np.abs((small[2:] + small[:-2]) / 2 - small[1:-1]).mean(axis=(1, 2, 3))
        worth[1:-1] *= np.where((apart > 0.08) & (between < 0.35 * apart), 0.5, 1.0)
    edge = _EDGES * film.end_s
    worth = worth * np.where((film.times < edge) | (film.times > film.end_s - edge), 0.6, 1.0)
    if len(worth) > 1:
        worth[0] *= 0.8
    return int(np.argmax(worth))


def cells_of(film: Film) -> NDArray[np.intp]:
    """The rows of the pictures on the contact sheet: the best of each shot; of many shots, the longest."""
    count = len(film.firsts)
    if count < _FEW_CELLS:
        return np.unique(np.linspace(0, len(film.times) - 1, _FEW_CELLS).round().astype(np.intp))
    lengths = film.ends - film.begins
    shots = np.sort(np.argsort(-lengths, kind="stable")[:_CELLS])
    rows = [film.rows(int(shot)) for shot in shots]
    return np.array([row[int(np.argmax(film.seen.quality[row]))] for row in rows], dtype=np.intp)


def salient(film: Film) -> list[tuple[float, float]]:
    """Begin and length in seconds of the pieces of the preview: from each quarter of the film the shot that moves and
    shows most; of a film that is shorter than them together, its beginning.
    """
    if film.end_s <= _PIECES * _PIECE_S:
        return [(0.0, film.end_s)]
    found = []
    for quarter in range(_PIECES):
        low, high = film.end_s * quarter / _PIECES, film.end_s * (quarter + 1) / _PIECES
        rows = np.flatnonzero((film.times >= low) & (film.times < high - _PIECE_S / 2))
        if not len(rows):
            continue
        worth = film.seen.quality[rows] * (0.5 + np.minimum(film.change[rows], 0.25))
        found.append((float(film.times[rows[int(np.argmax(worth))]]), _PIECE_S))
    return found or [(0.0, _PIECE_S)]


def _sheet(stills: Sequence[Path], columns: int, target: Path, limits: MediaSettings) -> None:
    with tempfile.TemporaryDirectory() as name:
        for number, still in enumerate(stills, 1):
            (Path(name) / f"{number}.jpg").symlink_to(still.absolute())
        rows = -(-len(stills) // columns)
        chain = f"scale={_CELL_PX}:-2:flags=area,tile={columns}x{rows}:padding=4:color=0x202124"
        status, output, _ = media.run_ffmpeg(
            [
                *_words("-v error -threads 1 -f image2 -framerate 1 -i"),
                f"{name}/%d.jpg",
                "-vf",
                chain,
                *_words("-frames:v 1 -q:v 4 -f mjpeg pipe:1"),
            ],
            timeout_s=limits.timeout_s,
            memory_mb=limits.memory_mb,
        )
    if status == 0 and output:
        target.write_bytes(output)


def _preview(path: Path, film: Film, target: Path, limits: MediaSettings) -> None:
    """A few moving pieces, one after another, without sound: VP8 in WebM, which every browser plays."""
    fit = f"min(1\\,{_PREVIEW_PX}/max(iw*sar\\,ih))"
    size = f"scale='max(2,trunc(iw*sar*{fit}/2)*2)':'max(2,trunc(ih*{fit}/2)*2)',setsar=1"
    frames = b""
    try:
        for begin, length in salient(film):
            cut = ["-ss", f"{begin:.3f}", "-t", f"{length:.3f}"]
            args = [
                *_words("-v error -threads 1"),
                *cut,
                *media.input_args(path, limits),
                *_words("-map 0:V:0 -an -sn -dn -filter_threads 1 -vf"),
                f"fps={_PREVIEW_FPS},{size}",
                *_words(f"-frames:v {round(length * _PREVIEW_FPS)} -q:v 4 -f mjpeg pipe:1"),
            ]
            frames += media.run_ffmpeg(args, timeout_s=limits.timeout_s / 4, memory_mb=limits.memory_mb)[1]
        with tempfile.TemporaryDirectory() as name:
            pieces = Path(name) / "pieces.mjpg"
            pieces.write_bytes(frames)
            encode = "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k -pix_fmt yuv420p -f webm"
            args = [
                *_words(f"-v error -threads 1 -f mjpeg -framerate {_PREVIEW_FPS} -i"),
                str(pieces),
                *_words(encode),
                str(Path(name) / "preview.webm"),
            ]
            status, _, _ = media.run_ffmpeg(args, timeout_s=limits.timeout_s, memory_mb=limits.memory_mb)
            if status == 0 and frames:
                shutil.copyfile(Path(name) / "preview.webm", target)
    except MediaError:
        return  # the facts say that there is no preview


def _words(line: str) -> list[str]:
    return line.split()
