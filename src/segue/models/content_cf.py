"""Content to collaborative embedding: what an item is foretells who will like it, before anybody has.

Gantner, Drumond, Freudenthaler, Rendle & Schmidt-Thieme, "Learning Attribute-to-Feature Mappings for Cold-Start
Recommendations", ICDM 2010, with other parts on both sides:

1. Behaviour. S = XB is every person's row after EASE (Steck, WWW 2019), which fills in and leaves each pair's own event
   out; its first singular vectors V span it: S ≈ (XBV)Vᵀ. A person's vector is their live history times BV, an item's
   collaborative embedding is its row of V.
2. Content. A kernel ridge regression over everything that is known of an item (`content_kernel`) foretells the
   embedding, and in the same go the logarithm of how many like it: v̂(c) = p̂(c)ᵃ · k(c)ᵀ (K + λI)⁻¹ (V / pᵃ). Where
   there are many items, it is solved on landmarks (Smola & Bartlett, "Sparse Greedy Gaussian Process Regression",
   NIPS 2000). Or learned gates over the content spaces foretell both (`understanding.gates`), by setting.

3. Likeness. Beside that, an item scores by how alike it is to what the person met, in the words, people and spaces of
   the same kernel: Σ xⱼ k(i, j), through its first components on the landmarks (Schölkopf, Smola & Müller, "Nonlinear
   Component Analysis as a Kernel Eigenvalue Problem", Neural Computation 1998). Where items come in runs of one sort,
   as short videos do, that says more than any embedding.

The weights of the kernel's blocks, λ, a and b, the weight of the likeness, are chosen on items that are withheld from
the behaviour, as new ones are.
Every item has the embedding that its content foretells, warm or cold, so that new and known items compete on one scale.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field
from scipy import linalg

from ..arrays import Floats, Mask, Rows, Sparse, by_column
from ..catalogue import Catalogue
from ..dataset import Dataset, History
from ..errors import MissingLibrary
from ..items import Item, ItemKind
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from ..understanding.gates import GatedFusion, learn_gates
from .base import Model, ModelConfig, TrainOptions
from .content_kernel import ALL, TITLE, Described, Reader, compare, summed, telling, usual_weights
from .ease import EASEConfig, fit_weights
from .titles import TitleReader, WordsRead
from .validation import choose_decay, trial
from .weighting import HistoryDecay, event_weights, item_weights, training_matrix, weight_matrix

log = logging.getLogger(__name__)

REGULARIZATIONS = (500.0, 50.0)
RIDGES = (3.0, 1.0, 10.0)
POPULARITIES = (0.0, 0.25, 0.5)
LIKENESSES = (0.1, 0.0, 0.25, 0.5, 1.0)
FACTORS = (0.0, 2.0)
"""Of a block's usual weight, tried one block after the other."""

_TUNED_ITEMS = 1500
"""Warm items that settings are chosen on, drawn by the seed."""
_WITHHELD = 0.1
"""Of these, taken out as if they were new, `_ROUNDS` times others; fewer than `_FEWEST` are too few to choose on."""
_ROUNDS = 3
_FEWEST = 20
_CERTAIN = 0.003
"""NDCG by which a setting must be better than the usual one: less is what other withheld items would turn round."""
_ASKED = 1500
"""People whose liking of the withheld items is foretold."""
_DEPTH = 20
_ROWS = 500
"""Items compared with the landmarks at once."""
_SPANNED_BY = 50_000
"""People whose rows span the embedding."""
_TITLE_CHARACTERS = 400
_LIKED_BEFORE = 5.0
"""Added to how many like an item, so that few likes say little."""

