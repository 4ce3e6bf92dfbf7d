"""Several people's scores on one scale, and one order made of them.

Strategies (J. Masthoff, "Group Recommender Systems: Combining Individual Models", Recommender Systems Handbook, 2011):

    average       the mean of how well an item suits them
    least_misery  how well it suits the one whom it suits least; of equals the one with the better mean
    fairness      the mean, in which counts more who got less from the group's last choices; a weighted sum with weights
                  above 0 is Pareto-efficient: no other item is better for one of them and worse for none (Xiao et al.,
                  "Fairness-aware group recommendation with Pareto-efficiency", RecSys 2017)
    veto          the mean, without what somebody refuses (`segue.pipeline.filters.refused`,
                  `segue.pipeline.rerankers.vetoed`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...arrays import Floats, Mask
from ...candidates import Candidates
from ..stages import Ranker, Request
from .blend import PART

MEMBER = "member:"
"""Score columns ``member:N:blend:NAME`` hold what each part of the blend added for person number N."""
SUITS = "suits:"
"""Score columns ``suits:N``: how well each candidate suits person number N, see `suited`."""
AGAIN = 0.0
"""What somebody has met already suits them at most so well: no better than a middling candidate."""
_TIE = 1e-3
"""Share of the mean in the order by the least."""


class Together:
    """Asks a ranker for each person of the group, and makes one order of all by the strategy of the query.

    Args:
        each: what ranks for one person.
        fairness: see `segue.settings.GroupSettings`.
    """

    name = "together"

    def __init__(self, each: Ranker, fairness: float) -> None:
        self.each, self.fairness = each, fairness

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        people = request.everybody
        columns: dict[str, Floats] = {}
        suits = np.zeros((len(people), len(candidates)), dtype=np.float32)
        for n, one in enumerate(people):
            own = self.each(one, candidates)
            for name, column in own.items():
                if name.startswith(PART):
                    columns[f"{MEMBER}{n}:{name}"] = column
                    columns[name] = columns.get(name, np.float32(0)) + column / np.float32(len(people))
            met = np.isin(candidates.items, one.history.consumed)
            suits[n] = suited(own["final"], met, request.query.k)
            columns[f"{SUITS}{n}"] = suits[n]
        columns["final"] = aggregated(suits, request.query.strategy, counts(people, self.fairness))
        return columns


def suited(final: Floats, met: Mask, k: int) -> Floats:
    """(n,) how well candidates suit one person: 0 where they do no better than the middle one of the candidates that
    the person has not met, 1 where they do as well as the k best (at most a quarter) of these; may lie outside.

    So that people compare: what counts is what each would have been offered alone, as in Xiao et al. (2017). All 0 for
    somebody whose candidates are all the same.

    Args:
        final: (n,) scores for this person alone.
        met: (n,) what the person has met; it suits them at most `AGAIN`.
    """
    if not len(final):
        return np.zeros(0, dtype=np.float32)
    new = final[~met] if not met.all() else final
    # Of few candidates the k best would be about all of them.
    few = max(min(k, len(new) // 4), 1)
    middle, best = float(np.median(new)), float(np.mean(np.sort(new)[-few:]))
    if best - middle <= 1e-9 * max(1.0, abs(middle)):
        return np.zeros(len(final), dtype=np.float32)
    share = (final - middle) / (best - middle)
    return np.where(met, np.minimum(share, AGAIN), share).astype(np.float32)


def counts(people: Sequence[Request], fairness: float) -> Floats:
    """(people,) how much each of them counts under the strategy ``fairness``, as shares of 1; above 0."""
    return shares([one.so_far for one in people], fairness)


def shares(so_far: Sequence[float | None], fairness: float) -> Floats:
    """``exp(fairness · (mean - own))`` of what people got so far, as shares of 1; who got nothing yet stands at the
    mean."""
    known = [one for one in so_far if one is not None]
    mean = float(np.mean(known)) if known else 0.0
    owed = np.array([0.0 if one is None else mean - one for one in so_far])
    weights = np.exp(fairness * owed)
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def aggregated(suits: Floats, strategy: str, weights: Floats) -> Floats:
    """(n,) what decides the order of n candidates.

    Args:
        suits: (people, n).
        weights: (people,) shares of 1, for ``fairness``.
    """
    if strategy == "least_misery":
        return np.asarray(suits.min(axis=0) + _TIE * suits.mean(axis=0), dtype=np.float32)
    if strategy == "fairness":
        return np.asarray(weights @ suits, dtype=np.float32)
    return np.asarray(suits.mean(axis=0), dtype=np.float32)


def suits_of(candidates: Candidates) -> Floats:
    """(people, n) the columns `SUITS`; (0, n) where no ranker has made them."""
    names = [name for name in candidates.scores if name.startswith(SUITS)]
    return np.array([candidates.scores[name] for name in names], dtype=np.float32).reshape(len(names), len(candidates))
