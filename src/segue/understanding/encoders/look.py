"""What can be measured in single pictures: colour, light, layout, texture, quality. Arrays in, numbers out.

- colour: joint histogram of hue, saturation and value (Swain & Ballard 1991), and histograms of light and of the two
  opponent colours, as square roots (Hellinger);
- texture: gradient orientations over a grid (after HOG, Dalal & Triggs 2005), the share of edges, and uniform local
  binary patterns at three scales (Ojala et al. 2002);
- quality: sharp, well exposed, rich in contrast and colour (colourfulness after Hasler & Süsstrunk 2003).

What changes over time is measured in `shots`, from what is kept here of every picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats

WIDTH, HEIGHT = 160, 96
"""Pixels that every picture is brought to; wide and tall films alike."""
SMALL = 4
"""A picture is kept at one in so many pixels each way, for palette and movement."""
TONES = 16
"""Steps of the histograms of light and of the opponent colours, which stand in this order in the group ``tones``."""
SIGNALS = ("brightness", "contrast", "saturation", "colourfulness", "warmth", "redness", "edges")
"""What is followed over time, by the columns of `Seen.signals`."""
HELLINGER = frozenset({"colour", "tones", "gradients", "patterns"})
"""Groups of shares: averaged as shares, then compared by their square roots."""

_HUES, _SATURATIONS, _VALUES = 8, 3, 3
_BLACK = 0.06
"""Brightness below which a picture is near black."""
_FLAT = 0.02
"""Contrast below which a picture is of one colour."""
_AT_ONCE = 16
"""Pictures measured together: more do not fit a processor's cache, fewer cost calls."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class Seen:
    """Measurements of n pictures. About 4 kB a picture, so that those of a whole film fit into memory."""

    groups: dict[str, Floats]
    """Name → (n, length) numbers of each picture."""
    signals: Floats
    """(n, 7), see `SIGNALS`."""
    small: NDArray[np.uint8]
    """(n, HEIGHT / 4, WIDTH / 4, 3) RGB."""
    quality: Floats
    """(n,) 0 … 1: how well it would stand for the whole; 0 for a picture that is black or of one colour."""

    def __len__(self) -> int:
        return len(self.quality)

    def take(self, rows: NDArray[np.intp]) -> Seen:
        """Some of the pictures, in that order."""
        return Seen(
            {n: g[rows] for n, g in self.groups.items()}, self.signals[rows], self.small[rows], self.quality[rows]
        )

    def mean(self, rows: slice | NDArray[np.intp] = slice(None)) -> dict[str, Floats]:
        """The groups over some of the pictures, as they go into a vector: name → (length,)."""
        found = {}
        for name, group in self.groups.items():
            mean = group[rows].mean(axis=0)
            found[name] = np.sqrt(mean) if name in HELLINGER else mean
        return found

    @property
    def black(self) -> NDArray[np.bool_]:
        """(n,) true where the picture is near black."""
        return np.asarray((self.signals[:, 0] < _BLACK) & (self.signals[:, 1] < _BLACK))

    @property
    def flat(self) -> NDArray[np.bool_]:
        """(n,) true where the picture is of one colour, black or not."""
        return np.asarray(self.signals[:, 1] < _FLAT)


def see(pictures: NDArray[np.uint8]) -> Seen:
    """Measure pictures: (n, HEIGHT, WIDTH, 3) RGB."""
    return join([_see(pictures[at : at + _AT_ONCE]) for at in range(0, len(pictures), _AT_ONCE)])


def join(parts: Sequence[Seen]) -> Seen:
    """Pictures that were measured one after another."""
    return Seen(
        {name: np.concatenate([part.groups[name] for part in parts]) for name in parts[0].groups},
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.small for part in parts]),
        np.concatenate([part.quality for part in parts]),
    )


def describe(seen: Seen) -> dict[str, Any]:
    """Facts for people about what the pictures have in common."""
    light = dict(zip(SIGNALS, seen.signals.mean(axis=0).tolist(), strict=True))
    return {
        "palette": palette(seen.small),
        "brightness": round(light["brightness"], 3),
        "contrast": round(light["contrast"], 3),
        "saturation": round(light["saturation"], 3),
        "pictures": len(seen),
    }


