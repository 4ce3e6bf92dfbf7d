"""Two multi-label logistic regressions, over an item's vectors and over the words and n-grams of its text (`ngrams`).

Vectors tell more where an encoder knows the script and examples are few, words where it does not and they are many; a
label's logit is the sum of both, each times a share. That over vectors has one logistic loss a label, L2, and all
labels at once, by L-BFGS; that over words, which are many and rare, a label at a time by liblinear (Fan et al., 2008).

Labels are 1, 0 or NaN (nobody has said); what is NaN adds nothing. The strength of the L2 term, the shares and the
probability from which a label is given are chosen on a held-out fifth: the first by log loss, the last by micro-F1,
since the probabilities of rare labels seldom pass one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Rows, Sparse
from ...storage.artifacts import ArtifactFolder
from .. import ngrams

STRENGTHS = (3e-5, 1e-4, 3e-4)
"""λ that are tried: the loss is the mean over items plus λ/2·‖W‖²."""
STEPS = 80
FOLDS = 5
WORDS_C = 5.0
"""Inverse strength of the L2 term of the regression over words."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MOST_WORDS = 60_000
"""Of a vocabulary; those that most texts share are kept."""


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that two texts of the training share."""

    columns: Rows
    """(k,) their places among the hashed ones, ascending."""
    rarity: Floats
    """(k,) weight of each."""

    @classmethod
    def of(cls, table: Sparse) -> Self:
        """Of the counts (n texts, `ngrams.FEATURES`)."""
        met = np.bincount(table.indices, minlength=ngrams.FEATURES)
        often = np.argsort(-met, kind="stable")[:MOST_WORDS]
        columns = np.sort(often[met[often] > 1]).astype(np.int32)
        return cls(columns, ngrams.rarity(table)[columns])

    def rows(self, table: Sparse) -> Sparse:
        """(n, k) from counts."""
        return ngrams.weighed(table[:, self.columns], self.rarity)


@dataclass(frozen=True)
class Classifier:
    """Weights of all labels."""

    weights: Floats
    """(dim + 1, labels); the last row is the bias."""
    vocabulary: Vocabulary
    words: Floats
    """(k, labels)."""
    threshold: float
    """A label is given from this probability on."""
    strength: float
    """λ of the vectors' part."""
    shares: tuple[float, float]
    """Of the vectors' logits and of the words'; they are in the weights already."""

    def probabilities(self, features: Floats, texts: Sequence[str]) -> Floats:
        """(n, labels).

        Args:
            features: (n, dim).
            texts: n.
        """
        said = self.vocabulary.rows(ngrams.counts(texts)) @ self.words
        return _sigmoid(features @ self.weights[:-1] + self.weights[-1] + said)

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write("weights", self.weights)
        folder.write("words", self.words)
        folder.write("columns", self.vocabulary.columns)
        folder.write("rarity", self.vocabulary.rarity)
        folder.write_json("classifier", {"threshold": self.threshold, "strength": self.strength, "shares": self.shares})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        stated = folder.read_json("classifier")
        weights, words, columns, rarity = (
            folder.read(name, mapped=False) for name in ("weights", "words", "columns", "rarity")
        )
        vocabulary = Vocabulary(columns, rarity)
        share, other = stated["shares"]
        return cls(weights, vocabulary, words, stated["threshold"], stated["strength"], (share, other))


