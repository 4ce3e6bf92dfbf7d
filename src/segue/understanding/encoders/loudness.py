"""Loudness as broadcasters measure it: ITU-R BS.1770-4 and EBU R128 (Tech 3341, 3342), piece by piece.

Every channel passes a high shelf and a high-pass (together: K-weighting); the mean squares of the channels are summed
with their weights in steps of 100 ms. From those steps come the integrated loudness (blocks of 400 ms, gated at
-70 LUFS and 10 LU below what is left), the loudness range (3 s, gated at -70 and -20, 10th to 95th percentile) and the
energy curve. The true peak is the highest point between the samples, at four times their rate.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ...arrays import Floats

Doubles = NDArray[np.float64]

RATE = 44_100
"""Samples a second that everything here expects: loudness counts what lies above 11 kHz."""
STEP = RATE // 10
CURVE_POINTS = 120

_SILENCE_LUFS = -70.0
_OFFSET = -0.691
_FLOOR = 1e-12
_SURROUND = 1.41
_LOWEST_CURVE, _HIGHEST_CURVE = -50.0, -5.0
_PHASES = 4
_TAPS = 12
"""Samples on each side that say how high the wave goes between two samples."""
_NEAR_PEAK = 0.7
"""A sample below so much of the highest has no higher wave beside it in any real sound (3 dB)."""
_NEARER_PEAK = 0.95
"""Where enough samples lie above so much of it, the others need not be looked at."""
_MOST_PEAKS = 4096


class Meter:
    """Hears a sound piece by piece and knows its loudness; memory grows by ten numbers a second.

    Args:
        channels: 1, 2, or 6 in the order left, right, centre, low effects (not counted), two surrounds.
    """

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self._weights = np.ones(channels)
        if channels == 6:
            self._weights[3:] = (0.0, _SURROUND, _SURROUND)
        self._state = np.zeros((2, 2, channels))
        self._steps: list[Doubles] = []
        self._rest = np.zeros((0, channels))
        self._tail = np.zeros((2 * _TAPS, channels), np.float32)
        self.sample_peak = 0.0
        """Highest sample, 1 = full scale."""
        self.true_peak = 0.0

    def hear(self, samples: Floats) -> None:
        """The next piece: (n, channels) at `RATE`."""
        weighted, self._state = signal.sosfilt(k_weighting(), samples, axis=0, zi=self._state)
        weighted = np.concatenate((self._rest, weighted)) if len(self._rest) else weighted
        whole = len(weighted) // STEP * STEP
        squares = np.einsum("sic,sic->sc", *(2 * [weighted[:whole].reshape(-1, STEP, self.channels)])) / STEP
        self._steps.append(squares @ self._weights)
        self._rest = weighted[whole:]
        self._peaks(samples)

    def _peaks(self, samples: Floats) -> None:
        """Of the samples whose neighbours are all known; the last few wait for the next piece."""
        self.sample_peak = max(self.sample_peak, float(np.abs(samples).max(initial=0)))
        self.true_peak = max(self.true_peak, self.sample_peak)
        joined = np.concatenate((self._tail, samples))
        self._tail = joined[-2 * _TAPS :]
        for channel in joined.T:
            size = np.abs(channel[_TAPS : len(channel) - _TAPS])
            # Where the wave is beyond a sample, that sample is higher than one of its neighbours.
            for share in (_NEARER_PEAK, _NEAR_PEAK):
                near = np.flatnonzero(size > max(share * self.true_peak, 1e-6))
                if len(near) >= _MOST_PEAKS:
                    break
            if len(near) > _MOST_PEAKS:
                near = near[np.argpartition(size[near], -_MOST_PEAKS)[-_MOST_PEAKS:]]
            if len(near):
                around = channel[near[:, None] + np.arange(2 * _TAPS + 1)[None, :]]
                self.true_peak = max(self.true_peak, float(np.abs(around @ _between()).max()))

    def steps(self) -> Doubles:
        """(tenths of a second,) K-weighted mean squares, summed over the channels."""
        return np.concatenate(self._steps) if self._steps else np.zeros(0)

    def integrated(self) -> float:
        """Integrated loudness in LUFS; -inf where everything lies below the absolute gate, or is under 0.4 s."""
        blocks = _means(self.steps(), 4)
        kept = blocks[lufs(blocks) > _SILENCE_LUFS]
        if not len(kept):
            return -math.inf
        kept = kept[lufs(kept) > float(lufs(kept.mean())) - 10]
        return float(lufs(kept.mean()))

    def range(self) -> float:
        """Loudness range in LU; 0 for a sound under 3 s."""
        short = _means(self.steps(), 30)
        short = short[lufs(short) > _SILENCE_LUFS]
        if not len(short):
            return 0.0
        levels = lufs(short)
        levels = levels[levels > float(lufs(short.mean())) - 20]
        low, high = np.percentile(levels, (10, 95))
        return float(high - low)

    def curve(self) -> list[float]:
        """Up to 120 numbers, evenly spread over the sound: its loudness from -50 LUFS (0) to -5 LUFS (1)."""
        steps = self.steps()
        if not len(steps):
            return []
        edges = np.linspace(0, len(steps), min(CURVE_POINTS, len(steps)) + 1).astype(int)
        means = np.add.reduceat(steps, edges[:-1]) / np.diff(edges)
        height = (lufs(means) - _LOWEST_CURVE) / (_HIGHEST_CURVE - _LOWEST_CURVE)
        return [round(float(h), 2) for h in np.clip(height, 0, 1)]


def lufs(power: Doubles | float) -> Doubles:
    """Loudness of a weighted mean square."""
    return np.asarray(_OFFSET + 10 * np.log10(np.maximum(power, _FLOOR)))


def decibels(peak: float) -> float:
    """A peak in dB below (or above) full scale; -inf for silence."""
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def _means(steps: Doubles, width: int) -> Doubles:
    """Of every ``width`` neighbours."""
    if len(steps) < width:
        return np.zeros(0)
    sums = np.concatenate(([0.0], np.cumsum(steps)))
    return np.maximum((sums[width:] - sums[:-width]) / width, 0)


@cache
def k_weighting(rate: int = RATE) -> Doubles:
    """(2, 6) second-order sections of BS.1770's shelf and high-pass, by their analogue design, for any rate."""
    k = math.tan(math.pi * 1681.974450955533 / rate)
    quality, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    lower = [1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]
    upper = [(high + middle * k / quality + k * k) / norm, 2 * (k * k - high) / norm]
    shelf = [*upper, (high - middle * k / quality + k * k) / norm, *lower]
    k, quality = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    norm = 1 + k / quality + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]
    return np.array([shelf, high_pass])


@cache
def _between() -> Doubles:
    """(2·_TAPS + 1, 2·_PHASES - 1) windowed sinc: the wave at quarters of a sample before and after the middle one."""
    at = np.arange(-_TAPS, _TAPS + 1)[:, None]
    where = np.arange(-_PHASES + 1, _PHASES)[None, :] / _PHASES
    window = np.cos(np.pi * (at - where) / (2 * (_TAPS + 1))) ** 2
    return np.asarray(np.sinc(at - where) * window)
