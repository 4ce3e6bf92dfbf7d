"""A list in which everybody of a group has their turn."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Rows
from ...candidates import Candidates
from ...profiles.companions import faded
from ..rankers.together import shares, suits_of
from ..stages import Request


class Turns:
    """For the strategy ``fairness``: every next pick is the best for those who got less from the picks before it, as
    if the group had chosen these (greedy, as in Xiao et al., RecSys 2017). The first pick is that of the ranker.

    Args:
        fairness: see `segue.settings.GroupSettings`.
    """

    name = "turns"

    def __init__(self, fairness: float) -> None:
        self.fairness = fairness

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        order = np.arange(len(candidates), dtype=np.int32)
        suits = suits_of(candidates)
        if request.query.strategy != "fairness" or not suits.size:
            return order
        picked = _in_turn(suits, [one.so_far for one in request.everybody], request.query.k, self.fairness)
        return np.concatenate([picked, order[~np.isin(order, picked)]])


def _in_turn(suits: Floats, so_far: list[float | None], k: int, fairness: float) -> Rows:
    """Positions of the first k picks."""
    left = np.ones(suits.shape[1], dtype=bool)
    left_at_most = min(k, suits.shape[1])
    picked = np.zeros(left_at_most, dtype=np.int32)
    for place in range(left_at_most):
        value = np.where(left, shares(so_far, fairness) @ suits, -np.inf)
        picked[place] = np.argmax(value)
        left[picked[place]] = False
        got = np.clip(suits[:, picked[place]], 0, 1)
        so_far = [faded(before, float(now)) for before, now in zip(so_far, got, strict=True)]
    return picked
