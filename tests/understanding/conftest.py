"""Small media files, made once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from segue.ingest.media import ffmpeg_path


def make(path: Path, *args: str) -> Path:
    subprocess.run([str(ffmpeg_path()), "-v", "error", "-y", *args, str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def media_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three sounds, three films, a cover and files that are damaged."""
    folder = tmp_path_factory.mktemp("media")
    for n, tone in enumerate((220, 880, 3000)):
        make(folder / f"tone{n}.wav", "-f", "lavfi", "-i", f"sine=frequency={tone}:duration=3")
    make(folder / "quiet.wav", "-f", "lavfi", "-i", "anullsrc=r=22050:cl=mono:d=2")
    for n, source in enumerate(("testsrc", "mandelbrot", "color=c=blue")):
        sep = ":" if "=" in source else "="
        film = f"{source}{sep}size=320x180:rate=10"
        make(folder / f"film{n}.mp4", "-f", "lavfi", "-i", film, "-t", "3", "-g", "5", "-pix_fmt", "yuv420p")
    make(folder / "one_gop.mp4", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=10", "-t", "4", "-g", "999")
    make(folder / "cover.jpg", "-f", "lavfi", "-i", "color=c=red:size=64x64", "-frames:v", "1")
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "broken.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
    return folder
