"""Harmony: pitch classes and the key.

- chroma: pitch classes by Gaussians around equal temperament (A4 = 440 Hz);
- key: the best fit among the profiles of Krumhansl & Kessler (1982).
"""

from __future__ import annotations

import numpy as np

from ...arrays import Floats

PITCHES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_FLOOR = 1e-10


def key(chroma: Floats) -> tuple[str, float]:
    """The key (``A minor``) that the mean chroma (12,) fits best, and the correlation with its profile."""
    fits = []
    for mode, profile in (("major", _MAJOR), ("minor", _MINOR)):
        for tonic in range(12):
            fit = float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]) if chroma.std() > 0 else 0.0
            fits.append((fit, f"{PITCHES[tonic]} {mode}"))
    best = max(fits)
    return best[1], best[0]


def chroma_filters(hertz: Floats) -> Floats:
    """(12, bins): how much each bin speaks for each pitch class; the middle octaves speak loudest.

    Args:
        hertz: (bins,) evenly spaced from 0.
    """
    hertz = hertz.astype(np.float64)
    filters = np.zeros((12, len(hertz)))
    heard = (hertz > 55) & (hertz < 5000)
    pitch = 12 * np.log2(hertz[heard] / 440) + 9
    # A low bin is wider than a semitone and must not pretend to more precision than it has.
    width = np.maximum(0.5, 12 * np.log2(1 + hertz[1] / hertz[heard]) / 2)
    distance = (pitch[None, :] - np.arange(12)[:, None] + 6) % 12 - 6
    shape = np.exp(-0.5 * (distance / width) ** 2)
    shape /= np.maximum(np.sqrt((shape**2).sum(axis=0)), _FLOOR)
    octave = np.log2(hertz[heard] / 27.5)
    filters[:, heard] = shape * np.exp(-0.5 * ((octave - 5) / 2) ** 2)
    return filters.astype(np.float32)
