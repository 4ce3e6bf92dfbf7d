"""Oddness: how unlike other people somebody's whole profile is, whatever it holds. No label is needed.

What tells injected profiles from people, each as a robust score beside people with as many items:

- *choice*: which items. Fillers drawn at random are items that hardly anybody picks.
- *taste*: how well the items go together: the share of the profile that lies in the leading principal components of
  all profiles, beside what independent draws by popularity would leave there. After Mehta & Nejdl, "Unsupervised
  strategies for shilling detection and robust collaborative filtering", UMUAI 2009 (PCA-VarSelect).
- *ratings*: how far from everybody's, most of all where few have rated: RDMA, WDMA, WDA of Chirita et al., WIDM 2005,
  and Burke et al., "Classification features for attack detection in collaborative recommender systems", KDD 2006.
- *contrast*: what is rated highest beside all the rest: the filler mean difference of Burke et al.
- *size*: how many items: their length variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..arrays import Floats, Mask, Rows, Sparse
from ..dataset import Dataset
from ..events import CONSUMED, KIND_CODE

VIEWS = ("choice", "taste", "ratings", "contrast", "size")
LEAST_PEOPLE = 50
"""Fewer people are too few to say what is usual."""
LIKED = 0.5
"""From such a preference on (below its negative: disliked) an event pushes its item."""

_COMPONENTS = 20
_TINY = 1e-9
_CONSUMED_CODES = np.array([KIND_CODE[k] for k in CONSUMED], dtype=np.uint8)
Column = NDArray[np.float64]


@dataclass(frozen=True)
class Profiles:
    """Every pair of person and item that have met, once. Columns of one length, by person and then by item."""

    users: Rows
    items: Rows
    weights: Column
    """Mean preference of the pair's events, -1 … 1."""
    n_users: int
    n_items: int

    @classmethod
    def of(cls, dataset: Dataset) -> Profiles:
        """The pairs of a dataset, by what people consumed or judged."""
        said = np.isin(dataset.kinds, _CONSUMED_CODES) | (dataset.weights != 0)
        pairs = dataset.users[said].astype(np.int64) * max(dataset.n_items, 1) + dataset.items[said]
        unique, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
        users, items = np.divmod(unique, max(dataset.n_items, 1))
        weights = np.bincount(inverse, dataset.weights[said], len(unique)) / np.maximum(counts, 1)
        return cls(users.astype(np.int32), items.astype(np.int32), weights, dataset.n_users, dataset.n_items)

    def __len__(self) -> int:
        return len(self.users)

    def per_person(self, values: Column | Mask) -> Column:
        """(n users,) the sum over each person's pairs."""
        return np.asarray(np.bincount(self.users, values, self.n_users), dtype=np.float64)

    def per_item(self, values: Column | Mask) -> Column:
        """(n items,) the sum over each item's pairs."""
        return np.asarray(np.bincount(self.items, values, self.n_items), dtype=np.float64)


def views(profiles: Profiles) -> dict[str, Column]:
    """For each of `VIEWS` that says anything here: (n users,) robust scores, high where suspicious, 0 for the usual.

    A score of 3 is as far out as three standard deviations of a normal distribution. People without items have 0.
    Empty where there are fewer than `LEAST_PEOPLE`.
    """
    sizes = profiles.per_person(np.ones(len(profiles), dtype=bool))
    there = sizes > 0
    if np.count_nonzero(there) < LEAST_PEOPLE:
        return {}
    found = {}
    for view, features in _features(profiles, np.maximum(sizes, 1)).items():
        scores = [_beside_their_like(f[there], sizes[there], sized=view != "size") for f in features]
        column = np.zeros(profiles.n_users)
        column[there] = np.mean(scores, axis=0)
        if column.any():
            found[view] = column
    return found


def oddness(scores: Mapping[str, Column]) -> Column:
    """(n users,) one score of all views: the mean of the two that stand out most."""
    table = np.sort(np.stack(list(scores.values())), axis=0)
    return np.asarray(table[-2:].mean(axis=0))


