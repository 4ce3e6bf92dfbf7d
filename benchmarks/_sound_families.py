"""Sounds by rule, from which the constants of the sound encoder are learned: weather, machines, animals, people, music.

A family is a function ``rng -> samples`` (44,100 Hz mono, about five seconds) that draws everything from its generator.
`clip` puts one through a recording of its own: another microphone, room, noise, level and place in the clip. Nothing in
here is a recording, so the constants of the product come from no data set.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from segue.ingest.sampler.music import STYLES, compose

Sound = NDArray[np.float64]
Rng = np.random.Generator

RATE = 44_100
SECONDS = 5.0
N = int(RATE * SECONDS)


# ---- building blocks


def log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def shaped(x: Sound, gain: Callable[[Sound], Sound]) -> Sound:
    """The sound with every frequency (Hz) multiplied by ``gain``."""
    size = fft.next_fast_len(len(x), real=True)
    return np.asarray(fft.irfft(fft.rfft(x, size) * gain(fft.rfftfreq(size, 1 / RATE)), size)[: len(x)])


def noise(rng: Rng, n: int, low: float = 20, high: float = 20_000, tilt: float = 0.0) -> Sound:
    """Noise between two frequencies, falling by ``tilt`` in powers of the frequency; mean square 1."""
    out = shaped(
        rng.standard_normal(n),
        lambda f: (
            (np.maximum(f, 20) / 1000) ** -tilt / np.sqrt((1 + (low / np.maximum(f, 1)) ** 4) * (1 + (f / high) ** 4))
        ),
    )
    return out / (out.std() + 1e-12)


def wander(rng: Rng, n: int, hertz: float) -> Sound:
    """A curve without aim that changes about so many times a second; mean 0, spread 1."""
    points = max(4, int(n / RATE * hertz * 2) + 3)
    knots = rng.standard_normal(points)
    return np.interp(np.linspace(0, points - 1, n), np.arange(points), knots)


def voice(rng: Rng, hertz: Sound, formants: list[float], tilt: float = 1.2, breath: float = 0.02) -> Sound:
    """A throat: harmonics of a pitch curve, falling by ``tilt``, through resonances."""
    phase = np.cumsum(hertz * (1 + 0.004 * wander(rng, len(hertz), 40))) / RATE
    pulses = np.diff(np.floor(phase), prepend=0.0) + breath * rng.standard_normal(len(hertz))

    def gain(f: Sound) -> Sound:
        throat = sum((0.8**k) / (1 + ((f - at) / (60 + 0.06 * at)) ** 2) for k, at in enumerate(formants))
        return (np.asarray(throat) + 0.02) * (1 + f / 300) ** -tilt * (f > 40) * (1 + f / 100) ** 0.6

    out = shaped(pulses, gain)
    return out / (np.abs(out).max() + 1e-12)


def bump(n: int, attack: float = 0.1, release: float = 0.3) -> Sound:
    """An envelope of n samples; shares of the length."""
    t = np.linspace(0, 1, n)
    return np.clip(t / attack, 0, 1) * np.clip((1 - t) / release, 0, 1)


def put(track: Sound, at_s: float, sound: Sound, level: float = 1.0) -> None:
    start = max(int(at_s * RATE), 0)
    end = min(start + len(sound), len(track))
    if start < end:
        track[start:end] += level * sound[: end - start]


def ping(rng: Rng, modes: list[float], decay_s: float, n: int | None = None) -> Sound:
    """A body that was struck."""
    t = np.arange(n or int(min(6 * decay_s, SECONDS) * RATE)) / RATE
    return np.asarray(
        sum(
            rng.uniform(0.3, 1) * np.sin(2 * np.pi * f * t) * np.exp(-t / decay_s * (f / modes[0]) ** 0.5)
            for f in modes
        )
    )


def click(rng: Rng, low: float, high: float, decay_s: float) -> Sound:
    n = max(int(8 * decay_s * RATE), 256)
    return noise(rng, n, low, high) * np.exp(-np.arange(n) / RATE / decay_s)


def grains(rng: Rng, rate: float, make: Callable[[], Sound], heavy: float = 0.8) -> Sound:
    """Grains at random times, with sizes of a log-normal spread."""
    track = np.zeros(N)
    kinds = [make() for _ in range(12)]
    for at in rng.uniform(0, SECONDS, rng.poisson(rate * SECONDS)):
        put(track, at, kinds[rng.integers(12)], float(rng.lognormal(0, heavy)))
    return track


def ticks(rng: Rng, period: float, uneven: float) -> list[float]:
    count = int(SECONDS / period) + 2
    return list(np.cumsum(period * (1 + uneven * rng.standard_normal(count))) - period * rng.random())


# ---- weather and water


def hiss(rng: Rng) -> Sound:
    return noise(rng, N, log_uniform(rng, 30, 800), log_uniform(rng, 3000, 20_000), rng.uniform(0, 1))


def rain(rng: Rng) -> Sound:
    low = log_uniform(rng, 800, 2500)
    drops = grains(
        rng, log_uniform(rng, 150, 2500), lambda: click(rng, low, log_uniform(rng, 5000, 16_000), 0.002), 0.7
    )
    return drops / (drops.std() + 1e-9) + rng.uniform(0.5, 2.0) * noise(rng, N, 200, 15_000, rng.uniform(0, 0.5))


def waves(rng: Rng) -> Sound:
    t = np.arange(N) / RATE
    swell = (
        0.5 + 0.5 * np.sin(2 * np.pi * t / rng.uniform(2.5, 8) + rng.uniform(0, 6) + 0.5 * wander(rng, N, 0.5))
    ) ** rng.uniform(1, 2.5)
    return noise(rng, N, 80, 900, 0.5) * (0.3 + swell) + swell**1.5 * noise(rng, N, 500, 14_000, 0.5) + 0.1 * hiss(rng)


def wind(rng: Rng) -> Sound:
    gusts = np.exp(0.8 * wander(rng, N, 0.8))
    whistle = log_uniform(rng, 250, 900)
    return gusts * (noise(rng, N, 30, 400, 0.8) + rng.uniform(0, 0.8) * noise(rng, N, whistle, 1.3 * whistle))


def fire(rng: Rng) -> Sound:
    snaps = grains(
        rng,
        log_uniform(rng, 6, 70),
        lambda: click(rng, log_uniform(rng, 600, 3000), 15_000, log_uniform(rng, 0.0008, 0.006)),
        1.1,
    )
    bed = noise(rng, N, 40, log_uniform(rng, 300, 3000), 0.7) * np.exp(0.3 * wander(rng, N, 3))
    return snaps / (np.abs(snaps).max() + 1e-9) * 8 + rng.uniform(0.1, 1.2) * bed


def bubbles(rng: Rng) -> Sound:
    def one() -> Sound:
        n = int(rng.uniform(0.02, 0.12) * RATE)
        t = np.arange(n) / RATE
        start = log_uniform(rng, 300, 1500)
        return np.sin(2 * np.pi * start * (t + 3 * t**2)) * np.exp(-t * 40)

    return grains(rng, log_uniform(rng, 8, 60), one) + 0.05 * noise(rng, N, 300, 6000)


def thunder(rng: Rng) -> Sound:
    t = np.arange(N) / RATE
    fall = np.exp(-np.maximum(t - rng.uniform(0, 2), 0) / rng.uniform(0.6, 2))
    return noise(rng, N, 25, log_uniform(rng, 100, 600), 1.0) * fall * np.exp(0.6 * wander(rng, N, 5)) + 0.05 * rain(
        rng
    )


# ---- machines


def engine(rng: Rng) -> Sound:
    pitch = log_uniform(rng, 18, 70) * np.exp(0.05 * wander(rng, N, 0.5))
    return voice(rng, pitch, [90, 250, 700], 0.9, 0.05) * 6 + 0.5 * noise(rng, N, 40, 2500, 0.7)


def saw(rng: Rng) -> Sound:
    revs = log_uniform(rng, 70, 170) * np.exp(rng.uniform(0.05, 0.35) * wander(rng, N, rng.uniform(0.3, 1.5)))
    out = voice(rng, revs, [400, 1400, log_uniform(rng, 2500, 5000)], 0.3, 0.15) * rng.uniform(3, 8)
    return np.tanh(out + 0.4 * noise(rng, N, 600, 12_000)) * np.exp(0.3 * wander(rng, N, 1))


def rotor(rng: Rng) -> Sound:
    t = np.arange(N) / RATE
    beat = (0.5 + 0.5 * np.cos(2 * np.pi * t * log_uniform(rng, 8, 28))) ** rng.uniform(1.5, 6)
    depth = rng.uniform(0.4, 1)
    return (
        (1 - depth + depth * beat) * noise(rng, N, 40, log_uniform(rng, 400, 4000), 0.6)
        + 0.3 * noise(rng, N, 30, 200, 0.5)
        + rng.uniform(0, 0.3) * noise(rng, N, 1000, 6000)
    )


def vacuum(rng: Rng) -> Sound:
    base = log_uniform(rng, 150, 700)
    return voice(rng, np.full(N, base), [1000, 2500, 5000], 0.2) * rng.uniform(1, 4) + noise(rng, N, 200, 9000, 0.3)


def hum(rng: Rng) -> Sound:
    t = np.arange(N) / RATE
    base = float(rng.choice([50, 60, 100, 120])) * rng.uniform(0.99, 1.01)
    tones = sum(rng.random() / k * np.sin(2 * np.pi * base * k * t) for k in range(1, 12))
    return np.asarray(tones) + rng.uniform(0.02, 0.3) * noise(rng, N, 60, 6000, 0.4)


def train(rng: Rng) -> Sound:
    out = noise(rng, N, 40, 1500, 0.7) * 0.5
    for at in ticks(rng, rng.uniform(0.5, 1.1), 0.02):
        for k in (0, 0.13):
            put(out, at + k, click(rng, 80, 1800, 0.04), 1.5)
    return out


def clock(rng: Rng) -> Sound:
    out = rng.uniform(0.002, 0.06) * noise(rng, N, 60, 9000, 0.4)
    bodies = [[log_uniform(rng, 900, 6000) * k for k in (1, 1.47, 2.3)] for _ in range(2)]
    decay = log_uniform(rng, 0.002, 0.02)
    strikes = [
        ping(rng, b, decay) + rng.uniform(0, 0.8) * np.resize(click(rng, 1500, 14_000, 0.002), len(ping(rng, b, decay)))
        for b in bodies
    ]
    for k, at in enumerate(ticks(rng, log_uniform(rng, 0.2, 1.0), 0.004)):
        put(out, at, strikes[k % 2], 1.0 if k % 2 else rng.uniform(0.6, 1))
    return out


def typing(rng: Rng) -> Sound:
    return grains(rng, rng.uniform(3, 9), lambda: click(rng, 500, 8000, 0.006), 0.4) + 0.02 * hiss(rng)


def knocks(rng: Rng) -> Sound:
    out = 0.01 * hiss(rng)
    body = [log_uniform(rng, 90, 400) * k for k in (1, 1.6, 2.4)]
    at = rng.uniform(0, 1)
    for _ in range(int(rng.integers(2, 9))):
        put(out, at, ping(rng, body, 0.03) + 0.3 * np.resize(click(rng, 300, 4000, 0.01), len(ping(rng, body, 0.03))))
        at += rng.uniform(0.15, 0.6)
    return out


def steps(rng: Rng) -> Sound:
    out = 0.02 * hiss(rng)
    high = log_uniform(rng, 600, 6000)
    for at in ticks(rng, rng.uniform(0.35, 0.75), 0.05):
        put(out, at, click(rng, 60, high, rng.uniform(0.015, 0.04)), rng.uniform(0.6, 1))
    return out


def bell(rng: Rng) -> Sound:
    out = 0.003 * hiss(rng)
    base = log_uniform(rng, 200, 2500)
    for at in ticks(rng, rng.uniform(0.5, 3), 0.02):
        put(out, at, ping(rng, [base * k for k in (1, 2, 2.4, 3, 4.5, 5.3)], rng.uniform(0.3, 1.5)))
    return out


def beeps(rng: Rng) -> Sound:
    out = 0.01 * hiss(rng)
    hertz, period = log_uniform(rng, 600, 4000), rng.uniform(0.15, 1.2)
    n = int(period * rng.uniform(0.3, 0.7) * RATE)
    tone = np.sin(2 * np.pi * hertz * np.arange(n) / RATE) * bump(n, 0.02, 0.02)
    for at in ticks(rng, period, 0.0):
        put(out, at, tone)
    return out


def siren(rng: Rng) -> Sound:
    t = np.arange(N) / RATE
    sweep = log_uniform(rng, 500, 1000) * 2 ** (0.6 * np.sin(2 * np.pi * t * log_uniform(rng, 0.15, 3)))
    return voice(rng, sweep, [1000, 2000], 0.5) + 0.05 * noise(rng, N, 60, 4000, 0.5)


def glass(rng: Rng) -> Sound:
    out = 0.003 * hiss(rng)
    start = rng.uniform(0.2, 2)
    for _ in range(int(rng.integers(15, 60))):
        put(
            out,
            start + rng.exponential(0.25),
            ping(rng, [log_uniform(rng, 2000, 9000) * k for k in (1, 1.7)], 0.04),
            rng.random(),
        )
    put(out, start, click(rng, 800, 15_000, 0.05), 2)
    return out


# ---- animals


def calls(
    rng: Rng,
    count: tuple[int, int],
    length: tuple[float, float],
    gap: tuple[float, float],
    make: Callable[[int], Sound],
) -> Sound:
    """So many calls, with gaps; what does not fit falls off."""
    out = rng.uniform(0.001, 0.03) * noise(rng, N, 60, 8000, 0.5)
    at = rng.uniform(0, 1.0)
    for _ in range(int(rng.integers(*count, endpoint=True))):
        n = int(rng.uniform(*length) * RATE)
        put(out, at, make(n), rng.uniform(0.6, 1))
        at += n / RATE + rng.uniform(*gap)
    return out


def bark(rng: Rng) -> Sound:
    base = log_uniform(rng, 180, 900)
    throat = [base * 1.5 + 300, rng.uniform(1200, 2200), rng.uniform(2500, 4000)]

    def one(n: int) -> Sound:
        t = np.linspace(0, 1, n)
        pitch = base * (1 + 0.4 * np.sin(np.pi * t**0.7) - 0.3 * t)
        return (voice(rng, pitch, throat, 0.5, 0.3) + 0.25 * noise(rng, n, 500, 6000)) * bump(n, 0.08, 0.5)

    return calls(rng, (1, 7), (0.1, 0.3), (0.1, 0.9), one)


def rooster(rng: Rng) -> Sound:
    base = log_uniform(rng, 450, 900)
    throat = [1000, 1900, 3200]

    def one(n: int) -> Sound:
        cuts = np.cumsum([0, 0.15, 0.15, 0.2, 0.5]) * n
        out = np.zeros(n)
        for k in range(4):
            m = int(cuts[k + 1] - cuts[k])
            t = np.linspace(0, 1, m)
            high = (0.75, 1.0, 0.9, 1.15)[k] * rng.uniform(0.9, 1.1)
            pitch = base * high * (1 + 0.12 * np.sin(np.pi * t) - (0.35 * t**2 if k == 3 else 0))
            out[int(cuts[k]) : int(cuts[k]) + m] += voice(rng, pitch, throat, 0.2, 0.12) * bump(m, 0.12, 0.2)
        return out

    return calls(rng, (1, 2), (1.4, 2.6), (0.4, 1.5), one)


def birds(rng: Rng) -> Sound:
    def one(n: int) -> Sound:
        t = np.linspace(0, 1, n)
        pitch = log_uniform(rng, 1800, 6500) * 2 ** (
            rng.uniform(-0.6, 0.6) * t + 0.1 * np.sin(2 * np.pi * t * rng.uniform(1, 12))
        )
        return np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * bump(n, 0.2, 0.3)

    return calls(rng, (5, 25), (0.05, 0.35), (0.03, 0.5), one)


def insects(rng: Rng) -> Sound:
    t = np.arange(N) / RATE
    chirp = (np.sin(2 * np.pi * t * log_uniform(rng, 15, 60)) > 0) * (
        np.sin(2 * np.pi * t * rng.uniform(0.5, 4)) > rng.uniform(-1, 0.6)
    )
    return np.sin(2 * np.pi * log_uniform(rng, 3000, 9000) * t) * chirp + 0.1 * noise(rng, N, 1000, 9000)


def meow(rng: Rng) -> Sound:
    base = log_uniform(rng, 350, 800)
    return calls(
        rng,
        (1, 3),
        (0.5, 1.3),
        (0.3, 1.5),
        lambda n: (
            voice(rng, base * (1 + 0.4 * np.sin(np.pi * np.linspace(0, 1, n))), [900, 1800, 3500], 0.5)
            * bump(n, 0.25, 0.4)
        ),
    )


def moo(rng: Rng) -> Sound:
    base = log_uniform(rng, 80, 260)
    return calls(
        rng,
        (1, 2),
        (1.0, 2.4),
        (0.3, 1.2),
        lambda n: (
            voice(rng, base * (1 + 0.25 * np.sin(np.pi * np.linspace(0, 1, n))), [350, 800, 2000], 0.9, 0.05)
            * bump(n, 0.2, 0.3)
        ),
    )


def frogs(rng: Rng) -> Sound:
    rate, tone = rng.uniform(15, 50), log_uniform(rng, 400, 2200)

    def one(n: int) -> Sound:
        t = np.arange(n) / RATE
        return np.sin(2 * np.pi * tone * t) * np.maximum(np.sin(2 * np.pi * rate * t), 0) ** 2 * bump(n)

    return calls(rng, (3, 8), (0.2, 0.6), (0.1, 0.6), one)


def whale(rng: Rng) -> Sound:
    def one(n: int) -> Sound:
        pitch = log_uniform(rng, 120, 1500) * 2 ** (0.5 * wander(rng, n, 1.0))
        return voice(rng, pitch, [500, 1500], 1.2, 0.01) * bump(n, 0.3, 0.4)

    return calls(rng, (2, 4), (0.8, 2.0), (0.1, 1), one)


# ---- people


def cry(rng: Rng) -> Sound:
    base = log_uniform(rng, 300, 600)
    throat = [1100, rng.uniform(2500, 3500), rng.uniform(4500, 6000)]

    def one(n: int) -> Sound:
        t = np.linspace(0, 1, n)
        pitch = base * (0.85 + 0.35 * np.sin(np.pi * t) ** 0.7) * np.exp(0.02 * wander(rng, n, 8))
        return voice(rng, pitch, throat, 0.3, rng.uniform(0.02, 0.2)) * bump(n, 0.12, 0.25)

    return calls(rng, (3, 6), (0.4, 1.4), (0.12, 0.5), one)


def sneeze(rng: Rng) -> Sound:
    def one(n: int) -> Sound:
        breath = noise(rng, n // 2, 800, 5000) * np.linspace(0, 1, n // 2) ** 2 * rng.uniform(0, 0.3)
        m = n - n // 2
        t = np.arange(m) / RATE
        burst = (
            noise(rng, m, log_uniform(rng, 400, 2000), 13_000)
            * np.exp(-t / rng.uniform(0.06, 0.2))
            * bump(m, 0.02, 0.3)
        )
        voiced = voice(rng, np.full(m, log_uniform(rng, 150, 450)), [600, 1500, 2800], 0.8, 0.3) * np.exp(-t / 0.12)
        return np.concatenate((breath, burst + rng.uniform(0, 2) * voiced))

    return calls(rng, (1, 2), (0.6, 1.4), (0.5, 2.0), one)


def cough(rng: Rng) -> Sound:
    def one(n: int) -> Sound:
        t = np.arange(n) / RATE
        return (
            (noise(rng, n, 200, 4000, 0.4) + voice(rng, np.full(n, rng.uniform(100, 250)), [500, 1300, 2500], 1, 0.6))
            * np.exp(-t / 0.08)
            * bump(n, 0.03, 0.2)
        )

    return calls(rng, (2, 5), (0.2, 0.4), (0.05, 0.5), one)


def laugh(rng: Rng) -> Sound:
    base = log_uniform(rng, 150, 450)
    return calls(
        rng,
        (8, 18),
        (0.08, 0.16),
        (0.06, 0.12),
        lambda n: voice(rng, base * np.linspace(1.1, 0.9, n), [700, 1300, 2600], 0.9, 0.2) * bump(n),
    )


def applause(rng: Rng) -> Sound:
    return grains(rng, log_uniform(rng, 40, 400), lambda: click(rng, 500, log_uniform(rng, 2500, 7000), 0.01), 0.5)


VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
    (490, 1350, 1690),
    (660, 1720, 2410),
    (440, 1020, 2240),
)
"""Formants in Hz (after Peterson and Barney 1952)."""


def speech(rng: Rng) -> Sound:
    """Phrases of syllables: closures, hisses and vowels, with a melody that falls, and pauses for breath."""
    out = np.zeros(N)
    base, pace = log_uniform(rng, 85, 260), rng.uniform(3.2, 6.5)
    size = 0.85 + 0.25 * (base > 150) * rng.random() + 0.1 * rng.random()
    lively, at = rng.uniform(0.06, 0.25), rng.uniform(-0.3, 0.4)
    while at < SECONDS:
        syllables = int(rng.integers(3, 13))
        for k in range(syllables):
            length = rng.gamma(9, 1 / 9) / pace * (1.5 if k == syllables - 1 else 1)
            n = int(length * rng.uniform(0.6, 0.95) * RATE)
            t = np.linspace(0, 1, n)
            pitch = base * np.exp(
                lively * (rng.standard_normal() + rng.standard_normal() * (t - 0.5)) + 0.15 - 0.35 * k / syllables
            )
            vowel = [size * f * rng.uniform(0.93, 1.07) for f in VOWELS[rng.integers(len(VOWELS))]] + [3500 * size]
            sung = voice(rng, pitch, vowel, 1.0, rng.uniform(0.01, 0.15)) * bump(n, 0.12, 0.35)
            put(out, at, sung, rng.lognormal(0, 0.3))
            kind = rng.random()
            if kind < 0.35:
                m = int(rng.uniform(0.05, 0.13) * RATE)
                low = log_uniform(rng, 1500, 5000)
                put(out, at - 0.05, noise(rng, m, low, 2.2 * low) * bump(m, 0.3, 0.3), 0.18 * rng.lognormal(0, 0.4))
            elif kind < 0.6:
                put(out, at - 0.02, click(rng, 800, 5000, 0.006), 0.25)
            at += length
        at += rng.uniform(0.15, 0.9)
    return out


def crowd(rng: Rng) -> Sound:
    talk = speech(rng)
    for k in range(1, 8):
        talk = talk + np.roll(speech(rng) if k < 3 else talk[::1] * rng.uniform(0.5, 1), int(rng.integers(N)))
    return talk


def singing(rng: Rng) -> Sound:
    """A voice that holds its notes."""
    out, at = np.zeros(N), 0.0
    root, scale = log_uniform(rng, 110, 330), (0, 2, 4, 5, 7, 9, 11, 12)
    beat = rng.uniform(0.3, 0.7)
    while at < SECONDS:
        n = int(beat * float(rng.choice([1, 1, 2, 0.5])) * RATE)
        t = np.arange(n) / RATE
        pitch = root * 2 ** (scale[rng.integers(8)] / 12) * 2 ** (0.02 * np.sin(2 * np.pi * 5.5 * t))
        put(
            out,
            at,
            voice(rng, pitch, [float(f) for f in VOWELS[rng.integers(len(VOWELS))]] + [3000.0], 0.8)
            * bump(n, 0.08, 0.15),
        )
        at += n / RATE
    return out + rng.uniform(0, 1.5) * music(rng, str(rng.choice(["folk", "jazz", "lo-fi", "house", "synthwave"])))


def music(rng: Rng, genre: str) -> Sound:
    piece = compose(genre, SECONDS + 6, rng).sound / 32_768
    start = int(rng.uniform(0.5, 5) * RATE / 2)
    out = signal.resample_poly(piece, 2, 1)[2 * start :][:N]
    return np.pad(out, (0, N - len(out)))


FAMILIES: dict[str, Callable[[Rng], Sound]] = {
    f.__name__: f
    for f in (
        hiss, rain, waves, wind, fire, bubbles, thunder, engine, saw, rotor, vacuum, hum, train, clock, typing, knocks,
        steps, bell, beeps, siren, glass, bark, rooster, birds, insects, meow, moo, frogs, whale, cry, sneeze, cough,
        laugh, applause, speech, crowd, singing,
    )
} | {genre: (lambda rng, genre=genre: music(rng, genre)) for genre in STYLES}  # fmt: skip
MUSIC = {"singing", *STYLES}
SPEECH = {"speech"}


def clip(family: str, rng: Rng) -> NDArray[np.float32]:
    """One sound of a family as some recorder would have it: (n,) at `RATE`."""
    x = FAMILIES[family](rng)
    x = x / (np.abs(x).max() + 1e-9)
    tilt, top = rng.uniform(-0.35, 0.35), log_uniform(rng, 4500, 22_000)
    x = shaped(x, lambda f: (np.maximum(f, 30) / 1000) ** tilt / np.sqrt(1 + (f / top) ** 8))
    if rng.random() < 0.5:
        n = int(rng.uniform(0.05, 0.6) * RATE)
        tail = rng.standard_normal(n) * np.exp(-5 * np.arange(n) / n)
        wet = signal.fftconvolve(x, tail)[: len(x)]
        x = x + rng.uniform(0.05, 0.5) * wet / (np.abs(wet).max() + 1e-9) * np.abs(x).max()
    background = noise(rng, len(x), log_uniform(rng, 20, 300), log_uniform(rng, 1500, 16_000), rng.uniform(0, 1))
    x = x / (np.abs(x).max() + 1e-9) + 10 ** (rng.uniform(-70, -25) / 20) * background
    if rng.random() < 0.3:
        x[int(rng.uniform(0.4, 0.95) * len(x)) :] = 0  # a short clip, filled up with digital silence
    x = x / (np.abs(x).max() + 1e-9) * 10 ** (rng.uniform(-24, 0) / 20)
    return x.astype(np.float32)
