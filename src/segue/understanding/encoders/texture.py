"""What one piece of sound is like: named groups of numbers, which together are the vector before scaling.

Means and spreads tell the timbre; percentiles of the bands tell a steady sound from one that comes in bursts;
covariances of the cepstrum tell which parts of the spectrum move together; the modulation spectrum of every band tells
how fast it moves (rain, engines, speech and music differ most there). Digital silence around a sound is left out.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import fft

from ...arrays import Floats
from . import harmony, rhythm
from .sound import CEPSTRA, ENVELOPE_EVERY, ENVELOPE_PER_S, FRAMES_PER_S, HOP, MEL_BANDS, Frames

_FLOOR = 1e-10
_DIGITAL_SILENCE = 1e-9
"""Mean square of a frame (-90 dB) below which it is no recording but padding."""
_FOREGROUND_DB = 40.0
"""What is heard of a sound: frames at most so far below its loud ones."""
_COARSE_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_FINE_HZ = (0.3, 0.8, 1.5, 2.5, 4.0, 6.0, 9.0, 13.0, 21.0)
_MODULATION_FRAMES = 128
_PERCENTILES = (5, 25, 50, 75, 95)
_MOVING = 13
"""Cepstral coefficients whose covariance is taken."""
_FLUTTER_HZ = (1.0, 2.0, 4.0, 6.0, 9.0, 13.0, 18.0, 25.0, 35.0, 50.0, 87.0)
_FLUTTER_BLOCKS = 256
_FINER = HOP // ENVELOPE_EVERY
"""Blocks of the envelope to a frame."""
_FIRST_LAGS = (1, 2, 4, 8, 16, 32, 64)


def groups(frames: Frames) -> dict[str, Floats]:
    """The measurements of one piece by name; every group has the same length whatever the piece is."""
    heard = _without_padding(frames)
    level = 10 * np.log10(np.maximum(heard.power, _FLOOR))
    found = {
        **_timbre(heard),
        **_percentiles(heard, level),
        **_covariances(heard),
        **_modulations(heard.mel_db),
        **_harmonies(heard),
        "rhythm": _rhythm(heard),
        "loudness": _levels(heard, level),
        "envelope": _envelope(heard, level),
        "pitch": _pitches(heard),
        "flutter": np.concatenate([_flutter(band) for band in heard.envelope.T]),
    }
    return {name: np.nan_to_num(np.asarray(values, dtype=np.float32)) for name, values in found.items()}


def _without_padding(frames: Frames) -> Frames:
    """The frames from the first to the last that is not digital silence."""
    loud = np.flatnonzero(frames.power > _DIGITAL_SILENCE)
    if not len(loud) or loud[-1] - loud[0] < 4:
        return frames
    first, last = int(loud[0]), int(loud[-1]) + 1
    cut = {name: values[first:last] for name, values in vars(frames).items() if name not in ("pitch", "envelope")}
    return Frames(
        **cut,
        pitch=frames.pitch[first // 2 : max((last + 1) // 2, first // 2 + 1)],
        envelope=frames.envelope[first * _FINER : last * _FINER],
    )


def _timbre(frames: Frames) -> dict[str, Any]:
    mel, mfcc = frames.mel_db, frames.mfcc
    change = np.diff(mfcc, axis=0) if len(mfcc) > 1 else np.zeros((1, CEPSTRA), np.float32)
    mel_change = np.diff(mel, axis=0) if len(mel) > 1 else np.zeros((1, MEL_BANDS), np.float32)
    spectral = frames.spectral.copy()
    spectral[:, :3] = np.log2(np.maximum(spectral[:, :3], 20.0))
    contrast = frames.contrast
    return {
        "mfcc": mfcc.mean(axis=0)[1:],
        "mfcc_spread": mfcc.std(axis=0),
        "mfcc_change": change.std(axis=0),
        "mel": mel.mean(axis=0)[::2] - mel.mean(),
        "mel_spread": mel.std(axis=0)[::4],
        "mel_change": np.abs(mel_change).mean(axis=0)[::4],
        "mel_peak": (np.percentile(mel, 95, axis=0) - np.median(mel, axis=0))[::4],
        "spectral": np.concatenate((spectral.mean(axis=0), spectral.std(axis=0))),
        "contrast": np.concatenate((contrast.mean(axis=0), contrast.std(axis=0))),
    }


def _percentiles(frames: Frames, level: Floats) -> dict[str, Any]:
    """Shape of the spectrum when the sound is soft, middling and loud, and how steeply its bands rise and fall."""
    bands = frames.mel_db.reshape(len(frames.mel_db), -1, 2).mean(axis=2)
    near = level > np.percentile(level, 95) - _FOREGROUND_DB
    kept = bands[near] if near.sum() > 4 else bands
    found: dict[str, Any] = dict(
        zip(
            (f"band_{p}" for p in _PERCENTILES),
            np.percentile(kept, _PERCENTILES, axis=0) - kept.mean(),
            strict=True,
        )
    )
    step = bands[2:] - bands[:-2] if len(bands) > 2 else np.zeros((1, bands.shape[1]))
    found["band_moves"] = np.log(np.abs(step).mean(axis=0) + 0.1)
    found["band_rise"], found["band_fall"] = np.percentile(step, (95, 5), axis=0)
    return found


def _covariances(frames: Frames) -> dict[str, Any]:
    cepstrum = frames.mfcc[:, 1 : _MOVING + 1]
    steps = np.diff(frames.mfcc[:, :_MOVING], axis=0)
    together = _covariance(cepstrum)
    moving = _covariance(steps)
    spread = np.sqrt(np.diag(moving) + 1e-3)
    upper = np.triu_indices(_MOVING)
    apart = np.triu_indices(_MOVING, 1)
    return {
        "covariance": (np.sign(together) * np.sqrt(np.abs(together)))[upper],
        "moving_together": (moving / spread[:, None] / spread[None, :])[apart],
        "moving": np.log(spread),
    }


def _covariance(rows: Floats) -> Floats:
    return np.asarray(np.cov(rows.T) if len(rows) > 1 else np.zeros((_MOVING, _MOVING)), dtype=np.float32)


def _modulations(mel_db: Floats) -> dict[str, Any]:
    """How much each range of pitch moves at which speed: coarse and relative, and fine in decades."""
    energy = _modulation_spectrum(mel_db, 16)
    hertz = np.fft.rfftfreq(_MODULATION_FRAMES, 1 / FRAMES_PER_S)
    coarse = _modulation_spectrum(mel_db, 4)
    wide = _by_speed(coarse, hertz, _COARSE_HZ, np.sum)
    return {
        "modulation": np.log10((wide + 1e-3) / (wide.sum() + 1e-2)).ravel(),
        "movement": np.log10(_by_speed(energy, hertz, _FINE_HZ, np.mean) + 1e-2).ravel(),
    }


def _modulation_spectrum(mel_db: Floats, ranges: int) -> Floats:
    """(ranges, bins) mean power of the movement of each range of pitch."""
    bands = mel_db.reshape(len(mel_db), ranges, -1).mean(axis=2)
    short = _MODULATION_FRAMES - len(bands)
    if short > 0:
        bands = np.pad(bands, ((0, short), (0, 0)), mode="edge")
    view = np.lib.stride_tricks.sliding_window_view(bands, _MODULATION_FRAMES, axis=0)[:: _MODULATION_FRAMES // 2]
    view = (view - view.mean(axis=2, keepdims=True)) * np.hanning(_MODULATION_FRAMES)
    return np.asarray((np.abs(fft.rfft(view, axis=2)) ** 2).mean(axis=0))


def _by_speed(energy: Floats, hertz: Floats, edges: tuple[float, ...], pool: Any) -> Floats:
    speeds = [(hertz >= low) & (hertz < high) for low, high in pairwise(edges)]
    return np.stack([pool(energy[:, within], axis=1) for within in speeds], axis=1)


def _harmonies(frames: Frames) -> dict[str, Any]:
    # Quiet frames say little about pitch.
    loud = np.sqrt(frames.power)[:, None]
    mean = (frames.chroma * loud).sum(axis=0) / max(float(loud.sum()), _FLOOR)
    name, fit = harmony.key(mean)
    return {
        "chroma": mean / max(float(mean.max()), _FLOOR),
        "chroma_spread": frames.chroma.std(axis=0),
        "key": [fit, 1.0 if name.endswith("major") else 0.0],
    }


def _rhythm(frames: Frames) -> list[float]:
    onset = frames.onset
    bpm, clarity = rhythm.tempo([onset], FRAMES_PER_S)
    circle = 2 * math.pi * math.log2(bpm) if bpm else 0.0
    return [
        clarity * math.cos(circle),
        clarity * math.sin(circle),
        math.log2(bpm / 120) if bpm else 0.0,
        clarity,
        rhythm.onset_rate(onset, FRAMES_PER_S),
        float(onset.mean()),
        float(onset.std()),
        float(np.percentile(onset, 98) / (onset.mean() + 0.1)),
    ]


def _levels(frames: Frames, level: Floats) -> list[float]:
    low, high = np.percentile(level, (10, 95))
    return [
        10 * math.log10(max(float(frames.power.mean()), 1e-7)),
        float(high - low),
        float(level.std()),
        float((level < level.max() - _FOREGROUND_DB).mean()),
        float(np.abs(np.diff(level, prepend=level[:1])).mean()),
    ]


def _envelope(frames: Frames, level: Floats) -> list[float]:
    """How the level hangs together over time, and how its parts lie below the loudest."""
    depth = np.maximum(level - level.max(), -80.0)
    shape = np.exp(depth / 10)
    return [
        *_echoes(depth, _FIRST_LAGS),
        *_echoes(frames.onset, (1, 2)),
        *(_highest_echo(frames.onset, low, high) for low, high in ((10, 30), (30, 60), (60, 120))),
        *np.percentile(depth, (5, 25, 50, 75)),
        float((depth > -20).mean()),
        math.log(float((shape**2).mean()) / max(float(shape.mean()) ** 2, _FLOOR)),
        math.log2(1 + min(len(level) / FRAMES_PER_S, 5.0)),
    ]


def _flutter(power: Floats) -> list[float]:
    """How a band's level moves at 1 to 86 Hz: shares of ten speeds, a steady beat among them, and its bursts."""
    level = 10 * np.log10(np.maximum(power, _FLOOR))
    level = np.maximum(level, level.max() - 60)
    if len(level) < _FLUTTER_BLOCKS:
        level = np.pad(level, (0, _FLUTTER_BLOCKS - len(level)), mode="edge")
    view = np.lib.stride_tricks.sliding_window_view(level, _FLUTTER_BLOCKS)[:: _FLUTTER_BLOCKS // 2]
    view = (view - view.mean(axis=1, keepdims=True)) * np.hanning(_FLUTTER_BLOCKS)
    energy = (np.abs(fft.rfft(view, axis=1)) ** 2).mean(axis=0)
    hertz = np.fft.rfftfreq(_FLUTTER_BLOCKS, 1 / ENVELOPE_PER_S)
    speeds = _by_speed(energy[None, :], hertz, _FLUTTER_HZ, np.sum)[0]
    beating = energy[(hertz > 5) & (hertz < 40)]
    step = np.diff(level)
    auto = _autocorrelation(level)[4:45]
    return [
        *np.log10((speeds + 1e-2) / (speeds.sum() + 1e-1)),
        math.log10(float(speeds.sum()) + 1e-1),
        math.log10((float(beating.max()) + 1e-3) / (float(beating.mean()) + 1e-3)),
        float(auto.max(initial=-1.0) - auto.min(initial=1.0)),
        math.log(1 + float((step**4).mean()) / max(float((step**2).mean()) ** 2, _FLOOR)),
        math.log(1e-3 + float(step.std())),
        float(np.percentile(step, 99) + np.percentile(step, 1)),
    ]


def _autocorrelation(values: Floats) -> Floats:
    centred = values - values.mean()
    size = fft.next_fast_len(2 * len(centred), real=True)
    auto = fft.irfft(np.abs(fft.rfft(centred, size)) ** 2, size)[: len(centred)]
    return np.asarray(auto / max(float(auto[0]), _FLOOR))


def _echoes(values: Floats, lags: tuple[int, ...]) -> list[float]:
    auto = _autocorrelation(values)
    return [float(auto[lag]) if lag < len(auto) else 0.0 for lag in lags]


def _highest_echo(values: Floats, low: int, high: int) -> float:
    return float(_autocorrelation(values)[low:high].max(initial=0.0))


def _pitches(frames: Frames) -> list[float]:
    clear, octaves = frames.pitch.T
    loud = np.sqrt(frames.power[::2][: len(clear)])
    weight = loud / max(float(loud.sum()), _FLOOR)
    clear, octaves = clear[: len(weight)], octaves[: len(weight)]
    mean = float((octaves * weight).sum())
    steps = np.abs(np.diff(octaves))
    voiced = clear > 0.6
    both = voiced[1:] & voiced[:-1]
    return [
        float((clear * weight).sum()),
        float(np.percentile(clear, 90)),
        float(weight[voiced].sum()),
        mean,
        math.sqrt(float(((octaves - mean) ** 2 * weight).sum())),
        float(np.median(steps[both])) if both.any() else 1.0,
    ]


def centroid(frames: Frames) -> float:
    """Hz; loud frames count more."""
    loud = np.sqrt(frames.power)
    return float((frames.spectral[:, 0] * loud).sum() / max(float(loud.sum()), _FLOOR))
