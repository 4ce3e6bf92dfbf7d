"""Colours, shapes and the canvas: what `films.py` and `covers.py` draw with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.floating[Any]]
"""Values 0 … 1, at 32 bits wherever every frame pays for them."""

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Canvas:
    """Size in pixels, pictures a second, and coordinates: x, y with y in -1 … 1 and square pixels."""

    width: int = 256
    height: int = 144
    fps: int = 12

    def grid(self) -> tuple[Picture, Picture]:
        """x and y of every pixel's centre, (height, width) each."""
        y = (np.arange(self.height, dtype=np.float32) + 0.5) / self.height * 2 - 1
        x = ((np.arange(self.width, dtype=np.float32) + 0.5) / self.width * 2 - 1) * (self.width / self.height)
        x, y = np.meshgrid(x, y)
        return x, y


def colours(*hexes: str) -> Picture:
    """(n, 3) colours of ``#rrggbb``."""
    return np.array([[int(h[i : i + 2], 16) / 255 for i in (1, 3, 5)] for h in hexes], dtype=np.float32)


def ramp(stops: Picture, at: Picture) -> Picture:
    """Colours along a ramp: ``at`` in 0 … 1, (…) → (…, 3)."""
    table = np.stack([np.interp(np.linspace(0, 1, 256), np.linspace(0, 1, len(stops)), c) for c in stops.T], -1)
    return np.asarray(table.astype(np.float32)[(np.clip(at, 0, 1) * 255).astype(np.uint8)])


def pick(rng: np.random.Generator, *palettes: tuple[str, ...]) -> Picture:
    """One of the palettes."""
    return colours(*palettes[int(rng.integers(len(palettes)))])


def soft(edge: Picture, width: float = 0.012) -> Picture:
    """1 inside (negative distance), 0 outside, with a smooth edge."""
    return np.asarray(np.clip(0.5 - edge / width, 0, 1))


def blend(under: Picture, colour: Picture | Colour, mask: Picture) -> Picture:
    """Lay a colour over a picture where the mask says."""
    return np.asarray(under + mask[..., None] * (np.asarray(colour, dtype=np.float32) - under))


def blur(picture: Picture, times: int = 1) -> Picture:
    """A 3 × 3 box, a few times over, on the first two axes."""
    for _ in range(times):
        for axis in (0, 1):
            picture = (picture + np.roll(picture, 1, axis) + np.roll(picture, -1, axis)) / 3
    return picture
