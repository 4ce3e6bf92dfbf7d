"""Zero-shot labels: an item gets the labels whose descriptions lie nearest to it, without a single labelled example.

Yin, Hay & Roth 2019 ("Benchmarking zero-shot text classification"), with sentence vectors in place of entailment. Items
and descriptions are each centred, since raw sentence vectors share a direction; then every label's vector moves towards
the items that are nearest to it (pseudo-relevance feedback, Rocchio 1971, twice). The text model of the base install
reads no Chinese, so the more of an item is written in ideographs, the more the n-gram space decides, together with the
words of the label's Chinese description that stand in the item, the rarer in the catalogue the heavier.

How sure a label is comes from the scores themselves: most pairs of an item and a label are unrelated, and their scores
lie evenly around zero. What lies below zero, mirrored, is therefore what chance would put above it (target-decoy, Elias
& Gygi 2007), and the confidence of a score is the share of pairs at least that high which chance does not explain.
Scores of words have nothing below zero, and those of a small catalogue are too few: a fixed curve stands in there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np

from ...annotations import Annotated
from ...arrays import Floats, Mask, unit_rows
from ...errors import MissingLibrary, StorageError
from ...items import Item
from ...settings import Label, Settings
from ...storage.artifacts import ArtifactFolder
from ...storage.rows import Store
from ..encoders import chosen
from ..encoders.base import WordEncoder
from .base import Annotator, Progress
from .content import prints_of
from .evidence import shared, words_of
from .vocabularies import digest, wanted

SPACES = ("text", "ngram")
ENOUGH = 200
"""Items with words from which on the catalogue itself says what is usual; below it, the descriptions alone do."""
MOST = 20_000
"""Items that the calibration looks at."""
NEAREST = 0.04
"""Share of the items that a label's vector moves towards (20 … 200 of them)."""
FEEDBACK = 2.0
"""How far it moves: the weight of their mean beside the description."""
FEW = 8
"""Labels below which their own mean is no centre."""
FEW_SLOPE, FEW_MIDDLE = 2.0, 2.3
"""Confidence in a small catalogue: a logistic curve of the score, in standard deviations."""
HIT = 2.4
"""What a word of usual rarity adds to the score."""
_GRID = np.arange(0, 10.01, 0.1)
_AT_ONCE = 1_000
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Calibration:
    """What has been learnt of a vocabulary on a catalogue, without labels.

    Attributes:
        labels: their names, the columns.
        centers: space → (dim,) taken off every item.
        vectors: space → (labels, dim) unit rows.
        scales: space → the deviation of the scores there.
        curve: confidence at each score of `_GRID`; None in a small catalogue.
        words: (labels, words) what each word of the descriptions adds; None where there are none.
    """

    def __init__(
        self,
        labels: Sequence[str],
        centers: Mapping[str, Floats],
        vectors: Mapping[str, Floats],
        scales: Mapping[str, float],
        curve: Sequence[float] | None,
        words: Floats | None = None,
    ) -> None:
        self.labels = tuple(labels)
        self.centers = dict(centers)
        self.vectors = dict(vectors)
        self.scales = dict(scales)
        self.curve = None if curve is None else tuple(curve)
        self.words = words

    def scores(self, items: Mapping[str, Floats], ideographic: Floats) -> Floats:
        """(n, labels) in standard deviations; where a space knows nothing of an item, the other one speaks alone.

        Args:
            items: space → (n, dim), NaN where nothing is known; under ``words`` what `words_in` found.
            ideographic: (n,) how much the n-gram space is to decide, 0 … 1.
        """
        total = np.zeros((len(ideographic), len(self.labels)), np.float32)
        weight = np.zeros((len(ideographic), 1), np.float32)
        for space, vectors in self.vectors.items():
            if space not in items or items[space].shape[1] != vectors.shape[1]:
                continue  # nothing has been read in it, or by another encoder
            known: Mask = np.asarray(np.isfinite(items[space]).all(axis=1), dtype=bool)
            share = np.where(known, _share(space, ideographic), 0).astype(np.float32)
            rows = np.where(known[:, None], unit_rows(items[space] - self.centers[space]), 0)
            total += share[:, None] * (rows @ vectors.T) / max(self.scales[space], 1e-6)
            weight += share[:, None]
        total /= np.maximum(weight, 1e-6)
        if "words" in items and self.words is not None:
            half = np.float32(0.5)  # spelling says little beside whole words
            share = _share("ngram", ideographic)[:, None]
            total = (1 - share * half) * total + share * (items["words"] @ self.words.T)
        return np.asarray(total, dtype=np.float32)

    def confidence(self, scores: Floats, ideographic: Floats) -> Floats:
        """The shape of ``scores``, 0 … 1."""
        fixed = np.asarray(1 / (1 + np.exp(-FEW_SLOPE * (scores - FEW_MIDDLE))), dtype=np.float32)
        if self.curve is None:
            return fixed
        read = np.interp(scores, _GRID, self.curve).astype(np.float32)
        return np.asarray(np.where(ideographic[:, None] < 0.5, read, fixed), dtype=np.float32)

    @classmethod
    def learn(
        cls,
        labels: Sequence[str],
        prompts: Mapping[str, Floats],
        items: Mapping[str, Floats],
        ideographic: Floats,
        others: Mapping[str, Floats] | None = None,
    ) -> Calibration:
        """From the vectors of the descriptions and of the catalogue.

        Args:
            prompts: space → (labels, dim) unit rows.
            items: space → (n, dim), NaN where nothing is known.
            ideographic: (n,) see `scores`.
            others: space → (m, dim) descriptions of all sorts of labels, which say what is usual where there are too
                few items or labels to tell; None: ``prompts``.
        """
        centers, vectors, scales = {}, {}, {}
        for space, said in prompts.items():
            if space == "words":
                continue
            if space not in items or items[space].shape[1] != said.shape[1]:
                continue  # nothing has been read in it, or by another encoder
            known = np.isfinite(items[space]).all(axis=1)
            reads = _share(space, ideographic) > 0.5
            rows: Floats = items[space][known & reads if (known & reads).any() else known]
            usual = said if others is None else others[space]
            enough = len(rows) >= ENOUGH
            centers[space] = np.asarray(np.concatenate([rows, usual]).mean(axis=0), dtype=np.float32)
            vectors[space] = unit_rows(said - (said if len(said) >= FEW else usual).mean(axis=0))
            if enough:
                here = unit_rows(rows - centers[space])
                near = int(np.clip(NEAREST * len(here), 20, 200))
                vectors[space] = _moved(vectors[space], here, near)
                scales[space] = float((here @ vectors[space].T).std())
            else:
                alike = unit_rows(usual - centers[space]) @ vectors[space].T
                # What a label's description says about the label itself is not what is usual.
                scales[space] = float(alike[usual @ said.T < 0.999].std())
        words = None
        if "words" in prompts and prompts["words"].shape[1]:
            rarity = -np.log((items["words"].sum(axis=0) + 1) / (len(ideographic) + 1) * 0.5)
            words = np.asarray(HIT * prompts["words"] * rarity / max(float(rarity.mean()), 1e-6), dtype=np.float32)
        found = cls(labels, centers, vectors, scales, None, words)
        read = np.stack([np.isfinite(items[space]).all(axis=1) for space in vectors]).any(axis=0)
        known = read & (ideographic < 0.5)
        if known.sum() >= ENOUGH:
            found.curve = tuple(_curve(found.scores(items, ideographic)[known].ravel()))
        return found

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        for space in self.vectors:
            folder.write(f"center.{space}", self.centers[space])
            folder.write(f"vectors.{space}", self.vectors[space])
        if self.words is not None:
            folder.write("words", self.words)
        told = {"labels": self.labels, "scales": self.scales, "curve": self.curve}
        folder.write_json("calibration", {**told, "words": self.words is not None})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Calibration:
        """Read what `save` wrote."""
        stated = folder.read_json("calibration")
        scales = stated["scales"]
        centers = {space: folder.read(f"center.{space}", mapped=False) for space in scales}
        vectors = {space: folder.read(f"vectors.{space}", mapped=False) for space in scales}
        words = folder.read("words", mapped=False) if stated["words"] else None
        return cls(stated["labels"], centers, vectors, scales, stated["curve"], words)


