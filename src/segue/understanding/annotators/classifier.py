"""Multi-label logistic regression, all labels at once: one logistic loss a label, L2, fitted by L-BFGS.

What it reads of an item is its vectors, and beside them the words and n-grams of its text (`ngrams`): vectors tell more
where an encoder knows the script and examples are few, words where it does not and they are many.

Labels are 1, 0 or NaN (nobody has said); what is NaN adds nothing. The strength of the L2 term and the probability from
which a label is given are chosen on a held-out fifth: the former by log loss, the latter by micro-F1, since the
probabilities of rare labels seldom pass one half.
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
WORDS_LENGTH = 2.0
"""Length of the words' rows beside the vectors' 1: there are many more of them, each of which says less."""
MOST_WEIGHTS = 2_000_000
"""Of words times labels; the n-grams of most texts are kept."""
MOST_WORDS = 60_000


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that two texts of the training share."""

    columns: Rows
    """(k,) their places among the hashed ones, ascending."""
    rarity: Floats
    """(k,) weight of each."""

    @classmethod
    def of(cls, table: Sparse, n_labels: int) -> Self:
        """Of the counts (n texts, `ngrams.FEATURES`)."""
        met = np.bincount(table.indices, minlength=ngrams.FEATURES)
        most = min(MOST_WORDS, MOST_WEIGHTS // max(n_labels, 1))
        often = np.argsort(-met, kind="stable")[:most]
        columns = np.sort(often[met[often] > 1]).astype(np.int32)
        return cls(columns, ngrams.rarity(table)[columns])

    def rows(self, table: Sparse) -> Sparse:
        """(n, k) from counts."""
        found = ngrams.weighed(table[:, self.columns], self.rarity)
        found.data *= np.float32(WORDS_LENGTH)
        return found


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
        folder.write_json("classifier", {"threshold": self.threshold, "strength": self.strength})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        stated = folder.read_json("classifier")
        weights, words, columns, rarity = (
            folder.read(name, mapped=False) for name in ("weights", "words", "columns", "rarity")
        )
        vocabulary = Vocabulary(columns, rarity)
        return cls(weights, vocabulary, words, float(stated["threshold"]), float(stated["strength"]))


def fit(features: Floats, texts: Sequence[str], labels: Floats, seed: int = 7) -> Classifier:
    """Choose the strength and the threshold on a held-out fifth, then fit on everything.

    Args:
        features: (n, dim).
        texts: n; without the labels.
        labels: (n, labels) of 1, 0 and NaN.
    """
    n, dim = features.shape
    held = np.zeros(n, bool)
    held[np.random.default_rng(seed).permutation(n)[: n // FOLDS]] = True
    table = ngrams.counts(texts)
    known = Vocabulary.of(table[np.flatnonzero(~held)], labels.shape[1])
    words = known.rows(table)
    best: tuple[float, float, Floats] | None = None
    weights = np.zeros((dim + 1 + len(known.columns), labels.shape[1]), np.float32)
    some, left = np.flatnonzero(~held), np.flatnonzero(held)
    # From the strongest on: each begins where the one before ended.
    for strength in sorted(STRENGTHS, reverse=True):
        weights = _minimum(features[some], words[some], labels[some], strength, weights)
        told = _sigmoid(features[left] @ weights[:dim] + weights[dim] + words[left] @ weights[dim + 1 :])
        loss = _log_loss(told, labels[left])
        if best is None or loss < best[0]:
            best = (loss, strength, told)
        elif loss > best[0] * 1.02:
            break
    assert best is not None
    _, strength, told = best
    threshold = best_threshold(told, labels[left])
    known = Vocabulary.of(table, labels.shape[1])
    start = np.zeros((dim + 1 + len(known.columns), labels.shape[1]), np.float32)
    whole = _minimum(features, known.rows(table), labels, strength, start)
    return Classifier(whole[: dim + 1], known, whole[dim + 1 :], threshold, strength)


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


def _minimum(features: Floats, words: Sparse, labels: Floats, strength: float, start: Floats) -> Floats:
    """(dim + 1 + k, labels): of the features, the bias, the words."""
    from scipy.optimize import minimize

    known = np.isfinite(labels)
    truth = np.where(known, labels, 0).astype(np.float32)
    counts = np.maximum(known.sum(axis=0), 1).astype(np.float32)
    x, dim = np.ascontiguousarray(features, np.float32), features.shape[1]
    back = words.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = flat.reshape(start.shape).astype(np.float32)
        logits = x @ w[:dim] + w[dim] + words @ w[dim + 1 :]
        # log(1 + e^z) - y z, without overflow
        each = np.logaddexp(0, logits) - truth * logits
        penalised = w.copy()
        penalised[dim] = 0
        total = float((each * known / counts).sum()) + strength / 2 * float((penalised**2).sum())
        slope = np.where(known, _sigmoid(logits) - truth, 0).astype(np.float32) / counts
        gradient = np.concatenate([x.T @ slope, slope.sum(axis=0, keepdims=True), back @ slope]) + strength * penalised
        return total, gradient.ravel().astype(np.float64)

    found: Any = minimize(
        loss, start.ravel().astype(np.float64), jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 6}
    )
    return np.asarray(found.x.reshape(start.shape), dtype=np.float32)


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)), dtype=np.float32)


def _log_loss(told: Floats, labels: Floats) -> float:
    known = np.isfinite(labels)
    p = np.clip(told[known], 1e-6, 1 - 1e-6)
    y = labels[known]
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()) if known.any() else 0.0
