"""What changes in a film: where it cuts, its shots, and its course from beginning to end. Arrays in, numbers out.

A cut is where the colour histogram jumps (Swain & Ballard 1991; for cuts Boreczky & Rowe 1996). Encoders put key frames
at cuts, so that key frames alone find most of them where they come every few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Times
from . import look
from .look import Seen

_CUT = 0.4
"""Distance of two colour histograms (0 … 1, Hellinger) above which there is a cut between them …"""
_CUT_CHANGE = 0.05
"""… where the picture has changed in its place, too: mean difference of two small pictures, as a share of white."""
_GREY_CUT = (0.3, 0.4, 0.15)
"""The same for pictures with little colour: a smaller jump of the colours, with one of the light and more change."""
_DENSE_S = 12.0
"""Pictures further apart than this (the median) cannot tell how often the film cuts. Encoders that put a key frame at
every cut let up to ten seconds pass without one."""
_CURVE = 60
"""Points of a curve."""
_PALETTES = 24
"""Times at which the palette is taken."""
_TOLD = 200
"""Shots listed in the facts; the shortest are told with their neighbours beyond that."""
PARTS = 48
"""Vectors kept of a film's course; a film of more shots has them pooled evenly."""


@dataclass(frozen=True)
class Film:
    """Pictures of a film in order of time, divided into shots."""

    times: Times
    """(n,) seconds from the beginning, rising."""
    seen: Seen
    change: Floats
    """(n,) 0 … 1: mean difference from the picture before; 0 for the first."""
    jump: Floats
    """(n,) 0 … 1: distance of the colour histogram from the picture before; 0 for the first."""
    firsts: NDArray[np.intp]
    """(shots,) the row of each shot's first picture."""
    end_s: float
    """Where the last shot ends."""

    @property
    def gap_s(self) -> float:
        """Seconds between two pictures, the median; 0 for a single one."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.0

    @property
    def dense(self) -> bool:
        """Whether the pictures are close enough to tell the shots."""
        return len(self.times) > 1 and self.gap_s <= _DENSE_S

    @property
    def begins(self) -> Times:
        """(shots,) seconds. The first shot begins with the film."""
        begins = self.times[self.firsts].copy()
        begins[0] = min(begins[0], 0.0)
        return begins

    @property
    def ends(self) -> Times:
        """(shots,) seconds."""
        return np.append(self.begins[1:], self.end_s)

    def rows(self, shot: int) -> NDArray[np.intp]:
        """The pictures of a shot."""
        last = self.firsts[shot + 1] if shot + 1 < len(self.firsts) else len(self.times)
        return np.arange(self.firsts[shot], last)


def film(times: Times, seen: Seen, duration_s: float | None) -> Film:
    """Divide the pictures into shots; they may come in any order.

    Args:
        times: (n,) seconds from the beginning.
        duration_s: what the file says; not believed where the pictures end long before.
    """
    order = np.argsort(times, kind="stable")
    times, seen = times[order], seen.take(order)
    small = seen.small.astype(np.float32) / 255
    change = np.zeros(len(times), np.float32)
    change[1:] = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3))
    jump = _jumps(seen.groups["colour"])
    light = _jumps(seen.groups["tones"][:, : look.TONES])
    cut = (jump > _CUT) & (change > _CUT_CHANGE)
    cut |= (jump > _GREY_CUT[0]) & (light > _GREY_CUT[1]) & (change > _GREY_CUT[2])
    cut[0] = True
    gap = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    last = float(times[-1]) + gap
    end = duration_s if duration_s is not None and is_plausible(times, duration_s) else last
    return Film(times, seen, change, jump, np.flatnonzero(cut), max(end, last - gap, 1e-3))


def _jumps(shares: Floats) -> Floats:
    """(n,) Hellinger distance of each row of shares from the one before; 0 for the first."""
    roots = np.sqrt(shares)
    jump = np.zeros(len(roots), np.float32)
    jump[1:] = np.sqrt(np.maximum(1 - (roots[1:] * roots[:-1]).sum(axis=1), 0))
    return jump


def is_plausible(times: Times, duration_s: float) -> bool:
    """Whether the pictures fill the duration: its last half has some, or they are but few."""
    if len(times) < 2:
        return True
    widest = float(np.diff(times).max())
    return duration_s <= 2 * float(times[-1]) + 2 * widest + 10


def movement(film: Film) -> Floats:
    """(6,) how much pictures differ within shots and across, and how often the film cuts."""
    cut = np.zeros(len(film.times), bool)
    cut[film.firsts] = True
    change, jump, cut = film.change[1:], film.jump[1:], cut[1:]
    still = change[~cut] if (~cut).any() else change
    per_minute = 60 * float(cut.sum()) / max(film.end_s, 1.0)
    return np.array(
        [still.mean(), change.mean(), change.std(), jump.mean(), cut.mean(), np.log1p(per_minute)], dtype=np.float32
    )


def course(film: Film) -> Floats:
    """(24,) how the film goes on, so that order counts: for light, colour and movement over time, the second half less
    the first, the middle third less the outer ones, and the mean step from picture to picture.
    """
    signals = np.column_stack([film.seen.signals, film.change])
    grid = np.stack([_over_time(film, column) for column in signals.T])
    half, third = _CURVE // 2, _CURVE // 3
    turn = grid[:, half:].mean(axis=1) - grid[:, :half].mean(axis=1)
    arc = grid[:, third : 2 * third].mean(axis=1) - np.delete(grid, slice(third, 2 * third), axis=1).mean(axis=1)
    steps = np.abs(np.diff(signals, axis=0)).mean(axis=0)
    return np.concatenate([turn, arc, steps]).astype(np.float32)


def pieces(film: Film) -> list[NDArray[np.intp]]:
    """The pictures of each shot, in order; of a film with more than `PARTS` shots, of as many runs of shots."""
    shots = [film.rows(n) for n in range(len(film.firsts))]
    if len(shots) <= PARTS:
        return shots
    runs = np.array_split(np.arange(len(shots)), PARTS)
    return [np.concatenate([shots[n] for n in run]) for run in runs]


def facts(film: Film) -> dict[str, Any]:
    """For people: movement, pace, and a ``timeline`` to draw.

    ``timeline`` holds ``end_s``; ``shots``, each as [begin, end, colour]; ``curves`` of brightness, motion (0 … 1) and
    pace (cuts a minute) at evenly spaced times; ``palette``, the leading colours at evenly spaced times. Where the
    pictures are too far apart to tell shots, there are neither shots nor pace.
    """
    timeline: dict[str, Any] = {
        "end_s": round(film.end_s, 2),
        "curves": {
            "brightness": _rounded(_over_time(film, film.seen.signals[:, 0])),
            "motion": _rounded(_motion(film)),
        },
        "palette": _palettes(film),
    }
    found: dict[str, Any] = {"motion": None, "shots_per_minute": None}
    if len(film.times) > 1:
        found["motion"] = round(float(movement(film)[0]), 3)
    if film.dense:
        found["shots"] = len(film.firsts)
        # The number of shots is one more than that of cuts.
        found["shots_per_minute"] = round(60 * len(film.firsts) / max(film.end_s, 1.0), 1)
        timeline["shots"] = _told(film)
        timeline["curves"]["pace"] = _rounded(_pace(film), 1)
    return {**found, "timeline": timeline}


def _told(film: Film) -> list[list[Any]]:
    """[begin, end, colour] of each shot."""
    small, keep = film.seen.small, np.arange(len(film.firsts))
    if len(keep) > _TOLD:
        lengths = film.ends - film.begins
        longest = np.argsort(-lengths[1:], kind="stable")[: _TOLD - 1] + 1
        keep = np.append(0, np.sort(longest))
    begins = film.begins[keep]
    ends = np.append(begins[1:], film.end_s)
    colours = [small[film.rows(int(shot))].mean(axis=(0, 1, 2)) for shot in keep]
    return [
        [round(float(b), 2), round(float(e), 2), "#" + "".join(f"{round(float(v)):02x}" for v in colour)]
        for b, e, colour in zip(begins, ends, colours, strict=True)
    ]


def _motion(film: Film) -> Floats:
    """(60,) how much pictures differ from the one before within shots; a cut is no movement."""
    within = np.setdiff1d(np.arange(len(film.times)), film.firsts)
    if not len(within):
        return np.zeros(_CURVE, np.float32)
    at = (np.arange(_CURVE) + 0.5) / _CURVE * film.end_s
    return np.interp(at, film.times[within], film.change[within]).astype(np.float32)


def _pace(film: Film) -> Floats:
    """(60,) cuts a minute around each time: a bell of a twentieth of the film, at least 2 s wide."""
    at = (np.arange(_CURVE) + 0.5) / _CURVE * film.end_s
    width = max(film.end_s / 20, 2.0)
    cuts = film.times[film.firsts[1:]]
    bells = np.exp(-0.5 * ((at[:, None] - cuts) / width) ** 2)
    # Towards the ends a part of the bell lies outside the film, where there is nothing to count.
    grid = np.linspace(0, film.end_s, 4 * _CURVE)
    inside = np.exp(-0.5 * ((at[:, None] - grid) / width) ** 2).mean(axis=1) * film.end_s
    return np.asarray(60 * bells.sum(axis=1) / inside, dtype=np.float32)


def _palettes(film: Film) -> list[list[str]]:
    edges = np.linspace(0, film.end_s, _PALETTES + 1)
    found: list[list[str]] = []
    for low, high in pairwise(edges):
        rows = np.flatnonzero((film.times >= low) & (film.times < high))
        if not len(rows):  # the picture that is still to be seen then
            rows = np.array([max(0, int(np.searchsorted(film.times, low, side="right")) - 1)])
        found.append(look.palette(film.seen.small[rows], 3))
    return found


def _over_time(film: Film, values: Floats) -> Floats:
    """(60,) values at evenly spaced times."""
    at = (np.arange(_CURVE) + 0.5) / _CURVE * film.end_s
    return np.interp(at, film.times, values).astype(np.float32)


def _rounded(values: Floats, digits: int = 3) -> list[float]:
    return [round(float(v), digits) for v in values]
