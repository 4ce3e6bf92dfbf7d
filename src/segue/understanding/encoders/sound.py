"""What can be measured in sound: spectrum, timbre, harmony, rhythm, loudness. Arrays in, numbers out.

Everything comes from one short-time Fourier transform (Hann window of 2048 samples every 512, at 22,050 Hz).

- mel bands: Slaney's scale and area norm; MFCC: orthonormal DCT-II of the bands in dB (Davis & Mermelstein 1980);
- chroma: pitch classes by Gaussians around equal temperament (A4 = 440 Hz); key by the profiles of Krumhansl &
  Kessler (1982);
- tempo: autocorrelation of the onset strength under a log-normal prior around 120 (Ellis 2007);
- loudness: integrated, gated, K-weighted as in ITU-R BS.1770-4, of the mono mix, the weighting applied to the spectrum;
- contrast: peaks against valleys in octave bands (Jiang et al. 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import fft

from ...arrays import Floats

RATE = 22_050
"""Samples a second that everything here expects."""
WINDOW = 2048
HOP = 512
FRAMES_PER_S = RATE / HOP
MEL_BANDS = 64
CEPSTRA = 20
PIECE_S = 30
"""Sound is worked through in pieces of this many seconds, so that memory does not grow with length."""

_FLOOR = 1e-10
_RANGE_DB = 80.0
_SILENCE_LUFS = -70.0
_STILL_DB = 0.02
"""Onset strength that varies less than this is a steady sound, not a rhythm."""
_MODULATION_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_MODULATION_FRAMES = 128
_PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True)
class Frames:
    """Measurements per frame of one piece; n frames."""

    mel_db: Floats
    """(n, MEL_BANDS) decibels, at most 80 below the loudest."""
    mfcc: Floats
    """(n, CEPSTRA)"""
    chroma: Floats
    """(n, 12) from C; the strongest pitch class of a frame is 1."""
    power: Floats
    """(n,) K-weighted mean square, as BS.1770 sums it."""
    spectral: Floats
    """(n, 5): centroid, bandwidth, roll-off (85 %), all in Hz; flatness in dB; zero crossings per sample."""
    contrast: Floats
    """(n, 6) dB"""
    onset: Floats
    """(n,) onset strength: mean rise of the mel bands, dB."""


def analyse(samples: Floats) -> Frames:
    """Measure one piece of mono sound at `RATE`; silence is padded to a window if it is shorter."""
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    view = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    spectrum = np.abs(fft.rfft(view * _hann(), axis=1)).astype(np.float32)
    power = spectrum**2
    mel = power @ mel_filters().T
    mel_db = 10 * np.log10(np.maximum(mel, _FLOOR))
    mel_db = np.maximum(mel_db, mel_db.max() - _RANGE_DB)
    mfcc = fft.dct(mel_db, type=2, norm="ortho", axis=1)[:, :CEPSTRA]
    chroma = power @ chroma_filters().T
    chroma /= np.maximum(chroma.max(axis=1, keepdims=True), _FLOOR)
    rise = np.maximum(np.diff(mel_db, axis=0, prepend=mel_db[:1]), 0).mean(axis=1)
    weighted = power @ _k_weighting()
    crossings = np.signbit(samples[1:]) != np.signbit(samples[:-1])
    counted = np.concatenate(([0], np.cumsum(crossings)))
    starts = np.arange(len(view)) * HOP
    zero_crossings = (counted[starts + WINDOW - 1] - counted[starts]) / WINDOW
    return Frames(
        mel_db=mel_db.astype(np.float32),
        mfcc=mfcc.astype(np.float32),
        chroma=chroma.astype(np.float32),
        power=weighted.astype(np.float32),
        spectral=np.column_stack((_shape(spectrum, power), zero_crossings)).astype(np.float32),
        contrast=_contrast(mel_db),
        onset=rise.astype(np.float32),
    )


def _shape(spectrum: Floats, power: Floats) -> Floats:
    """(n, 4): centroid, bandwidth, roll-off in Hz, flatness in dB."""
    hertz = _hertz()
    total = np.maximum(spectrum.sum(axis=1), _FLOOR)
    centroid = spectrum @ hertz / total
    bandwidth = np.sqrt(np.maximum(spectrum @ hertz**2 / total - centroid**2, 0))
    # Bands of 8 bins are fine enough to find 85 % and an eighth of the work.
    bands = np.add.reduceat(spectrum, np.arange(0, spectrum.shape[1], 8), axis=1)
    reached = np.cumsum(bands, axis=1)
    rolloff = hertz[np.minimum((reached < 0.85 * total[:, None]).sum(axis=1) * 8, len(hertz) - 1)]
    bands = np.maximum(np.add.reduceat(power, np.arange(1, power.shape[1], 8), axis=1), _FLOOR)
    flatness = 10 * (np.log10(bands).mean(axis=1) - np.log10(bands.mean(axis=1)))
    return np.column_stack((centroid, bandwidth, rolloff, flatness)).astype(np.float32)


def _contrast(mel_db: Floats) -> Floats:
    """(n, 6) dB between the loudest and the quietest quarter of the bands in six ranges of pitch."""
    found = []
    for bands in np.array_split(mel_db, 6, axis=1):
        ordered = np.sort(bands, axis=1)
        quarter = max(1, bands.shape[1] // 4)
        found.append(ordered[:, -quarter:].mean(axis=1) - ordered[:, :quarter].mean(axis=1))
    return np.column_stack(found).astype(np.float32)


def loudness(power: Floats) -> tuple[float, float]:
    """Integrated loudness in LUFS and loudness range in LU (10th to 95th percentile of 3 s) from `Frames.power`.

    -inf where everything lies below the absolute gate of -70 LUFS.
    """
    blocks = _moving_mean(power, round(0.4 * FRAMES_PER_S))[:: max(1, round(0.1 * FRAMES_PER_S))]
    level = -0.691 + 10 * np.log10(np.maximum(blocks, 1e-12))
    kept = blocks[level > _SILENCE_LUFS]
    if not len(kept):
        return -math.inf, 0.0
    gate = -0.691 + 10 * math.log10(float(kept.mean())) - 10
    kept = kept[-0.691 + 10 * np.log10(kept) > gate]
    integrated = -0.691 + 10 * math.log10(float(kept.mean()))
    short = -0.691 + 10 * np.log10(np.maximum(_moving_mean(power, round(3 * FRAMES_PER_S)), 1e-12))
    short = short[short > max(_SILENCE_LUFS, integrated - 20)]
    spread = float(np.percentile(short, 95) - np.percentile(short, 10)) if len(short) else 0.0
    return integrated, spread


def tempo(onsets: Sequence[Floats]) -> tuple[float, float]:
    """Tempo in beats per minute and its clarity (0 … 1), from the onset strength of one or more pieces.

    0, 0 where the sound is too short (< 2 s) or has no onsets.
    """
    lags = round(8 * FRAMES_PER_S)
    total = np.zeros(lags, np.float64)
    for onset in onsets:
        if len(onset) < 2 * FRAMES_PER_S or onset.std() < _STILL_DB:
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
    support = sum(w * np.interp(60 * FRAMES_PER_S * k / bpm, at, total) for k, w in ((1, 1.0), (2, 0.6), (4, 0.6)))
    best = int(np.argmax((support + 0.1) * np.exp(-0.5 * (np.log2(bpm / 120) / 0.9) ** 2)))
    clarity = float(np.clip(np.interp(60 * FRAMES_PER_S / bpm[best], at, total), 0, 1))
    return float(bpm[best]), clarity


def key(chroma: Floats) -> tuple[str, float]:
    """The key (``A minor``) that the mean chroma (12,) fits best, and the correlation with its profile."""
    fits = []
    for mode, profile in (("major", _MAJOR), ("minor", _MINOR)):
        for tonic in range(12):
            fit = float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]) if chroma.std() > 0 else 0.0
            fits.append((fit, f"{_PITCHES[tonic]} {mode}"))
    best = max(fits)
    return best[1], best[0]


def measure(pieces: Sequence[Floats]) -> tuple[dict[str, Floats], dict[str, Any]]:
    """What the sound is like: named groups of numbers (the vector before scaling), and facts in words and numbers.

    Args:
        pieces: mono sound at `RATE`, each of up to `PIECE_S` seconds.
    """
    parts = [analyse(piece) for piece in pieces]
    mel = np.concatenate([p.mel_db for p in parts])
    mfcc = np.concatenate([p.mfcc for p in parts])
    chroma = np.concatenate([p.chroma for p in parts])
    spectral = np.concatenate([p.spectral for p in parts])
    contrast = np.concatenate([p.contrast for p in parts])
    power = np.concatenate([p.power for p in parts])
    onset = np.concatenate([p.onset for p in parts])
    lufs, loudness_range = loudness(power)
    bpm, clarity = tempo([p.onset for p in parts])
    # Quiet frames say little about pitch.
    loud = np.sqrt(power)[:, None]
    mean_chroma = (chroma * loud).sum(axis=0) / max(float(loud.sum()), _FLOOR)
    key_name, key_fit = key(mean_chroma)
    level = 10 * np.log10(np.maximum(power, _FLOOR))
    peaks = _onset_rate(onset)
    quiet = float((level < level.max() - 40).mean())
    centroid = float((spectral[:, 0] * loud[:, 0]).sum() / max(float(loud.sum()), _FLOOR))
    change = np.diff(mfcc, axis=0) if len(mfcc) > 1 else np.zeros((1, CEPSTRA), np.float32)
    mel_change = np.diff(mel, axis=0) if len(mel) > 1 else np.zeros((1, MEL_BANDS), np.float32)
    scaled = spectral.copy()
    scaled[:, :3] = np.log2(np.maximum(scaled[:, :3], 20.0))
    circle = 2 * math.pi * math.log2(bpm) if bpm else 0.0
    groups: dict[str, Any] = {
        "mfcc": mfcc.mean(axis=0)[1:],
        "mfcc_spread": mfcc.std(axis=0),
        "mfcc_change": change.std(axis=0),
        "mel": mel.mean(axis=0)[::2] - mel.mean(),
        "mel_spread": mel.std(axis=0)[::4],
        "mel_change": np.abs(mel_change).mean(axis=0)[::4],
        "mel_peak": (np.percentile(mel, 95, axis=0) - np.median(mel, axis=0))[::4],
        "chroma": mean_chroma / max(float(mean_chroma.max()), _FLOOR),
        "chroma_spread": chroma.std(axis=0),
        "spectral": np.concatenate((scaled.mean(axis=0), scaled.std(axis=0))),
        "contrast": np.concatenate((contrast.mean(axis=0), contrast.std(axis=0))),
        "modulation": _modulation(parts),
        "rhythm": [
            clarity * math.cos(circle),
            clarity * math.sin(circle),
            math.log2(bpm / 120) if bpm else 0.0,
            clarity,
            peaks,
            onset.mean(),
            onset.std(),
            np.percentile(onset, 98) / (onset.mean() + 0.1),
        ],
        "loudness": [
            max(lufs, _SILENCE_LUFS),
            loudness_range,
            level.std(),
            quiet,
            np.abs(np.diff(level, prepend=level[:1])).mean(),
        ],
        "key": [key_fit, 1.0 if key_name.endswith("major") else 0.0],
    }
    # How lively it feels, in one number for people: loud, dense in onsets and bright.
    energy = 0.4 * _share(lufs, -35, -8) + 0.35 * _share(peaks, 0, 6) + 0.25 * _share(centroid, 500, 4000)
    facts = {
        "tempo_bpm": round(bpm, 1) if bpm else None,
        "tempo_clarity": round(clarity, 2),
        "key": key_name if key_fit > 0.5 else None,
        "loudness_lufs": round(lufs, 1) if math.isfinite(lufs) else None,
        "loudness_range_lu": round(loudness_range, 1),
        "brightness_hz": round(centroid),
        "onsets_per_s": round(peaks, 2),
        "energy": round(energy, 2),
        "quiet_share": round(quiet, 2),
        "heard_s": round(sum(len(p) for p in pieces) / RATE, 1),
    }
    return {name: np.asarray(values, dtype=np.float32) for name, values in groups.items()}, facts


def _onset_rate(onset: Floats) -> float:
    """Onsets a second: local peaks of the onset strength that stand out from the second around them."""
    if len(onset) < 3:
        return 0.0
    around = _moving_mean(onset, round(FRAMES_PER_S), same=True)
    inner = onset[1:-1]
    peak = (inner > onset[:-2]) & (inner >= onset[2:]) & (inner > 1.5 * around[1:-1] + 0.3)
    return float(peak.sum() / (len(onset) / FRAMES_PER_S))


def _modulation(parts: Sequence[Frames]) -> Floats:
    """(20,) how much of the movement of four ranges of pitch lies at 0.5–1, 1–2, 2–4, 4–8 and 8–16 Hz."""
    total = np.zeros((4, len(_MODULATION_HZ) - 1))
    hertz = np.fft.rfftfreq(_MODULATION_FRAMES, 1 / FRAMES_PER_S)
    for part in parts:
        ranges = np.column_stack([bands.mean(axis=1) for bands in np.array_split(part.mel_db, 4, axis=1)])
        short = _MODULATION_FRAMES - len(ranges)
        if short > 0:
            ranges = np.pad(ranges, ((0, short), (0, 0)), mode="edge")
        view = np.lib.stride_tricks.sliding_window_view(ranges, _MODULATION_FRAMES, axis=0)[:: _MODULATION_FRAMES // 2]
        view = (view - view.mean(axis=2, keepdims=True)) * np.hanning(_MODULATION_FRAMES)
        energy = (np.abs(fft.rfft(view, axis=2)) ** 2).sum(axis=0)
        for column, (low, high) in enumerate(pairwise(_MODULATION_HZ)):
            total[:, column] += energy[:, (hertz >= low) & (hertz < high)].sum(axis=1)
    return np.asarray(np.log10((total + 1e-3) / (total.sum() + 1e-2)).ravel(), dtype=np.float32)


def _moving_mean(values: Floats, width: int, same: bool = False) -> Floats:
    """Means over ``width`` neighbours; fewer values than that have one mean."""
    width = max(1, min(width, len(values)))
    if same:
        values = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    return ((sums[width:] - sums[:-width]) / width).astype(np.float32)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


@cache
def _hann() -> Floats:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _hertz() -> Floats:
    return np.fft.rfftfreq(WINDOW, 1 / RATE).astype(np.float32)


@cache
def mel_filters() -> Floats:
    """(MEL_BANDS, bins): triangles of equal area on Slaney's scale (linear to 1 kHz, then logarithmic), 0 to 11 kHz."""

    def hertz_of(mel: Any) -> Any:
        step = math.log(6.4) / 27
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(step * (mel - 15)))

    top = 15 + math.log(RATE / 2 / 1000) / (math.log(6.4) / 27)
    edges = hertz_of(np.linspace(0, top, MEL_BANDS + 2))
    hertz = _hertz().astype(np.float64)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (edges[2:] - edges[:-2]))[:, None], dtype=np.float32)


