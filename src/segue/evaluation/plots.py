"""Where everything goes in the plots of a report: plain numbers, which the templates draw.

Every plot is `WIDTH` units wide, so that its text is readable on a phone without a second layout. Colours are
``currentColor`` and two hues of middle lightness, so that one picture suits light and dark pages.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

WIDTH = 380
_ROW = 26
_SMALL_ROW = 16
_CHARACTER = 6.6
"""Width of a Latin letter at font size 12, a little on the safe side."""


def text_width(text: str, size: float = 12) -> float:
    """Units that a text takes; wide characters count double."""
    letters = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return letters * _CHARACTER * size / 12


@dataclass(frozen=True)
class Axis:
    """A scale from 0 to a round number."""

    begin: float
    """Where 0 is, in units."""
    end: float
    """Where ``top`` is."""
    top: float
    ticks: tuple[tuple[float, str], ...]
    """(position, words)"""

    def at(self, value: float) -> float:
        """Position of a value."""
        return round(self.begin + (self.end - self.begin) * value / self.top, 2)


def axis(largest: float, begin: float, end: float, about: int = 4, share: bool = False) -> Axis:
    """A scale that holds 0 … largest, with about so many ticks at round numbers.

    Args:
        share: write the ticks as per cent.
    """
    largest = largest if largest > 0 else 1.0
    raw = largest / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    count = math.ceil(largest / step - 1e-9)
    top = count * step
    digits = max(0, -math.floor(math.log10(step) + 1e-9) + (1 if round(step / power, 3) == 2.5 else 0))
    places = tuple(
        (
            round(begin + (end - begin) * i / count, 2),
            f"{i * step:.{max(0, digits - 2)}%}" if share else f"{i * step:.{digits}f}",
        )
        for i in range(count + 1)
    )
    return Axis(begin, end, top, places)


def fitted(name: str, most: float, size: float = 12) -> str:
    """The name, cut with an ellipsis where it would take more than ``most`` units."""
    if text_width(name, size) <= most:
        return name
    while name and text_width(name + "…", size) > most:
        name = name[:-1]
    return name + "…"


def rows_of(report: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    """The rows of one slice, best first."""
    key = f"ndcg@{report['k']}"
    rows = [row for row in report["rows"] if row["slice"] == part and row[key] is not None]
    return sorted(rows, key=lambda row: (-row[key], row["model"]))


def dots(report: Mapping[str, Any]) -> dict[str, Any]:
    """ndcg@k of each model with its interval, and a line at most-popular."""
    key = f"ndcg@{report['k']}"
    rows = rows_of(report, "all")
    label = min(max((text_width(row["model"]) for row in rows), default=0), 150) + 10
    x = axis(max((row["ci95"][1] for row in rows), default=0), label, WIDTH - 52)
    base = next((row[key] for row in rows if row["model"] == report["baseline"]), None)
    top = 40
    return {
        "axis": x,
        "top": top - 10,
        "bottom": top + _ROW * len(rows),
        "height": top + _ROW * len(rows) + 40,
        "baseline": None if base is None else x.at(base),
        "rows": [
            {
                "model": row["model"],
                "label": fitted(row["model"], label - 10),
                "value": row[key],
                "low": row["ci95"][0],
                "high": row["ci95"][1],
                "users": row["users"],
                "y": top + _ROW * n + _ROW / 2,
                "x": x.at(row[key]),
                "x_low": x.at(row["ci95"][0]),
                "x_high": x.at(row["ci95"][1]),
                "is_baseline": row["model"] == report["baseline"],
            }
            for n, row in enumerate(rows)
        ],
    }


def slices(report: Mapping[str, Any]) -> dict[str, Any]:
    """A small panel a slice, two beside each other, all with the models in the same order and on the same scale."""
    key = f"ndcg@{report['k']}"
    models = [row["model"] for row in rows_of(report, "all")]
    names = [n for n in dict.fromkeys(row["slice"] for row in report["rows"]) if n != "all"]
    found = {(row["slice"], row["model"]): row for row in report["rows"]}
    label = min(max((text_width(m, 11) for m in models), default=0), 120) + 8
    gap, value = 12.0, 34.0
    width = (WIDTH - label - gap) / 2
    largest = max((row[key] or 0.0 for row in report["rows"] if row["slice"] != "all"), default=0.0)
    panels = []
    tall = 34 + _SMALL_ROW * len(models) + 16
    for n, name in enumerate(names):
        left = label + (n % 2) * (width + gap)
        top = (n // 2) * tall + 34
        x = axis(largest, left, left + width - value, 2)
        marks = []
        for line, model in enumerate(models):
            row = found.get((name, model))
            if row is None or row[key] is None:
                continue
            marks.append(
                {
                    "model": model,
                    "value": row[key],
                    "users": row["users"],
                    "x": x.at(row[key]),
                    "y": top + _SMALL_ROW * line,
                    "is_baseline": model == report["baseline"],
                }
            )
        base = next((m["x"] for m in marks if m["is_baseline"]), None)
        panels.append(
            {
                "slice": name,
                "users": max((m["users"] for m in marks), default=0),
                "left": left,
                "right": left + width,
                "top": top,
                "bottom": top + _SMALL_ROW * len(models),
                "marks": marks,
                "baseline": base,
                "labels": [
                    {"label": fitted(m, label - 8, 11), "x": label - 6, "y": top + _SMALL_ROW * line}
                    for line, m in enumerate(models)
                ]
                if n % 2 == 0
                else [],
            }
        )
    return {"panels": panels, "height": tall * math.ceil(len(names) / 2), "row": _SMALL_ROW}


def tradeoff(report: Mapping[str, Any]) -> dict[str, Any]:
    """coverage@k against ndcg@k, a dot a model, names placed so that none covers another."""
    k = report["k"]
    rows = [row for row in rows_of(report, "all") if row[f"coverage@{k}"] is not None]
    left, right, top, bottom = 50.0, WIDTH - 10.0, 16.0, 280.0
    x = axis(max((row[f"coverage@{k}"] for row in rows), default=0), left, right, share=True)
    y = axis(max((row[f"ndcg@{k}"] for row in rows), default=0), bottom, top)
    points = [(x.at(row[f"coverage@{k}"]), y.at(row[f"ndcg@{k}"])) for row in rows]
    names = [fitted(row["model"], 130, 11) for row in rows]
    labels = place_labels(points, names, (left + 4, top - 10, right + 8, bottom - 2))
    return {
        "x": x,
        "y": y,
        "left": left,
        "right": right,
        "top": top,
        "bottom": bottom,
        "height": bottom + 44,
        "points": [
            {
                "model": row["model"],
                "label": name,
                "coverage": row[f"coverage@{k}"],
                "value": row[f"ndcg@{k}"],
                "x": point[0],
                "y": point[1],
                "is_baseline": row["model"] == report["baseline"],
                **place,
            }
            for row, name, point, place in zip(rows, names, points, labels, strict=True)
        ],
    }


Box = tuple[float, float, float, float]
"""left, top, right, bottom"""


def place_labels(
    points: Sequence[tuple[float, float]], names: Sequence[str], frame: Box, size: float = 11
) -> list[dict[str, Any]]:
    """Where to write the name of each point: the nearest of a ring of places that is free and inside the frame.

    Returns:
        For each: ``label_x``, ``label_y`` (left end of the baseline) and ``leader``: whether the name stands so far off
        that a thin line should lead to it.
    """
    taken: list[Box] = [(px - 5, py - 5, px + 5, py + 5) for px, py in points]
    # Right, left, above, below, the corners; then to the side at growing distances.
    rings = [(1, 0), (-1, 0), (0, -12), (0, 12), *product((1, -1), (-12, 12))]
    rings += [(side, far * way) for far in range(24, 132, 12) for way in (-1, 1) for side in (1, -1)]
    placed: list[dict[str, Any]] = []
    for (px, py), name in zip(points, names, strict=True):
        wide, tall = text_width(name, size), size + 2
        best: tuple[float, Box, bool] | None = None
        for dx, dy in rings:
            left = px + 8 if dx > 0 else px - 8 - wide if dx < 0 else px - wide / 2
            box = (left, py + dy - tall / 2, left + wide, py + dy + tall / 2)
            outside = (
                max(frame[0] - box[0], 0)
                + max(frame[1] - box[1], 0)
                + max(box[2] - frame[2], 0)
                + max(box[3] - frame[3], 0)
            )
            cost = sum(_overlap(box, other) for other in taken) + outside * 50
            if best is None or cost < best[0] - 1e-9:
                best = (cost, box, abs(dy) > 12)
            if cost == 0:
                break
        assert best is not None
        _, box, leader = best
        taken.append(box)
        placed.append({"label_x": round(box[0], 1), "label_y": round(box[3] - 3.5, 1), "leader": leader, "box": box})
    return placed


def _overlap(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
