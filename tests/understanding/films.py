"""Films made by ffmpeg whose shots are known."""

from __future__ import annotations

import subprocess
from pathlib import Path

from segue.ingest.media import ffmpeg_path

SCENES = {
    "test": "testsrc2=size=320x180:rate=10",
    "red": "gradients=size=320x180:rate=10:c0=red:c1=orange:x0=0:y0=0:x1=320:y1=180:seed=1",
    "bars": "smptebars=size=320x180:rate=10",
    "blue": "gradients=size=320x180:rate=10:c0=navy:c1=cyan:x0=0:y0=0:x1=320:y1=180:seed=2",
    "life": "cellauto=size=320x180:rate=10:rule=110:seed=3",
    "black": "color=c=black:size=320x180:rate=10",
    "grey": "testsrc=size=320x180:rate=10,hue=s=0",
    "rgb": "rgbtestsrc=size=320x180:rate=10",
}


def ffmpeg(*args: str | Path) -> None:
    command = [str(ffmpeg_path()), "-nostdin", "-v", "error", "-y", "-threads", "1", *map(str, args)]
    subprocess.run(command, check=True, timeout=120)


def film(path: Path, scenes: list[tuple[str, float]], *options: str) -> Path:
    """A film of these scenes, each so many seconds long; the encoder puts key frames at the cuts, and every second."""
    parts = [f"{SCENES[name]},trim=duration={seconds},format=yuv420p[s{n}]" for n, (name, seconds) in enumerate(scenes)]
    joined = "".join(f"[s{n}]" for n in range(len(scenes)))
    graph = ";".join([*parts, f"{joined}concat=n={len(scenes)}"])
    quick = ["-c:v", "libx264", "-preset", "ultrafast", "-sc_threshold", "40", "-x264-params", "scenecut=40"]
    ffmpeg("-f", "lavfi", "-i", graph, *quick, "-g", "10", *options, path)
    return path
