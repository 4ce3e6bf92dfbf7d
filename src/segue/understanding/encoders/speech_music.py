"""Speech, music or something else: three shares for every second and a half, by a small model of our own.

A window of three seconds is described by what tells the three apart (Scheirer & Slaney 1997: movement at the rate of
syllables, quiet frames, zero crossings, flux; and how steady pitch and harmony are), standardised, and judged together
with the place of its piece in `sound_space` by multinomial logistic regression: a window says what it is, and the piece
in what company. The coefficients in ``speech_music.json`` were learned on sounds that
``benchmarks/_sound_calibration.py`` makes; no recording is among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import fft

from ...arrays import Floats
from .sound import FRAMES_PER_S, Frames

KINDS = ("speech", "music", "other")
WINDOW = 128
"""Frames that are judged together: three seconds."""
STEP = 64
_FLOOR = 1e-10
_SILENCE = 1e-7
"""Mean square of a window in which nothing is heard (-70 dB)."""


def shares(described: Floats, place: Floats) -> Floats:
    """(windows, 3) probabilities of `KINDS`.

    Args:
        described: (windows, measurements) by `describe`.
        place: (numbers,) of the piece that they are of, by `sound_space.place`.
    """
    logits = odds(described, place)
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float32)


def odds(described: Floats, place: Floats) -> Floats:
    """(windows, 3) logarithms of the odds of `KINDS`, up to a common number; arguments as of `shares`."""
    model = _model()
    rows = features(described, place, model["centre"], model["spread"])
    return np.asarray(rows @ model["weights"].T + model["bias"], dtype=np.float32)


def middle() -> Floats:
    """(measurements,) that say nothing: the mean of what the regression was learned from."""
    return _model()["centre"]


def features(described: Floats, place: Floats, centre: Floats, spread: Floats) -> Floats:
    """(windows, numbers) that the regression is of: the place, and the measurements, which together count as much."""
    standard = np.clip((described - centre) / spread, -3, 3) / np.sqrt(described.shape[1])
    return np.hstack((np.broadcast_to(place, (len(described), len(place))), standard)).astype(np.float32)


def describe(frames: Frames) -> tuple[Floats, Any]:
    """(windows, measurements), and which windows hold any sound."""
    n = len(frames.power)
    starts = range(0, max(n - WINDOW, 0) + 1, STEP)
    rows, loud = [], []
    for start in starts:
        window = slice(start, start + WINDOW)
        power = frames.power[window]
        loud.append(bool(power.mean() > _SILENCE))
        rows.append(_describe(frames, window, power))
    return np.nan_to_num(np.array(rows, np.float32)), np.array(loud)


def _describe(frames: Frames, window: slice, power: Floats) -> list[float]:
    level = np.maximum(10 * np.log10(np.maximum(power, _FLOOR)), 10 * np.log10(power.max() + _FLOOR) - 50)
    root = np.sqrt(power)
    mel, mfcc, chroma = frames.mel_db[window], frames.mfcc[window, :13], frames.chroma[window]
    spectral = frames.spectral[window]
    clear, octaves = frames.pitch[window.start // 2 : window.stop // 2].T
    voiced = clear > 0.6
    both = voiced[1:] & voiced[:-1]
    moves = np.abs(np.diff(octaves))[both]
    lag = min(11, len(chroma) - 1)
    onset = frames.onset[window] - frames.onset[window].mean()
    auto = np.correlate(onset, onset, "full")[len(onset) - 1 :] / max(float((onset**2).sum()), _FLOOR)
    mean_chroma = chroma.mean(axis=0)
    crossings = spectral[:, 4]
    flux = np.abs(np.diff(mel, axis=0)).mean(axis=1) if len(mel) > 1 else np.zeros(1)
    return [
        *_syllables(level),
        float((root < 0.5 * root.mean()).mean()),
        float(level.std()),
        float(crossings.mean()),
        float(crossings.std()),
        float(((crossings - crossings.mean()) ** 3).mean() / max(float(crossings.std()) ** 3, 1e-6)),
        float(flux.mean()),
        float(flux.std()),
        float(np.abs(np.diff(mfcc, axis=0)).mean()) if len(mfcc) > 1 else 0.0,
        float(mfcc[:, 1:].std(axis=0).mean()),
        float(clear.mean()),
        float(clear.std()),
        float(voiced.mean()),
        float(np.median(moves)) if len(moves) else 0.5,
        float((moves < 0.02).mean()) if len(moves) else 0.0,
        float(octaves[voiced].mean()) if voiced.any() else 2.0,
        float(octaves[voiced].std()) if voiced.any() else 0.0,
        float(mean_chroma.max() / max(float(mean_chroma.mean()), _FLOOR)),
        _alike(chroma[lag:], chroma[: len(chroma) - lag]),
        float(auto[10:45].max(initial=0.0)),
        float(spectral[:, 3].mean()),
        float(spectral[:, 3].std()),
        float(np.log2(np.maximum(spectral[:, 0], 20)).std()),
        float(np.log2(max(float(spectral[:, 2].mean()), 20.0))),
        float(mel[:, :4].mean() - mel.mean()),
        float(mel[:, -16:].mean() - mel.mean()),
        *(frames.contrast[window].mean(axis=0)),
    ]


def _syllables(level: Floats) -> tuple[float, float]:
    """How much the level moves at 2.5 to 7 Hz, of all its movement, and below 2 Hz."""
    energy = np.abs(fft.rfft((level - level.mean()) * np.hanning(len(level)), WINDOW)) ** 2
    hertz = np.fft.rfftfreq(WINDOW, 1 / FRAMES_PER_S)
    total = max(float(energy[hertz > 0.4].sum()), _FLOOR)
    return (
        float(energy[(hertz > 2.5) & (hertz < 7)].sum()) / total,
        float(energy[(hertz > 0.4) & (hertz < 2)].sum()) / total,
    )


def _alike(one: Floats, other: Floats) -> float:
    """Mean cosine of rows."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / np.maximum(lengths, _FLOOR)).mean()) if len(one) else 0.0


@cache
def _model() -> Mapping[str, Floats]:
    stored: dict[str, Any] = json.loads(Path(__file__).with_name("speech_music.json").read_text(encoding="utf-8"))
    return {name: np.array(stored[name], np.float32) for name in ("centre", "spread", "weights", "bias")}