def fit(features: Floats, texts: Sequence[str], labels: Floats, seed: int = 7) -> Classifier:
    """Choose strength, shares and threshold on a held-out fifth, then fit on everything.

    Args:
        features: (n, dim).
        texts: n; without the labels.
        labels: (n, labels) of 1, 0 and NaN.
    """
    n = len(features)
    order = np.random.default_rng(seed).permutation(n)
    held, some = np.sort(order[: n // FOLDS]), np.sort(order[n // FOLDS :])
    table = ngrams.counts(texts)
    strength, seen = _strength(features[some], labels[some], features[held], labels[held])
    vocabulary, words, bias = _by_words(table[some], labels[some])
    read = vocabulary.rows(table[held]) @ words + bias
    shares = [(one, other) for one in SHARES for other in SHARES if one or other]
    share, other = min(shares, key=lambda both: _log_loss(_sigmoid(both[0] * seen + both[1] * read), labels[held]))
    threshold = best_threshold(_sigmoid(share * seen + other * read), labels[held])
    weights = share * _minimum(
        features, labels, strength, np.zeros((features.shape[1] + 1, labels.shape[1]), np.float32)
    )
    vocabulary, words, bias = _by_words(table, labels)
    weights[-1] += other * bias
    return Classifier(
        weights.astype(np.float32), vocabulary, (other * words).astype(np.float32), threshold, strength, (share, other)
    )


def _strength(some: Floats, labels: Floats, held: Floats, truth: Floats) -> tuple[float, Floats]:
    """The best strength for the vectors, and the logits (held, labels) with it."""
    best: tuple[float, float, Floats] | None = None
    weights: Floats = np.zeros((some.shape[1] + 1, labels.shape[1]), np.float32)
    # From the strongest on: each begins where the one before ended.
    for strength in sorted(STRENGTHS, reverse=True):
        weights = _minimum(some, labels, strength, weights)
        logits = np.asarray(held @ weights[:-1] + weights[-1], dtype=np.float32)
        loss = _log_loss(_sigmoid(logits), truth)
        if best is None or loss < best[0]:
            best = (loss, strength, logits)
        elif loss > best[0] * 1.02:
            break
    assert best is not None
    return best[1], best[2]


def _by_words(table: Sparse, labels: Floats) -> tuple[Vocabulary, Floats, Floats]:
    """The vocabulary of the counts, its weights (k, labels) and the bias (labels,)."""
    from sklearn.linear_model import LogisticRegression

    vocabulary = Vocabulary.of(table)
    rows = vocabulary.rows(table)
    weights = np.zeros((len(vocabulary.columns), labels.shape[1]), np.float32)
    bias = np.zeros(labels.shape[1], np.float32)
    for column in range(labels.shape[1]):
        known = np.flatnonzero(np.isfinite(labels[:, column]))
        holds = labels[known, column] > 0.5
        if not holds.any() or holds.all() or not len(weights):
            share = (holds.sum() + 0.5) / (len(holds) + 1)  # nothing to tell apart
            bias[column] = np.log(share / (1 - share))
            continue
        model = LogisticRegression(C=WORDS_C, solver="liblinear", random_state=0).fit(rows[known], holds)
        weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return vocabulary, weights, bias


def best_threshold(probabilities: Floats, labels: Floats) -> float:
    """The probability from which labels are given so that micro-F1 is highest; 0.5 where nothing is known."""
    known = np.isfinite(labels)
    told, truth = probabilities[known], labels[known] > 0.5
    if not truth.any():
        return 0.5
    order = np.argsort(-told, kind="stable")
    right = np.cumsum(truth[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + truth.sum())
    last = int(f1.argmax())
    # Half-way to the next lower one: what separates the examples need not touch them.
    middle = (told[order][last] + told[order][min(last + 1, len(order) - 1)]) / 2
    return float(np.clip(middle, 0.05, 0.95))


def _minimum(features: Floats, labels: Floats, strength: float, start: Floats) -> Floats:
    from scipy.optimize import minimize

    known = np.isfinite(labels)
    truth = np.where(known, labels, 0).astype(np.float32)
    counts = np.maximum(known.sum(axis=0), 1).astype(np.float32)
    x = np.ascontiguousarray(features, np.float32)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = flat.reshape(start.shape).astype(np.float32)
        logits = x @ w[:-1] + w[-1]
        # log(1 + e^z) - y z, without overflow
        each = np.logaddexp(0, logits) - truth * logits
        total = float((each * known / counts).sum()) + strength / 2 * float((w[:-1] ** 2).sum())
        slope = np.where(known, _sigmoid(logits) - truth, 0).astype(np.float32) / counts
        gradient = np.concatenate([x.T @ slope + strength * w[:-1], slope.sum(axis=0, keepdims=True)])
        return total, gradient.ravel().astype(np.float64)

    found: Any = minimize(
        loss, start.ravel().astype(np.float64), jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 10}
    )
    return np.asarray(found.x.reshape(start.shape), dtype=np.float32)


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)), dtype=np.float32)


def _log_loss(told: Floats, labels: Floats) -> float:
    known = np.isfinite(labels)
    p = np.clip(told[known], 1e-6, 1 - 1e-6)
    y = labels[known]
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()) if known.any() else 0.0
