"""A run that is killed while media are read: the next one does nothing twice and loses nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from segue.engine import Engine
from segue.ingest.media import ffmpeg_path
from segue.items import Item, ItemKind

from .conftest import make

COUNT, WORKERS = 8, 2


def logged_ffmpeg(folder: Path, log: Path) -> None:
    """A program ``ffmpeg`` that notes what it is asked, and that takes a little longer over it."""
    program = folder / "ffmpeg"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{log}"\nsleep 0.2\nexec "{ffmpeg_path()}" "$@"\n')
    program.chmod(0o755)


def reads(log: Path) -> Counter[str]:
    """How often ffmpeg was started on each file."""
    return Counter(re.findall(r"sound\d\.wav", log.read_text()))


def stored(place: Path) -> set[str]:
    with sqlite3.connect(f"file:{place / 'segue.db'}?mode=ro", uri=True) as rows:
        return {item_id for (item_id,) in rows.execute("SELECT item_id FROM readings WHERE space = 'audio'")}


def test_a_killed_run_does_no_item_twice_and_loses_none(tmp_path: Path) -> None:
    place, log = tmp_path / "workspace", tmp_path / "ffmpeg.log"
    Engine.create(place)
    make(place / "sound0.wav", "-f", "lavfi", "-i", "sine=frequency=440:duration=2")
    for n in range(1, COUNT):
        shutil.copy(place / "sound0.wav", place / f"sound{n}.wav")
    with Engine.open(place) as engine:
        engine.add_items(Item(id=str(n), kind=ItemKind.TRACK, media_uri=f"sound{n}.wav") for n in range(COUNT))
    logged_ffmpeg(tmp_path, log)
    command = [sys.executable, "-m", "segue", "--workspace", str(place), "--json", "understand", "--only", "audio"]
    env = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "SEGUE_UNDERSTANDING__WORKERS": str(WORKERS),
    }
    run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while len(stored(place)) < 3:
        assert run.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    before = stored(place)
    assert len(before) < COUNT, "it was killed in the middle"
    # The workers end what they are at, and themselves; nobody takes it from them.
    seen = ""
    while (now := log.read_text()) != seen:
        seen = now
        time.sleep(2)
    assert stored(place) == before

    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=300)
    (space,) = json.loads(done.stdout)["spaces"]
    assert (space["unchanged"], space["done"], space["failed"]) == (len(before), COUNT - len(before), 0)
    assert stored(place) == {str(n) for n in range(COUNT)}, "none is lost"
    once = min(reads(log).values())
    twice = {name for name, count in reads(log).items() if count > once}
    assert not twice & {f"sound{item_id}.wav" for item_id in before}, "what was stored is not read again"
    # Each worker may have one read that is not stored yet, and one under way.
    assert len(twice) <= 2 * WORKERS, "only what was being read at that moment is"
