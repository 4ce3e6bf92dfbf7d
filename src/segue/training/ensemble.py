"""Several scores made one: reciprocal-rank fusion, and a convex blend whose weights are learnt on a validation split.

The blend is the mean of standard scores that the ranker `segue.pipeline.rankers.blend` serves, so what is learnt is
what is served. Weights are ≥ 0 and add up to 1. They are learnt in two ways: by the conditional logit (McFadden 1974),
a convex problem whose likelihood sees every answer; and from there by a search along one weight at a time, which
maximises NDCG@10 itself. The first is steadier where people are few.

Fusion by ranks: Cormack, Clarke & Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
Methods", SIGIR 2009: Σ 1 / (60 + rank).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Mask, Rows

Weights = NDArray[Any]
"""(models,) ≥ 0, float."""

Fusion = Literal["scores", "ranks"]
"""``scores``: weighted mean of standard scores; ``ranks``: weighted reciprocal-rank fusion."""

RANK_CONSTANT = 60
"""k of the paper: how little the first ranks differ."""
LEAST_KNOWN = 0.1
"""Share of the weights that counts as known of any candidate, so that a minor score does not decide by itself."""
FOLDS = 4
"""Parts of the people on each of which weights are judged that were learnt on the others."""
K = 10
STEPS = (0.0, 0.25, 0.5, 2.0, 4.0)
"""Factors by which the search changes one weight."""
LIGHTEST = 0.005
"""A model of less weight than this is not worth asking."""
ENTRY = 0.05
"""What a weight of 0 is given to try, as a share of all."""
_NOTHING = 1e-6
"""A sum of weights below it is what rounding left of 0."""
_TEMPERATURE_PENALTY = 1e-3
"""Ridge of the logit per person: keeps the weights finite where the answers can be told apart perfectly."""


def known_share(finite: Mask, weights: Weights) -> Floats:
    """(…, candidates) Σ |weight| of the scores with an opinion, at least `LEAST_KNOWN` of all: what a weighted sum of
    standard scores is divided by, so that the others take over the weight of a score without an opinion.

    Args:
        finite: (…, candidates, scores) where there is an opinion.
        weights: (scores,), or (…, 1, scores) where they differ; 0 for a score that says nothing to anyone here.
    """
    size = np.abs(weights)
    known: Floats = np.maximum((finite * size).sum(axis=-1), LEAST_KNOWN * size.sum(axis=-1))
    return known


def reciprocal_ranks(scores: Floats) -> Floats:
    """(n,) 1 / (60 + rank), the best has rank 1; equal scores share the mean of their ranks; no opinion: 0."""
    from scipy.stats import rankdata

    fused = np.zeros(len(scores), np.float32)
    known = np.isfinite(scores)
    fused[known] = 1 / (RANK_CONSTANT + rankdata(-scores[known]))
    return fused


@dataclass(frozen=True)
class Asked:
    """People of whom is known what they chose, and how every model sees the candidates of each.

    Candidates of a person are padded to the longest list.
    """

    models: tuple[str, ...]
    standard: Floats
    """(people, candidates, models) standard scores as they are served; NaN: no opinion."""
    reciprocal: Floats
    """(people, candidates, models) `reciprocal_ranks` of each."""
    real: Mask
    """(people, candidates) False in the padding."""
    answers: Mask
    """(people, candidates) what the person chose."""
    counts: Rows
    """(people,) how many they chose, among the candidates or not."""

    def __len__(self) -> int:
        return len(self.counts)

    def only(self, people: NDArray[Any]) -> Asked:
        """Some of the people."""
        return replace(
            self,
            standard=self.standard[people],
            reciprocal=self.reciprocal[people],
            real=self.real[people],
            answers=self.answers[people],
            counts=self.counts[people],
        )

    def blended(self, weights: Weights) -> Floats:
        """(people, candidates) the weighted mean of standard scores, by the rule of the served blend.

        Args:
            weights: (models,).
        """
        used = np.flatnonzero(weights)
        standard = self.standard[:, :, used]
        finite = np.isfinite(standard)
        own = weights[used].astype(np.float32) * finite.any(axis=1, keepdims=True)  # a mute model leaves the blend
        known = known_share(finite, own)
        total: Floats = np.nan_to_num(standard) @ weights[used].astype(np.float32)
        total /= np.where(known > 0, known, 1)
        return total

    def fused(self, weights: Weights) -> Floats:
        """(people, candidates) weighted sum of reciprocal ranks."""
        total: Floats = self.reciprocal @ weights.astype(np.float32)
        return total

    def ndcg(self, scores: Floats) -> NDArray[np.float64]:
        """(people,) NDCG@10; of equal scores those that are no answers come first."""
        ranked = np.where(self.real, scores, -np.inf)
        width = min(K, ranked.shape[1])
        least = np.sort(ranked, axis=1)[:, -width]
        # Only answers that may be among the first ten are looked at any closer.
        person, place = np.nonzero(self.answers & (ranked >= least[:, None]))
        rows, answers, own = ranked[person], self.answers[person], ranked[person, place][:, None]
        equal = rows == own
        ahead = (rows > own) | (equal & ~answers) | (equal & (np.arange(ranked.shape[1]) < place[:, None]))
        rank = np.count_nonzero(ahead, axis=1)
        gains = 1 / np.log2(np.arange(2, K + 2))
        won = np.bincount(person[rank < K], gains[rank[rank < K]], len(self))
        value: NDArray[np.float64] = won / np.cumsum(gains)[np.minimum(self.counts, K) - 1]
        return value


@dataclass(frozen=True)
class Mix:
    """A way to make one score of several."""

    fusion: Fusion
    weights: Mapping[str, float]
    """By model, above 0, adding up to 1 but for what was too light to keep."""

    def scores(self, asked: Asked) -> Floats:
        """(people, candidates)."""
        weights = np.array([self.weights.get(name, 0.0) for name in asked.models], np.float32)
        return asked.blended(weights) if self.fusion == "scores" else asked.fused(weights)


def alone(model: str) -> Mix:
    """One model: by rank, which no outlier and no bound on standard scores can distort."""
    return Mix("ranks", {model: 1.0})


def fusion(models: tuple[str, ...]) -> Mix:
    """Reciprocal-rank fusion, all models equal as in the paper."""
    return Mix("ranks", dict.fromkeys(models, 1 / len(models)))


def by_likelihood(asked: Asked) -> Mix:
    """The convex blend of highest likelihood of the answers; every answer counts, also one that no list shows."""
    return _mix(asked, _logit(asked))


def by_ndcg(asked: Asked) -> Mix:
    """The convex blend of highest NDCG@10 that the search finds from `by_likelihood` and from the best model."""
    starts = [_logit(asked), np.eye(len(asked.models))[_best_model(asked)]]
    weights, _ = max((_searched(asked, start) for start in starts), key=lambda pair: pair[1])
    return _mix(asked, weights)


def cross_fitted(asked: Asked, learn: Callable[[Asked], Mix], seed: int) -> NDArray[np.float64]:
    """(people,) NDCG@10 of each under weights that were learnt without them."""
    fold = np.random.default_rng(seed).permutation(len(asked)) % FOLDS
    values = np.zeros(len(asked))
    for number in range(FOLDS):
        out, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if len(out):
            held = asked.only(out)
            values[out] = held.ndcg(learn(asked.only(rest)).scores(held))
    return values


def _mix(asked: Asked, weights: Weights) -> Mix:
    return Mix("scores", {n: round(float(w), 4) for n, w in zip(asked.models, weights, strict=True) if w >= LIGHTEST})


def _best_model(asked: Asked) -> int:
    every = np.eye(len(asked.models))
    return int(np.argmax([asked.ndcg(asked.fused(one)).mean() for one in every]))


def _logit(asked: Asked) -> Weights:
    """(models,) weights of the conditional logit: P(candidate) ∝ exp(Σ w·z), w ≥ 0, each person counting once."""
    from scipy import optimize

    n = len(asked.models)
    told = asked.only(np.flatnonzero(asked.answers.any(axis=1)))
    if not len(told):
        return np.full(n, 1 / n)
    z = np.nan_to_num(told.standard).astype(np.float32)
    chosen = told.answers / told.answers.sum(axis=1, keepdims=True, dtype=np.float32)
    wanted = np.einsum("pc,pcm->m", chosen, z)

    def loss(w: Weights) -> tuple[float, Weights]:
        s = np.where(told.real, z @ w.astype(np.float32), -np.inf)
        top = s.max(axis=1, keepdims=True)
        e = np.exp(s - top)
        mass = e.sum(axis=1, keepdims=True)
        value = float((np.log(mass) + top).sum() - wanted @ w)
        slope = np.einsum("pc,pcm->m", e / mass, z) - wanted
        ridge = _TEMPERATURE_PENALTY * len(told)
        return value + ridge * float(w @ w), np.asarray(slope + 2 * ridge * w, np.float64)

    solved = optimize.minimize(loss, np.full(n, 1 / n), jac=True, bounds=[(0, None)] * n, method="L-BFGS-B")
    w = np.asarray(solved.x)
    return w / w.sum() if w.sum() > 0 else np.full(n, 1 / n)


def _searched(asked: Asked, weights: Weights) -> tuple[Weights, float]:
    """The weights that no change of a single one improves by more than a ten-thousandth, and their mean NDCG@10."""
    scores = _Changing(asked)
    scores.start(weights)
    best = float(asked.ndcg(scores.with_change(0, 0.0)).mean())
    improved = True
    while improved:
        improved = False
        for m in range(len(weights)):
            options = [weights[m] * f for f in STEPS] if weights[m] else [ENTRY, 4 * ENTRY]
            for option in options:
                change = option - weights[m]
                if not change or weights.sum() + change <= 0:
                    continue
                value = float(asked.ndcg(scores.with_change(m, change)).mean())
                # A model that is not missed goes, so that requests need not ask it.
                if value > best + 1e-4 or (not option and value >= best):
                    weights, best, improved = weights.copy(), value, True
                    weights[m] = option
                    weights /= weights.sum()
                    scores.start(weights)
    return weights, best


class _Changing:
    """What `Asked.blended` makes of weights of which one changes, without summing up the others again."""

    def __init__(self, asked: Asked) -> None:
        by_model = np.moveaxis(asked.standard, 2, 0)
        self._finite = np.ascontiguousarray(np.isfinite(by_model))
        self._standard = np.where(self._finite, by_model, np.float32(0))
        self._heard: Mask = np.any(self._finite, axis=2)

    def start(self, weights: Weights) -> None:
        """Changes are to these weights from now on."""
        self._total, self._known = np.zeros((2, *self._standard.shape[1:]), np.float32)
        self._whole = np.zeros(self._standard.shape[1], np.float32)
        for m in np.flatnonzero(weights).tolist():
            self._total, self._known, self._whole = self._with(m, weights[m])

    def _with(self, m: int, change: float) -> tuple[Floats, Floats, Floats]:
        by = np.float32(change)
        return (
            self._total + by * self._standard[m],
            self._known + by * self._finite[m],
            self._whole + by * self._heard[m],
        )

    def with_change(self, m: int, change: float) -> Floats:
        """(people, candidates) `Asked.blended` of the weights with this much more of model ``m``."""
        total, known, whole = self._with(m, change)
        share: Floats = np.maximum(known, np.float32(LEAST_KNOWN) * whole[:, None])
        share[share <= _NOTHING] = 1
        return total / share
