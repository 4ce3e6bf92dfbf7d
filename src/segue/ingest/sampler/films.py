"""Moving pictures by rule: twelve looks that differ in colour, texture, motion and pace, drawn with numpy.

A look is a function ``(canvas, rng) -> frames``: an endless iterator of (height, width, 3) float pictures in 0 … 1.
Every clip draws its palette, speed and shapes from its seed. There is no text in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from .paint import Canvas, Picture, blend, blur, colours, pick, ramp, soft


def film(look: str, seconds: float, rng: np.random.Generator, canvas: Canvas) -> Iterator[NDArray[np.uint8]]:
    """The frames of a clip, (height, width, 3) bytes each."""
    frames = LOOKS[look](canvas, rng)
    for _ in range(max(1, round(seconds * canvas.fps))):
        yield (np.clip(next(frames), 0, 1) * 255).astype(np.uint8)


def _noise(rng: np.random.Generator, n: int, smooth: int) -> Picture:
    """A wavy line of n points in 0 … 1 that joins at its ends."""
    f = np.fft.rfftfreq(n, 1 / n)
    line = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) / (1 + f / smooth) ** 1.6, n)
    return np.asarray((line - line.min()) / (line.max() - line.min()), dtype=np.float32)


def plasma(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """Slow clouds of colour that flow into each other."""
    x, y = canvas.grid()
    stops = pick(
        rng,
        ("#1b1035", "#5b2a86", "#e0529c", "#ffb385", "#1b1035"),
        ("#04263a", "#06707a", "#5ad1a5", "#e9f7c5", "#04263a"),
        ("#2b0a14", "#b3261e", "#ff8a3d", "#ffe08a", "#2b0a14"),
    )
    a, b, c = rng.uniform(0.8, 1.8, 3).tolist()  # Python's floats leave pictures at 32 bits
    speed, t = rng.uniform(0.25, 0.5), float(rng.uniform(0, 50))
    while True:
        t += speed / canvas.fps
        wx = x + 0.5 * np.sin(a * y * 2 + 2 * t)
        wy = y + 0.5 * np.sin(b * x * 2 - 1.7 * t)
        field = np.sin(a * wx * 2 + t) + np.sin(b * wy * 2.3 - t) + np.sin(c * (wx + wy) + 1.3 * t)
        yield ramp(stops, (field / 6 + 0.5 + 0.15 * t) % 1)


def rain(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """A city at night behind rain: towers with windows that go on and off, drops, now and then a car's light."""
    h, w = canvas.height, canvas.width
    sky = pick(
        rng, ("#0b1330", "#1d2b53", "#4a3b63"), ("#071a22", "#12353f", "#3c5a57"), ("#120d26", "#33204d", "#74425c")
    )
    light = pick(rng, ("#ffd27a", "#ff9d5c"), ("#ffe9b0", "#8fd3ff"), ("#ff9ecb", "#ffd27a"))
    rows = np.linspace(0, 1, h, dtype=np.float32)
    scene = np.repeat(ramp(sky, rows)[:, None], w, 1)
    lit = np.zeros((h, w), dtype=np.float32)
    windows = []
    for layer in range(3):
        at = -int(rng.integers(0, 12))
        while at < w:
            wide, top = int(rng.integers(18, 40)), int(h * rng.uniform(0.15 + 0.12 * layer, 0.6))
            shade = sky[0] * (0.9 - 0.25 * layer) + 0.02
            scene[top:, max(at, 0) : at + wide - 2] = shade
            lit[top:, max(at, 0) : at + wide - 2] = 0
            if layer:
                for wy in range(top + 4, h - 14, 6):
                    windows += [
                        (wy, wx) for wx in range(max(at, 0) + 3, min(at + wide - 6, w - 3), 5) if rng.random() < 0.3
                    ]
            at += wide
    kinds = rng.integers(0, 2, len(windows))
    alive = rng.random(len(windows)) < 0.7
    drops = rng.random((220, 2)).astype(np.float32) * (h, w)
    fall, slant, t = rng.uniform(3.0, 4.5), rng.uniform(-0.25, 0.25), 0
    while True:
        t += 1
        if t % 5 == 0 and len(windows):
            flip = int(rng.integers(len(windows)))
            alive[flip] = ~alive[flip]
        frame = scene.copy()
        for (wy, wx), kind, on in zip(windows, kinds, alive, strict=True):
            if on:
                frame[wy : wy + 3, wx : wx + 2] = light[kind]
        glow = blur(np.maximum(frame[::2, ::2] - 0.3, 0), 4)
        frame += 0.8 * np.repeat(np.repeat(glow, 2, 0), 2, 1)[:h, :w]
        wet = frame[h - 26 - 26 : h - 26][::-1]  # the street mirrors what stands above it
        ripple = np.roll(wet, int(2 * sin(t / 4)), axis=1)
        frame[h - 26 :] = 0.45 * blur(ripple, 2) + 0.06
        drops[:, 0] += fall
        drops[:, 1] += fall * slant
        again = drops[:, 0] >= h
        drops[again, 0] -= h
        drops[again, 1] = rng.random(int(again.sum())) * w
        for length in range(5):
            ry, rx = (drops[:, 0] - length).astype(int) % h, (drops[:, 1] - length * slant).astype(int) % w
            frame[ry, rx] += 0.17
        yield frame