Auto = Literal["auto"]
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ContentCFConfig(ModelConfig):
    """Settings of ``content_cf``."""

    factors: Annotated[int, Field(ge=1, le=2048)] = 128
    """Length of the collaborative embedding."""
    regularization: Amount | Auto = "auto"
    """λ of EASE, in events. ``auto``: the best of `REGULARIZATIONS` on withheld items."""
    ridge: Amount | Auto = "auto"
    """λ of the regression from content. ``auto``: the best of `RIDGES` on withheld items."""
    popularity: Annotated[float, Field(ge=0, le=1)] | Auto = "auto"
    """a: how far the number of likes is foretold apart from the taste. ``auto``: the best of `POPULARITIES` on withheld
    items."""
    likeness: Annotated[float, Field(ge=0, allow_inf_nan=False)] | Auto = "auto"
    """b: weight of the likeness to what the person met, beside what the embedding says, at equal spread. ``auto``: the
    best of `LIKENESSES` on withheld items."""
    likeness_dim: Annotated[int, Field(ge=1, le=2048)] = 256
    """Components that the likeness is kept in."""
    mapping: Literal["kernel", "gates"] = "kernel"
    """What foretells the embedding: the kernel over all that is known, or learned gates over the content spaces."""
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] | Auto = "auto"
    """Weight of each block of the kernel; blocks not named have their usual one. ``auto``: chosen on withheld items."""
    titles: bool = True
    """Whether titles are also read apart by the sentence encoder; they say more alone than amid names and plots."""
    text_model: str | None = None
    """The sentence encoder of the titles, as in ``understanding.text_model``, which it is where nothing is stated; an
    empty name is that of the base install."""
    landmarks: Annotated[int, Field(ge=1)] = 3000
    """Items that others are compared with: the most liked ones."""
    max_dense_items: Annotated[int, Field(ge=0)] = 10_000
    """Up to so many items that anyone liked, EASE in closed form; beyond, on neighbours (see ``ease``)."""
    history_decay: HistoryDecay = "auto"
    """How fast the past fades when scoring."""


@dataclass(frozen=True)
class Choice:
    """Settings in use."""

    regularization: float
    ridge: float
    popularity: float
    likeness: float
    weights: Mapping[str, float]


