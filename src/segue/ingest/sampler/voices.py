"""The instruments and drums that `music.py` plays, as functions: ``(hertz, seconds) -> sound``, ``rng -> sound``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 22050
"""Samples a second."""

Sound = NDArray[np.float64]


# ---- voices: (hertz, seconds) -> sound


def _time(seconds: float, tail: float) -> Sound:
    return np.arange(int((seconds + tail) * RATE)) / RATE


def _envelope(t: Sound, seconds: float, attack: float, release: float) -> Sound:
    return np.clip(t / attack, 0, 1) * np.clip((seconds + release - t) / release, 0, 1)


def _harmonics(t: Sound, hertz: float, weights: Sound, detune: float = 0.0, decay: float = 0.0) -> Sound:
    """Additive: the k-th harmonic has ``weights[k - 1]`` and dies away k times as fast; none above Nyquist."""
    count = min(len(weights), int(0.45 * RATE / hertz))
    out, fading = np.zeros_like(t), 1.0 if not decay else np.exp(-decay * t)
    died = fading
    for weight, partial in zip(weights, partials(2 * np.pi * hertz * (1 + detune) * t, count), strict=False):
        if weight:
            out += weight * partial * died if decay else weight * partial
        died = died * fading
    return out


def partials(phase: Sound, count: int) -> Iterator[Sound]:
    """sin(phase), sin(2 phase), … each from the two before it, which is a good deal cheaper than a sine apiece."""
    twice, before, now = 2 * np.cos(phase), np.zeros_like(phase), np.sin(phase)
    for _ in range(count):
        yield now
        before, now = now, twice * now - before


SAW = 1 / np.arange(1, 17)
SQUARE = SAW * (np.arange(1, 17) % 2)
TRIANGLE = SQUARE**2 * np.array([1, 0, -1, 0] * 4)


def _pluck(hertz: float, seconds: float, weights: Sound, decay: float, ring: float) -> Sound:
    t = _time(seconds, ring)
    return _harmonics(t, hertz, weights, decay=decay) * _envelope(t, seconds, 0.003, ring)


def _pad(hertz: float, seconds: float) -> Sound:
    t = _time(seconds, 2.0)
    weights = SAW[:7] ** 1.6
    voice = sum(_harmonics(t, hertz, weights, d) for d in (-0.003, 0.0, 0.004))
    return np.asarray(voice) * _envelope(t, seconds, min(1.2, seconds / 2), 2.0)


def _electric_piano(hertz: float, seconds: float) -> Sound:
    t = _time(seconds, 0.5)
    index = 1.6 * np.exp(-4 * t)
    wobble = 1 + 0.12 * np.sin(2 * np.pi * 4.6 * t)
    return np.sin(2 * np.pi * hertz * t + index * np.sin(2 * np.pi * hertz * t * 2)) * np.exp(-1.6 * t) * wobble * \
        _envelope(t, seconds, 0.004, 0.5)  # fmt: skip


def _bell(hertz: float, seconds: float) -> Sound:
    t = _time(seconds, 2.2)
    partials = ((1, 1.0, 1.2), (2.0, 0.5, 1.8), (2.76, 0.35, 2.6), (5.4, 0.15, 5.0))
    out = sum(a * np.sin(2 * np.pi * hertz * r * t) * np.exp(-d * t) for r, a, d in partials if hertz * r < 0.45 * RATE)
    return np.asarray(out) * _envelope(t, seconds, 0.005, 2.2)


def _distorted(hertz: float, seconds: float) -> Sound:
    t = _time(seconds, 0.06)
    chord = _harmonics(t, hertz / 2, SAW[:10]) + _harmonics(t, hertz * 0.749, SAW[:8]) + _harmonics(t, hertz, SAW[:6])
    return np.tanh(5 * chord) * _envelope(t, seconds, 0.004, 0.06) * np.exp(-2 * t)


def _whistle(hertz: float, seconds: float, breath: float) -> Sound:
    t = _time(seconds, 0.25)
    vibrato = 2 * np.pi * hertz * t + 0.006 * hertz / 5 * np.sin(2 * np.pi * 5.2 * t) * np.clip(t * 3, 0, 1)
    air = np.random.default_rng(int(hertz)).standard_normal(len(t)) * breath
    tone = np.sin(vibrato) + 0.22 * np.sin(2 * vibrato) + 0.08 * np.sin(3 * vibrato)
    return (tone + air) * _envelope(t, seconds, 0.07, 0.25)


def _guzheng(hertz: float, seconds: float) -> Sound:
    t = _time(seconds, 1.3)
    bend = hertz * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * t) * np.clip(t - 0.15, 0, 0.5))
    phase = 2 * np.pi * np.cumsum(bend) / RATE
    out, fading = np.zeros_like(t), np.exp(-0.9 * t)
    died = np.exp(-1.1 * t)
    for k, partial in enumerate(partials(phase, min(8, int(0.45 * RATE / hertz))), 1):
        died *= fading
        out += partial * died / k**0.8
    return out * _envelope(t, seconds, 0.003, 1.3)


def _brass(hertz: float, seconds: float) -> Sound:
    t = _time(seconds, 0.1)
    opening = np.clip(t / 0.08, 0, 1)
    out, opened = np.zeros_like(t), np.ones_like(t)
    for k, partial in enumerate(partials(2 * np.pi * hertz * t, min(9, int(0.45 * RATE / hertz))), 1):
        opened *= opening
        out += partial * opened / k**0.7
    return out * _envelope(t, seconds, 0.03, 0.1)


def _held(weights: Sound, attack: float, release: float, detune: float = 0.0) -> Callable[[float, float], Sound]:
    def voice(hertz: float, seconds: float) -> Sound:
        t = _time(seconds, release)
        out = _harmonics(t, hertz, weights)
        if detune:
            out = out + _harmonics(t, hertz, weights, detune)
        return out * _envelope(t, seconds, attack, release)

    return voice


VOICES: dict[str, Callable[[float, float], Sound]] = {
    "pad": _pad,
    "electric piano": _electric_piano,
    "vibes": lambda f, s: _bell(f, min(s, 0.4)) * 0.8,
    "bell": _bell,
    "sine": _held(np.array([1.0, 0.12]), 0.02, 0.15),
    "triangle": _held(TRIANGLE, 0.003, 0.02),
    "square": _held(SQUARE, 0.003, 0.03),
    "saw": _held(SAW[:10], 0.005, 0.08, 0.006),
    "saw bass": _held(SAW[:8], 0.005, 0.05, 0.004),
    "saw lead": _held(SAW, 0.02, 0.25, 0.008),
    "reese": _held(SAW[:14], 0.01, 0.08, 0.013),
    "organ stab": _held(np.array([1, 0.8, 0.5, 0.4, 0, 0.3]), 0.003, 0.08),
    "upright": lambda f, s: _pluck(f, s, SAW[:6] ** 1.2, 1.6, 0.12),
    "guitar": lambda f, s: _pluck(f, s, SAW[:12] ** 0.9, 0.9, 0.6),
    "guitar bass": lambda f, s: _pluck(f * 2, s, SAW[:10], 0.7, 0.5),
    "harpsichord": lambda f, s: _pluck(f, s, SAW**0.45, 0.35, 0.18) * 0.6,
    "harpsichord bass": lambda f, s: _pluck(f * 2, s, SAW**0.5, 0.4, 0.2),
    "guzheng": _guzheng,
    "bamboo flute": lambda f, s: _whistle(f, s * 1.6, 0.10),
    "whistle": lambda f, s: _whistle(f, s, 0.03),
    "brass": _brass,
    "distorted": _distorted,
    "distorted bass": lambda f, s: np.tanh(3 * _held(SAW[:8], 0.004, 0.04)(f, s)),
    "distorted lead": lambda f, s: np.tanh(4 * _held(SAW[:10], 0.01, 0.2)(f, s)),
}


# ---- drums: rng -> sound


def _noise(rng: np.random.Generator, seconds: float, decay: float, low: float, high: float) -> Sound:
    """Decaying noise between two frequencies."""
    n = int(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.fft.rfftfreq(n, 1 / RATE)
    band = np.fft.irfft(spectrum * ((f >= low) & (f <= high)), n)
    return band / max(float(np.abs(band).max()), 1e-9) * np.exp(-decay * np.arange(n) / RATE)


def _drop(start: float, end: float, fall: float, decay: float, seconds: float = 0.4) -> Sound:
    """A tone that falls in pitch: kicks, toms, congas."""
    t = np.arange(int(seconds * RATE)) / RATE
    hertz = end + (start - end) * np.exp(-fall * t)
    return np.sin(2 * np.pi * np.cumsum(hertz) / RATE) * np.exp(-decay * t)


def _snare(rng: np.random.Generator) -> Sound:
    return 0.6 * _drop(260, 180, 30, 18, 0.3) + 0.7 * _noise(rng, 0.3, 16, 900, 9500)


def _gated(rng: np.random.Generator) -> Sound:
    out = 0.5 * _drop(240, 170, 30, 8, 0.34) + 0.8 * _noise(rng, 0.34, 3, 500, 9000)
    return np.where(np.arange(len(out)) < 0.22 * RATE, out, 0)


HITS: dict[str, Callable[[np.random.Generator], Sound]] = {
    "kick": lambda _: 1.3 * _drop(150, 48, 30, 9),
    "chip kick": lambda _: np.sign(_drop(220, 55, 26, 0, 0.12)) * np.exp(-18 * np.arange(int(0.12 * RATE)) / RATE),
    "snare": _snare,
    "gated snare": _gated,
    "clap": lambda rng: _noise(rng, 0.25, 14, 800, 5500),
    "brush": lambda rng: 0.35 * _noise(rng, 0.3, 9, 2000, 9000),
    "hat": lambda rng: 0.35 * _noise(rng, 0.08, 55, 6000, 11000),
    "open hat": lambda rng: 0.5 * _noise(rng, 0.25, 12, 5500, 11000),
    "ride": lambda rng: 0.35 * _noise(rng, 0.5, 7, 4500, 10500),
    "crash": lambda rng: 0.7 * _noise(rng, 1.6, 2.5, 2500, 11000),
    "shaker": lambda rng: 0.2 * _noise(rng, 0.07, 40, 4000, 10000),
    "chip noise": lambda rng: 0.7 * np.sign(_noise(rng, 0.1, 20, 300, 10000)) * np.linspace(1, 0, int(0.1 * RATE)),
    "woodblock": lambda _: _drop(1150, 900, 40, 30, 0.15),
    "conga": lambda _: 0.8 * _drop(300, 210, 20, 14, 0.3),
    "bell": lambda _: 0.3 * (_drop(845, 845, 1, 14, 0.25) + _drop(1320, 1320, 1, 16, 0.25)),
}
