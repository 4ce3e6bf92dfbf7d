"""Learning a head: texts with labels through the encoder (BCE, CE or MSE), through hashed n-grams, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...arrays import Floats, Mask, Sparse
from ...settings import FinetuneSettings
from ...understanding import heads, ngrams, tone
from ...understanding.heads import Kind, Linear, TrainedHead
from . import examples
from .encoder import Tuned, batches
from .examples import Labelled

_STEPS = 5
"""Classes of a rating that is learnt by cross-entropy."""
_FOLDS = 5
_TONE = 0.1
"""C of the logistic regression over words of judgement."""


class HeadTask:
    """Batches, loss and validation of a head over the encoder's vectors.

    Args:
        learnt, held: rows to learn from and rows to judge on.
    """

    def __init__(
        self,
        tuned: Tuned,
        labelled: Labelled,
        learnt: NDArray[np.int64],
        held: NDArray[np.int64],
        wanted: FinetuneSettings,
    ) -> None:
        self.tuned, self.labelled, self.wanted = tuned, labelled, wanted
        self.learnt, self.held = learnt, held
        self.tokens = tuned.tokens(labelled.texts)
        self.lengths = np.array([len(one["input_ids"]) for one in self.tokens], np.int64)
        self.truth = torch.from_numpy(labelled.truth)
        weights = np.ones(labelled.truth.shape, np.float32)
        if wanted.class_weights and not wanted.resample:
            weights[learnt] = examples.balance(labelled.truth[learnt], labelled.kind)
        if labelled.counts is not None:
            weights *= labelled.counts[:, None]
        self.weights = torch.from_numpy(weights)
        self.chances = examples.draws(labelled.truth[learnt], labelled.kind) if wanted.resample else None
        values = labelled.truth[learnt] if labelled.kind == "number" else np.zeros((1, 1), np.float32)
        self.scale = (float(values.min()), float(values.max()))

    @property
    def passes(self) -> int:
        """Examples in one pass."""
        return min(len(self.learnt), self.wanted.examples)

    def batches(self, rng: np.random.Generator, size: int) -> Iterator[NDArray[np.int64]]:
        if self.chances is not None:
            rows = rng.choice(self.learnt, self.passes, p=self.chances)
        else:
            rows = rng.permutation(self.learnt)[: self.passes]
        yield from batches(self.lengths, rows, size, rng)

    def loss(self, rows: NDArray[np.int64]) -> Tensor:
        return self._loss(rows) + self.tuned.penalty()

    def _loss(self, rows: NDArray[np.int64]) -> Tensor:
        vectors = self.tuned.embed([self.tokens[row] for row in rows])
        logits: Tensor = self.tuned.top(vectors * vectors.shape[1] ** 0.5)
        truth, weights = self.truth[rows].to(logits.device), self.weights[rows].to(logits.device)
        if self.labelled.kind == "one":
            own: Tensor = -(truth * nn.functional.log_softmax(logits, dim=1)).sum(dim=1)
            return (own * weights[:, 0]).mean()
        if self.labelled.kind == "several":
            return nn.functional.binary_cross_entropy_with_logits(logits, truth, weight=weights)
        low, high = self.scale
        if self.wanted.rating_loss == "mse":
            return (weights * ((logits - truth) / max(high - low, 1e-6)) ** 2).mean()
        place = ((truth[:, 0] - low) / max(high - low, 1e-6) * (_STEPS - 1)).round().long()
        return (
            nn.functional.cross_entropy(logits, place.clamp(0, _STEPS - 1), reduction="none") * weights[:, 0]
        ).mean()

    def validate(self) -> float:
        """The loss over what is held, below zero: higher is better."""
        total = 0.0
        order = self.held[np.argsort(-self.lengths[self.held], kind="stable")]
        for begin in range(0, len(order), 64):
            rows = order[begin : begin + 64]
            total += float(self._loss(rows)) * len(rows)
        return -total / len(self.held)

    def linear(self) -> Linear:
        """What stands on the vectors times √dim. Of classes of a rating, their expected value (a line through it)."""
        layer = self.tuned.top[1]  # type: ignore[index]
        return Linear(layer.weight.detach().cpu().numpy().T.copy(), layer.bias.detach().cpu().numpy().copy())


def top_for(labelled: Labelled, wanted: FinetuneSettings, dim: int) -> nn.Module:
    """Dropout and one linear layer, which begins at zero."""
    classes = labelled.kind == "number" and wanted.rating_loss == "cross_entropy"
    layer = nn.Linear(dim, _STEPS if classes else labelled.truth.shape[1])
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    if labelled.kind == "number" and not classes:
        nn.init.constant_(layer.bias, float(labelled.truth.mean()))
    return nn.Sequential(nn.Dropout(wanted.dropout), layer)


def finished(
    name: str,
    version: str,
    labelled: Labelled,
    learnt: NDArray[np.int64],
    held: NDArray[np.int64],
    wanted: FinetuneSettings,
    task: HeadTask | None,
    seed: int,
) -> tuple[TrainedHead, dict[str, Any]]:
    """The head, its parts joined on what is held, and its figures there.

    Args:
        task: of the trained encoder; None: the head reads n-grams alone.
    """
    head = TrainedHead(name, labelled.kind, labelled.labels, version=version)
    parts: dict[str, Floats] = {}
    if labelled.kind == "number":
        values = labelled.truth[learnt]
        head.scale = (float(values.min()), float(values.max()))
    if task is not None:
        vectors = task.tuned.embed_all([task.tokens[row] for row in held])
        head.encoder = task.linear()
        parts["encoder"] = head.encoder(vectors * np.float32(np.sqrt(vectors.shape[1])))
        if head.encoder.weights.shape[1] != len(labelled.labels):
            head.encoder, parts["encoder"] = _expected(head.encoder, parts["encoder"], head.scale)
    if wanted.features == "ngrams":
        # Cheap enough to be fitted once more for each part that it is then judged on: everything is learnt from.
        parts = crossed(head, labelled, wanted, seed)
        held = np.arange(len(labelled))
    elif wanted.features == "both":
        table = ngrams.counts([ngrams.plain(text) for text in labelled.texts])
        head.words, head.rarity = words_of(table, labelled, learnt, wanted)
        parts["words"] = head.words(ngrams.weighed(table[held], head.rarity))
    about = None if labelled.about is None else [labelled.about[row] for row in held]
    about = about if _crowded(about) else None
    judged = labelled.judged[held]
    head.join(parts, labelled.truth[held], about, judged)
    p = head.probabilities(head.joined(parts, about))[judged]
    return head, figures(head, p, labelled.truth[held][judged], about)


def crossed(head: TrainedHead, labelled: Labelled, wanted: FinetuneSettings, seed: int) -> dict[str, Floats]:
    """Fit the head's parts that read n-grams and words of judgement on everything; of each part (n, labels) the logits
    of each text by a model that was fitted without the fifth of the items that it is about."""
    said = [ngrams.plain(text) for text in labelled.texts]
    table = ngrams.counts(said)
    fold = examples.folds(labelled, _FOLDS, seed)
    parts = {"words": np.zeros(labelled.truth.shape, np.float32)}
    for k in range(_FOLDS):
        model, rarity = words_of(table, labelled, np.flatnonzero(fold != k), wanted)
        parts["words"][fold == k] = model(ngrams.weighed(table[np.flatnonzero(fold == k)], rarity))
    head.words, head.rarity = words_of(table, labelled, np.arange(len(labelled)), wanted)
    measured = tone.measure(said)
    if tone.speaks(measured):
        parts["tone"] = np.zeros(labelled.truth.shape, np.float32)
        for k in range(_FOLDS):
            beside = tone_of(measured, parts["words"], labelled, (fold != k) & labelled.judged)
            parts["tone"][fold == k] = beside(measured[fold == k])
        head.tone = tone_of(measured, parts["words"], labelled, labelled.judged)
    return parts


def tone_of(measured: Floats, words: Floats, labelled: Labelled, rows: Mask) -> Linear:
    """What words of judgement say that the n-grams' logits do not: fitted beside these, which are then left out."""
    from scipy import sparse

    middle, spread = measured[rows].mean(axis=0), measured[rows].std(axis=0) + 1e-6
    level = words / max(float(words[rows].std()), 1e-6)
    both = sparse.csr_array(np.concatenate([level, (measured - middle) / spread], axis=1))
    # Weakly, for there are many logits and few families; without class weights, as parts are joined.
    fitted = heads.fit_words(both[np.flatnonzero(rows)], labelled.truth[rows], labelled.kind, None, _TONE)
    weights = np.asarray(fitted.weights.toarray()[words.shape[1] :] / spread[:, None], dtype=np.float32)
    return Linear(weights, np.asarray(fitted.bias - middle @ weights, dtype=np.float32))