def waves(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """A low sun or moon over a slow sea."""
    x, y = canvas.grid()
    sky = pick(rng, ("#2b2d63", "#b0527a", "#ff9e6d", "#ffe0a3"), ("#0a1633", "#1e3a68", "#5f86b3", "#c9d9ea"),
               ("#3b3355", "#8a5a83", "#e8a598", "#fbe3c8"))  # fmt: skip
    sea = np.stack([sky[2] * 0.55, sky[0] * 0.8, sky[0] * 0.35])
    sun_x, sun_y, r = rng.uniform(-0.7, 0.7), rng.uniform(-0.35, -0.05), rng.uniform(0.16, 0.26)
    horizon, t = 0.12, float(rng.uniform(0, 9))
    above = ramp(sky, (y + 1) / (1 + horizon))
    disc = np.hypot(x - sun_x, y - sun_y)
    above = blend(above, sky[3] * 0.3 + 0.7, soft(disc - r, 0.02))
    above += 0.35 * np.exp(-3.5 * np.maximum(disc - r, 0))[..., None] * sky[3]
    depth = np.clip((y - horizon) / (1 - horizon), 0.002, 1)
    while True:
        t += 1 / canvas.fps
        swell = np.sin(5 / (depth + 0.12) + 1.6 * t + 1.2 * np.sin(1.5 * x + 0.6 * t)) * 0.5
        swell += np.sin(11 / (depth + 0.15) - 1.1 * t + 2.3 * x) * 0.3
        below = ramp(sea, depth * 0.9 + 0.12 * swell)
        path = np.exp(-(((x - sun_x) / (0.1 + 0.5 * depth)) ** 2)) * np.clip(swell + 0.25, 0, 1)
        below = below + (0.9 * path * (1 - 0.5 * depth))[..., None] * sky[3]
        yield np.where((y > horizon)[..., None], below, above)


def mountains(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """Ridges of ink in mist, the near ones passing faster than the far ones."""
    h, w = canvas.height, canvas.width
    paper = pick(rng, ("#f4efe1", "#d9d5c5"), ("#f7e6d0", "#e7b998"), ("#e9eef0", "#b9c6cc"))
    ink = pick(rng, ("#26323a",), ("#2d2a3c",), ("#1f3a3a",))[0]
    rows = np.arange(h, dtype=np.float32)[:, None] / h
    columns = np.arange(w)
    ridges = [_noise(rng, 4 * w, 4 + 3 * k) for k in range(6)]
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    sun = np.hypot(xx - w * rng.uniform(0.2, 0.8), yy - h * rng.uniform(0.16, 0.3)) - h * rng.uniform(0.07, 0.11)
    seal = colours("#c8442f")[0]
    sheet = blend(np.repeat(ramp(paper, rows)[:, :1], w, 1), seal, soft(sun, 1.5) * 0.85)
    speed, t = rng.uniform(3, 7), float(rng.uniform(0, 100))
    while True:
        t += 1 / canvas.fps
        frame = sheet
        for k, ridge in enumerate(ridges):
            at = (columns + t * speed * (0.3 + k * k * 0.22)) % (4 * w - 1)
            line = np.interp(at, np.arange(4 * w), ridge).astype(np.float32)
            top = 0.3 + 0.11 * k - (0.24 - 0.015 * k) * (line - 0.4)
            below = rows - top[None, :]
            # Dark at the ridge, dissolving into mist at its foot.
            mask = soft(-below, 0.012) * np.clip(1 - below / (0.16 + 0.03 * k), 0.12 + 0.04 * k, 1)
            first = int(h * float(top.min()))  # nothing of this ridge lies above
            shade = ink * (0.35 + 0.1 * (5 - k)) + 0.055 * (5 - k)
            frame = np.concatenate([frame[:first], blend(frame[first:], shade, mask[first:] * (0.22 + 0.13 * k))])
        yield frame


def starfield(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """A flight through stars, past a nebula."""
    h, w = canvas.height, canvas.width
    x, y = canvas.grid()
    stops = pick(
        rng, ("#03040c", "#1a1147", "#6a3fa0"), ("#02060d", "#07304a", "#2a8f9e"), ("#070308", "#3a0f2e", "#a8476b")
    )
    a, b = rng.uniform(0, 6, 2).tolist()
    cloud = np.sin(1.3 * x + a + np.sin(2.1 * y + b)) * np.cos(1.7 * y - b + 0.8 * np.sin(1.9 * x)) * 0.5 + 0.5
    cloud = cloud**2 * (0.55 + 0.45 * np.sin(7 * x + 3 * np.sin(5 * y + a)) * np.sin(6 * y + 2 * np.sin(4 * x)) * 0.6)
    back = ramp(stops, cloud * 0.8)
    stars = np.column_stack([rng.uniform(-1, 1, (900, 2)) * (2.2, 1.3), rng.uniform(0.08, 1, 900)]).astype(np.float32)
    tint = ramp(colours("#9ec5ff", "#ffffff", "#ffd9a8"), rng.random(900).astype(np.float32))
    speed, turn, t = rng.uniform(0.15, 0.5), rng.uniform(-0.12, 0.12), 0.0
    while True:
        t += 1 / canvas.fps
        frame = back.copy()
        stars[:, 2] -= speed / canvas.fps
        behind = stars[:, 2] <= 0.06
        stars[behind, 2] += 0.94
        c, s = cos(turn * t), sin(turn * t)
        rx, ry = stars[:, 0] * c - stars[:, 1] * s, stars[:, 0] * s + stars[:, 1] * c
        for trail in range(6):
            z = stars[:, 2] + trail * 0.006 * (speed / 0.3)
            px, py = (rx / z * 0.3 * h + w / 2).astype(int), (ry / z * 0.3 * h + h / 2).astype(int)
            seen = (px >= 0) & (px < w - 1) & (py >= 0) & (py < h - 1)
            glow = (np.clip(1.25 - stars[:, 2], 0.05, 1) ** 2 * (1 - trail / 6))[:, None] * tint
            np.maximum.at(frame, (py[seen], px[seen]), glow[seen])
            near = seen & (stars[:, 2] < 0.35)
            np.maximum.at(frame, (py[near], px[near] + 1), 0.8 * glow[near])
            np.maximum.at(frame, (py[near] + 1, px[near]), 0.8 * glow[near])
        yield frame


def tunnel(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """A road of neon lines that runs into a sliced sun."""
    x, y = canvas.grid()
    sky = pick(
        rng, ("#0b0221", "#3b0f6b", "#e0337f"), ("#020b22", "#0d3a6e", "#1fb5c9"), ("#14030f", "#5a0f2d", "#ff5a36")
    )
    line = pick(rng, ("#ff3fd0", "#35f0ff"), ("#35f0ff", "#b1ff4a"), ("#ffb03a", "#ff3f6e"))
    horizon, r = 0.08, 0.5
    above = ramp(sky, (y + 1) / (1 + horizon))
    disc = np.hypot(x, y + 0.12) - r
    slices = (np.sin(34 * y + 2.5) > -0.2 + 1.1 * (y + 0.3)).astype(np.float32)
    above = blend(above, (1.0, 0.85, 0.45), soft(disc, 0.02) * slices * np.clip(0.9 - y, 0, 1))
    depth = np.clip(y - horizon, 0.004, 1)
    z = 0.5 / depth
    speed, bend, t = rng.uniform(4, 8), rng.uniform(0.2, 0.6), float(rng.uniform(0, 10))
    floor = np.exp(-1.2 * np.abs(x) * 0.3)[..., None] * sky[0] * 0.6
    while True:
        t += 1 / canvas.fps
        road = x * z + bend * np.sin(0.12 * z + 0.7 * t) * z * 0.12
        rails = np.exp(-(((road * 1.2 + 0.5) % 1 - 0.5) ** 2) * 500 / (1 + z * 0.35))
        rungs = np.exp(-(((z * 0.9 + speed * t) % 1 - 0.5) ** 2) * 200 / (1 + z * 0.35))
        fade = np.clip(depth * 4, 0.12, 1)
        below = floor + (rails * fade)[..., None] * line[0] + (rungs * fade)[..., None] * line[1] * 0.8
        below += np.exp(-60 * (y - horizon))[..., None] * line[0] * (y > horizon)[..., None] * 0.7
        pulse = 0.92 + 0.08 * sin(2 * pi * 1.8 * t)
        yield np.where((y > horizon)[..., None], below, above) * pulse


def automaton(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """Life (Conway 1970) on a torus; the dead cool down slowly, so every cell shows its past."""
    cell = 3
    rows, columns = canvas.height // cell, canvas.width // cell
    stops = pick(rng, ("#07090f", "#1c2b6b", "#35a7ff", "#eaffd0"), ("#0a0a0a", "#3d1a5c", "#ff5da2", "#fff3b0"),
                 ("#f2efe6", "#c9c2ad", "#4a7c59", "#16261c"))  # fmt: skip
    alive = rng.random((rows, columns)) < rng.uniform(0.18, 0.35)
    heat = alive.astype(np.float32)
    each = 2
    while True:
        near = sum(np.roll(alive, (i, j), (0, 1)).astype(np.int8) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)
        alive = (near == 3) | (alive & (near == 2))
        if rng.random() < 0.12:  # a glider from somewhere, so that it never dies out
            i, j = int(rng.integers(rows - 3)), int(rng.integers(columns - 3))
            alive[i : i + 3, j : j + 3] = [[0, 1, 0], [0, 0, 1], [1, 1, 1]]
        heat = np.maximum(alive.astype(np.float32), heat * 0.9)
        small = ramp(stops, heat)
        frame = np.repeat(np.repeat(small, cell, 0), cell, 1)
        frame = np.pad(frame, ((0, canvas.height - rows * cell), (0, canvas.width - columns * cell), (0, 0)), "edge")
        for _ in range(each):
            yield frame


def shapes(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """Bright balls and boxes that bounce, squash and knock together on a plain ground."""
    x, y = canvas.grid()
    ground, *paints = pick(
        rng,
        ("#fff3d6", "#ff6b6b", "#ffd93d", "#4d96ff", "#6bcb77"),
        ("#d7f0ff", "#ff8fab", "#ffb703", "#219ebc", "#8338ec"),
        ("#ffe5ec", "#fb6f92", "#3a86ff", "#06d6a0", "#ffbe0b"),
    )
    n, aspect = int(rng.integers(5, 9)), canvas.width / canvas.height
    at = rng.uniform(-0.8, 0.8, (n, 2)) * (aspect, 1)
    going = rng.uniform(-1.4, 1.4, (n, 2))
    size, square = rng.uniform(0.13, 0.27, n), rng.random(n) < 0.3
    squash, gravity, t = np.zeros(n), rng.uniform(0.6, 2.2), 0.0
    dots = (((x * 4) % 1 - 0.5) ** 2 + ((y * 4) % 1 - 0.5) ** 2 < 0.012).astype(np.float32) * 0.5
    floor = blend(np.broadcast_to(ground, (*x.shape, 3)).copy(), ground * 0.9, dots)
    while True:
        t += 1 / canvas.fps
        going[:, 1] += gravity / canvas.fps
        at += going / canvas.fps
        for axis, wall in ((0, aspect), (1, 1.0)):
            over = np.abs(at[:, axis]) > wall - size
            going[over, axis] = -np.sign(at[over, axis]) * np.maximum(np.abs(going[over, axis]), 0.9)
            at[over, axis] = np.sign(at[over, axis]) * (wall - size[over])
            squash[over] = 0.35 if axis else -0.3
        for i in range(n):
            for j in range(i):
                gap = at[i] - at[j]
                far = float(np.hypot(*gap))
                if 0 < far < size[i] + size[j] and float((going[i] - going[j]) @ gap) < 0:
                    swap = ((going[i] - going[j]) @ gap) / far**2 * gap
                    going[i] -= swap
                    going[j] += swap
        squash *= 0.86
        frame = floor.copy()
        for k in range(n):
            sx, sy = float(size[k] * (1 + squash[k])), float(size[k] * (1 - squash[k]))
            near = np.s_[_span(at[k, 1], 1.4 * sy, 1.0, canvas.height), _span(at[k, 0], 1.4 * sx, aspect, canvas.width)]
            dx, dy = (x[near] - float(at[k, 0])) / sx, (y[near] - float(at[k, 1])) / sy
            edge = np.maximum(np.abs(dx), np.abs(dy)) - 0.85 if square[k] else np.hypot(dx, dy) - 1
            shadow = np.hypot(dx - 0.18, dy - 0.22) - 1
            part = blend(frame[near], ground * 0.72, soft(shadow, 0.25) * 0.4)
            part = blend(part, paints[k % len(paints)], soft(edge, 0.06))
            frame[near] = blend(part, (1, 1, 1), soft(np.hypot(dx + 0.35, dy + 0.4) - 0.18, 0.2) * 0.6)
        yield frame


def _span(centre: float, reach: float, end: float, pixels: int) -> slice:
    """The pixels within ``reach`` of a coordinate that runs from -end to end."""
    first, last = ((c / end + 1) / 2 * pixels for c in (centre - reach, centre + reach))
    return slice(max(int(first), 0), max(int(last) + 1, 0))


def fireworks(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """Sparks that burst, fall and fade over a dark skyline."""
    h, w = canvas.height, canvas.width
    sky = pick(rng, ("#050716", "#141a3c"), ("#0a0410", "#2a1033"), ("#03100f", "#0c2c33"))
    paints = pick(rng, ("#ffd166", "#ef476f", "#06d6a0", "#8ecae6"), ("#ffb703", "#ff6d3a", "#fff1c1", "#ff3f8e"))
    back = np.repeat(ramp(sky, np.linspace(0, 1, h, dtype=np.float32))[:, None], w, 1)
    skyline = (h * (0.86 + 0.1 * np.repeat(rng.random(w // 12 + 2), 12)[:w])).astype(int)
    dark = np.arange(h)[:, None] >= skyline[None, :]
    light = np.zeros((h, w, 3), dtype=np.float32)
    sparks = np.zeros((0, 5), dtype=np.float32)  # y, x, dy, dx, life
    tint = np.zeros((0, 3), dtype=np.float32)
    every, t = int(canvas.fps * rng.uniform(0.35, 0.7)), 0
    while True:
        if t % every == 0:
            n, cy, cx = 130, h * rng.uniform(0.15, 0.5), w * rng.uniform(0.12, 0.88)
            angle, pace = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.4, 1, n) ** 0.5 * rng.uniform(1.2, 2.4)
            burst = np.column_stack(
                [np.full(n, cy), np.full(n, cx), np.sin(angle) * pace, np.cos(angle) * pace, np.ones(n)]
            )
            sparks = np.concatenate([sparks, burst.astype(np.float32)])
            chosen = paints[int(rng.integers(len(paints)))]
            tint = np.concatenate([tint, np.clip(chosen + rng.normal(0, 0.08, (n, 3)), 0, 1).astype(np.float32)])
        t += 1
        light *= 0.86
        for _ in range(2):
            sparks[:, :2] += sparks[:, 2:4] * 0.5
            py, px = sparks[:, 0].astype(int), sparks[:, 1].astype(int)
            seen = (py >= 0) & (py < h) & (px >= 0) & (px < w)
            np.maximum.at(light, (py[seen], px[seen]), (sparks[seen, 4:] * tint[seen]) * 1.2)
        sparks[:, 2:4] *= 0.965
        sparks[:, 2] += 0.022
        sparks[:, 4] *= 0.965
        kept = sparks[:, 4] > 0.12
        sparks, tint = sparks[kept], tint[kept]
        frame = back + light + 0.9 * blur(light, 3)
        frame[dark] *= 0.25
        yield frame


def kaleidoscope(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """A flowing pattern folded into a rosette."""
    x, y = canvas.grid()
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    stops = pick(
        rng,
        ("#1f0433", "#b5179e", "#ffd60a", "#4cc9f0", "#1f0433"),
        ("#0b2b26", "#8eb69b", "#f6c453", "#d1495b", "#0b2b26"),
        ("#13153a", "#3f88c5", "#f4f1de", "#e07a5f", "#13153a"),
    )
    folds = int(rng.choice([6, 8, 10, 12]))
    a, b = rng.uniform(2.0, 4.0, 2).tolist()
    speed, t = rng.uniform(0.5, 1.0), float(rng.uniform(0, 30))
    while True:
        t += speed / canvas.fps
        turned = angle + 0.25 * t
        wedge = np.abs((turned * (folds / (2 * pi))) % 1 - 0.5) * 2
        u, v = radius * np.cos(wedge), radius * np.sin(wedge)
        field = np.sin(a * u * 3 - 2 * t) + np.sin(b * v * 5 + 1.4 * t) + np.sin((a + b) * (u + v) * 1.5 - t)
        frame = ramp(stops, (field / 6 + 0.5 + 0.1 * sin(t)) % 1)
        veins = np.exp(-((np.sin(field * 3) * 3) ** 2))
        yield frame * (1.1 - 0.35 * radius)[..., None] + 0.2 * veins[..., None]


def glitch(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """A broken broadcast: torn lines, split colours, snow, hard cuts."""
    h, w = canvas.height, canvas.width
    x, y = canvas.grid()
    paint = pick(
        rng, ("#d7ff3e", "#ff1e56", "#0a0a0a"), ("#f2f2f2", "#c1121f", "#050505"), ("#9bf6ff", "#7b2cbf", "#06030c")
    )
    hold, t = 0, 0
    scene: Picture = np.zeros((h, w), dtype=np.float32)
    while True:
        if hold == 0:
            hold = int(rng.integers(4, 12))
            cx, cy, r = rng.uniform(-0.8, 0.8), rng.uniform(-0.3, 0.3), rng.uniform(0.3, 0.7)
            kind = int(rng.integers(3))
            if kind == 0:  # an eye
                scene = soft(np.abs(y - cy) - 0.45 * np.cos(np.clip((x - cx) / r, -1.57, 1.57)) * r, 0.03)
                scene = scene * (1 - soft(np.hypot(x - cx, y - cy) - 0.25 * r, 0.03))
            elif kind == 1:  # bars
                scene = (np.sin(x * rng.uniform(6, 22) + rng.uniform(0, 6)) > 0.2).astype(np.float32) * (np.abs(y) < r)
            else:  # rings
                scene = (np.sin(np.hypot(x - cx, y - cy) * rng.uniform(18, 34)) > 0.3).astype(np.float32)
        hold -= 1
        t += 1
        torn = scene.copy()
        for _ in range(int(rng.integers(2, 8))):
            top, tall = int(rng.integers(h - 8)), int(rng.integers(3, 28))
            torn[top : top + tall] = np.roll(torn[top : top + tall], int(rng.integers(-50, 50)), axis=1)
        shift = int(rng.integers(2, 9))
        frame = np.stack([np.roll(torn, shift, 1), torn, np.roll(torn, -shift, 1)], -1) * paint[0]
        frame = np.maximum(frame, np.roll(torn, 3 * shift, 1)[..., None] * paint[1]) + paint[2]
        snow = rng.random((h, w), dtype=np.float32)
        frame = frame * (0.75 + 0.25 * (np.arange(h) % 3 > 0))[:, None, None] + ((snow > 0.93) * snow * 0.5)[..., None]
        if rng.random() < 0.05:
            frame = 1 - frame
        yield frame.astype(np.float32)


def swarm(canvas: Canvas, rng: np.random.Generator) -> Iterator[Picture]:
    """Hundreds of points that follow a flowing field together, like starlings or fireflies."""
    h, w = canvas.height, canvas.width
    night = rng.random() < 0.5
    back = (
        pick(rng, ("#0c1420", "#1d3a3a"), ("#101026", "#3a2a55"))
        if night
        else pick(rng, ("#f6d7b0", "#a9c5d6"), ("#f3e9dc", "#c08a6b"))
    )
    paint = pick(rng, ("#ffe27a",), ("#a8ffce",))[0] if night else colours("#1f2430")[0]
    base = np.repeat(ramp(back, np.linspace(0, 1, h, dtype=np.float32))[:, None], w, 1)
    n = 1400
    at = (rng.normal(0, 0.35, (n, 2)) + rng.uniform(-0.5, 0.5, 2)).astype(np.float32)
    going = np.zeros((n, 2), dtype=np.float32)
    trace: Picture = np.zeros((h, w), dtype=np.float32)
    own = rng.normal(0, 0.25, (n, 2)).astype(np.float32)
    a, speed, t = rng.uniform(1.2, 2.0), rng.uniform(0.9, 1.5), float(rng.uniform(0, 40))
    while True:
        t += 1 / canvas.fps
        centre = np.array([sin(0.7 * t), 0.45 * cos(0.9 * t)], dtype=np.float32)
        flow = np.column_stack([np.sin(a * 2 * at[:, 1] + t), np.cos(a * 2 * at[:, 0] - 0.8 * t)])
        pull = (centre - at) * 1.1
        going += (flow + pull + own - going) * 0.12
        at += going * speed / canvas.fps
        px, py = ((at[:, 0] * h / 2) + w / 2).astype(int), ((at[:, 1] * h / 2) + h / 2).astype(int)
        seen = (px >= 0) & (px < w) & (py >= 0) & (py < h)
        trace *= 0.72
        np.add.at(trace, (py[seen], px[seen]), 0.55)
        mask = np.clip(trace, 0, 1)
        frame = blend(base, paint, mask)
        yield frame + 0.8 * blur(mask, 3)[..., None] * paint if night else frame


LOOKS: dict[str, Callable[[Canvas, np.random.Generator], Iterator[Picture]]] = {
    "plasma": plasma,
    "rain": rain,
    "waves": waves,
    "mountains": mountains,
    "starfield": starfield,
    "tunnel": tunnel,
    "automaton": automaton,
    "shapes": shapes,
    "fireworks": fireworks,
    "kaleidoscope": kaleidoscope,
    "glitch": glitch,
    "swarm": swarm,
}