class ContentCF(Model):
    """Scores x·BV·v̂(i) + b·Σ xⱼ k(i, j): the live history through EASE and the embedding that the item's content
    foretells, and how alike the item is to that history.

    NaN for items of which nothing is known, and everywhere for a history of items that say nothing.
    """

    name: ClassVar[str] = "content_cf"
    Config: ClassVar[type[ModelConfig]] = ContentCFConfig
    config: ContentCFConfig

    scores_unmet = True

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.history_decay = 1.0
        """The decay in use, once trained."""
        self.choice = Choice(REGULARIZATIONS[0], RIDGES[0], POPULARITIES[0], LIKENESSES[0], {})
        """The settings in use, once trained."""
        self._tells: Floats = np.zeros((0, self.config.factors), np.float32)
        self._embedding: Floats = np.zeros((0, self.config.factors), np.float32)
        self._known: Mask = np.zeros(0, bool)
        self._reader = Reader({}, {}, {})
        self._landmarks = Described(np.zeros(0, np.float32), {}, {})
        self._mapping: Floats = np.zeros((0, self.config.factors + 1), np.float32)
        self._components: Floats = np.zeros((0, 0), np.float32)
        self.likeness = 0.0
        """b in use, at the scale of the components, once trained."""
        self._gates: GatedFusion | None = None
        self._titles_by = TitleReader(self.config.text_model)
        self._read: dict[str, Floats] = {}

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        matrix = training_matrix(dataset)
        likes = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
        vectors = dict(dataset.vectors)
        self._titles_by, self._read = TitleReader(self.config.text_model, options.words), {}
        if TITLE not in vectors:
            vectors |= self._titles(dataset.catalogue, 0, options.warn)
        self._reader = Reader.of(dataset.catalogue, vectors)
        described = self._reader.read(dataset.catalogue, vectors, range(dataset.n_items))
        gated = self.config.mapping == "gates"
        self._known = described.shown if gated else described.known
        learnt_from = np.flatnonzero((likes > 0) & self._known).astype(np.int32)
        with blas_threads(options.threads):
            self.choice = self._choose(matrix, described, learnt_from, options)
            options.progress(self.name, 0.5)
            self._fit(matrix, described, learnt_from, likes, options)
            tried = trial(dataset, options) if self.config.history_decay == "auto" and len(learnt_from) else None
            self.history_decay = choose_decay(self.config.history_decay, tried, self._product)
        options.progress(self.name, 1.0)

    def _choose(self, matrix: Sparse, described: Described, learnt_from: Rows, options: TrainOptions) -> Choice:
        """Settings by what they are worth on items taken out as if they were new, one setting after the other."""
        config, blocks = self.config, described.blocks
        stated = {} if config.weights == "auto" else {b: w for b, w in config.weights.items() if b in blocks}
        first = Choice(
            REGULARIZATIONS[0] if config.regularization == "auto" else config.regularization,
            RIDGES[0] if config.ridge == "auto" else config.ridge,
            POPULARITIES[0] if config.popularity == "auto" else config.popularity,
            LIKENESSES[0] if config.likeness == "auto" else config.likeness,
            {**usual_weights(blocks), **stated},
        )
        ways: list[Callable[[Choice], Iterator[Choice]]] = []
        if config.regularization == "auto":
            ways.append(lambda now: (replace(now, regularization=value) for value in REGULARIZATIONS))
        if config.ridge == "auto" and config.mapping == "kernel":
            ways.append(lambda now: (replace(now, ridge=value) for value in RIDGES))
        if config.popularity == "auto":
            ways.append(lambda now: (replace(now, popularity=value) for value in POPULARITIES))
        if config.likeness == "auto":
            ways.append(lambda now: (replace(now, likeness=value) for value in LIKENESSES))
        if config.weights == "auto" and config.mapping == "kernel":
            ways += [_weighing(block) for block in sorted(blocks, key=lambda b: -first.weights[b])]
        rounds = _rounds(matrix, described, learnt_from, options.seed) if ways else ()
        if not rounds:
            return first

        def quality(choice: Choice) -> float:
            return float(np.mean([one.quality(choice) for one in rounds]))

        now, best = first, quality(first)
        for number, way in enumerate(ways):
            found = {value: other for other in way(now) if other != now and (value := quality(other))}
            if found and max(found) > best + _CERTAIN:
                best = max(found)
                now = found[best]
            options.progress(self.name, (number + 1) / len(ways) * 0.5)
        return now

    def _fit(
        self, matrix: Sparse, described: Described, learnt_from: Rows, likes: Floats, options: TrainOptions
    ) -> None:
        """The person's side BV, and the item's side from content."""
        met = np.flatnonzero(likes).astype(np.int32)
        dense = EASEConfig(max_dense_items=self.config.max_dense_items)
        held = matrix[:, met]
        weights = fit_weights(
            held, (self.choice.regularization,), dense, lambda done: options.progress(self.name, 0.5 + done * 0.2)
        )[0]
        spanned = _span(held, weights, self.config.factors, options.seed)
        self._tells = np.zeros((len(likes), spanned.shape[1]), np.float32)
        self._tells[met] = weights @ spanned
        options.progress(self.name, 0.75)
        popular = np.log(likes[learnt_from] + np.float32(_LIKED_BEFORE))
        usual = popular.mean() if len(popular) else np.float32(0)
        own = spanned[np.searchsorted(met, learnt_from)] * np.exp(-self.choice.popularity * (popular - usual))[:, None]
        targets = np.column_stack([own, popular - usual]).astype(np.float32)
        self._gates = None
        if self.config.mapping == "gates":
            told = np.full((len(described), targets.shape[1]), np.nan, np.float32)
            told[learnt_from] = targets
            self._gates = learn_gates(described.vectors, told, options.seed)
            if self._gates is None:
                options.warn("too few items for gates over the content spaces; 'content_cf' compares by the kernel")
        best_known = np.sort(learnt_from[np.argsort(-likes[learnt_from], kind="stable")[: self.config.landmarks]])
        self._landmarks = described.only(best_known)
        self._mapping = self._regress(described.only(learnt_from), targets)
        self._components = self._principal() if self.choice.likeness else np.zeros((len(best_known), 0), np.float32)
        self._embedding = self._foretold(described)
        self.likeness = self.choice.likeness * self._beside(matrix, learnt_from, options.seed)
        self._tells = np.column_stack([self._tells, self._alike(self._embedding)])

    def _regress(self, items: Described, targets: Floats) -> Floats:
        """(landmarks, targets) what the likeness to each landmark adds to each target."""
        n = len(self._landmarks)
        if not n:
            return np.zeros((0, targets.shape[1]), np.float32)
        between = self._kernel(self._landmarks).astype(np.float64)
        if n == len(items):
            normal, told = between, targets.astype(np.float64)
            normal[np.diag_indices(n)] += self.choice.ridge
        else:
            normal, told = self.choice.ridge * between, np.zeros((n, targets.shape[1]))
            for start in range(0, len(items), _ROWS):
                some = self._kernel(items.only(slice(start, start + _ROWS))).astype(np.float64)
                normal += some.T @ some
                told += some.T @ targets[start : start + _ROWS]
            normal[np.diag_indices(n)] += 1e-6 * np.trace(normal) / n  # content that is twice the same
        return np.asarray(linalg.solve(normal, told, assume_a="pos"), dtype=np.float32)

    def _kernel(self, items: Described) -> Floats:
        """(items, landmarks)."""
        return summed(compare(items, self._landmarks), self.choice.weights)

    def _principal(self) -> Floats:
        """(landmarks, components) what maps the likeness to the landmarks to its principal components."""
        between = summed(compare(self._landmarks, self._landmarks), telling(self.choice.weights)).astype(np.float64)
        n, wanted = len(between), min(len(between), self.config.likeness_dim)
        if not wanted:
            return np.zeros((0, 0), np.float32)
        sizes, axes = linalg.eigh(between, subset_by_index=[n - wanted, n - 1])
        kept = sizes > 1e-6 * max(float(sizes[-1]), 0.0)
        return np.asarray(axes[:, kept] / np.sqrt(sizes[kept]), dtype=np.float32)

    def _foretold(self, items: Described) -> Floats:
        """(items, factors + components) the embedding that their content foretells, and where it lies itself."""
        told, alike = [], []
        for start in range(0, max(len(items), 1), _ROWS):
            blocks = compare(items.only(slice(start, start + _ROWS)), self._landmarks)
            told.append(summed(blocks, self.choice.weights) @ self._mapping)
            alike.append(summed(blocks, telling(self.choice.weights)) @ self._components)
        foretold = np.concatenate(told)
        if self._gates is not None:
            foretold = np.nan_to_num(self._gates.apply(items.vectors))
        taste = foretold[:, :-1] * np.exp(self.choice.popularity * foretold[:, -1:])
        return by_column(np.column_stack([taste, np.concatenate(alike)]).astype(np.float32))

    def _alike(self, embedding: Floats) -> Floats:
        """(items, components) what having met each item says of the items that are alike."""
        return embedding[:, embedding.shape[1] - self._components.shape[1] :] * np.float32(self.likeness)

    def _beside(self, matrix: Sparse, items: Rows, seed: int) -> float:
        """How much wider what the embedding says is spread than the likeness, over some people and items."""
        rng = np.random.default_rng(seed)
        some = np.sort(rng.permutation(items)[:_TUNED_ITEMS])
        asked = np.sort(rng.permutation(np.flatnonzero(np.diff(matrix.indptr)))[:_ASKED])
        factors = self._tells.shape[1]
        taste = (matrix[asked] @ self._tells) @ self._embedding[some, :factors].T
        alike = self._embedding[:, factors:]
        spread = float(np.std((matrix[asked] @ alike) @ alike[some].T)) if alike.shape[1] and len(some) else 0.0
        return float(np.std(taste)) / spread if spread > 0 else 0.0

    def _titles(self, catalogue: Catalogue, start: int, warn: Callable[[str], None]) -> dict[str, Floats]:
        """The space of titles, by rows of the catalogue, of those from row ``start`` on; empty where there are none or
        they cannot be read. What has been read is remembered."""
        titles = {row: title for row, item in enumerate(catalogue.items) if row >= start and (title := _title(item))}
        if not self.config.titles or not titles:
            return {}
        new = list(dict.fromkeys(title for title in titles.values() if title not in self._read))
        if new:
            try:
                readings = self._titles_by.encoder.encode(
                    [Item(id=title, kind=ItemKind.VIDEO, title=title) for title in new]
                )
            except MissingLibrary as error:
                warn(f"titles are not read apart: {error}")
                return {}
            self._read.update({t: r.vector for t, r in zip(new, readings, strict=True) if r.vector is not None})
        found = {row: self._read[title] for row, title in titles.items() if title in self._read}
        if not found:
            return {}
        vectors = np.full((len(catalogue), len(next(iter(found.values())))), np.nan, np.float32)
        vectors[list(found)] = list(found.values())
        return {TITLE: vectors}

    def reads_with(self, words: WordsRead) -> None:
        self._titles_by = self._titles_by.within(words)

    @property
    def n_items(self) -> int:
        return len(self._known)

    def embedding(self) -> Floats:
        """(n items, factors) the collaborative embedding of every item, new ones too; NaN where nothing is known."""
        factors = self._embedding.shape[1] - self._components.shape[1]
        return np.where(self._known[:, None], self._embedding[:, :factors], np.nan).astype(np.float32)

    def score(self, history: History) -> Floats:
        scores = np.full(self.n_items, np.nan, np.float32)
        items, weights = item_weights(history, len(self._tells), self.history_decay)
        tells = self._tells[items]
        if tells.any():
            with blas_threads(1):
                scores = np.asarray(self._embedding @ (weights @ tells), dtype=np.float32)
            scores[~self._known] = np.nan
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self._product(histories, self.history_decay)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        told = weight_matrix(histories, len(self._tells), decay)
        people = np.asarray(told @ self._tells, dtype=np.float32)
        silent = abs(told) @ self._tells.any(axis=1).astype(np.float32) == 0
        scores = np.asarray(people @ self._embedding.T, dtype=np.float32)
        scores[:, ~self._known] = np.nan
        scores[silent] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats:
        added = np.zeros((len(items), len(history)), np.float32)
        weights = event_weights(history, len(self._tells), self.history_decay)
        counted = np.flatnonzero(weights)
        targets = np.flatnonzero((items >= 0) & (items < self.n_items))
        tells = self._tells[history.items[counted]] * weights[counted, None]
        added[np.ix_(targets, counted)] = self._embedding[items[targets]] @ tells.T
        return added

    def with_items(self, catalogue: Catalogue, vectors: Mapping[str, Floats]) -> Model:
        """The model with the embeddings of the items that the catalogue has beyond those of the training.

        Raises:
            InvalidInput: the vectors of a space have another length than those of the training, or the encoder of the
                titles has changed since.
        """
        if len(catalogue) <= self.n_items:
            return self
        if TITLE in self._reader.means and TITLE not in vectors:
            vectors = {**vectors, **self._titles(catalogue, self.n_items, log.warning)}
        newer = self._reader.read(catalogue, vectors, range(self.n_items, len(catalogue)))
        wider = copy(self)
        foretold = self._foretold(newer)
        unmet = np.zeros((len(foretold), self._tells.shape[1] - self._components.shape[1]), np.float32)
        wider._tells = np.concatenate([self._tells, np.column_stack([unmet, self._alike(foretold)])])
        wider._embedding = by_column(np.concatenate([self._embedding, foretold]))
        wider._known = np.concatenate([self._known, newer.known if self._gates is None else newer.shown])
        return wider

    def save(self, folder: ArtifactFolder) -> None:
        self._state(folder, history_decay=self.history_decay, likeness=self.likeness)
        folder.write_json("choice", {**vars(self.choice), "weights": dict(self.choice.weights)})
        for name in ("tells", "embedding", "known", "mapping", "components"):
            folder.write(name, getattr(self, f"_{name}"))
        self._reader.save(folder.child("reader"))
        self._landmarks.save(folder.child("landmarks"))
        self._titles_by.save(folder)
        if self._gates is not None:
            self._gates.save(folder.child("gates"))

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = cls._with_state(folder, "history_decay", "likeness")
        model.choice = Choice(**folder.read_json("choice"))
        for name in ("tells", "embedding", "mapping", "components"):
            setattr(model, f"_{name}", folder.read(name))
        model._known = folder.read("known", mapped=False)
        model._reader = Reader.load(folder.child("reader"))
        model._landmarks = Described.load(folder.child("landmarks"))
        model._titles_by = TitleReader.load(folder, model.config.text_model)
        if (folder.path / "gates").exists():
            model._gates = GatedFusion.load(folder.child("gates"))
        return model


