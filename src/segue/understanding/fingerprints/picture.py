"""The print of moving or still pictures: the signs of the low frequencies of each picture, and when it is seen.

After the DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), taken along
the time. Black bars are cut off first and the rest is brought to one square, so that size, aspect and bars do not
matter; the mean is left out, so that brightness does not. Two films are compared at the shift at which most pictures
meet, each picture with the best of those that the other film shows at about that time.

Memory: 12 bytes a picture, at most 12 kB a film, and 1 kB of keys.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Times
from ...errors import MediaError
from ...ingest import media
from ...prints import Print
from ..encoders import look
from ..encoders.picture import still
from .base import Alike, MediaPrint
from .index import keys_of, keys_of_few

BITS = 64
SIDE = 32
"""Pixels of the square that is transformed."""
DENSE_S, EVERY_S = 120.0, 0.25
"""A film no longer than this is decoded whole and looked at so often; of a longer one, the key frames."""
MOST = 1000
"""Key frames of one film, spread evenly over it."""
RARE_S, SLOW_S, SLOW_EVERY_S = 15.0, 600.0, 1.0
"""Where key frames are rarer than this on the average, the first ten minutes are decoded: a picture a second."""

PLAIN = 4.0
"""Standard deviation of the brightness (0 … 255) below which a picture shows nothing: black, or one colour."""
BAR = 0.12
"""Rows and columns that never get brighter than this share of the brightest pixel are bars."""
MEET = 14
"""Bits in which two pictures may differ to speak for a shift."""
SHIFTS = 5
"""Shifts that are looked at closely."""
FEW = 8
"""So few pictures may share no key of all their lowest bits with a copy: they get more keys, of parts of the bits."""
LEAST_SHARE = 0.5
"""Share of the shorter film that must be common."""
SPARSE_S, CLOSE, CLOSE_LEAST, CLOSE_SHARE = 1.0, 12, 2, 0.2
"""Where pictures are further apart than this, in seconds: so few bits may differ, in so many of them and that share of
them, for the rest not to matter. (Not where they are dense: a series' episodes have their opening in common.)"""
SIMILAR = 0.74
"""Share of equal bits from which on two long films are near-duplicates …"""
SHORT = 0.07
"""… and what few pictures need more: this over the root of their number."""

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_SEEN = np.dtype([("at", "<f4"), ("bits", "<u8")])
_FREQUENCIES = np.array(
    sorted(((u, v) for u in range(11) for v in range(11) if u or v), key=lambda f: (f[0] ** 2 + f[1] ** 2, f))[:BITS]
)
"""The lowest first: they are the bits that hold best, and the first ones make the keys."""


class PicturePrint(MediaPrint):
    """Fingerprint of a film, or of a picture where the item is one.

    Covers are not compared: all tracks of an album share one.
    """

    name: ClassVar[str] = "picture_print"

    @property
    def version(self) -> str:
        return "picture-print-1"

    def print_of_file(self, path: Path) -> Print | None:
        seen = self._seen(path)
        return None if seen is None else print_of(*seen)

    def _seen(self, path: Path) -> tuple[Times, NDArray[np.uint8], float] | None:
        """Times, pictures and duration; None where the file has no pictures."""
        limits = self.settings.media
        size = look.WIDTH, look.HEIGHT
        try:
            info = media.probe(path, limits)
        except MediaError as error:
            try:
                return np.zeros(1), still(path, limits), 0.0
            except MediaError:
                raise error from None  # neither a film nor a picture
        if not info.has_video:
            return None
        duration = info.duration_s
        if duration is None or duration <= DENSE_S:
            times, pictures = media.frames(path, *size, EVERY_S, limits, duration_s=DENSE_S)
        else:
            times, pictures = media.key_frames(path, *size, MOST, limits)
            if len(times) < duration / RARE_S:
                times, pictures = media.frames(path, *size, SLOW_EVERY_S, limits, duration_s=SLOW_S)
        return times, pictures, duration or float(times[-1])


def print_of(times: Times, pictures: NDArray[np.uint8], duration_s: float) -> Print | None:
    """The print of pictures; None where none of them shows anything.

    Args:
        times: (n,) seconds from the beginning, rising.
        pictures: (n, height, width, 3) RGB.
        duration_s: 0 for a still.
    """
    luma = np.stack([picture @ _LUMA for picture in pictures])  # one by one: n at once would take 12 bytes a pixel
    squares = _squares(luma)
    shown = squares.std(axis=(1, 2)) > PLAIN
    if not shown.any():
        return None
    down, across = _FREQUENCIES.T
    waves = _waves()
    strength = (waves @ squares[shown] @ waves.T)[:, down, across]
    bits = (strength > 0) @ (np.uint64(1) << np.arange(BITS, dtype=np.uint64))
    # Frequencies count alike: they fall off as 1/f in pictures of the world.
    strength *= np.hypot(down, across).astype(np.float32)
    seen = np.empty(len(bits), _SEEN)
    seen["at"], seen["bits"] = times[shown], bits
    keys, asks = keys_of(strength, bits)
    if len(bits) <= FEW:
        more = keys_of_few(strength, bits)
        keys, asks = np.concatenate([keys, more[0]]), np.concatenate([asks, more[1]])
    return Print(np.float32(duration_s).astype("<f4").tobytes() + seen.tobytes(), keys, asks)


def compare(one: bytes, other: bytes) -> Alike | None:
    """Whether two codes are of the same pictures, at the shift at which they agree best."""
    lengths = [float(np.frombuffer(codes, "<f4", 1)[0]) for codes in (one, other)]
    first, second = (np.frombuffer(codes, _SEEN, offset=4) for codes in (one, other))
    apart = np.bitwise_count(first["bits"][:, None] ^ second["bits"][None, :])
    ahead = second["at"][None, :] - first["at"][:, None]
    reach = max(1.2 * EVERY_S, *(_gap(seen["at"]) for seen in (first, second)))
    best: Alike | None = None
    for shift in _shifts(ahead[apart <= MEET]):
        found = _at_shift(first["at"], second["at"], lengths, apart, shift, reach)
        if found is not None and (best is None or found.similarity > best.similarity):
            best = found
    return best


def _at_shift(
    first: Floats, second: Floats, lengths: list[float], apart: NDArray[np.uint8], shift: float, reach: float
) -> Alike | None:
    """What holds when the second shows everything ``shift`` seconds later than the first."""
    begin, end = max(0.0, -shift), min(lengths[0], lengths[1] - shift)
    common = max(0.0, end - begin)
    if common < LEAST_SHARE * min(lengths):
        return None
    inside = (first >= begin - reach) & (first <= end + reach)
    other_inside = (second >= begin + shift - reach) & (second <= end + shift + reach)
    nearby = np.abs(first[inside, None] + shift - second[None, other_inside]) <= reach
    distance = np.where(nearby, apart[np.ix_(inside, other_inside)], BITS + 1)
    # The one that shows fewer pictures asks: each of its pictures has an answer, if it is a copy.
    nearest = distance.min(axis=1 if inside.sum() <= other_inside.sum() else 0, initial=BITS + 1)
    met = nearest[nearest <= BITS]
    close = nearest[nearest <= CLOSE]
    if reach > SPARSE_S and len(close) >= CLOSE_LEAST and len(close) >= CLOSE_SHARE * len(nearest):
        met = close  # two encoders seldom choose the same key frames: that some are the same is enough
    if not len(met) or len(met) < (CLOSE_SHARE if met is close else LEAST_SHARE) * len(nearest):
        return None
    similarity = 1 - float(met.mean()) / BITS
    if similarity < SIMILAR + SHORT / np.sqrt(len(met)):
        return None
    covers = common / max(lengths) if max(lengths) else 1.0
    return Alike(similarity, begin, begin + shift, common, min(1.0, covers))


def _shifts(ahead: Floats) -> list[float]:
    """The shifts for which most pairs of pictures speak, to a quarter of a second."""
    steps = np.rint(ahead / EVERY_S).astype(np.int64)
    values, counts = np.unique(steps, return_counts=True)
    best = values[np.argsort(-counts, kind="stable")[:SHIFTS]]
    return [float(ahead[steps == step].mean()) for step in best]


def _gap(at: Floats) -> float:
    return float(np.median(np.diff(at))) if len(at) > 1 else 0.0


def _squares(luma: Floats) -> Floats:
    """(n, SIDE, SIDE) without black bars."""
    brightest = luma.max(axis=0)
    lit = brightest > BAR * float(brightest.max()) + 8
    rows, columns = (np.flatnonzero(lit.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((len(luma), SIDE, SIDE), np.float32)
    inner = luma[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(_means(inner.shape[1]) @ inner @ _means(inner.shape[2]).T, np.float32)


@cache
def _means(size: int) -> Floats:
    """(SIDE, size) what brings a row of pixels to SIDE means of equal shares."""
    edges = np.linspace(0, size, SIDE + 1)
    pixels = np.arange(size)
    share = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.maximum(share, 0) * SIDE / size, dtype=np.float32)


@cache
def _waves() -> Floats:
    """(11, SIDE) cosines of the discrete cosine transform."""
    turn = np.pi * (np.arange(SIDE) + 0.5) / SIDE
    return np.cos(np.arange(11)[:, None] * turn).astype(np.float32)
