"""Interests: the several things that a person turns to, each with a vector of its own, for the long run and for now.

After PinnerSage (Pal et al., "PinnerSage: Multi-Modal User Embedding Framework for Recommendations at Pinterest", KDD
2020): what a person likes is clustered by its content, bottom-up by Ward's criterion, into as many clusters as there
are in this person; one vector for all of it would point between them, where nothing that they like lies. Each cluster
weighs by the preference in it, and by how recent that is. How many there are is chosen by the silhouette (Rousseeuw
1987) of the cosine distances, the mean over the clusters so that small ones count as much as large ones and stray items
make no clusters; where no division is clearly one, there is one interest.

Nothing here is drawn at random, and the items are taken in the order of their rows: the same events give the same
interests, whatever the order in which they arrived.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Rows, unit_rows
from ..dataset import History

DAY_S = 86_400.0
MOST_ITEMS = 200
"""Of what a person likes, so many items are clustered: those that weigh most with their age."""
MOST = 8
"""Interests at most."""
CLEAR, SHAKY = 0.1, 0.6
"""A division is one where its silhouette is above `CLEAR` + `SHAKY` / √items: what the best division of a single round
cloud reaches in one case of ten (16 dimensions; seldomer in more)."""
LONG_DAYS = 180.0
"""Half-life of a liking in the long run."""
NOW_DAYS = 10.0
"""Half-life of a liking for what a person turns to now."""
_FADED = 0.02
"""Of the strongest: weight that an item keeps however old it is, so that long interests do not vanish."""


@dataclass(frozen=True)
class Interest:
    """One thing a person turns to."""

    vector: Floats
    """(dim,) of length 1: the weighted mean of its items."""
    items: Rows
    """Rows of the items that show it, the weightiest first."""
    weights: Floats
    """Of these items, in the long run; they add up to 1 over all interests."""
    share: float
    """Of the person's likings in the long run: 0 … 1."""
    now: float
    """Of their likings now, which fade within days: 0 … 1."""

    @property
    def short_term(self) -> bool:
        """Whether it is of these days: at least twice as much of the likings now as in the long run."""
        return self.now >= 2 * self.share

    @property
    def medoid(self) -> int:
        """Row of the item nearest to the middle of the interest: the first of the items where all are alike."""
        return int(self.items[0])


def interests(history: History, vectors: Floats | None) -> tuple[Interest, ...]:
    """The interests of a person, the largest share first; empty where nothing liked has a vector.

    Args:
        vectors: (n items, dim) in the space ``mixed``, of length 1, NaN where missing; None where there are none.
    """
    rows, long, now = likings(history, vectors)
    if vectors is None or not len(rows):
        return ()
    points = unit_rows(np.asarray(vectors[rows], dtype=np.float32))
    number = divided(points)
    found = []
    for one in range(int(number.max()) + 1):
        own = np.flatnonzero(number == one)
        order = own[np.argsort(-long[own], kind="stable")]
        middle = long[own] @ points[own]
        found.append(
            Interest(
                vector=unit_rows(np.asarray(middle, dtype=np.float32)),
                items=rows[order],
                weights=np.asarray(long[order], dtype=np.float32),
                share=round(float(long[own].sum()), 4),
                now=round(float(now[own].sum()), 4),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.share, one.medoid)))


def likings(history: History, vectors: Floats | None) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
    """(rows of liked items with a vector, ascending, their weights in the long run, and now), each adding up to 1.

    An item counts with the sum of its preferences, each faded by its age before the person's newest event; of events
    without times, the position from the end stands for an age in days. What is disliked more than liked is left out.
    """
    nothing = (np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    if vectors is None or not len(history):
        return nothing
    known = history.items < len(vectors)
    known[known] = np.isfinite(vectors[history.items[known], 0])
    if not known.any():
        return nothing
    items, weights, times = history.items[known], history.weights[known].astype(np.float64), history.timestamps[known]
    ages = (np.nanmax(times) - times) / DAY_S if np.isfinite(times).any() else np.arange(len(items), 0.0, -1.0) - 1
    ages = np.nan_to_num(ages, nan=0.0)  # events without a time come last
    rows, of = np.unique(items, return_inverse=True)
    liked = np.bincount(of, weights) > 0

    def faded(half_life: float, least: float) -> NDArray[np.float64]:
        by_age = np.maximum(0.5 ** (ages / half_life), least)
        return np.maximum(np.bincount(of, weights * by_age), 0) * liked

    long, now = faded(LONG_DAYS, _FADED), faded(NOW_DAYS, 0.0)
    kept = np.flatnonzero(long > 0)
    if len(kept) > MOST_ITEMS:
        kept = np.sort(kept[np.lexsort((kept, -long[kept]))[:MOST_ITEMS]])
    if not len(kept):
        return nothing
    long, now = long[kept], now[kept]
    return rows[kept].astype(np.int32), long / long.sum(), now / now.sum() if now.sum() > 0 else long / long.sum()


def divided(points: Floats) -> NDArray[np.intp]:
    """(n,) number of the cluster of each point, from 0 on, by Ward's criterion and the best `silhouette`.

    Args:
        points: (n, dim) of length 1.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    n = len(points)
    alone = np.zeros(n, dtype=np.intp)
    if n < 4:
        return alone
    likeness = points @ points.T
    tree = linkage(points, "ward")
    best, chosen = CLEAR + SHAKY / n**0.5, alone
    for k in range(2, min(MOST, n // 2) + 1):
        number = fcluster(tree, k, "maxclust").astype(np.intp) - 1
        clear = silhouette(1 - likeness, number)
        if clear > best:
            best, chosen = clear, number
    return np.unique(chosen, return_inverse=True)[1].astype(np.intp)


def silhouette(distances: Floats, number: NDArray[np.intp]) -> float:
    """Mean over the clusters of the mean over their points of (b - a) / max(a, b): a, b the mean distance of the point
    to its own and to the nearest other cluster.

    A point that is alone in its cluster counts 0, as in the paper; so does everything where there is one cluster.
    """
    k = int(number.max()) + 1
    if k < 2:
        return 0.0
    member = np.zeros((len(number), k), dtype=np.float64)
    member[np.arange(len(number)), number] = 1
    sizes = member.sum(axis=0)
    sums = np.maximum(distances, 0) @ member
    own = sums[np.arange(len(number)), number] / np.maximum(sizes[number] - 1, 1)
    others = sums / np.maximum(sizes, 1)
    others[np.arange(len(number)), number] = np.inf
    others[:, sizes == 0] = np.inf
    nearest = others.min(axis=1)
    values = np.where(sizes[number] > 1, (nearest - own) / np.maximum(np.maximum(own, nearest), 1e-12), 0.0)
    return float((values @ member / np.maximum(sizes, 1))[sizes > 0].mean())
