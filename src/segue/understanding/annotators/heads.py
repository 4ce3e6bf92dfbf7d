"""Trained heads: what the owner's own labels, and people's corrections, teach about the items that have none.

A multi-label logistic regression (`classifier`) over the words (without the labels that stand in them) and the vectors
of all spaces side by side: meaning, spelling, sound, picture. Genres and tags that part of the catalogue states are
learnt in the owner's own spelling; other vocabularies from people's corrections, once there are enough. The heads are
kept in the workspace and learnt anew only when the labels they rest on have changed by a twentieth, so that a new item
is labelled at once. A vocabulary that every item states for itself is not learnt before an item comes that does not.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...annotations import PERSON, Annotated, Annotation
from ...arrays import Floats, Mask
from ...errors import StorageError
from ...items import Item
from ...settings import Settings
from ...storage.artifacts import ArtifactFolder
from ...storage.rows import Store
from ...threads import blas_threads
from ..encoders import TABLE, chosen
from .base import Annotator, Progress
from .classifier import Classifier, fit
from .content import bare_texts, features, prints_of, read_bare
from .evidence import speaking, word_vectors, words_of
from .vocabularies import STATED, stated_labels

MAX_TRAINING = 20_000
"""Labelled items that a head is learnt from, drawn with a fixed seed where there are more."""
MAX_LABELS = 200
"""Labels of one vocabulary that heads are learnt for, the most frequent ones."""
CHANGED = 0.05
"""The heads are learnt anew when the number of labels has changed by this share."""
NEIGHBORS = 2
_AT_ONCE = 512


@dataclass(frozen=True)
class Head:
    """What has been learnt of one vocabulary."""

    vocabulary: str
    labels: tuple[str, ...]
    classifier: Classifier
    known: Floats
    """(n, dim) float32 unit rows: the labelled items, for naming neighbours."""
    ids: tuple[str, ...]
    truth: Mask
    """(n, labels)."""


class Heads(Annotator):
    """See the module."""

    name: ClassVar[str] = "heads"

    def __init__(self, store: Store, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(store, settings, workspace)
        self._folder = ArtifactFolder(workspace / "cataloguing" / self.name)
        self._heads: tuple[Head, ...] = ()
        self._dims: dict[str, int] = {}
        self._version = "untrained"
        self._read: Mapping[str, Mapping[str, str]] = {}

    @property
    def version(self) -> str:
        return self._version

    def prepare(self, items: Sequence[Item], progress: Progress) -> bool:
        taught = self._taught(items)
        if not taught:
            return False
        wanted = {name: by_item for name, by_item in taught.items() if _is_open(name, items)}
        self._dims = {space: dim for space in TABLE if (dim := self.store.dim(space))}
        stated = self._stated(wanted)
        before = self._kept()
        if wanted and (before is None or _outdated(before, stated, taught)):
            self._learn(items, wanted, stated, progress)
            before = self._kept()
        if before is None:
            return False
        self._take_up(before)
        self._read = {space: self.store.fingerprints(space) for space in self._dims}
        return bool(self._heads)

    def recall(self, item_ids: Sequence[str]) -> bool:
        before = self._kept()
        if before is None or any(
            chosen(space, self.settings, self.workspace).version != version
            for space, version in before["stated"]["encoders"].items()
        ):
            return False
        self._take_up(before)
        self._read = prints_of(self.store, self._dims, item_ids)
        return bool(self._heads)

    def _take_up(self, before: Mapping[str, Any]) -> None:
        self._version = before["version"]
        self._dims = dict(before["dims"])
        self._heads = tuple(self._load(name, before["heads"][name]) for name in sorted(before["heads"]))

    def wants(self, item: Item) -> str | None:
        if all(stated_labels(item, head.vocabulary) for head in self._heads):
            return None
        said = [f"{space}={prints[item.id]}" for space, prints in self._read.items() if item.id in prints]
        return ";".join(said) or None

    def annotate(self, items: Sequence[Item]) -> Iterator[Annotated]:
        # Words that hold other labels are read without them here, too: the head has never seen any.
        read_bare(self.store, self.settings, self.workspace, items, tuple(self._dims), lambda *_: None)
        for start in range(0, len(items), _AT_ONCE):
            batch = items[start : start + _AT_ONCE]
            told, anything = features(self.store, batch, self._dims)
            chances = {head.vocabulary: head.classifier.probabilities(told, bare_texts(batch)) for head in self._heads}
            for row, item in enumerate(batch):
                labels = (
                    [
                        label
                        for head in self._heads
                        if not stated_labels(item, head.vocabulary)
                        for label in self._labels(item, head, chances[head.vocabulary][row], told[row])
                    ]
                    if anything[row]
                    else []
                )
                yield self.annotated(item, labels)

    def _labels(self, item: Item, head: Head, chances: Floats, told: Floats) -> Iterator[Annotation]:
        given = np.flatnonzero(chances >= head.classifier.threshold)
        if not len(given):
            return
        given = given[np.argsort(-chances[given])][: self.settings.cataloguing.max_labels]
        words = words_of(item)
        vectors = word_vectors(words)
        near = head.known @ (told / max(float(np.linalg.norm(told)), 1e-9))
        at, width = self._block("ngram")
        for column in given.tolist():
            direction = head.classifier.weights[at : at + width, column]
            evidence = speaking(words, vectors, direction) if width else []
            alike = np.where(head.truth[:, column], near, -np.inf)
            for row in np.argsort(-alike)[:NEIGHBORS].tolist():
                if np.isfinite(alike[row]) and alike[row] > 0:
                    evidence.append(
                        {"kind": "neighbor", "item": head.ids[row], "similarity": round(float(alike[row]), 3)}
                    )
            yield self.label(item, head.vocabulary, head.labels[column], float(chances[column]), evidence)

    def _block(self, space: str) -> tuple[int, int]:
        """Where a space's columns begin in the features, and how many there are."""
        at = 0
        for name, width in self._dims.items():
            if name == space:
                return at, width
            at += width + 1
        return 0, 0

    # What there is to learn from

    def _taught(self, items: Sequence[Item]) -> dict[str, dict[str, dict[str, bool]]]:
        """Item id → label → whether it holds, by vocabulary; what is not named of a stated item does not hold."""
        taught: dict[str, dict[str, dict[str, bool]]] = {}
        for vocabulary in STATED:
            for item in items:
                if labels := stated_labels(item, vocabulary):
                    taught.setdefault(vocabulary, {})[item.id] = dict.fromkeys(labels, True)
        for said in self.store.annotations():
            if said.annotator == PERSON:
                taught.setdefault(said.vocabulary, {}).setdefault(said.item_id, {})[said.label] = not said.denied
        least = self.settings.cataloguing.min_examples
        enough = {}
        for vocabulary, by_item in taught.items():
            counts = Counter(label for labels in by_item.values() for label, holds in labels.items() if holds)
            learnable = sum(count >= least for count in counts.values())
            # One genre that everything has can be told from nothing.
            if learnable >= (2 if vocabulary in STATED else 1):
                enough[vocabulary] = by_item
        return enough

    def _stated(self, taught: Mapping[str, Mapping[str, Mapping[str, bool]]]) -> dict[str, object]:
        encoders = {space: chosen(space, self.settings, self.workspace).version for space in self._dims}
        counts = {name: sum(map(len, by_item.values())) for name, by_item in taught.items()}
        return {"encoders": encoders, "counts": counts, "least": self.settings.cataloguing.min_examples}

    def _learn(
        self,
        items: Sequence[Item],
        taught: Mapping[str, Mapping[str, Mapping[str, bool]]],
        stated: Mapping[str, object],
        progress: Progress,
    ) -> None:
        rng = np.random.default_rng(7)
        heads: dict[str, dict[str, object]] = {}
        fresh = ArtifactFolder(self._folder.path.with_name(f"{self.name}.fresh"))
        shutil.rmtree(fresh.path, ignore_errors=True)
        for number, (vocabulary, by_item) in enumerate(sorted(taught.items())):
            teachers = [item for item in items if item.id in by_item]
            if len(teachers) > MAX_TRAINING:
                picked = np.sort(rng.choice(len(teachers), MAX_TRAINING, replace=False))
                teachers = [teachers[i] for i in picked]
            read_bare(self.store, self.settings, self.workspace, teachers, tuple(self._dims), progress)
            told, anything = features(self.store, teachers, self._dims)
            teachers = [item for item, known in zip(teachers, anything, strict=True) if known]
            told = told[anything]
            labels, truth = self._truth(vocabulary, teachers, by_item)
            if not labels:
                continue
            progress(f"learning {vocabulary}", number, len(taught))
            folder = fresh.child(vocabulary)
            # One thread: the products are small, and media may be decoded on the other cores at this time.
            with blas_threads(1):
                fit(told, bare_texts(teachers), truth).save(folder)
            length = np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1e-9)
            folder.write("known", (told / length).astype(np.float32))
            folder.write("truth", truth == 1)
            heads[vocabulary] = {"labels": labels, "ids": [item.id for item in teachers]}
        said = json.dumps([stated, {n: h["labels"] for n, h in heads.items()}], sort_keys=True)
        version = f"heads-2-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
        fresh.write_json("heads", {"stated": stated, "dims": self._dims, "heads": heads, "version": version})
        shutil.rmtree(self._folder.path, ignore_errors=True)
        fresh.path.rename(self._folder.path)

    def _truth(
        self, vocabulary: str, teachers: Sequence[Item], by_item: Mapping[str, Mapping[str, bool]]
    ) -> tuple[list[str], Floats]:
        """The labels there are enough examples of, and (teachers, labels) of 1, 0 and NaN."""
        counts = Counter(label for item in teachers for label, holds in by_item[item.id].items() if holds)
        least = self.settings.cataloguing.min_examples
        labels = sorted(label for label, count in counts.most_common(MAX_LABELS) if count >= least)
        column = {label: c for c, label in enumerate(labels)}
        truth = np.full((len(teachers), len(labels)), np.nan, np.float32)
        for row, item in enumerate(teachers):
            # Whoever states genres leaves out the others on purpose; a correction speaks of its own label alone. Where
            # nothing but corrections teach, items that were corrected otherwise stand in for those that do not hold.
            if stated_labels(item, vocabulary) or vocabulary not in STATED:
                truth[row] = 0
            for label, holds in by_item[item.id].items():
                if label in column:
                    truth[row, column[label]] = float(holds)
        return labels, truth

    def _kept(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._folder.read_json("heads")
        except StorageError:
            return None  # never learnt, or damaged: learnt anew
        return found

    def _load(self, vocabulary: str, stated: Mapping[str, Sequence[str]]) -> Head:
        folder = self._folder.child(vocabulary)
        return Head(
            vocabulary,
            tuple(stated["labels"]),
            Classifier.load(folder),
            np.asarray(folder.read("known")),
            tuple(stated["ids"]),
            np.asarray(folder.read("truth")),
        )


def _is_open(vocabulary: str, items: Sequence[Item]) -> bool:
    """Whether there is anything to label: an item whose owner states nothing in this vocabulary."""
    return any(not stated_labels(item, vocabulary) for item in items)


def _outdated(before: Mapping[str, Any], stated: Mapping[str, Any], taught: Collection[str]) -> bool:
    """Whether to learn anew. What was learnt of a vocabulary that every item states by now may stay.

    Args:
        taught: vocabularies that there are enough examples of.
    """
    old = before["stated"]
    if old["encoders"] != stated["encoders"] or old["least"] != stated["least"]:
        return True
    was, now = old["counts"], stated["counts"]
    if not now.keys() <= was.keys() or not was.keys() <= set(taught):
        return True
    return any(abs(now[n] - was[n]) > max(1, CHANGED * was[n]) for n in now)