def _title(item: Item | None) -> str | None:
    """The title as it is read apart, with the year, which tells the films of one name from each other."""
    if item is None or not item.title:
        return None
    return f"{item.title[:_TITLE_CHARACTERS]} ({item.year})" if item.year else item.title[:_TITLE_CHARACTERS]


def _weighing(block: str) -> Callable[[Choice], Iterator[Choice]]:
    """Other weights for a block; what is not the block of all is worth leaving out as well."""
    return lambda now: (
        replace(now, weights={**now.weights, block: usual_weights([block])[block] * factor})
        for factor in FACTORS
        if factor or block != ALL
    )


@dataclass(frozen=True)
class _Tuning:
    """Some warm items, of which a tenth is taken for new, and people who liked some of either."""

    told: Sparse
    """(people, items that stay)."""
    right: Mask
    """(people asked, withheld items) who liked what."""
    asked: Rows
    among: dict[str, Floats]
    """Block → (items that stay, items that stay)."""
    new: dict[str, Floats]
    """Block → (items that stay, withheld items)."""
    kept: dict[float, Floats]
    """λ of EASE → (people asked, items that stay) their rows after EASE."""

    @classmethod
    def of(cls, matrix: Sparse, described: Described, stay: Rows, withheld: Rows, rng: np.random.Generator) -> Self:
        """Of the items that stay and those that are withheld."""
        told, answers = matrix[:, stay], matrix[:, withheld]
        able = np.flatnonzero((np.diff(told.indptr) > 0) & (np.diff(answers.indptr) > 0))
        asked = np.sort(rng.permutation(able)[:_ASKED]).astype(np.int32)
        old, new = described.only(stay), described.only(withheld)
        return cls(told, answers[asked].toarray() > 0, asked, compare(old, old), compare(old, new), {})

    def quality(self, choice: Choice) -> float:
        """Mean NDCG@20 among the withheld items."""
        if choice.regularization not in self.kept:
            weights = fit_weights(self.told, (choice.regularization,), EASEConfig(), lambda _: None)[0]
            self.kept[choice.regularization] = np.asarray(self.told[self.asked] @ weights, dtype=np.float32)
        popular = np.log(np.asarray(self.told.sum(axis=0)).ravel() + np.float32(_LIKED_BEFORE))
        usual = popular.mean()
        normal = summed(self.among, choice.weights)
        normal[np.diag_indices(len(normal))] += np.float32(choice.ridge)
        try:
            near = linalg.solve(normal, summed(self.new, choice.weights), assume_a="pos", overwrite_a=True)
        except linalg.LinAlgError:
            return -1.0
        taste = self.kept[choice.regularization] @ (near * np.exp(-choice.popularity * (popular - usual))[:, None])
        taste *= np.exp(choice.popularity * (near.T @ (popular - usual)))
        if choice.likeness:
            alike = np.asarray(self.told[self.asked] @ summed(self.new, telling(choice.weights)), dtype=np.float32)
            taste += np.float32(choice.likeness * taste.std() / max(float(alike.std()), 1e-9)) * alike
        return _ndcg(taste, self.right)


