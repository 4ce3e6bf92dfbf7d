"""What can be measured in sound, frame by frame: spectrum, timbre, harmony, pitch, onsets. Arrays in, numbers out.

Everything comes from one short-time Fourier transform (Hann window of 2048 samples every 512, at 22,050 Hz).

- mel bands: Slaney's scale and area norm; MFCC: orthonormal DCT-II of the bands in dB (Davis & Mermelstein 1980);
- chroma: of `harmony`; onset strength: for `rhythm`;
- pitch: the highest peak of the autocorrelation between 50 and 1500 Hz, and how high it is;
- contrast: peaks against valleys in ranges of pitch (Jiang et al. 2002).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy import fft, signal

from ...arrays import Floats
from .harmony import chroma_filters
from .loudness import k_weighting

RATE = 22_050
"""Samples a second that everything here expects."""
WINDOW = 2048
HOP = 512
FRAMES_PER_S = RATE / HOP
MEL_BANDS = 64
CEPSTRA = 20
ENVELOPE_EVERY = 128
ENVELOPE_PER_S = RATE / ENVELOPE_EVERY
_FLOOR = 1e-10
_RANGE_DB = 80.0
_STRETCH = 4096
"""Outputs that are made at a time where a sound is thinned: they stay in the processor's cache."""
_PITCH_EVERY = 2
"""Pitch is looked for in every second frame."""
_PITCH_LAGS = slice(RATE // 1500, RATE // 50)


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
    pitch: Floats
    """(n / 2, 2): how periodic the frame is (0 … 1), and its pitch in octaves above 50 Hz."""
    envelope: Floats
    """(n · 4, 3) mean square every 128 samples: below 600 Hz, of all, and of the slope (which favours high pitch)."""


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
    chroma = power @ _chroma_filters().T
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
        envelope=_envelope(samples),
        pitch=_pitch(power[::_PITCH_EVERY]),
    )


def halved(samples: Floats) -> Floats:
    """Every second sample after a low-pass: what `scipy.signal.resample_poly` gives, in a fifth of the time.

    Of a filter at half the band every second tap is zero but the middle one, and the two sides are equal.
    """
    middle, sides = _half_band()
    count, reach = -(-len(samples) // 2), len(sides)
    padded = np.pad(samples, (0, len(samples) % 2)).astype(np.float32, copy=False)
    between = np.pad(padded[1::2], reach)
    out = middle * padded[::2]
    # A stretch at a time, so that it stays in the processor's cache.
    for first in range(0, count, _STRETCH):
        part = out[first : first + _STRETCH]
        for k, tap in enumerate(sides):
            before, after = (between[reach + first + at :][: len(part)] for at in (-k - 1, k))
            part += tap * (before + after)
    return out


def thinned(samples: Floats, factor: int) -> Floats:
    """Every ``factor``-th sample after a low-pass: what `scipy.signal.resample_poly` gives, in a fifth of the time.

    The samples lie in rows of ``factor``; one matrix product gives each row's share in every output that it reaches.
    """
    filters = _low_pass(factor)
    count = -(-len(samples) // factor)
    reach = filters.shape[1] - 1
    out = np.zeros(count + reach, np.float32)
    for first in range(0, count, _STRETCH):
        rows = samples[first * factor : (first + _STRETCH) * factor]
        rows = np.pad(rows, (0, -len(rows) % factor)).reshape(-1, factor)
        for late, shares in enumerate(filters.T @ rows.T):
            out[first + late : first + late + len(rows)] += shares
    return out[reach // 2 :][:count]


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


def _envelope(samples: Floats) -> Floats:
    """(blocks, 3): fast enough to hear a rotor, a rattle or a crackle, which the windows of the spectrum blur."""
    blocks = len(samples) // ENVELOPE_EVERY
    samples = samples[: blocks * ENVELOPE_EVERY]
    low = thinned(samples, 16)[: blocks * ENVELOPE_EVERY // 16]
    bands = (low, samples, np.diff(samples, prepend=samples[:1]))
    return np.column_stack([(band.reshape(blocks, -1) ** 2).mean(axis=1) for band in bands]).astype(np.float32)


def _pitch(power: Floats) -> Floats:
    """(frames, 2), by the autocorrelation of the windowed sound, the window's own slope taken out."""
    auto = fft.irfft(power, axis=1)[:, : _PITCH_LAGS.stop]
    height = auto[:, _PITCH_LAGS] / np.maximum(auto[:, :1] * _window_slope(), _FLOOR)
    best = height.argmax(axis=1)
    octaves = np.log2(RATE / 50 / (best + _PITCH_LAGS.start))
    return np.column_stack((np.clip(height.max(axis=1), 0, 1), octaves)).astype(np.float32)


def _contrast(mel_db: Floats) -> Floats:
    """(n, 6) dB between the loudest and the quietest quarter of the bands in six ranges of pitch."""
    found = []
    for bands in np.array_split(mel_db, 6, axis=1):
        ordered = np.sort(bands, axis=1)
        quarter = max(1, bands.shape[1] // 4)
        found.append(ordered[:, -quarter:].mean(axis=1) - ordered[:, :quarter].mean(axis=1))
    return np.column_stack(found).astype(np.float32)


@cache
def _taps(factor: int) -> Floats:
    """(20·factor + 1,) the filter that `scipy.signal.resample_poly` chooses for it."""
    return np.asarray(signal.firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0)), dtype=np.float32)


@cache
def _half_band() -> tuple[np.float32, Floats]:
    """The middle tap at half the band, and the ten beside it that are not zero, from the nearest to the furthest."""
    taps = _taps(2)
    return taps[20], taps[21::2]


@cache
def _low_pass(factor: int) -> Floats:
    """(factor, 21): `resample_poly`'s own filter by the place of a sample in its row and the output's delay in rows."""
    taps = _taps(factor)
    # Output m is the sum of taps[10·factor + m·factor - n] · sample n; n = row · factor + place.
    delays, places = np.arange(-10, 11)[None, :], np.arange(factor)[:, None]
    at = 10 * factor + delays * factor - places
    return np.asarray(np.where(at >= 0, taps[np.maximum(at, 0)], 0.0), dtype=np.float32)


@cache
def _hann() -> Floats:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _window_slope() -> Floats:
    """(lags,) autocorrelation of the window itself, 1 at lag 0."""
    auto = fft.irfft(np.abs(fft.rfft(_hann())) ** 2)
    return np.asarray(auto[_PITCH_LAGS] / auto[0], dtype=np.float32)


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
def _chroma_filters() -> Floats:
    return chroma_filters(_hertz())


@cache
def _k_weighting() -> Floats:
    """(bins,) factor by which each bin's power enters the K-weighted mean square."""
    _, response = signal.sosfreqz(k_weighting(RATE), _hertz(), fs=RATE)
    # Parseval: both halves of the spectrum, the window's energy, the mean over its samples.
    both_halves = np.full(len(response), 2.0)
    both_halves[0] = both_halves[-1] = 1.0
    return np.asarray(np.abs(response) ** 2 * both_halves / (WINDOW * float((_hann() ** 2).sum())), dtype=np.float32)