def palette(pictures: NDArray[np.uint8], colours: int = 5) -> list[str]:
    """The dominant colours as ``#rrggbb``, the most frequent first: at least 2 % of the area and well apart."""
    pixels = pictures.reshape(-1, 3)
    cell = (pixels >> 5).astype(np.int32) @ np.array([64, 8, 1], dtype=np.int32)
    count = np.bincount(cell, minlength=512)
    sums = np.stack([np.bincount(cell, weights=pixels[:, c], minlength=512) for c in range(3)], axis=1)
    mean = sums / np.maximum(count, 1)[:, None]
    chosen: list[int] = []
    for candidate in np.argsort(-count, kind="stable"):
        if len(chosen) == colours or count[candidate] < 0.02 * len(pixels):
            break
        if all(np.linalg.norm(mean[candidate] - mean[other]) > 48 for other in chosen):
            chosen.append(int(candidate))
    return ["#" + "".join(f"{round(v):02x}" for v in mean[cell]) for cell in chosen]


def _see(pictures: NDArray[np.uint8]) -> Seen:
    rgb: Floats = np.multiply(pictures, np.float32(1 / 255), dtype=np.float32)
    n = len(rgb)
    luma: Floats = rgb @ _LUMA
    value: Floats = rgb.max(axis=3)
    span = value - rgb.min(axis=3)
    saturation = span / np.maximum(value, 1e-3)
    red_green: Floats = rgb[..., 0] - rgb[..., 1]
    yellow_blue: Floats = np.asarray((rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2], dtype=np.float32)
    shares, strength, edges = _gradients(luma)
    flat = {name: plane.reshape(n, -1) for name, plane in (("l", luma), ("s", saturation), ("r", red_green))}
    flat["y"] = yellow_blue.reshape(n, -1)
    brightness, contrast = flat["l"].mean(axis=1), flat["l"].std(axis=1)
    colourful = np.hypot(flat["r"].std(axis=1), flat["y"].std(axis=1))
    colourful += 0.3 * np.hypot(flat["r"].mean(axis=1), flat["y"].mean(axis=1))
    tones = [_tones(luma, 0, 1), _tones(red_green, -0.6, 0.6), _tones(yellow_blue, -0.6, 0.6)]
    # Quantiles by the histogram: sorting every picture would cost more than all the rest.
    reached = np.cumsum(tones[0], axis=1)
    quantiles = [(reached < q).sum(axis=1) / TONES for q in (0.05, 0.25, 0.5, 0.75, 0.95)]
    signals = np.stack(
        [
            brightness,
            contrast,
            flat["s"].mean(axis=1),
            colourful,
            flat["y"].mean(axis=1),
            flat["r"].mean(axis=1),
            edges.mean(axis=1),
        ],
        axis=1,
    )
    light = np.stack(
        [
            *signals.T[:6],
            flat["s"].std(axis=1),
            (flat["s"] < 0.12).mean(axis=1),
            strength.mean(axis=1),
            *quantiles,
            (luma < 0.1).mean(axis=(1, 2)),
            (luma > 0.9).mean(axis=(1, 2)),
        ],
        axis=1,
    )
    groups = {
        "colour": _histograms(_hue(rgb, value, span), saturation, value),
        "tones": np.concatenate(tones, axis=1),
        "light": light,
        "layout": np.concatenate([_layout(plane) for plane in (luma, red_green, yellow_blue)], axis=1),
        "gradients": shares,
        "edges": edges,
        "patterns": np.concatenate([_patterns(luma[:, ::step, ::step]) for step in (1, 2, 4)], axis=1),
    }
    small = pictures.reshape(n, HEIGHT // SMALL, SMALL, WIDTH // SMALL, SMALL, 3).mean(axis=(2, 4))
    return Seen(
        {name: np.asarray(values, dtype=np.float32) for name, values in groups.items()},
        signals.astype(np.float32),
        np.round(small).astype(np.uint8),
        _quality(brightness, contrast, colourful, strength.mean(axis=1)),
    )


def _quality(brightness: Floats, contrast: Floats, colourful: Floats, strength: Floats) -> Floats:
    """Sharpness, exposure, contrast and colour, each 0 … 1; a picture that lacks one of the first three is no good."""
    sharp = np.clip(strength / 0.1, 0, 1)
    exposed = np.clip(1 - np.abs(brightness - 0.47) / 0.42, 0, 1)
    rich = np.clip(contrast / 0.22, 0, 1)
    colour = np.clip(colourful / 0.25, 0, 1)
    return np.asarray((sharp * exposed * rich) ** (1 / 3) * (0.75 + 0.25 * colour), dtype=np.float32)


def _hue(rgb: Floats, value: Floats, span: Floats) -> Floats:
    """(n, h, w) hue in 0 … 1."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    width = np.maximum(span, 1e-6)
    hue = np.where(
        value == red,
        (green - blue) / width % 6,
        np.where(value == green, (blue - red) / width + 2, (red - green) / width + 4),
    )
    return (hue / 6).astype(np.float32)


def _histograms(hue: Floats, saturation: Floats, value: Floats) -> Floats:
    """(n, 72) shares of the area. Grey pixels, whose hue is noise, fall into the first hue."""
    s = np.minimum((saturation * _SATURATIONS).astype(np.int32), _SATURATIONS - 1)
    v = np.minimum((value * _VALUES).astype(np.int32), _VALUES - 1)
    h = ((hue * _HUES + 0.5).astype(np.int32) % _HUES) * (saturation > 0.15)
    return _counted((h * _SATURATIONS + s) * _VALUES + v, _HUES * _SATURATIONS * _VALUES)


def _tones(plane: Floats, low: float, high: float) -> Floats:
    """(n, 16) shares of the area by value."""
    cell = ((plane - low) * (TONES / (high - low))).astype(np.int32)
    return _counted(np.clip(cell, 0, TONES - 1), TONES)


def _counted(cell: NDArray[np.int32], size: int) -> Floats:
    """(n, size) shares of each picture's pixels that fall into each cell."""
    n = len(cell)
    flat = cell.reshape(n, -1) + size * np.arange(n, dtype=np.int32)[:, None]
    counts = np.bincount(flat.ravel(), minlength=n * size).reshape(n, size)
    return np.asarray(counts / flat.shape[1], dtype=np.float32)


def _layout(plane: Floats) -> Floats:
    """(n, 12) mean of the plane in a grid of 4 x 3 fields: where in the picture it is bright, warm, green."""
    fields = plane.reshape(len(plane), 3, HEIGHT // 3, 4, WIDTH // 4)
    return np.asarray(fields.mean(axis=(2, 4)).reshape(len(plane), 12), dtype=np.float32)


def _gradients(luma: Floats) -> tuple[Floats, Floats, Floats]:
    """In a grid of 3 x 2 fields: orientations (8 of half a turn) as shares of their field (n, 48), mean strength of the
    gradients (n, 6), share of edges (n, 6).
    """
    n = len(luma)
    down = luma[:, 2:, 1:-1] - luma[:, :-2, 1:-1]
    across = luma[:, 1:-1, 2:] - luma[:, 1:-1, :-2]
    strength = np.sqrt(down * down + across * across)
    turn = (np.arctan2(down, across) * np.float32(8 / np.pi) + np.float32(8.5)).astype(np.int32) % 8
    rows = np.arange(down.shape[1], dtype=np.int32) * 2 // down.shape[1]
    columns = np.arange(down.shape[2], dtype=np.int32) * 3 // down.shape[2]
    field = rows[:, None] * 3 + columns[None, :]
    cell = field * 8 + turn + 48 * np.arange(n, dtype=np.int32)[:, None, None]
    total = np.bincount(cell.ravel(), weights=strength.ravel(), minlength=48 * n).reshape(n, 6, 8)
    area = np.bincount(field.ravel(), minlength=6)
    edge = (field + 6 * np.arange(n, dtype=np.int32)[:, None, None])[strength > 0.1]
    edges = np.bincount(edge, minlength=6 * n).reshape(n, 6) / area
    sums = total.sum(axis=2)
    shares = (total / np.maximum(sums[:, :, None], 1e-6)).reshape(n, 48)
    return shares.astype(np.float32), (sums / area).astype(np.float32), edges.astype(np.float32)


def _patterns(luma: Floats) -> Floats:
    """(n, 10) shares of the uniform rotation-invariant local binary patterns of 8 neighbours."""
    n, h, w = len(luma), luma.shape[1] - 2, luma.shape[2] - 2
    centre = luma[:, 1:-1, 1:-1] + np.float32(0.01)
    around = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    bits = [luma[:, y : y + h, x : x + w] > centre for y, x in around]
    ones = np.zeros((n, h, w), np.int32)
    changes = np.zeros((n, h, w), np.int8)
    for at, bit in enumerate(bits):
        ones += bit
        changes += bit ^ bits[at - 1]
    return _counted(np.where(changes <= 2, ones, 9), 10)
