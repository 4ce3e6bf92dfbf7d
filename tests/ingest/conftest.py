"""A store for each test, one call to import into it, and small real media files made once by ffmpeg."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from segue import storage
from segue.ingest.media import run_ffmpeg
from segue.ingest.run import import_path
from segue.settings import Settings
from segue.storage.rows import Store

Import = Callable[..., dict[str, Any]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with storage.open(f"sqlite:///{tmp_path / 'segue.db'}") as opened:
        yield opened


@pytest.fixture
def take(store: Store) -> Import:
    """``take(source, path, **options)`` imports and returns the report as JSON; ``dry_run`` is passed on."""

    def imported(source: str, path: Path, *, dry_run: bool = False, **options: Any) -> dict[str, Any]:
        return import_path(store, source, path, Settings(), options=options, dry_run=dry_run).as_json()

    return imported


def ffmpeg(*args: str) -> None:
    status, _, log = run_ffmpeg(["-y", *args], timeout_s=60, memory_mb=2000)
    assert status == 0, log


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``tone.mp3`` (2 s, 440 Hz, tagged, with a cover), ``film.mp4`` (4 s, 320 x 180, red then blue, with sound),
    ``silent.mkv`` (2 s, no sound)."""
    folder = tmp_path_factory.mktemp("media")
    tone, red, blue = folder / "plain.mp3", "color=red:s=320x180:r=25:d=2", "color=blue:s=320x180:r=25:d=2"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:duration=2", "-ac", "1", "-ar", "44100", str(tone))
    tags = {
        "title": "Blue Tone",
        "artist": "Ada",
        "album": "Waves",
        "genre": "Ambient; Test",
        "track": "7",
        "date": "1999",
    }
    cover = folder / "art.png"
    ffmpeg("-f", "lavfi", "-i", "color=green:s=32x32", "-frames:v", "1", str(cover))
    stated = [part for name, value in tags.items() for part in ("-metadata", f"{name}={value}")]
    ffmpeg(
        "-i", str(tone), "-i", str(cover), "-map", "0:a", "-map", "1:v", "-c", "copy", *stated, str(folder / "tone.mp3")
    )
    ffmpeg(
        *("-f", "lavfi", "-i", red, "-f", "lavfi", "-i", blue, "-f", "lavfi", "-i", "sine=frequency=220:duration=4"),
        *("-filter_complex", "[0][1]concat=n=2:v=1:a=0[v]", "-map", "[v]", "-map", "2:a", "-g", "25"),
        *("-c:v", "mpeg4", "-c:a", "aac", "-movflags", "+faststart", str(folder / "film.mp4")),
    )
    ffmpeg("-f", "lavfi", "-i", blue, "-c:v", "mpeg4", str(folder / "silent.mkv"))
    tone.unlink()
    cover.unlink()
    return folder
