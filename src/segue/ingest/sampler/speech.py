"""Something like speech for the podcasts: syllables with formants and a melody, timed to the words of the transcript.

It cannot be understood and is not meant to be: the words are in the transcript. What can be heard is who speaks
(pitch), in which language (a melody of sentences, or a tone per syllable) and when.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .music import compose, finish, low_pass
from .voices import RATE, Sound, partials

VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
    (490, 1350, 1690),
)
"""First three formants, Hz (after Peterson and Barney 1952): a, e, i, o, u, er."""

TONES = ((1.15, 1.15), (0.95, 1.2), (0.9, 0.85), (1.25, 0.8))
"""Pitch at the beginning and end of a syllable in the four tones of Mandarin."""

JINGLE_S = 2.5


def episode(
    said: Sequence[str], language: str, seconds: float, rng: np.random.Generator
) -> tuple[NDArray[np.int16], list[tuple[float, float]]]:
    """A podcast episode: a jingle, every line of the transcript, a jingle.

    Returns:
        The sound, and when each line begins and ends, in seconds.
    """
    jingle = min(JINGLE_S, seconds / 6)
    lines = [_syllables(line, language) for line in said]
    pause = 0.12 * (seconds - 2 * jingle) / len(said)
    beat = (seconds - 2 * jingle - pause * len(said)) / max(sum(map(len, lines)), 1)
    out = np.zeros(int(seconds * RATE) + RATE)
    voice = float(rng.uniform(95, 215))
    times, at = [], jingle
    for line in lines:
        start = at
        for k, syllable in enumerate(line):
            _add(out, at, _syllable(syllable, beat, voice, k / max(len(line) - 1, 1), language))
            at += beat
        times.append((round(start, 2), round(at, 2)))
        at += pause
    out = low_pass(out, 4500) * (0.3 / max(float(np.abs(out).max()), 1e-9))
    tune = compose("folk" if language == "en" else "guofeng", jingle + 0.5, rng).sound / 90000
    _add(out, 0, tune)
    _add(out, seconds - jingle - 0.2, tune)
    return finish(out[: int(seconds * RATE)], 0.3), times


def _add(track: Sound, at: float, sound: Sound) -> None:
    first = int(at * RATE)
    last = min(first + len(sound), len(track))
    track[first:last] += sound[: max(last - first, 0)]


def _syllables(line: str, language: str) -> list[str]:
    if language == "zh":
        return re.findall(r"[\u4e00-\u9fff]", line) or ["啊"]
    return re.findall(r"[^aeiouy\W]*[aeiouy]+", line.lower()) or ["a"]


def _syllable(text: str, seconds: float, voice: float, place: float, language: str) -> Sound:
    """One syllable; ``place`` is where in its sentence it stands, 0 … 1."""
    mark = crc32(text.encode())
    n = int(seconds * 0.95 * RATE)
    t = np.arange(n) / n
    start, end = TONES[mark % 4] if language == "zh" else (1.0, 1.0)
    pitch = voice * (start + (end - start) * t) * (1.12 - 0.25 * place)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    here, there = VOWELS[mark % len(VOWELS)], VOWELS[(mark >> 4) % len(VOWELS)]
    out = np.zeros(n)
    mean = float(pitch.mean())
    for k, partial in enumerate(partials(phase, min(23, int(4200 / mean))), 1):
        hertz = k * mean
        loud = [
            sum(np.exp(-(((hertz - f) / (90 + 0.05 * f)) ** 2)) / (1 + i) for i, f in enumerate(formants)) + 0.02
            for formants in (here, there)
        ]
        out += partial * (loud[0] + (loud[1] - loud[0]) * t**2)
    out *= np.clip(t / 0.12, 0, 1) * np.clip((1 - t) / 0.2, 0, 1)
    if mark & 8:  # a consonant that hisses
        hiss = np.random.default_rng(mark).standard_normal(n // 5) * np.hanning(n // 5) * 0.4
        out[: len(hiss)] += hiss
    return out
