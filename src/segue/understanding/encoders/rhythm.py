"""Rhythm: onsets, tempo and beats, from the onset strength that `sound.analyse` measures.

- tempo: autocorrelation of the onset strength under a log-normal prior around 120 (Ellis 2007);
- beats: the path of onsets that is strong and keeps the tempo, by dynamic programming (Ellis 2007).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import fft

from ...arrays import Floats, Times

_STILL_DB = 0.02
"""Onset strength that varies less than this is a steady sound, not a rhythm."""
_TIGHTNESS = 100.0
"""How much a beat off its time costs against a weak onset (Ellis 2007 has 400 for other units, 100 in librosa)."""


def tempo(onsets: Sequence[Floats], per_s: float) -> tuple[float, float]:
    """Tempo in beats per minute and its clarity (0 … 1), from the onset strength of one or more pieces.

    0, 0 where the sound is too short (< 2 s) or has no onsets.

    Args:
        onsets: (n,) each.
        per_s: frames a second.
    """
    lags = round(8 * per_s)
    total = np.zeros(lags, np.float64)
    for onset in onsets:
        if len(onset) < 2 * per_s or onset.std() < _STILL_DB:
            continue
        centred = onset - onset.mean()
        size = fft.next_fast_len(2 * len(centred), real=True)
        spectrum = fft.rfft(centred, size)
        auto = fft.irfft(np.abs(spectrum) ** 2, size)[: min(lags, len(centred))]
        # Fewer pairs support a long lag: without this, slow tempi look weaker than they are.
        auto *= len(centred) / np.maximum(len(centred) - np.arange(len(auto)), len(centred) / 4)
        total[: len(auto)] += auto
    if total[0] <= 1e-9:
        return 0.0, 0.0
    total /= total[0]
    bpm = np.exp(np.linspace(math.log(40), math.log(240), 1200))
    at = np.arange(lags)
    # A tempo is supported by its beat and by the two and the four beats' distance, which also sharpen it.
    support = sum(w * np.interp(60 * per_s * k / bpm, at, total) for k, w in ((1, 1.0), (2, 0.6), (4, 0.6)))
    best = int(np.argmax((support + 0.1) * np.exp(-0.5 * (np.log2(bpm / 120) / 0.9) ** 2)))
    clarity = float(np.clip(np.interp(60 * per_s / bpm[best], at, total), 0, 1))
    return float(bpm[best]), clarity


def beats(onset: Floats, bpm: float, per_s: float) -> Times:
    """Times of the beats of one piece, in seconds; none where it holds fewer than three.

    Args:
        onset: (n,) onset strength.
        bpm: tempo of the whole.
        per_s: frames a second.
    """
    period = 60 * per_s / bpm if bpm > 0 else 0.0
    if period < 4 or len(onset) < 3 * period or onset.std() < _STILL_DB:
        return np.zeros(0)
    reach = np.arange(-round(2 * period), -max(round(period / 2), 1) + 1)
    strength = np.convolve(onset / onset.std(), np.exp(-0.5 * (np.arange(-8, 9) * 16 / period) ** 2), "same")
    cost = -_TIGHTNESS * np.log(-reach / period) ** 2
    score, before = strength.copy(), np.full(len(onset), -1)
    for now in range(-int(reach[0]), len(onset)):
        options = score[now + reach] + cost
        best = int(options.argmax())
        score[now] += options[best]
        before[now] = now + reach[best]
    last = len(score) - math.ceil(period) + int(score[-math.ceil(period) :].argmax())
    path = []
    while last >= 0:
        path.append(last)
        last = int(before[last])
    return np.array(path[::-1]) / per_s if len(path) >= 3 else np.zeros(0)


def regularity(onset: Floats, times: Times, per_s: float) -> float:
    """How steadily the piece keeps its beats, 0 … 1: their evenness, and how much of the onsets falls on them."""
    if len(times) < 3:
        return 0.0
    gaps = np.diff(times)
    even = math.exp(-8 * float(gaps.std() / gaps.mean()))
    at = np.clip(np.round(times * per_s).astype(int), 1, len(onset) - 2)
    on = np.maximum(np.maximum(onset[at - 1], onset[at]), onset[at + 1]).mean()
    return float(even * np.clip(1 - onset.mean() / max(float(on), 1e-6), 0, 1))


def onset_rate(onset: Floats, per_s: float) -> float:
    """Onsets a second: local peaks of the onset strength that stand out from the second around them."""
    if len(onset) < 3:
        return 0.0
    around = _moving_mean(onset, round(per_s))
    inner = onset[1:-1]
    peak = (inner > onset[:-2]) & (inner >= onset[2:]) & (inner > 1.5 * around[1:-1] + 0.3)
    return float(peak.sum() / (len(onset) / per_s))


def _moving_mean(values: Floats, width: int) -> Floats:
    """Means over ``width`` neighbours, as many as there are values."""
    width = max(1, min(width, len(values)))
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    sums = np.concatenate(([0.0], np.cumsum(padded, dtype=np.float64)))
    return np.asarray((sums[width:] - sums[:-width]) / width)
