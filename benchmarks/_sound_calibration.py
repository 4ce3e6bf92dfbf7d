"""The constants of the sound encoder, learned on sounds that `_sound_families` makes; no recording is among them.

Rewrites beside the encoders: ``audio_scaling.json`` (mean and spread of every measurement), ``audio_space.npz`` (the
two views of `sound_space`) and ``speech_music.json`` (multinomial logistic regression of windows of three seconds, each
beside the place of its sound in that space). It need be run again only when a measurement has been changed; the
encoder's version must then be raised. Run it by ``python -m benchmarks._sound_calibration``.
"""

from __future__ import annotations

import json
import sys
from zlib import crc32

import numpy as np
from scipy import signal

from segue.understanding.encoders import listen, sound_space, speech_music
from segue.understanding.encoders.scaling import Scaling
from segue.understanding.encoders.sound import analyse
from segue.understanding.encoders.sound_space import SoundSpace

from . import _sound_families as families
from ._harness import ROOT

PLACE = ROOT / "src" / "segue" / "understanding" / "encoders"
PER_FAMILY = 24
COMPONENTS, POWER = 96, 0.6
KINDS, SHRINKAGE = 48, 0.5
C = 1.0


def main(per_family: int = PER_FAMILY) -> None:
    heard, names, windows = [], [], []
    for name in families.FAMILIES:
        for number in range(per_family):
            sound = families.clip(name, np.random.default_rng([crc32(name.encode()), number]))
            frames = analyse(signal.resample_poly(sound, 1, 2).astype(np.float32))
            described, loud = speech_music.describe(frames)
            heard.append(listen.groups(frames, described[loud]))
            names.append(name)
            windows.append(described[loud])
    fit(heard, names, windows)


def fit(heard: list[dict[str, np.ndarray]], names: list[str], windows: list[np.ndarray]) -> None:
    """Learn the constants from measured sounds and write them."""
    found = len(set(names))
    origin = f"{len(names) // found} sounds of each of {found} families made by benchmarks/_sound_families.py"
    scaling = Scaling.fit(heard)
    (PLACE / "audio_scaling.json").write_text(scaling.as_json(f"mean and spread over {origin}"), encoding="utf-8")
    standard = np.stack([scaling.standard(one, sound_space.USED) for one in heard])
    space = SoundSpace.fit(
        standard, np.array(names), components=COMPONENTS, power=POWER, kinds=KINDS, shrinkage=SHRINKAGE
    )
    space.save(PLACE, f"learned on {origin}")
    places = [np.concatenate(space.place(row)) for row in standard]
    _speech_music(windows, places, [_kind(name) for name in names], origin)


def _kind(name: str) -> str:
    return "music" if name in families.MUSIC else "speech" if name in families.SPEECH else "other"


def _speech_music(windows: list[np.ndarray], places: list[np.ndarray], kinds: list[str], origin: str) -> None:
    from sklearn.linear_model import LogisticRegression

    described = np.concatenate(windows)
    centre, spread = described.mean(axis=0), np.maximum(described.std(axis=0), 1e-3)
    rows = np.concatenate([speech_music.features(w, p, centre, spread) for w, p in zip(windows, places, strict=True)])
    said = np.repeat(kinds, [len(w) for w in windows])
    model = LogisticRegression(C=C, class_weight="balanced", max_iter=1000).fit(rows, said)
    print(f"speech, music or other, on what it was learned from: {model.score(rows, said):.3f}")
    order = [list(model.classes_).index(kind) for kind in speech_music.KINDS]
    weights, bias = model.coef_[order], model.intercept_[order]
    _write("speech_music.json", origin, centre=centre, spread=spread, weights=weights, bias=bias)


def _write(name: str, origin: str, **arrays: np.ndarray) -> None:
    content = {"origin": f"learned on {origin}"} | {k: np.round(v, 4).tolist() for k, v in arrays.items()}
    (PLACE / name).write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