def _rounds(matrix: Sparse, described: Described, learnt_from: Rows, seed: int) -> tuple[_Tuning, ...]:
    """Each with other items withheld; none where there are too few items, or nobody liked any of either."""
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(learnt_from)[:_TUNED_ITEMS]
    tenth = round(len(drawn) * _WITHHELD)
    if tenth < _FEWEST:
        return ()
    parts = [np.sort(drawn[number * tenth :][:tenth]) for number in range(_ROUNDS)]
    made = (_Tuning.of(matrix, described, np.sort(np.setdiff1d(drawn, part)), part, rng) for part in parts)
    return tuple(one for one in made if len(one.asked))


def _ndcg(scores: Floats, right: Mask) -> float:
    """Mean NDCG@20 of rows of scores, where every row has at least one right answer."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :_DEPTH]
    gain = 1 / np.log2(np.arange(2, _DEPTH + 2))
    found = np.take_along_axis(right, order, axis=1) @ gain[: order.shape[1]]
    return float((found / np.cumsum(gain)[np.minimum(right.sum(axis=1), _DEPTH) - 1]).mean())


def _span(matrix: Sparse, weights: Any, factors: int, seed: int) -> Floats:
    """(items, factors) orthonormal: the first right singular vectors of X times the weights.

    By subspace iteration (Halko, Martinsson & Tropp, SIAM Review 2011), since neither the product nor its square need
    ever be there whole.
    """
    n = matrix.shape[1]
    if n <= factors:
        return np.eye(n, factors, dtype=np.float32)
    rng = np.random.default_rng(seed)
    if matrix.shape[0] > _SPANNED_BY:
        matrix = matrix[np.sort(rng.choice(matrix.shape[0], _SPANNED_BY, replace=False))]
    span = rng.standard_normal((n, min(n, factors + 16))).astype(np.float32)
    for _ in range(5):
        span, _ = np.linalg.qr(weights.T @ (matrix.T @ (matrix @ (weights @ span))))
    rows = matrix @ (weights @ span)
    _, turn = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    span = span @ turn[:, ::-1][:, :factors].astype(np.float32)
    return np.asarray(span * np.sign(span[np.abs(span).argmax(axis=0), np.arange(factors)]), dtype=np.float32)