def words_of(
    table: Sparse, labelled: Labelled, learnt: NDArray[np.int64], wanted: FinetuneSettings
) -> tuple[Linear, Floats]:
    """The part that reads n-grams, fitted on some rows: its weights, and how much each n-gram says."""
    rarity = ngrams.rarity(table[learnt])
    truth = labelled.truth[learnt]
    weights = np.ones(truth.shape, np.float32)
    if wanted.class_weights or wanted.resample:
        weights = examples.balance(truth, labelled.kind)
    if labelled.counts is not None:
        weights = weights * labelled.counts[learnt][:, None]
    return heads.fit_words(ngrams.weighed(table[learnt], rarity), truth, labelled.kind, weights), rarity


def figures(head: TrainedHead, p: Floats, truth: Floats, about: list[str] | None) -> dict[str, Any]:
    """How good the head is on texts that it has not seen."""
    if head.kind == "number":
        return {"texts": len(truth), "rmse": round(float(np.sqrt(((p - truth) ** 2).mean())), 4)}
    holds = head.holds(p, about)
    if head.kind == "one":
        own, said = truth.argmax(axis=1), holds.argmax(axis=1)
        f1 = heads.macro_f1(own, said, len(head.labels))
        return {"texts": len(truth), "accuracy": round(float((own == said).mean()), 4), "macro_f1": round(f1, 4)}
    own_f1 = [heads.macro_f1(truth[:, j], holds[:, j].astype(np.float32), 2) for j in range(len(head.labels))]
    both = float((holds * truth).sum())
    micro = 2 * both / max(float(holds.sum() + truth.sum()), 1)
    return {"texts": len(truth), "micro_f1": round(micro, 4), "macro_f1": round(float(np.mean(own_f1)), 4)}


def _crowded(about: list[str] | None) -> bool:
    """Whether there is a context: two texts or more about most things."""
    return about is not None and len(about) >= 2 * len(set(about))


def _expected(layer: Linear, logits: Floats, scale: tuple[float, float]) -> tuple[Linear, Floats]:
    """Classes of a rating as one number: the line through the classes' logits that is nearest to their expected value,
    so that the head stays linear."""
    p = heads.softmax(logits)
    values = np.linspace(*scale, p.shape[1], dtype=np.float32)
    wanted = p @ values
    design = np.concatenate([logits, np.ones((len(logits), 1), np.float32)], axis=1)
    found = np.linalg.lstsq(design, wanted, rcond=1e-3)[0].astype(np.float32)
    folded = Linear((layer.weights @ found[:-1])[:, None], np.array([layer.bias @ found[:-1] + found[-1]], np.float32))
    return folded, (logits @ found[:-1] + found[-1])[:, None].astype(np.float32)


def kind_of(task: str) -> Kind:
    """How the labels of a task go together."""
    return examples.TASKS[task]
