"""How fast one core understands: texts of 32 tokens, sound and 720p video against real time; and how well it hears.

Goals: 120 texts a second, sound at 150 times and video by key frames at 60 times real time. One thread; ffmpeg's
decoding is included. Rates are per second of processor time of this process and its children (``per core``), which a
busy machine does not change much; the wall clock's are beside them. The sound is three minutes of MP3, the video one
minute of H.264 with a key frame every two seconds; both are made by ffmpeg. Where the data set is present, the sound
vectors are judged on ESC-10 (three official folds; known points: MFCC + SVM .692, richer hand-made + SVM .846).
"""

from __future__ import annotations

import csv
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from segue.ingest.media import ffmpeg_path
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.understanding.encoders.audio import AudioEncoder
from segue.understanding.encoders.base import Encoder
from segue.understanding.encoders.ngram import NgramEncoder
from segue.understanding.encoders.picture import PictureEncoder
from segue.understanding.encoders.text import TextEncoder

from ._harness import DATA, table, write_result

SENTENCE = (
    "the quick brown fox jumps over the lazy dog near the river bank while a small child watches from the old wooden "
    "bridge in the warm evening light of summer"
)
"""32 tokens of all-MiniLM-L6-v2, with the two that frame them."""
SOUND_S, VIDEO_S = 180, 60
GOALS = {"text": 120, "audio": 150, "picture": 60}


def main() -> None:
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1)
    rows = []
    texts = [Item(id=str(n), kind=ItemKind.MOVIE, title=SENTENCE) for n in range(512)]
    for encoder in (TextEncoder(Settings()), NgramEncoder(Settings())):
        encoder.encode(texts[:4])
        goal = GOALS.get(encoder.name)
        rows.append([f"{encoder.name}, items/s", goal, *_rates(lambda e=encoder: e.encode(texts), len(texts))])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(media={"roots": (name,)})
        sound, film = _files(folder)
        for encoder, file, seconds in (
            (AudioEncoder(settings, folder), sound, SOUND_S),
            (PictureEncoder(settings, folder), film, VIDEO_S),
        ):
            item = Item(id="a", kind=ItemKind.VIDEO, media_uri=file.name)
            measured = _rates(lambda e=encoder, i=item: _read(e, i), seconds)
            rows.append([f"{encoder.name}, x real time", GOALS[encoder.name], *measured])
    columns = ["what", "goal", "per core", "by the wall clock"]
    tables = [table("Rates of one core", columns, rows)]
    if (DATA / "audio_esc10").is_dir():
        tables.append(_esc10())
    write_result("understanding_rates", {"tables": tables})
    for shown in tables:
        print(shown["title"], *shown["rows"], sep="\n  ")


def _read(encoder: Encoder, item: Item) -> None:
    reading = encoder.encode([item])[0]
    assert reading.problem is None


def _rates(work: Callable[[], object], amount: float, times: int = 3) -> list[float]:
    """The best of three: amount per second of processor time, and per second of the wall clock."""
    cpu, wall = [], []
    for _ in range(times):
        began = os.times()
        at = time.perf_counter()
        work()
        wall.append(time.perf_counter() - at)
        cpu.append(sum(os.times()[:4]) - sum(began[:4]))
    return [round(amount / min(cpu), 1), round(amount / min(wall), 1)]


def _files(folder: Path) -> tuple[Path, Path]:
    """A sound of changing tones with noise, and a moving picture."""
    tones = "aevalsrc=0.3*sin(2*PI*t*(220+40*floor(mod(t\\,8))))*exp(-4*mod(t\\,0.5))+0.02*random(0):s=44100"
    sound, film = folder / "sound.mp3", folder / "film.mp4"
    made = [
        ["-f", "lavfi", "-i", tones, "-t", str(SOUND_S), "-b:a", "192k", str(sound)],
        [
            *("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25", "-t", str(VIDEO_S), "-g", "50"),
            *("-preset", "ultrafast", "-pix_fmt", "yuv420p", str(film)),
        ],
    ]
    for args in made:
        subprocess.run([str(ffmpeg_path()), "-v", "error", "-y", *args], check=True)
    return sound, film


def _esc10() -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    folder = DATA / "audio_esc10"
    with (folder / "clips.csv").open(encoding="utf-8") as stream:
        clips = list(csv.DictReader(stream))
    encoder = AudioEncoder(Settings(), folder)
    items = [Item(id=c["file"], kind=ItemKind.TRACK, media_uri=c["file"]) for c in clips]
    vectors = np.stack([r.vector for r in encoder.encode(items) if r.vector is not None])
    labels = np.array([c["class"] for c in clips])
    folds = np.array([c["fold"] for c in clips])
    found: dict[str, list[float]] = {"nearest neighbour (cosine)": [], "logistic regression": [], "SVM (RBF)": []}
    for fold in np.unique(folds):
        fit, test = folds != fold, folds == fold
        nearest = labels[fit][(vectors[test] @ vectors[fit].T).argmax(axis=1)]
        found["nearest neighbour (cosine)"].append(float((nearest == labels[test]).mean()))
        for name, model in (
            ("logistic regression", LogisticRegression(C=30, max_iter=2000)),
            ("SVM (RBF)", SVC(C=10, gamma=2)),
        ):
            found[name].append(float(model.fit(vectors[fit], labels[fit]).score(vectors[test], labels[test])))
    rows = [[name, round(float(np.mean(scores)), 3)] for name, scores in found.items()]
    return table("ESC-10, accuracy over the folds", ["on the sound vectors", "accuracy"], rows)


if __name__ == "__main__":
    main()