class ZeroShot(Annotator):
    """See the module."""

    name: ClassVar[str] = "zero_shot"

    def __init__(self, store: Store, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(store, settings, workspace)
        self._folder = ArtifactFolder(workspace / "cataloguing" / self.name)
        self._learnt: dict[str, Calibration] = {}
        self._read: dict[str, dict[str, str]] = {}
        self._version = "unprepared"

    @property
    def version(self) -> str:
        return self._version

    def prepare(self, items: Sequence[Item], progress: Progress) -> bool:
        self._read = {space: self.store.fingerprints(space) for space in SPACES}
        read = [item for item in items if any(item.id in prints for prints in self._read.values())]
        if not read or not self.vocabularies:
            return False
        key, kept = self._key(), self._kept()
        # What is usual changes with the catalogue: looked at again each time it has doubled, until it is large.
        doubled = kept["items"] < MOST and len(read) >= 2 * max(kept["items"], 25)
        if kept["key"] != key or doubled:
            self._learn(read, progress)
            kept = {"key": key, "items": len(read)}
            self._folder.write_json("state", kept)
        self._take_up(kept)
        return True

    def recall(self, item_ids: Sequence[str]) -> bool:
        kept = self._kept()
        if not self.vocabularies or kept["key"] != self._key():
            return False
        self._read = prints_of(self.store, SPACES, item_ids)
        self._take_up(kept)
        return True

    def _key(self) -> str:
        said = [digest(self.vocabularies), *(self._encoder(space).version for space in SPACES), "2"]
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:12]

    def _kept(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._folder.read_json("state")
        except StorageError:
            return {"key": None, "items": 0}  # never learnt, or damaged
        return found

    def _take_up(self, kept: Mapping[str, Any]) -> None:
        self._learnt = {name: Calibration.load(self._folder.child(name)) for name in self.vocabularies}
        self._version = f"zero-shot-1-{kept['key']}-{kept['items']}"

    def wants(self, item: Item) -> str | None:
        said = [f"{space}={prints[item.id]}" for space, prints in self._read.items() if item.id in prints]
        open_ones = wanted(self.vocabularies, item)
        return f"{item.kind}\0{','.join(open_ones)}\0{';'.join(said)}" if said and open_ones else None

    def annotate(self, items: Sequence[Item]) -> Iterator[Annotated]:
        least = self.settings.cataloguing.min_confidence
        for start in range(0, len(items), _AT_ONCE):
            batch = items[start : start + _AT_ONCE]
            vectors, ideographic = self._vectors(batch), self._ideographic(batch)
            sure = {}
            for name, one in self._learnt.items():
                here = {**vectors, "words": words_in(batch, self.vocabularies[name])}
                sure[name] = one.confidence(one.scores(here, ideographic), ideographic)
            for row, item in enumerate(batch):
                labels = []
                words: list[str] = []
                for vocabulary, fits in wanted(self.vocabularies, item).items():
                    names = self._learnt[vocabulary].labels
                    given = [c for c in np.flatnonzero(sure[vocabulary][row] >= least).tolist() if names[c] in fits]
                    words = words or words_of(item) if given else words
                    for column in sorted(given, key=lambda c: -sure[vocabulary][row, c]):
                        confidence = float(sure[vocabulary][row, column])
                        label = self.vocabularies[vocabulary][names[column]]
                        evidence = shared(words, _WORDS.findall(_said(names[column], label)))
                        evidence = evidence or [{"kind": "meaning", "text": label.description}]
                        labels.append(self.label(item, vocabulary, names[column], confidence, evidence))
                yield self.annotated(item, labels)

    def _learn(self, read: Sequence[Item], progress: Progress) -> None:
        step = -(-len(read) // MOST)
        looked = read[::step]
        vectors, ideographic = self._vectors(looked), self._ideographic(looked)
        encoders = {space: self._encoder(space) for space in vectors}
        prompts = {name: self.prompts_of(labels, encoders) for name, labels in self.vocabularies.items()}
        spaces = next(iter(prompts.values()))
        others = {space: np.concatenate([one[space] for one in prompts.values()]) for space in spaces}
        for number, (name, labels) in enumerate(self.vocabularies.items()):
            progress(f"{self.name}: {name}", number, len(self.vocabularies))
            said = {**prompts[name], "words": words_of_labels(labels)}
            here = {**vectors, "words": words_in(looked, labels)}
            learnt = Calibration.learn(list(labels), said, here, ideographic, others)
            learnt.save(self._folder.child(name))

    @staticmethod
    def prompts_of(labels: Mapping[str, Label], encoders: Mapping[str, WordEncoder]) -> dict[str, Floats]:
        """Space → (labels, dim): the descriptions; spaces whose encoder cannot work are left out."""
        found = {}
        for space, encoder in encoders.items():
            try:
                if space == "ngram":
                    found[space] = encoder.encode_words([_said(name, one) for name, one in labels.items()])
                else:
                    described = [one.description or name for name, one in labels.items()]
                    named = [f"{name}: {text}" for name, text in zip(labels, described, strict=True)]
                    found[space] = unit_rows(encoder.encode_words(described) + encoder.encode_words(named))
            except MissingLibrary:
                continue  # the encoders' own report says so
        return found

    def _encoder(self, space: str) -> WordEncoder:
        return cast(WordEncoder, chosen(space, self.settings, self.workspace))

    def _vectors(self, items: Sequence[Item]) -> dict[str, Floats]:
        row_of = {item.id: row for row, item in enumerate(items)}
        found = {space: np.full((len(items), max(self.store.dim(space), 1)), np.nan, np.float32) for space in SPACES}
        for space, rows in found.items():
            for reading in self.store.readings(row_of, space):
                if reading.vector is not None and len(reading.vector) == rows.shape[1]:
                    rows[row_of[reading.item_id]] = reading.vector
        return {space: rows for space, rows in found.items() if self.store.dim(space)}

    def _ideographic(self, items: Sequence[Item]) -> Floats:
        """(n,) how much the n-gram space decides: the share of ideographs; less with a text model of one's own."""
        shares = np.array([ideographs(item) for item in items], np.float32)
        return shares * np.float32(0.3) if self.settings.understanding.text_model else shares


def _terms(labels: Mapping[str, Label]) -> list[str]:
    return sorted({term for one in labels.values() for term in f"{one.zh} {one.zh_description}".split()})


def words_of_labels(labels: Mapping[str, Label]) -> Floats:
    """(labels, words of all Chinese names and descriptions) 1 where a word is the label's."""
    terms = _terms(labels)
    own = [set(f"{one.zh} {one.zh_description}".split()) for one in labels.values()]
    return np.array([[term in mine for term in terms] for mine in own], np.float32).reshape(len(labels), len(terms))


def words_in(items: Sequence[Item], labels: Mapping[str, Label]) -> Floats:
    """(n, the same words) 1 where a word stands in an item; only items in ideographs are looked at."""
    terms = _terms(labels)
    found = np.zeros((len(items), len(terms)), np.float32)
    for row, item in enumerate(items):
        text = " ".join(t for t in (item.title, item.description, (item.lyrics_or_transcript or "")[:2_000]) if t)
        if _IDEOGRAPH.search(text):
            found[row] = [term in text for term in terms]
    return found


def ideographs(item: Item) -> float:
    """Share of ideographs and syllables among the letters of an item, an ideograph counted as two letters."""
    text = " ".join(t for t in (item.title, item.description, (item.lyrics_or_transcript or "")[:600]) if t)
    letters = sum(c.isalpha() for c in text)
    han = len(_IDEOGRAPH.findall(text))
    return 2 * han / (letters + han) if letters else 0.0


_WORDS = re.compile(r"[\u3400-\u9fff]{2}|[^\W\d_]{3,}")


def _share(space: str, ideographic: Floats) -> Floats:
    """How much a space decides about items; never nothing, so that it speaks where it is the only one."""
    return np.clip(ideographic if space == "ngram" else 1 - ideographic, 0.02, 0.98)


def _said(name: str, label: Label) -> str:
    return " ".join(text for text in (name, label.description, label.zh, label.zh_description) if text)


def _moved(vectors: Floats, items: Floats, near: int) -> Floats:
    moved = vectors
    for _ in range(2):
        alike = items @ moved.T
        nearest = np.argpartition(-alike, near - 1, axis=0)[:near]
        means = np.stack([items[nearest[:, c]].mean(axis=0) for c in range(len(vectors))])
        centred = means - means.mean(axis=0) if len(means) > 1 else means
        moved = unit_rows(vectors + FEEDBACK * unit_rows(centred))
    return moved


def _curve(scores: Floats) -> Floats:
    """Confidence at each score of the grid: 1 - (as far below zero) / (as far above zero), never falling."""
    ordered = np.sort(scores)
    above = len(ordered) - np.searchsorted(ordered, _GRID)
    below = np.searchsorted(ordered, -_GRID, side="right")
    curve = np.clip(1 - (below + 1.0) / (above + 1.0), 0, 0.99)
    return np.asarray(np.maximum.accumulate(curve), dtype=np.float64)