def _features(profiles: Profiles, sizes: Column) -> dict[str, list[Column]]:
    """The features of each view, (n users,) each."""
    met = np.maximum(profiles.per_item(np.ones(len(profiles), dtype=bool)), 1)
    mean = profiles.per_item(profiles.weights) / met
    here = met[profiles.items]
    features = {
        "choice": [-profiles.per_person(np.log(here)) / sizes],
        "taste": [-np.log(_coherence(profiles, sizes) + 1e-6)],
        "size": [np.log(sizes)],
    }
    apart = np.abs(profiles.weights - mean[profiles.items])
    if float(np.std(profiles.weights)) < 1e-6:
        return features  # a log without judgements: everybody rates alike
    rdma = profiles.per_person(apart / here)
    wdma = profiles.per_person(apart / here**2)
    deviation = profiles.per_person(apart) / sizes
    # WDA, the sum, is RDMA times the size, which the comparison with people of the same size takes out again.
    features["ratings"] = [np.log(rdma / sizes + _TINY), np.log(wdma / sizes + _TINY), deviation]
    top = profiles.weights >= LIKED
    highest = profiles.per_person(profiles.weights * top) / np.maximum(profiles.per_person(top), 1)
    rest = profiles.per_person(profiles.weights * ~top) / np.maximum(profiles.per_person(~top), 1)
    features["contrast"] = [highest - rest]
    return features


def _coherence(profiles: Profiles, sizes: Column) -> Column:
    """(n users,) mean squared projection on the leading components, over that of independent draws."""
    shape = (profiles.n_users, profiles.n_items)
    columns = (np.ones(len(profiles), np.float32), (profiles.users, profiles.items))
    matrix = sparse.csr_array(columns, shape=shape)
    share = (profiles.per_item(np.ones(len(profiles), dtype=bool)) / profiles.n_users).astype(np.float32)
    activity = (sizes / sizes.mean()).astype(np.float32)
    # What everybody of that activity would meet by popularity alone is no taste.
    basis = _leading(matrix, share, activity, max(1, min(_COMPONENTS, profiles.n_items // 4)))
    projected = matrix @ basis - np.outer(activity, share @ basis)
    drawn = share / max(float(share.sum()), _TINY)
    variance = np.maximum((basis**2).T @ drawn - (basis.T @ drawn) ** 2, _TINY)
    return np.asarray((projected**2 / (sizes[:, None] * variance)).mean(axis=1), dtype=np.float64)


def _leading(matrix: Sparse, share: Floats, activity: Floats, rank: int, passes: int = 6) -> Floats:
    """(n items, rank) leading right singular vectors of matrix - activity·shareᵀ.

    Halko, Martinsson & Tropp, "Finding structure with randomness", SIAM Review 2011: subspace iteration, never dense.
    """
    n_users, n_items = matrix.shape
    wide = min(rank + 10, n_users, n_items)
    basis = np.random.default_rng(0).standard_normal((n_items, wide)).astype(np.float32)
    for _ in range(passes):
        people = matrix @ basis - np.outer(activity, share @ basis)
        basis, _ = np.linalg.qr(matrix.T @ people - np.outer(share, activity @ people))
    people = matrix @ basis - np.outer(activity, share @ basis)
    _, _, turned = np.linalg.svd(people.T @ people)
    return np.asarray((basis @ turned.T)[:, :rank])


def _beside_their_like(feature: Column, sizes: Column, sized: bool) -> Column:
    """Robust score of each person beside people with about as many items (or, not ``sized``, beside everybody).

    Location and spread are smooth in log(size), fitted to medians, so that a few injected profiles of one size do not
    become the measure of it.
    """
    size = np.log(sizes)
    size = (size - size.mean()) / (size.std() + _TINY)
    apart = _residual(feature, size, 2 if sized else 0)
    typical = float(np.median(np.abs(apart)))
    if typical < _TINY:
        return np.zeros(len(feature))
    spread = np.log(np.abs(apart) + 1e-3 * typical)
    score = apart / np.exp(spread - _residual(spread, size, 1 if sized else 0))
    return score / max(1.4826 * float(np.median(np.abs(score))), _TINY)


def _residual(values: Column, size: Column, degree: int, passes: int = 20) -> Column:
    """What a polynomial in ``size`` leaves over, fitted to least absolute deviations by reweighting."""
    table = np.vander(size, degree + 1)
    weights = np.ones(len(values))
    left = values
    for _ in range(passes):
        root = np.sqrt(weights)
        fitted, *_ = np.linalg.lstsq(table * root[:, None], values * root, rcond=None)
        left = values - table @ fitted
        weights = 1 / np.maximum(np.abs(left), 1e-3 * float(np.median(np.abs(left))) + _TINY)
    return left