@cache
def chroma_filters() -> Floats:
    """(12, bins): how much each bin speaks for each pitch class; the middle octaves speak loudest."""
    hertz = _hertz().astype(np.float64)
    filters = np.zeros((12, len(hertz)))
    heard = (hertz > 55) & (hertz < 5000)
    pitch = 12 * np.log2(hertz[heard] / 440) + 9
    # A low bin is wider than a semitone and must not pretend to more precision than it has.
    width = np.maximum(0.5, 12 * np.log2(1 + (RATE / WINDOW) / hertz[heard]) / 2)
    distance = (pitch[None, :] - np.arange(12)[:, None] + 6) % 12 - 6
    shape = np.exp(-0.5 * (distance / width) ** 2)
    shape /= np.maximum(np.sqrt((shape**2).sum(axis=0)), _FLOOR)
    octave = np.log2(hertz[heard] / 27.5)
    filters[:, heard] = shape * np.exp(-0.5 * ((octave - 5) / 2) ** 2)
    return filters.astype(np.float32)


@cache
def _k_weighting() -> Floats:
    """(bins,) factor by which each bin's power enters the mean square under BS.1770's two filters (48 kHz design)."""
    z = np.exp(-2j * math.pi * _hertz().astype(np.float64) / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    response = np.abs(shelf * high_pass) ** 2
    # Parseval: both halves of the spectrum, the window's energy, the mean over its samples.
    both_halves = np.full(len(response), 2.0)
    both_halves[0] = both_halves[-1] = 1.0
    return np.asarray(response * both_halves / (WINDOW * float((_hann() ** 2).sum())), dtype=np.float32)
