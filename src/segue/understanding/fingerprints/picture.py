"""The print of moving or still pictures: the signs of the low frequencies of each picture, and when it is seen.

After the DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), taken along
the time. Black bars are cut off first and the rest is brought to one square, so that size, aspect and bars do not
matter; the mean is left out, so that brightness does not. Each picture is seen twice, whole and without its margin,
which a copy may lack. Two films are compared at the shift at which most pictures meet, each picture with the best of
those that the other film shows at that time.

Two encoders seldom choose the same key frames of a long film, so that those alone are often pictures of different
moments. Pieces of it are therefore decoded whole: the other's key frames that fall into them find their very picture.

Memory: 20 bytes a picture, at most 23 kB a film, and 1 kB of keys.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Mask, Times
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
"""A film no longer than this is decoded whole and looked at so often; of a longer one, the key frames …"""
PIECES, PIECE_S = 4, 10.0
"""… and so many pieces, spread evenly, each of so many seconds: as far apart as key frames usually are."""
MOST = 1000
"""Key frames of one film, spread evenly over it."""
RARE_S, SLOW_S, SLOW_EVERY_S = 15.0, 600.0, 1.0
"""Where key frames are rarer than this on the average, the first ten minutes are decoded: a picture a second."""

PLAIN = 4.0
"""Standard deviation of the brightness (0 … 255) below which a picture shows nothing: black, or one colour."""
BAR = 0.05
"""Rows and columns that never get further from black than this share of the way to the brightest pixel are bars."""
MARGIN = 0.03
"""Share of the height, and of the width, at each edge that the second view leaves out."""
MEET = 14
"""Bits in which two pictures may differ to speak for a shift."""
SHIFTS = 5
"""Shifts that are looked at closely."""
AT_ONCE_S, AT_ONCE_LEAST = 1.2 * EVERY_S, 5
"""Pictures that are no further apart than this, in seconds, are of one moment; so many of them decide."""
FEW = 8
"""So few pictures may share no key of all their lowest bits with a copy: they get more keys, of parts of the bits."""
LEAST_SHARE = 0.5
"""Share of the shorter film that must be common."""
SPARSE_S, CLOSE, CLOSE_LEAST, CLOSE_SHARE = 1.0, 12, 2, 0.2
"""Where pictures are further apart than this, in seconds: so few bits may differ, in so many of them and that share of
them, for the rest not to matter. (Not where they are dense: a series' episodes have their opening in common.)"""
SIMILAR = 0.74
"""Share of equal bits from which on two long films are near-duplicates …"""
SHORT = 0.1
"""… and what few pictures need more: this over the root of their number."""

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_SEEN = np.dtype([("at", "<f4"), ("bits", "<u8"), ("inner", "<u8")])
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
        return "picture-print-2"

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
            times, pictures = self._with_pieces(path, times, pictures, duration)
        return times, pictures, duration or float(times[-1])

    def _with_pieces(
        self, path: Path, times: Times, pictures: NDArray[np.uint8], duration: float
    ) -> tuple[Times, NDArray[np.uint8]]:
        """What is seen of a long film, and every picture of some pieces of it."""
        size, limits = (look.WIDTH, look.HEIGHT), self.settings.media
        found = [(times, pictures)]
        for start in (np.arange(PIECES) + 0.5) * duration / PIECES - PIECE_S / 2:
            try:
                since, more = media.frames(path, *size, EVERY_S, limits, float(start), PIECE_S)
            except MediaError:
                continue  # it is damaged there, or ends before
            found.append((since + start, more))
        times, pictures = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(times, kind="stable")
        return times[order], pictures[order]


def print_of(times: Times, pictures: NDArray[np.uint8], duration_s: float) -> Print | None:
    """The print of pictures; None where none of them shows anything.

    Args:
        times: (n,) seconds from the beginning, rising.
        pictures: (n, height, width, 3) RGB.
        duration_s: 0 for a still.
    """
    luma = np.stack([picture @ _LUMA for picture in pictures])  # one by one: n at once would take 12 bytes a pixel
    whole = _without_bars(luma)
    squares = _squares(whole)
    shown = squares.std(axis=(1, 2)) > PLAIN
    if not shown.any():
        return None
    strength, bits = _bits(squares[shown])
    down, across = (round(MARGIN * size) for size in whole.shape[1:])
    inner_strength, inner = _bits(
        _squares(whole[shown, down : whole.shape[1] - down, across : whole.shape[2] - across])
    )
    seen = np.empty(len(bits), _SEEN)
    seen["at"], seen["bits"], seen["inner"] = times[shown], bits, inner
    found = [keys_of(strength, bits)]
    if len(bits) <= FEW:
        found += [keys_of_few(strength, bits), keys_of_few(inner_strength, inner)]
    keys, asks = (np.concatenate(part) for part in zip(*found, strict=True))
    return Print(np.float32(duration_s).astype("<f4").tobytes() + seen.tobytes(), keys, asks)


def _bits(squares: Floats) -> tuple[Floats, NDArray[np.uint64]]:
    """(n, BITS) how strong each frequency is, as its sign and how sure that is; (n,) the signs as bits."""
    down, across = _FREQUENCIES.T
    waves = _waves()
    strength = (waves @ squares @ waves.T)[:, down, across]
    bits = (strength > 0) @ (np.uint64(1) << np.arange(BITS, dtype=np.uint64))
    # Frequencies count alike: they fall off as 1/f in pictures of the world.
    return strength * np.hypot(down, across).astype(np.float32), bits


def compare(one: bytes, other: bytes) -> Alike | None:
    """Whether two codes are of the same pictures, at the shift at which they agree best."""
    lengths = [float(np.frombuffer(codes, "<f4", 1)[0]) for codes in (one, other)]
    first, second = (np.frombuffer(codes, _SEEN, offset=4) for codes in (one, other))
    apart = np.bitwise_count(first["bits"][:, None] ^ second["bits"])
    for mine, theirs in (("bits", "inner"), ("inner", "bits")):  # one of the two may have lost its margin
        apart = np.minimum(apart, np.bitwise_count(first[mine][:, None] ^ second[theirs]))
    ahead = second["at"][None, :] - first["at"][:, None]
    gap = max(_gap(seen["at"]) for seen in (first, second))
    best: Alike | None = None
    for shift in _shifts(ahead[apart <= MEET]):
        found = _at_shift(first["at"], second["at"], lengths, apart, shift, gap)
        if found is not None and (best is None or found.similarity > best.similarity):
            best = found
    return best


def _at_shift(
    first: Floats, second: Floats, lengths: list[float], apart: NDArray[np.uint8], shift: float, gap: float
) -> Alike | None:
    """What holds when the second shows everything ``shift`` seconds later than the first."""
    begin, end = max(0.0, -shift), min(lengths[0], lengths[1] - shift)
    common = max(0.0, end - begin)
    if common < LEAST_SHARE * min(lengths):
        return None
    delay = np.abs(first[:, None] + shift - second[None, :])
    distances = _nearest(apart, delay <= AT_ONCE_S)
    distances = distances[distances <= BITS]
    if len(distances) < AT_ONCE_LEAST:
        reach = max(AT_ONCE_S, gap)
        inside = (first >= begin - reach) & (first <= end + reach)
        other_inside = (second >= begin + shift - reach) & (second <= end + shift + reach)
        both = np.ix_(inside, other_inside)
        distances = _answered(_nearest(apart[both], delay[both] <= reach), sparse=reach > SPARSE_S)
    if not len(distances):
        return None
    similarity = 1 - float(distances.mean()) / BITS
    if similarity < SIMILAR + SHORT / np.sqrt(len(distances)):
        return None
    covers = common / max(lengths) if max(lengths) else 1.0
    return Alike(similarity, begin, begin + shift, common, min(1.0, covers))


def _nearest(apart: NDArray[np.uint8], meets: Mask) -> NDArray[np.uint8]:
    """Of each picture, the bits in which its best counterpart among those that it meets differs; more than all: none.

    The one that shows fewer pictures asks: each of its pictures has an answer, if it is a copy.
    """
    distance = np.where(meets, apart, BITS + 1)
    return np.asarray(distance.min(axis=int(np.argmax(distance.shape)), initial=BITS + 1), np.uint8)


def _answered(nearest: NDArray[np.uint8], sparse: bool) -> NDArray[np.uint8]:
    """The distances that tell, where pictures meet but roughly; none where too few have an answer."""
    close = nearest[nearest <= CLOSE]
    if sparse and len(close) >= CLOSE_LEAST and len(close) >= CLOSE_SHARE * len(nearest):
        return close  # two encoders seldom choose the same key frames: that some are the same is enough
    met = nearest[nearest <= BITS]
    return met if len(met) >= LEAST_SHARE * len(nearest) else met[:0]


def _shifts(ahead: Floats) -> list[float]:
    """The shifts for which most pairs of pictures speak, to a quarter of a second."""
    steps = np.rint(ahead / EVERY_S).astype(np.int64)
    values, counts = np.unique(steps, return_counts=True)
    best = values[np.argsort(-counts, kind="stable")[:SHIFTS]]
    return [float(ahead[steps == step].mean()) for step in best]


def _gap(at: Floats) -> float:
    return float(np.median(np.diff(at))) if len(at) > 1 else 0.0


def _without_bars(luma: Floats) -> Floats:
    """The part of (n, height, width) that is not black all the time; all of it where nothing ever shines."""
    brightest = luma.max(axis=0)
    black = np.percentile(brightest, 1)  # a copy that was made brighter has grey bars
    lit = brightest > black + BAR * (brightest.max() - black) + 4
    rows, columns = (np.flatnonzero(lit.any(axis=axis)) for axis in (1, 0))
    return luma[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else luma


def _squares(pictures: Floats) -> Floats:
    """(n, SIDE, SIDE) of (n, height, width)."""
    return np.asarray(_means(pictures.shape[1]) @ pictures @ _means(pictures.shape[2]).T, np.float32)


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
