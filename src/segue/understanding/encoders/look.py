"""What can be measured in pictures: colour, light, layout, texture, movement. Arrays in, numbers out.

- colour: joint histogram of hue, saturation and value (Swain & Ballard 1991), as square roots (Hellinger);
- texture: gradient orientations over a grid (after HOG, Dalal & Triggs 2005) and uniform local binary patterns
  (Ojala et al. 2002);
- movement: difference of neighbouring pictures; a cut is where the colour histogram jumps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Times

WIDTH, HEIGHT = 160, 96
"""Pixels that every picture is brought to; wide and tall films alike."""

_HUES, _SATURATIONS, _VALUES = 8, 3, 3
_CUT = 0.3
"""Distance of two colour histograms (0 … 1, Hellinger) above which there is a cut between them."""
_DENSE_S = 6.0
"""Pictures further apart than this cannot tell how often the film cuts."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def measure(
    times: Times, pictures: NDArray[np.uint8], duration_s: float | None
) -> tuple[dict[str, Floats], dict[str, Any]]:
    """What the pictures look like: named groups of numbers (the vector before scaling), and facts for people.

    Args:
        times: (n,) seconds from the beginning, rising.
        pictures: (n, HEIGHT, WIDTH, 3) RGB. A single one is a still: it has no movement.
        duration_s: of the film; None for a still.
    """
    rgb: Floats = np.multiply(pictures, np.float32(1 / 255), dtype=np.float32)
    luma: Floats = rgb @ _LUMA
    value: Floats = rgb.max(axis=3)
    span = value - rgb.min(axis=3)
    saturation = span / np.maximum(value, 1e-3)
    histograms = _histograms(_hue(rgb, value, span), saturation, value)
    red_green: Floats = rgb[..., 0] - rgb[..., 1]
    yellow_blue: Floats = np.asarray((rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2], dtype=np.float32)
    brightness = luma.mean(axis=(1, 2))
    colourful = np.hypot(red_green.std(axis=(1, 2)), yellow_blue.std(axis=(1, 2)))
    groups: dict[str, Any] = {
        "colour": np.sqrt(histograms.mean(axis=0)),
        "light": [
            brightness.mean(),
            brightness.std(),
            luma.std(axis=(1, 2)).mean(),
            saturation.mean(),
            saturation.mean(axis=(1, 2)).std(),
            colourful.mean(),
            yellow_blue.mean(),
            red_green.mean(),
        ],
        "layout": _layout(luma, red_green, yellow_blue),
        "gradients": _gradients(luma),
        "patterns": _patterns(luma),
    }
    facts: dict[str, Any] = {
        "palette": palette(pictures),
        "brightness": round(float(brightness.mean()), 3),
        "contrast": round(float(luma.std(axis=(1, 2)).mean()), 3),
        "saturation": round(float(saturation.mean()), 3),
        "pictures": len(pictures),
    }
    if len(pictures) > 1:
        motion, moving = _movement(times, luma, histograms, duration_s)
        groups["motion"] = motion
        facts |= moving
    return {name: np.asarray(values, dtype=np.float32) for name, values in groups.items()}, facts


def palette(pictures: NDArray[np.uint8], colours: int = 5) -> list[str]:
    """The dominant colours as ``#rrggbb``, the most frequent first: at least 2 % of the area and well apart."""
    pixels = pictures[:, ::4, ::4].reshape(-1, 3)
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
    n = len(hue)
    s = np.minimum((saturation * _SATURATIONS).astype(np.int32), _SATURATIONS - 1)
    v = np.minimum((value * _VALUES).astype(np.int32), _VALUES - 1)
    h = ((hue * _HUES + 0.5).astype(np.int32) % _HUES) * (saturation > 0.15)
    size = _HUES * _SATURATIONS * _VALUES
    cell = ((h * _SATURATIONS + s) * _VALUES + v).reshape(n, -1) + size * np.arange(n)[:, None]
    counts = np.bincount(cell.ravel(), minlength=n * size).reshape(n, size)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float32)


def _layout(*planes: Floats) -> Floats:
    """Mean of each plane in a grid of 4 x 3 fields: where in the picture it is bright, warm, green."""
    found = []
    for plane in planes:
        mean = plane.mean(axis=0)
        found.append(mean.reshape(3, HEIGHT // 3, 4, WIDTH // 4).mean(axis=(1, 3)).ravel())
    return np.concatenate(found)


def _gradients(luma: Floats) -> Floats:
    """(49,) orientations (8 of half a turn) in a grid of 3 x 2 fields, as shares of their field; share of edges."""
    down = luma[:, 2:, 1:-1] - luma[:, :-2, 1:-1]
    across = luma[:, 1:-1, 2:] - luma[:, 1:-1, :-2]
    strength = np.hypot(down, across)
    turn = (np.arctan2(down, across) / np.pi * 8 + 0.5).astype(np.int32) % 8
    rows = np.arange(down.shape[1]) * 2 // down.shape[1]
    columns = np.arange(down.shape[2]) * 3 // down.shape[2]
    cell = (rows[:, None] * 3 + columns[None, :]) * 8 + turn
    total = np.bincount(cell.ravel(), weights=strength.ravel(), minlength=48).reshape(6, 8)
    shares = np.sqrt(total / np.maximum(total.sum(axis=1, keepdims=True), 1e-6))
    return np.append(shares.ravel(), (strength > 0.1).mean()).astype(np.float32)


def _patterns(luma: Floats) -> Floats:
    """(10,) shares of the uniform rotation-invariant local binary patterns of 8 neighbours, as square roots."""
    small = luma[:, ::2, ::2]
    h, w = small.shape[1] - 2, small.shape[2] - 2
    centre = small[:, 1:-1, 1:-1] + 0.01
    around = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    bits = np.stack([small[:, y : y + h, x : x + w] > centre for y, x in around]).astype(np.int8)
    changes = np.abs(bits - np.roll(bits, 1, axis=0)).sum(axis=0)
    code = np.where(changes <= 2, bits.sum(axis=0), 9)
    counts = np.bincount(code.ravel(), minlength=10)
    return np.asarray(np.sqrt(counts / counts.sum()), dtype=np.float32)


def _movement(
    times: Times, luma: Floats, histograms: Floats, duration_s: float | None
) -> tuple[list[float], dict[str, Any]]:
    overlap = np.sqrt(histograms[1:] * histograms[:-1]).sum(axis=1)
    jump = np.sqrt(np.maximum(1 - overlap, 0))
    change = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))
    cut = jump > _CUT
    still = change[~cut] if (~cut).any() else change
    gap = float(np.median(np.diff(times)))
    length = max(duration_s or 0.0, float(times[-1] - times[0]) + gap, 1.0)
    per_minute = 60 * float(cut.sum()) / length
    groups = [
        float(still.mean()),
        float(change.mean()),
        float(change.std()),
        float(jump.mean()),
        float(cut.mean()),
        float(np.log1p(per_minute)),
    ]
    # The number of shots is one more than that of cuts; sparse pictures cannot count them.
    shots = round(60 * (float(cut.sum()) + 1) / length, 1) if gap <= _DENSE_S else None
    return groups, {"motion": round(float(still.mean()), 3), "shots_per_minute": shots}
