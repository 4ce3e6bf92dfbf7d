"""Covers: one drawing per genre, simple geometry over a gradient, each with its own palette and seed.

Square ones (320 × 320) for albums and podcasts, wide ones (320 × 180) for games and adverts; films show a frame of
their own. Everything is drawn at twice its size and averaged down, so edges are smooth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .films import film
from .paint import Canvas, Picture, blend, colours, pick, ramp, soft

SQUARE = (320, 320)
WIDE = (320, 180)
"""(width, height) in pixels."""

Draw = Callable[[Picture, Picture, np.random.Generator], Picture]


def cover(style: str, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """(height, width, 3) bytes of a cover for a music genre, a topic of talk, a sort of game, or an advert."""
    width, height = size
    canvas = Canvas(2 * width, 2 * height, 1)
    if style in STILLS:
        picture = _still(style, canvas, rng)
    else:
        x, y = canvas.grid()
        picture = DRAWINGS.get(style, _advert)(x, y, rng)
    picture = picture.reshape(height, 2, width, 2, 3).mean((1, 3))
    grain = rng.normal(0, 0.012, (height, width, 1))
    return np.asarray(np.clip(picture + grain, 0, 1) * 255, dtype=np.uint8)


STILLS = {
    "adventure": "rain", "racing": "tunnel", "puzzle": "automaton", "strategy": "mountains", "platformer": "shapes",
    "simulation": "starfield", "rhythm": "fireworks", "horror": "glitch", "action": "plasma",
}  # fmt: skip
"""Games are shown as a moment of a look, with an emblem over it."""


def _still(style: str, canvas: Canvas, rng: np.random.Generator) -> Picture:
    half = Canvas(canvas.width // 2, canvas.height // 2, 12)
    frames = [*film(STILLS[style], 2.5, rng, half)]
    picture: Picture = np.repeat(np.repeat(frames[-1].astype(np.float32) / 255, 2, 0), 2, 1)
    x, y = canvas.grid()
    picture = picture * (1.05 - 0.35 * np.clip(np.hypot(x * 0.6, y) - 0.3, 0, 1))[..., None]
    sides = int(rng.choice([3, 4, 6, 8]))
    turned = np.arctan2(y, x) + rng.uniform(0, 2)
    polygon = np.hypot(x, y) * np.cos((turned * sides / (2 * np.pi) % 1 - 0.5) * 2 * np.pi / sides)
    paint = pick(rng, ("#ffffff",), ("#ffe08a",), ("#ff5d73",), ("#7df9ff",))[0]
    picture = blend(picture, (0.03, 0.03, 0.06), soft(polygon - 0.5, 0.02) * 0.55)
    return blend(blend(picture, paint, _ring(polygon, 0.46, 0.03)), paint, soft(polygon - 0.16, 0.02))


def _ring(distance: Picture, radius: float, thickness: float) -> Picture:
    return soft(np.abs(distance - radius) - thickness, 0.014)


def _disc(x: Picture, y: Picture, cx: float, cy: float, r: float) -> Picture:
    return soft(np.hypot(x - cx, y - cy) - r)


def _ground(stops: Picture, x: Picture, y: Picture, angle: float = np.pi / 2) -> Picture:
    return ramp(stops, (x * float(np.cos(angle)) + y * float(np.sin(angle)) + 1) / 2)


def _ambient(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    stops = pick(
        rng, ("#dfe7ea", "#a9c0c9", "#4b6875"), ("#f3dfd5", "#c9a7b8", "#4f4a73"), ("#0d1b2a", "#27496d", "#a9d6e5")
    )
    out, cy = _ground(stops, x, y), rng.uniform(-0.25, 0.05)
    glow = np.exp(-2.2 * np.maximum(np.hypot(x, y - cy) - 0.34, 0))
    out = blend(out, stops[0] * 0.3 + 0.7, glow * 0.75)
    for k in range(5):
        band = np.exp(-((y - 0.3 - 0.13 * k - 0.03 * np.sin(2 * x + k)) ** 2) * 900)
        out = blend(out, stops[2], band * 0.5)
    return out


def _jazz(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    paper, ink, one, two = pick(
        rng,
        ("#f2e8cf", "#14213d", "#fca311", "#9d2a2a"),
        ("#e8ecef", "#1b263b", "#2a9d8f", "#e76f51"),
        ("#f7d9c4", "#22223b", "#4a6fa5", "#c9184a"),
    )
    out = np.broadcast_to(paper, (*x.shape, 3)).astype(np.float32)
    lean = float(rng.uniform(-0.5, 0.5))
    out = blend(out, one, soft(np.abs(x + lean * y - rng.uniform(-0.5, 0.2)) - 0.22))
    out = blend(out, two, _disc(x, y, rng.uniform(0.1, 0.5), rng.uniform(-0.5, 0.1), rng.uniform(0.34, 0.5)) * 0.92)
    for k in range(9):  # the keys of a piano along the foot
        out = blend(
            out,
            ink,
            soft(np.maximum(np.abs(x - (k - 4) * 0.225) - 0.06, np.abs(y - 0.82) - 0.26)) * (k % 7 not in (2, 6)),
        )
    return blend(out, ink, _ring(np.hypot(x + 0.35, y + 0.3), 0.3, 0.018))


def _lofi(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    wall, sky, moon, sill = pick(
        rng,
        ("#5b4a6b", "#283655", "#ffd9a0", "#372a45"),
        ("#8a5a44", "#2f4858", "#f6e7cb", "#4a2c20"),
        ("#3f5e5a", "#1f2f46", "#ffe9c9", "#243a38"),
    )
    out = np.broadcast_to(wall, (*x.shape, 3)).astype(np.float32)
    pane = soft(np.maximum(np.abs(x) - 0.62, np.abs(y + 0.12) - 0.62))
    inside = _ground(np.stack([sky * 0.7, sky, sky * 1.5 + 0.06]), x, y)
    inside = blend(inside, moon, _disc(x, y, rng.uniform(-0.35, 0.35), rng.uniform(-0.5, -0.25), 0.15))
    drops = np.sin(90 * (x + 0.18 * y) + 4 * np.sin(9 * y)) * np.sin(23 * y + 30 * x)
    inside = blend(inside, (0.8, 0.88, 1.0), np.clip(drops - 0.75, 0, 1) * 1.2)
    out = blend(out, inside, pane)
    out = blend(out, sill, soft(np.minimum(np.abs(x), np.abs(y + 0.12)) - 0.018) * pane)
    out = blend(out, sill, soft(np.maximum(np.abs(x) - 0.74, np.abs(y - 0.56) - 0.05)))
    cup = soft(np.maximum(np.abs(x - 0.3) - 0.11, np.abs(y - 0.4) - 0.12))
    return blend(blend(out, moon, cup), moon, _ring(np.hypot(x - 0.43, y - 0.4), 0.07, 0.016))


def _synthwave(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    stops = pick(
        rng, ("#12042b", "#5a189a", "#ff4d9d"), ("#06122f", "#1f4e8c", "#39d0d8"), ("#1d0420", "#8a1149", "#ff7b3a")
    )
    out = _ground(stops, x, y * 1.4)
    out = blend(out, (1.0, 0.86, 0.5), _disc(x, y, 0, -0.12, 0.5) * (np.sin(36 * y) > -0.1 - 1.2 * y))
    depth = np.clip(y - 0.3, 0.003, 1)
    z = 0.6 / depth
    grid = np.maximum(np.exp(-((((x * z) * 1.4) % 1 - 0.5) ** 2) * 160), np.exp(-(((z * 1.2) % 1 - 0.5) ** 2) * 120))
    floor = blend(np.broadcast_to(stops[0] * 0.5, out.shape), stops[2], grid * np.clip(depth * 5, 0.1, 1))
    ridge = 0.3 - 0.18 * np.abs(np.sin(5 * x + rng.uniform(0, 6))) * np.clip(np.abs(x) - 0.15, 0, 1)
    out = blend(out, stops[0] * 0.6, soft(ridge - y, 0.01))
    return np.where((y > 0.3)[..., None], floor, out)


def _house(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    ground, *paints = pick(
        rng,
        ("#ff6f3c", "#ffd23f", "#3bceac", "#ee4266"),
        ("#2b59c3", "#ffd6e0", "#ff9f1c", "#f2f230"),
        ("#f7c8e0", "#9448bc", "#f45b69", "#fff275"),
    )
    out = np.broadcast_to(ground, (*x.shape, 3)).astype(np.float32)
    cx, cy = rng.uniform(-0.3, 0.3, 2).tolist()
    far = np.hypot(x - cx, y - cy)
    for k in range(7, 0, -1):
        out = blend(out, paints[k % 3], soft(far - 0.16 * k) * (0.95 if k % 2 else 0.8))
    half = (np.arctan2(y - cy, x - cx) + rng.uniform(0, 6)) % (2 * np.pi) < np.pi
    return np.where((half & (far < 0.64))[..., None], 1 - 0.9 * (1 - out[..., ::-1]), out)


def _breaks(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    dark, mid, hot = pick(
        rng, ("#10151c", "#3f4e5f", "#d9ff3f"), ("#16110f", "#5c4a42", "#ff5a1f"), ("#0d1321", "#3e5c76", "#f0ebd8")
    )
    out = _ground(np.stack([mid, dark]), x, y)
    for _ in range(26):
        cx, cy, w, h = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0.04, 0.5), rng.uniform(0.01, 0.09)
        paint = hot if rng.random() < 0.3 else mid * rng.uniform(0.4, 1.5)
        out = blend(out, paint, soft(np.maximum(np.abs(x - cx + 0.35 * (y - cy)) - w, np.abs(y - cy) - h)))
    return out


def _metal(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    dark, rust, bone = pick(
        rng, ("#0a0a0c", "#7f1d1d", "#d6d0c4"), ("#0b0f12", "#3f4a52", "#c7d0d6"), ("#120806", "#8a3b12", "#e3cfa4")
    )
    out = _ground(np.stack([dark, rust * 0.7, dark]), x, y)
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    spikes = int(rng.choice([9, 11, 13, 16]))
    edge = (
        radius
        - 0.42
        - 0.34 * np.abs((angle * spikes / (2 * np.pi)) % 1 - 0.5) ** 1.5 * 2 * (1 + 0.35 * np.cos(2 * angle))
    )
    out = blend(out, bone, soft(edge, 0.015))
    out = blend(out, dark, soft(radius - 0.36, 0.015))
    out = blend(out, rust, _ring(radius, 0.27, 0.02))
    bolt = np.maximum(np.abs(x) * 1.6 + np.abs(y), np.abs(x - 0.25 * y)) - 0.2
    return blend(out, bone, soft(bolt)) * (1.1 - 0.4 * radius)[..., None]


def _chip(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    ground, *paints = pick(
        rng,
        ("#9bbc0f", "#8bac0f", "#306230", "#0f380f"),
        ("#29adff", "#fff1e8", "#ff004d", "#1d2b53"),
        ("#ffccaa", "#ff77a8", "#7e2553", "#008751"),
    )
    cells = 20
    left = (rng.random((cells, cells // 2)) < 0.42) * rng.integers(1, 4, (cells, cells // 2))
    rows, columns = np.mgrid[0:cells, 0 : cells // 2]
    left = np.where(np.hypot(rows - 10, columns - 10) < 8.5, left, 0)
    sprite = np.concatenate([left, left[:, ::-1]], 1)  # a creature, alike on both sides
    palette = np.stack([ground, *paints]).astype(np.float32)
    py = np.clip(((y + 1) / 2 * cells).astype(int), 0, cells - 1)
    px = np.clip(((x + 1) / 2 * cells).astype(int), 0, cells - 1)
    gap = ((y + 1) / 2 * cells % 1 < 0.06) | ((x + 1) / 2 * cells % 1 < 0.06)
    return np.asarray(palette[sprite[py, px]] * np.where(gap, 0.93, 1)[..., None])


def _folk(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    sky, far, near, sun = pick(
        rng,
        ("#f5e6c8", "#a3b18a", "#588157", "#e07a5f"),
        ("#fde2c0", "#d4a373", "#7f5539", "#d62828"),
        ("#dbe9ee", "#c0d6df", "#4f6d7a", "#dd6e42"),
    )
    out = np.broadcast_to(sky, (*x.shape, 3)).astype(np.float32)
    out = blend(out, sun, _disc(x, y, rng.uniform(-0.5, 0.5), rng.uniform(-0.5, -0.2), 0.24))
    for k in range(4):
        hill = 0.1 + 0.24 * k - 0.16 * np.sin(1.7 * x + rng.uniform(0, 6)) - 0.05 * np.sin(5 * x + k)
        out = blend(out, far + (near - far) * k / 3, soft(hill - y))
    for _ in range(26):
        cx, cy = rng.uniform(-1, 1), rng.uniform(0.72, 1.0)
        stem = soft(np.maximum(np.abs(x - cx - 0.05 * (y - cy)) - 0.005, np.abs(y - cy) - 0.13))
        out = blend(blend(out, near * 0.5, stem), sun if rng.random() < 0.5 else sky, _disc(x, y, cx, cy - 0.14, 0.024))
    return out


def _baroque(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    dark, gold, soft_gold = pick(
        rng, ("#3c1518", "#d4a94e", "#f2e2ba"), ("#14342b", "#c9a227", "#efe9ce"), ("#1c2541", "#c8a96a", "#f1e9da")
    )
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    out = _ground(np.stack([dark * 1.4, dark * 0.8]), x, y)
    fold = int(rng.choice([6, 8, 12]))
    for k in range(6):
        petal = 0.14 * (k + 1) + 0.05 * np.cos(fold * (angle + (k % 2) * np.pi / fold))
        out = blend(out, gold if k % 2 else soft_gold, soft(np.abs(radius - petal) - 0.009))
    out = blend(out, gold, _disc(x, y, 0, 0, 0.06))
    frame = np.maximum(np.abs(x), np.abs(y))
    return blend(blend(out, gold, _ring(frame, 0.93, 0.012)), soft_gold, _ring(frame, 0.88, 0.005))


def _guofeng(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    paper, ink = pick(rng, ("#f3ecdc", "#2b3a42"), ("#ece7dd", "#3b2f2f"), ("#e4ece8", "#1f4037"))
    out = _ground(np.stack([paper, paper * 0.92]), x, y)
    out = blend(
        out,
        colours("#c8442f")[0],
        _disc(x, y, rng.uniform(-0.5, 0.5), rng.uniform(-0.6, -0.35), rng.uniform(0.12, 0.2)) * 0.9,
    )
    for k in range(4):
        a, b = rng.uniform(0, 6, 2).tolist()
        line = -0.15 + 0.25 * k - 0.3 * np.abs(np.sin(1.4 * x + a)) * (1 - 0.15 * k) - 0.04 * np.sin(6 * x + b)
        below = y - line
        out = blend(
            out, ink + 0.08 * (3 - k), soft(-below, 0.02) * np.clip(1 - below / 0.4, 0.03, 1) * (0.28 + 0.16 * k)
        )
    boat = np.maximum(np.abs(y - 0.78 - 0.9 * (x - 0.3) ** 2) - 0.018, np.abs(x - 0.3) - 0.15)
    out = blend(out, ink, soft(boat))
    seal = soft(np.maximum(np.abs(x + 0.8), np.abs(y - 0.8)) - 0.08)
    return blend(out, colours("#b5342a")[0], seal)


def _afrobeat(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    paints = pick(
        rng,
        ("#f4a300", "#d7263d", "#1b998b", "#2e294e", "#f7f1e3"),
        ("#ff7f11", "#006d77", "#ffd166", "#5f0f40", "#f7f1e3"),
        ("#e63946", "#f1c453", "#2a6f97", "#31572c", "#fdf0d5"),
    )
    rows = 6
    band = np.clip(((y + 1) / 2 * rows).astype(int), 0, rows - 1)
    v, out = (y + 1) / 2 * rows % 1, paints[band % 4].copy()
    for k in range(rows):
        motif, u = int(rng.integers(4)), (x * float(rng.choice([3, 4, 5]))) % 1
        inside = band == k
        mask = [np.abs(u - 0.5) * 2 < v, np.hypot(u - 0.5, v - 0.5) < 0.3, np.abs((u + v) % 1 - 0.5) < 0.2,
                (np.abs(u - 0.5) + np.abs(v - 0.5)) < 0.35][motif]  # fmt: skip
        out[inside & mask] = paints[4] if k % 2 else paints[(k + 2) % 4]
    return np.asarray(np.where((np.abs(v - 0.5) > 0.47)[..., None], paints[3], out))


def _talk(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    ground, line, spot = pick(
        rng,
        ("#12355b", "#f5f0e1", "#ff6b35"),
        ("#7a1f3d", "#fbe9d7", "#f5b700"),
        ("#20302a", "#dfe8d8", "#9fd356"),
        ("#403d58", "#f2efea", "#fc7753"),
    )
    out = _ground(np.stack([ground * 1.25, ground * 0.85]), x, y)
    for k in range(17):  # a voice, as bars
        tall = float(abs(np.sin(k * 1.3 + rng.uniform(0, 0.8))) * np.exp(-(((k - 8) / 7) ** 2)) * 0.5 + 0.04)
        cx = (k - 8) * 0.1
        out = blend(out, spot if k == 8 else line, soft(np.maximum(np.abs(x - cx) - 0.03, np.abs(y) - tall), 0.015))
    return blend(out, line, _ring(np.hypot(x, y), 0.9, 0.01))


def _advert(x: Picture, y: Picture, rng: np.random.Generator) -> Picture:
    ground, one, two = pick(
        rng,
        ("#fff1d0", "#dd1c1a", "#086788"),
        ("#e8f1f2", "#13293d", "#f0a202"),
        ("#f5e9e2", "#773344", "#e3b5a4"),
        ("#eaf4d3", "#3d5a45", "#f26b5b"),
    )
    out = np.broadcast_to(ground, (*x.shape, 3)).astype(np.float32)
    cx = float(rng.uniform(-0.6, 0.6))
    out = blend(out, two, soft(y - 0.2 + 0.6 * (x - cx) * float(rng.choice([-1, 1]))) * 0.9)
    out = blend(out, one, _disc(x, y, cx, 0.05, 0.55))
    out = blend(out, ground, _disc(x, y, cx + 0.2, -0.1, 0.38))
    return blend(out, one, soft(np.maximum(np.abs(x) - 2, np.abs(y - 0.9) - 0.03)))


DRAWINGS: dict[str, Draw] = {
    "ambient": _ambient,
    "jazz": _jazz,
    "lo-fi": _lofi,
    "synthwave": _synthwave,
    "house": _house,
    "drum and bass": _breaks,
    "metal": _metal,
    "chiptune": _chip,
    "folk": _folk,
    "baroque": _baroque,
    "guofeng": _guofeng,
    "afrobeat": _afrobeat,
    **dict.fromkeys(("science", "stories", "true crime", "music talk"), _talk),
}
