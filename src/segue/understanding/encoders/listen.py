"""Listen to a sound of any length, piece by piece, and say what it is like: the groups of its vector, and its facts.

The vector of a long sound is the mean of its pieces, so that memory holds one piece and a few numbers of each before.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays import Floats
from . import harmony, loudness, rhythm, sound_space, speech_music, texture
from .sound import FRAMES_PER_S, RATE, WINDOW, Frames, analyse, halved

PIECE_S = 30
"""Seconds of a piece. It is a whole number of loudness steps."""
_SHORTEST_S = 1.0
"""A last scrap below this is too short to hold a rhythm, unless it is all there is."""
_FLOOR = 1e-10
_QUIET_LUFS = -60.0


class Listener:
    """Hears one sound, piece by piece; then `groups` and `facts` tell what it was.

    Args:
        channels: of every piece: 1, 2, or 6 in ffmpeg's order.
    """

    def __init__(self, channels: int) -> None:
        self.meter = loudness.Meter(channels)
        self._mix = np.ones(channels, np.float32)
        if channels == 6:
            self._mix[3] = 0.0
        self._mix /= self._mix.sum()
        self._sums: dict[str, Floats] = {}
        self._weight = 0.0
        self._onsets: list[Floats] = []
        self._chroma = np.zeros(12)
        self._shares: list[Floats] = []
        self._centroid = self._loud = 0.0
        self._heard = 0

    def hear(self, samples: Floats) -> None:
        """The next piece: (n, channels) at `loudness.RATE`."""
        self.meter.hear(samples)
        self._heard += len(samples)
        mono = (samples @ self._mix).astype(np.float32)
        mono = halved(mono)
        if self._weight and len(mono) < _SHORTEST_S * RATE:
            return
        frames = analyse(mono)
        self._onsets.append(frames.onset)
        described, heard = speech_music.describe(frames)
        shares = np.zeros((len(described), len(speech_music.KINDS)), np.float32)
        self._shares.append(shares)
        if not np.abs(mono).max(initial=0.0) > 1e-5:
            return  # a silent piece sounds like nothing
        weight = float(max(len(mono), WINDOW))
        measured = groups(frames, described[heard])
        if heard.any():
            shares[heard] = speech_music.shares(described[heard], sound_space.place(measured))
        for name, values in measured.items():
            self._sums[name] = self._sums.get(name, np.zeros(len(values))) + weight * values
        self._weight += weight
        loud = np.sqrt(frames.power)
        self._chroma += (frames.chroma * loud[:, None]).sum(axis=0)
        self._centroid += float((frames.spectral[:, 0] * loud).sum())
        self._loud += float(loud.sum())

    @property
    def silent(self) -> bool:
        """Nothing was heard so far."""
        return not self._weight

    def groups(self) -> dict[str, Floats]:
        """Named groups of numbers: the vector before scaling. Empty for silence."""
        return {name: (total / self._weight).astype(np.float32) for name, total in self._sums.items()}

    def facts(self) -> dict[str, Any]:
        """What is kept of it in words and numbers; missing is ``None``."""
        meter = self.meter
        integrated, steps = meter.integrated(), meter.steps()
        bpm, clarity = rhythm.tempo(self._onsets, FRAMES_PER_S)
        key, fit = harmony.key((self._chroma / max(self._loud, _FLOOR)).astype(np.float32))
        onsets = sum(rhythm.onset_rate(o, FRAMES_PER_S) * len(o) for o in self._onsets)
        rate = onsets / max(sum(map(len, self._onsets)), 1)
        centroid = self._centroid / max(self._loud, _FLOOR)
        levels = loudness.lufs(steps)
        quiet = float((levels < max(float(levels.max()) - 40, _QUIET_LUFS - 10)).mean()) if len(levels) else 0.0
        # How lively it feels, in one number for people: loud, dense in onsets and bright.
        energy = 0.4 * _share(integrated, -35, -8) + 0.35 * _share(rate, 0, 6) + 0.25 * _share(centroid, 500, 4000)
        return {
            "tempo_bpm": round(bpm, 1) if bpm else None,
            "tempo_clarity": round(clarity, 2),
            **self._beats(bpm),
            "key": key if fit > 0.5 else None,
            "mode": key.split()[1] if fit > 0.5 else None,
            "loudness_lufs": _rounded(integrated),
            "loudness_range_lu": round(meter.range(), 1),
            "sample_peak_db": _rounded(loudness.decibels(meter.sample_peak)),
            "true_peak_db": _rounded(loudness.decibels(meter.true_peak)),
            "brightness_hz": round(centroid),
            "onsets_per_s": round(rate, 2),
            "energy": round(energy, 2),
            "energy_curve": meter.curve(),
            "quiet_share": round(quiet, 2),
            **self._kinds(),
            "silent": False,
            "heard_s": round(self._heard / loudness.RATE, 1),
        }

    def _beats(self, bpm: float) -> dict[str, Any]:
        counted, steady, length = 0, 0.0, 0
        first: list[float] = []
        for at, onset in enumerate(self._onsets):
            times = rhythm.beats(onset, bpm, FRAMES_PER_S)
            if at == 0:
                first = [round(float(t), 2) for t in times[:16]]
            counted += len(times)
            steady += rhythm.regularity(onset, times, FRAMES_PER_S) * len(onset)
            length += len(onset)
        if not counted:
            return {"beats": None, "beat_regularity": None, "first_beats_s": []}
        return {"beats": counted, "beat_regularity": round(steady / max(length, 1), 2), "first_beats_s": first}

    def _kinds(self) -> dict[str, Any]:
        """Shares of what is heard, and the same over time in at most 60 parts."""
        windows = np.concatenate(self._shares) if self._shares else np.zeros((0, 3))
        heard = windows[windows.sum(axis=1) > 0]
        if not len(heard):
            return {"speech_share": None, "music_share": None, "other_share": None}
        mean = heard.mean(axis=0)
        parts = np.array_split(windows, min(60, len(windows)))
        over_time = {
            f"{kind}_curve": [round(float(part[:, n].mean()), 2) for part in parts]
            for n, kind in enumerate(speech_music.KINDS[:2])
        }
        return {f"{kind}_share": round(float(mean[n]), 2) for n, kind in enumerate(speech_music.KINDS)} | over_time


def groups(frames: Frames, described: Floats) -> dict[str, Floats]:
    """All measurements of one piece by name: its texture, and the mean of its windows as `speech_music` describes them.

    A piece without an audible window has the mean of what speech, music and all else have in common.
    """
    mean = described.mean(axis=0) if len(described) else speech_music.middle()
    return texture.groups(frames) | {"speech_music": mean}


def listen(samples: Floats) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Groups and facts of a sound in memory: (n,) or (n, channels) at `loudness.RATE`."""
    samples = samples[:, None] if samples.ndim == 1 else samples
    listener = Listener(samples.shape[1])
    step = PIECE_S * loudness.RATE
    for start in range(0, max(len(samples), 1), step):
        listener.hear(samples[start : start + step])
    return listener.groups(), listener.facts()


def _rounded(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
