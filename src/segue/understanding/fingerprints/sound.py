"""The print of a sound: in which direction the differences between neighbouring bands change, bit by bit.

After Haitsma & Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002), with frames a step further apart for
the change (128 ms), which a cut that does not fall on a frame disturbs less. A bit hangs on the order of two energies,
not on their size, so that volume, codec, sample rate and a little noise turn few of them. Two sounds are compared at
every shift at once, by correlating the bits (FFT); sounds of different origin agree in half of the bits.

Memory: 63 bytes a second, 15 kB for a track of four minutes, and 1 kB of keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Mask
from ...ingest import media
from ...prints import Print
from .base import Alike, MediaPrint
from .index import keys_of

RATE = 8000
"""Samples per second."""
WINDOW, HOP = 2048, 128
"""Samples: 256 ms, and 16 ms, as finely as keys are looked for."""
SPAN = 8
"""Hops between the two frames whose difference makes the bits."""
STRIDE = 4
"""Every so many hops a code is kept: every 64 ms."""
CODE_S = HOP * STRIDE / RATE
LOW_HZ, HIGH_HZ = 300.0, 2000.0
"""What every codec and loudspeaker keeps."""
BITS = 32
MAX_S = 1800.0
"""Of a longer recording the first half hour is listened to, which keeps memory below 300 MB."""

QUIET = 1e-4
"""A frame that many times weaker than the loudest one says nothing: what noise fills is not the recording."""
STEADY = 1e-3
"""Mean change of a band, as a share of the energy, below which a sound stands still and its bits are rounding."""
LEAST = 8
"""Codes that two sounds must share, half a second; also what a sound needs to have a print at all."""
LEAST_SHARE = 0.5
"""Share of the shorter one that must be common."""
SIMILAR = 0.62
"""Share of equal bits from which on two long stretches are one recording …"""
SHORT = 0.3
"""… and what a short one needs more: this over the root of the number of its codes."""

_BLOCK = 1024
"""Frames transformed at once."""
_PLACE = np.arange(BITS, dtype=np.uint32)


class SoundPrint(MediaPrint):
    """Fingerprint of the first sound track."""

    name: ClassVar[str] = "sound_print"

    @property
    def version(self) -> str:
        return "sound-print-1"

    def print_of_file(self, path: Path) -> Print | None:
        limits = self.settings.media
        if not media.probe(path, limits).has_audio:
            return None
        return print_of(media.pcm(path, RATE, limits, duration_s=MAX_S))


def print_of(samples: Floats) -> Print | None:
    """The print of (samples,) at `RATE`; None for what is too short, silent, or does not change."""
    change, heard = _changes(samples)
    if heard[::STRIDE].sum() < LEAST:
        return None
    words = (change > 0) @ (np.uint64(1) << _PLACE.astype(np.uint64))
    codes = np.where(heard, np.maximum(words, 1), 0)[::STRIDE]
    return Print(codes.astype("<u4").tobytes(), *keys_of(change[heard], words[heard]))


def compare(one: bytes, other: bytes) -> Alike | None:
    """Whether two codes are of one recording, at the shift at which most of their bits agree."""
    first, second = (np.frombuffer(codes, "<u4") for codes in (one, other))
    heard = first > 0, second > 0
    size = 1 << (len(first) + len(second) - 1).bit_length()
    common = np.rint(_correlated(heard[0].astype(np.float32), heard[1].astype(np.float32), size))
    agree = np.zeros(size // 2 + 1, dtype=np.complex64)
    for bit in _PLACE:
        agree += np.conj(np.fft.rfft(_signs(first, heard[0], bit), size)) * np.fft.rfft(
            _signs(second, heard[1], bit), size
        )
    least = max(LEAST, LEAST_SHARE * min(heard[0].sum(), heard[1].sum()))
    enough = common >= least
    if not enough.any():
        return None
    agreement = np.fft.irfft(agree, size) / BITS
    # By chance the sum grows with the root of the length: the shift is the one that chance explains least.
    shift = int(np.argmax(np.where(enough, agreement / np.sqrt(np.maximum(common, 1)), -np.inf)))
    codes = float(common[shift])
    similarity = (1 + float(agreement[shift]) / codes) / 2
    if similarity < SIMILAR + SHORT / np.sqrt(codes):
        return None
    if shift > size // 2:
        shift -= size
    begin, end = max(0, -shift), min(len(first), len(second) - shift)
    return Alike(
        similarity=min(similarity, 1.0),
        starts_s=begin * CODE_S,
        other_starts_s=(begin + shift) * CODE_S,
        seconds=(end - begin) * CODE_S,
        covers=(end - begin) / max(len(first), len(second)),
    )


def _changes(samples: Floats) -> tuple[Floats, Mask]:
    """(frames, BITS) how the differences of neighbouring bands change, as shares of the energy; where to listen."""
    frames = max(0, (len(samples) - WINDOW) // HOP + 1)
    if frames <= SPAN:
        return np.zeros((0, BITS), np.float32), np.zeros(0, bool)
    edges = np.rint(np.geomspace(LOW_HZ, HIGH_HZ, BITS + 2) * WINDOW / RATE).astype(int)
    window = np.hanning(WINDOW).astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    energy = np.empty((frames, BITS + 1), dtype=np.float32)
    for at in range(0, frames, _BLOCK):
        spectrum = np.fft.rfft(pieces[at : at + _BLOCK] * window, axis=1)[:, edges[0] : edges[-1]]
        power = spectrum.real**2 + spectrum.imag**2
        energy[at : at + _BLOCK] = np.add.reduceat(power, edges[:-1] - edges[0], axis=1)
    slope = energy[:, :-1] - energy[:, 1:]
    total = energy.sum(axis=1)
    both = total[SPAN:] + total[:-SPAN]
    change = (slope[SPAN:] - slope[:-SPAN]) / np.maximum(both, 1e-12)[:, None]
    return change, (both > max(QUIET * float(both.max()), 1e-9)) & (np.abs(change).mean(axis=1) > STEADY)


def _signs(codes: NDArray[np.uint32], heard: Mask, bit: np.uint32) -> Floats:
    """+1 and -1, and 0 where there is nothing to hear."""
    return np.where(heard, ((codes >> bit) & 1).astype(np.float32) * 2 - 1, np.float32(0))


def _correlated(first: Floats, second: Floats, size: int) -> Floats:
    return np.asarray(np.fft.irfft(np.conj(np.fft.rfft(first, size)) * np.fft.rfft(second, size), size), np.float32)
