"""Companions: the people of a group at this moment, and what each of them got from what they chose before.

What somebody got is remembered as satisfaction fades by J. Masthoff and A. Gatt (User Modeling and User-Adapted
Interaction 16, 2006): with every choice, oldest first, ``s ← (δ·s + impact) / (1 + δ)``. The impact of a choice is what
the person said of the item since (liked, disliked, rated); else how well it suited them when it was chosen, which
stands in the event. Nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..catalogue import Catalogue
from ..dataset import History
from ..events import KIND_CODE, EventKind
from ..groups import Turn
from .history import Live

FADES = 0.7
"""δ: how much what one got before counts beside the newest choice."""

_VERDICTS = np.array([KIND_CODE[kind] for kind in (EventKind.LIKE, EventKind.DISLIKE, EventKind.RATE)], dtype=np.uint8)


@dataclass(frozen=True)
class Companion:
    """One person of a group."""

    user_id: str
    name: str
    """What the others call them."""
    live: Live
    so_far: float | None = None
    """0 … 1, see `satisfied`."""


def satisfied(turns: Iterable[Turn], history: History, catalogue: Catalogue, newest: int) -> float | None:
    """What one person got from a group's choices, 0 … 1, whatever the order in which their events arrived.

    Args:
        turns: of this person; an item that was chosen again counts where it was chosen last. One that tells no fit and
            of which the person said nothing says nothing.
        history: of the same person.
        newest: how many choices count.

    Returns:
        None where there is no choice that says anything.
    """
    last: dict[str, Turn] = {}
    for turn in sorted(turns, key=_when):
        last[turn.item_id] = turn
    so_far: float | None = None
    for turn in sorted(last.values(), key=_when)[-newest:]:
        impact = _said(history, catalogue.row_of.get(turn.item_id))
        impact = turn.fit if impact is None else impact
        if impact is not None:
            so_far = faded(so_far, impact)
    return so_far


def faded(so_far: float | None, impact: float) -> float:
    """What somebody has after one more choice."""
    return impact if so_far is None else (FADES * so_far + impact) / (1 + FADES)


def _when(turn: Turn) -> tuple[bool, float, int]:
    """By time, those without one last, then by arrival."""
    unknown = bool(np.isnan(turn.at))
    return unknown, 0.0 if unknown else turn.at, turn.seq


def _said(history: History, row: int | None) -> float | None:
    """What the person said last of an item, from 0 (against it) to 1 (for it)."""
    if row is None:
        return None
    own = history.weights[(history.items == row) & np.isin(history.kinds, _VERDICTS) & (history.weights != 0)]
    return None if not len(own) else float(np.clip((1 + own[-1]) / 2, 0, 1))
