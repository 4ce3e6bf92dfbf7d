"""Multi-label logistic regression, all labels at once: one logistic loss a label, L2, fitted by L-BFGS.

Labels are 1, 0 or NaN (nobody has said); what is NaN adds nothing. The strength of the L2 term and the probability from
which a label is given are chosen on a held-out fifth: the former by log loss, the latter by micro-F1, since the
probabilities of rare labels seldom pass one half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats
from ...storage.artifacts import ArtifactFolder

STRENGTHS = (3e-5, 1e-4, 3e-4)
"""λ that are tried: the loss is the mean over items plus λ/2·‖W‖²."""
STEPS = 80
FOLDS = 5


@dataclass(frozen=True)
class Classifier:
    """Weights of all labels."""

    weights: Floats
    """(dim + 1, labels); the last row is the bias."""
    threshold: float
    """A label is given from this probability on."""
    strength: float

    def probabilities(self, features: Floats) -> Floats:
        """(n, labels)."""
        return _sigmoid(features @ self.weights[:-1] + self.weights[-1])

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write("weights", self.weights)
        folder.write_json("classifier", {"threshold": self.threshold, "strength": self.strength})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        stated = folder.read_json("classifier")
        return cls(folder.read("weights", mapped=False), float(stated["threshold"]), float(stated["strength"]))


def fit(features: Floats, labels: Floats, seed: int = 7) -> Classifier:
    """Choose the strength and the threshold on a held-out fifth, then fit on everything.

    Args:
        features: (n, dim).
        labels: (n, labels) of 1, 0 and NaN.
    """
    n = len(features)
    held = np.zeros(n, bool)
    held[np.random.default_rng(seed).permutation(n)[: n // FOLDS]] = True
    best: tuple[float, float, Floats] | None = None
    weights = np.zeros((features.shape[1] + 1, labels.shape[1]), np.float32)
    # From the strongest on: each begins where the one before ended.
    for strength in sorted(STRENGTHS, reverse=True):
        weights = _minimum(features[~held], labels[~held], strength, weights)
        told = _sigmoid(features[held] @ weights[:-1] + weights[-1])
        loss = _log_loss(told, labels[held])
        if best is None or loss < best[0]:
            best = (loss, strength, told)
        elif loss > best[0] * 1.02:
            break
    assert best is not None
    _, strength, told = best
    threshold = best_threshold(told, labels[held])
    whole = _minimum(features, labels, strength, np.zeros_like(weights))
    return Classifier(whole, threshold, strength)


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
