"""A cover for an item that has none: two colours from its title's hash and a figure for its kind, as SVG."""

from __future__ import annotations

import hashlib
import math

from ..items import Item, ItemKind


def placeholder(item: Item) -> str:
    """A square picture. Equal titles look alike; nothing of the item's text is in it."""
    digest = hashlib.sha256(item.name.encode("utf-8", "surrogatepass")).digest()
    hue = digest[0] * 360 // 256
    other = (hue + 35 + digest[1] % 70) % 360
    figure = _FIGURES.get(item.kind, _film)(digest)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        f'<defs><linearGradient id="g" gradientTransform="rotate({20 + digest[2] % 50})">'
        f'<stop stop-color="hsl({hue} 42% 34%)"/><stop offset="1" stop-color="hsl({other} 48% 20%)"/>'
        '</linearGradient></defs><rect width="400" height="400" fill="url(#g)"/>'
        f'<g fill="none" stroke="hsl({(other + 40) % 360} 70% 82%)" stroke-opacity=".75" stroke-width="3" '
        f'stroke-linecap="round">{figure}</g></svg>'
    )


def _record(digest: bytes) -> str:
    rings = "".join(
        f'<circle cx="200" cy="200" r="{r}" opacity="{1 - r / 200:.2f}"/>'
        for r in range(30 + digest[4] % 16, 180, 12 + digest[5] % 8)
    )
    return rings + '<circle cx="200" cy="200" r="12" fill="#fff" fill-opacity=".8" stroke="none"/>'


def _voice(digest: bytes) -> str:
    bars = []
    for n in range(17):
        height = 14 + digest[n + 4] * (1 - abs(n - 8) / 11) * 0.55
        bars.append(f'<path d="M{72 + 16 * n} {200 - height:.0f}V{200 + height:.0f}" stroke-width="7"/>')
    return "".join(bars)


def _waves(digest: bytes) -> str:
    arcs = "".join(
        f'<path d="M{200 - r} 200a{r} {r} 0 0 1 {2 * r} 0" opacity="{1.1 - r / 170:.2f}" '
        f'transform="rotate({side} 200 200)"/>'
        for r in range(38 + digest[4] % 16, 160, 18 + digest[5] % 10)
        for side in (-90, 90)
    )
    return arcs + '<circle cx="200" cy="200" r="14" fill="#fff" fill-opacity=".85" stroke="none"/>'


def _film(digest: bytes) -> str:
    lines = []
    for n in range(9):
        points = [
            f"{x} {90 + 27 * n + 16 * math.sin(x / (38 + digest[5] % 40) + n * (digest[6] % 7 + 2) / 9):.1f}"
            for x in range(0, 401, 16)
        ]
        lines.append(f'<path d="M{" L".join(points)}" opacity="{0.25 + n / 14:.2f}"/>')
    return "".join(lines) + '<path d="M174 150l84 50-84 50z" fill="#fff" fill-opacity=".9" stroke="none"/>'


def _board(digest: bytes) -> str:
    cells = []
    for n in range(25):
        if digest[n + 4] % 3:
            x, y = 90 + 46 * (n % 5), 90 + 46 * (n // 5)
            fill = ' fill="#fff" fill-opacity=".28"' if digest[n + 4] % 5 == 0 else ""
            cells.append(f'<rect x="{x}" y="{y}" width="36" height="36" rx="7"{fill}/>')
    return "".join(cells)


_FIGURES = {
    ItemKind.TRACK: _record,
    ItemKind.PODCAST: _voice,
    ItemKind.PODCAST_EPISODE: _voice,
    ItemKind.LIVE: _waves,
    ItemKind.GAME: _board,
    ItemKind.AD: _board,
}
