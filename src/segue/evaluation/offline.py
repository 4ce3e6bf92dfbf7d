"""Ask models and whole recipes for what a split withheld, and report how well they did.

All candidates of the split compete; nothing is sampled. The person's own history is left out. A list holds the k best;
ties count against the model: of equal scores those that are not answers come first, then the lower row number. An item
that a model has no opinion of (NaN) is not in its list. Scores are compared as float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..arrays import Floats, Mask, Rows, Sparse
from ..dataset import WARM_EVENTS, Dataset, History
from ..errors import InvalidInput, NotFound
from ..models import TABLE
from ..models.base import TrainOptions
from .bootstrap import ci95, paired
from .metrics import METRICS
from .metrics.base import Ground, Shown, Values
from .splits import Split, met_events

SLICES = ("all", "warm_people", "few_events", "new_people", "warm_items", "cold_items")
"""By person: at least 5 events of history that met an item, 1 to 4, none. By answer: in the training, not in it; what a
list found of the other answers does not count there."""
BASELINES = ("popular_recent", "popular_all")
"""Most-popular, which every other model is to be seen beside."""
_BLOCK = 4_000_000
"""Scores held at once, so that memory grows neither with the people nor with the items."""


@runtime_checkable
class Scorer(Protocol):
    """A trained model."""

    def score_many(self, histories: Sequence[History]) -> Floats:
        """(len(histories), up to n items) higher is better, NaN for no opinion."""
        ...


@runtime_checkable
class Lists(Protocol):
    """A whole recipe: what it does not list has been ranked last."""

    at_most: int | None
    """Ask only so many people, drawn by the seed and the same for every recipe; None: all."""

    def recommend(self, history: History, k: int, candidates: Mask) -> Rows:
        """Up to k rows, best first, each once, out of ``candidates`` (n items,)."""
        ...


@dataclass(frozen=True)
class Report:
    """The figures of every model, as they are printed, and those of every person, for comparing models."""

    head: Mapping[str, Any]
    """Everything of the JSON shape but the rows."""
    rows: tuple[Mapping[str, Any], ...]
    """One a model and slice with anybody in it; figures are None where they are not defined."""
    _values: Mapping[str, Values] = field(repr=False)

    def values(self, model: str) -> Values:
        """(people,) ndcg@k of each person, in the order of ``split.test.users``; NaN where the model was not asked.

        Raises:
            NotFound: the report has no such model.
        """
        if model not in self._values:
            raise NotFound.named("model", model, self._values)
        return self._values[model]

    def compare(self, model: str, other: str) -> tuple[float, float, float]:
        """(difference, low, high): how much better than ``other``, in ndcg@k of the same people, 95 %."""
        return paired(self.values(model), self.values(other))

    def row(self, model: str, part: str = "all") -> Mapping[str, Any]:
        """The figures of one model in one slice.

        Raises:
            NotFound: the report has no such row.
        """
        found = {(row["model"], row["slice"]): row for row in self.rows}
        if (model, part) not in found:
            raise NotFound.named("row", f"{model}/{part}", (f"{m}/{s}" for m, s in found))
        return found[model, part]

    def as_json(self) -> dict[str, Any]:
        """The stable shape that `segue evaluate --json` prints."""
        return {**self.head, "rows": [dict(row) for row in self.rows]}


def evaluate(
    split: Split,
    scorers: Mapping[str, Scorer | Lists],
    k: int = 10,
    slices: Sequence[str] = SLICES,
    seed: int = 7,
    groups: Mapping[str, Mask] | None = None,
    progress: Callable[[str, float], None] = lambda _what, _share: None,
) -> Report:
    """Ask everybody in the split's test for k items and judge the lists by all of `METRICS`.

    Args:
        scorers: by the name under which they are reported. Without a most-popular among them, ``popular_all`` is fitted
            on the split's training and added, so that no figure stands alone.
        seed: of the bootstrap and of the draw of people for recipes.
        groups: further slices: name → (people asked,) who is in it.
        progress: called with the name of a model and the share of the whole done.

    Raises:
        InvalidInput: k is below 1, nobody is asked, or a scorer answers with something impossible.
        NotFound: there is no such slice.
    """
    start = time.perf_counter()
    for part in slices:
        if part not in SLICES:
            raise NotFound.named("slice", part, SLICES)
    if k < 1:
        raise InvalidInput(f"k is {k}; expected at least 1.")
    if not len(split.test):
        raise InvalidInput(
            "Nobody is asked: the split has no test answers. Choose another split or import more events."
        )
    if not any(name in scorers for name in BASELINES):
        popular = TABLE.load("popular_all")()
        popular.train(split.train, TrainOptions(seed=seed))
        scorers = {"popular_all": popular, **scorers}

    groups = groups or {}
    questions = _Questions(split, k, seed, groups)
    metrics = {name: METRICS.load(name) for name in METRICS}
    rows: list[Mapping[str, Any]] = []
    values: dict[str, Values] = {}
    for number, (name, scorer) in enumerate(scorers.items()):

        def told(share: float, name: str = name, number: int = number) -> None:
            progress(name, (number + share) / len(scorers))

        asked, items = questions.lists(name, scorer, told)
        for part in (*slices, *groups):
            shown, people = questions.shown(asked, items, part)
            if not len(people):
                continue
            results = {metric: call(shown) for metric, call in metrics.items()}
            low, high = ci95(results["ndcg"], seed)
            if part == "all":
                values[name] = np.full(len(split.test), np.nan)
                values[name][people] = results["ndcg"]
            rows.append(
                {
                    "model": name,
                    "slice": part,
                    "users": len(people),
                    **{f"{metric}@{k}": _mean(result) for metric, result in results.items()},
                    "ci95": [round(low, 6), round(high, 6)],
                }
            )
    progress("evaluation", 1.0)
    overall = {row["model"]: row[f"ndcg@{k}"] for row in rows if row["slice"] == "all"}
    head = {
        "split": split.name,
        "description": split.description,
        "refit": split.refit,
        "k": k,
        "people": len(split.test),
        "items": split.history.n_items,
        "candidates": int(np.count_nonzero(split.candidates)),
        "trained_on": len(split.train),
        "test_from": split.test_from,
        "data_hash": split.data_hash(),
        "similarity": questions.alike,
        "baseline": max((name for name in BASELINES if name in overall), key=lambda n: overall[n] or 0.0, default=None),
        "seconds": round(time.perf_counter() - start, 3),
    }
    return Report(head, tuple(rows), values)


def top_lists(scores: Floats, allowed: Mask, answers: tuple[NDArray[np.int64], Rows], k: int) -> Rows:
    """(n, k) rows of the best items for n people, -1 where there are fewer.

    Args:
        scores: (n, n items).
        allowed: (n, n items) what may be listed.
        answers: (person, item) of each answer; of equal scores these come last.
    """
    # As float64, an answer moved down by the smallest step is below its equals and still above every lesser float32.
    s = np.nan_to_num(scores.astype(np.float32).astype(np.float64), nan=-np.inf, posinf=1e300, neginf=-np.inf)
    s[answers] = np.nextafter(s[answers], -np.inf)
    s[~allowed] = -np.inf
    n, m = s.shape
    width = min(k, m)
    if not width:
        return np.full((n, k), -1, dtype=np.int32)
    threshold = np.partition(s, m - width, axis=1)[:, m - width, None]
    taken = s > threshold
    equal = s == threshold
    room = width - taken.sum(axis=1, keepdims=True)
    taken |= equal & (np.cumsum(equal, axis=1, dtype=np.int32) <= room)
    items = np.nonzero(taken)[1].reshape(n, width)  # ascending rows, so that a stable sort keeps the order of equals
    best = np.take_along_axis(s, items, axis=1)
    order = np.argsort(-best, axis=1, kind="stable")
    items = np.take_along_axis(items, order, axis=1)
    items[np.take_along_axis(best, order, axis=1) == -np.inf] = -1
    return np.pad(items, ((0, 0), (0, k - width)), constant_values=-1).astype(np.int32)


class _Questions:
    """What the split asks, in the form that the lists are made and judged from."""

    def __init__(self, split: Split, k: int, seed: int, groups: Mapping[str, Mask]) -> None:
        self.split, self.k, self.seed, self.groups = split, k, seed, groups
        test, history, n_items = split.test, split.history, split.history.n_items
        self.counts = np.diff(test.offsets)
        self.person = np.repeat(np.arange(len(test)), self.counts)  # of each answer
        self.met = _met(history)
        self.events = np.asarray(self.met.sum(axis=1)).ravel()[test.users]
        self.in_training = np.zeros(n_items, dtype=bool)
        self.in_training[split.train.items] = True
        self.alike, features = _features(history)
        self.ground = Ground(split.candidates, _popularity(split.train), features)

    def lists(
        self, name: str, scorer: Scorer | Lists, progress: Callable[[float], None]
    ) -> tuple[NDArray[np.int64], Rows]:
        """(people asked, their lists (n, k))."""
        n = len(self.split.test)
        asked = np.arange(n)
        if isinstance(scorer, Scorer):
            made = [
                top_lists(self._scores(name, scorer, b), *self._rules(b), self.k) for b in self._blocks(asked, progress)
            ]
        else:
            if scorer.at_most is not None and scorer.at_most < n:
                asked = np.sort(np.random.default_rng(self.seed).choice(n, scorer.at_most, replace=False))
            made = [self._recommended(name, scorer, b) for b in self._blocks(asked, progress)]
        return asked, np.concatenate(made)

    def shown(self, asked: NDArray[np.int64], items: Rows, part: str) -> tuple[Shown, NDArray[np.int64]]:
        """The lists as metrics read them in one slice, and which people are in it."""
        n_items = len(self.ground.candidates)
        counted = np.ones(len(self.person), dtype=bool)
        if part in ("warm_items", "cold_items"):
            counted = self.in_training[self.split.test.items] == (part == "warm_items")
        pairs = self.person[counted] * n_items + self.split.test.items[counted]
        answers = np.bincount(self.person[counted], minlength=len(self.split.test))[asked]
        within = answers > 0
        events = self.events[asked]
        if part == "warm_people":
            within &= events >= WARM_EVENTS
        elif part == "few_events":
            within &= (events > 0) & (events < WARM_EVENTS)
        elif part == "new_people":
            within &= events == 0
        elif part in self.groups:
            within &= self.groups[part][asked]
        hits = np.isin(asked[:, None] * n_items + items, pairs) & (items >= 0)
        return Shown(items, hits, answers, self.ground).only(within), asked[within]

    def _blocks(self, asked: NDArray[np.int64], progress: Callable[[float], None]) -> Iterator[NDArray[np.int64]]:
        step = max(1, _BLOCK // max(1, len(self.ground.candidates)))
        for begin in range(0, len(asked), step):
            progress(begin / len(asked))
            yield asked[begin : begin + step]

    def _histories(self, block: Iterable[int]) -> list[History]:
        return [self.split.history.history(int(self.split.test.users[j])) for j in block]

    def _allowed(self, block: NDArray[np.int64]) -> Mask:
        """(len(block), n items) the candidates that each person has not met."""
        allowed = np.repeat(self.ground.candidates[None, :], len(block), axis=0)
        allowed[self.met[self.split.test.users[block]].nonzero()] = False
        return allowed

    def _rules(self, block: NDArray[np.int64]) -> tuple[Mask, tuple[NDArray[np.int64], Rows]]:
        """What may be listed, and (person, item) of the answers, people numbered within the block."""
        # Blocks of scorers are consecutive people, whose answers are consecutive, too.
        first, last = self.split.test.offsets[[block[0], block[-1] + 1]]
        return self._allowed(block), (self.person[first:last] - block[0], self.split.test.items[first:last])

    def _scores(self, name: str, scorer: Scorer, block: NDArray[np.int64]) -> Floats:
        scores = scorer.score_many(self._histories(block))
        n_items = len(self.ground.candidates)
        if scores.ndim != 2 or len(scores) != len(block) or scores.shape[1] > n_items:
            raise InvalidInput(
                f"The model {name!r} answered with scores of shape {scores.shape}; expected ({len(block)}, {n_items}). "
                "Train it on this catalogue."
            )
        # Items that are newer than the model.
        return np.pad(scores, ((0, 0), (0, n_items - scores.shape[1])), constant_values=np.nan)

    def _recommended(self, name: str, recipe: Lists, block: NDArray[np.int64]) -> Rows:
        lists = np.full((len(block), self.k), -1, dtype=np.int32)
        for row, (history, allowed) in enumerate(zip(self._histories(block), self._allowed(block), strict=True)):
            picks = np.asarray(recipe.recommend(history, self.k, allowed))[: self.k]
            possible = (picks >= 0) & (picks < len(allowed))
            if len(np.unique(picks)) < len(picks) or not possible.all() or not allowed[picks].all():
                raise InvalidInput(
                    f"The recipe {name!r} recommended {picks.tolist()} to {history.user_id!r}; expected different "
                    "rows, all of them among the candidates that it was given."
                )
            lists[row, : len(picks)] = picks
        return lists


def _popularity(train: Dataset) -> Values:
    """(n items,) share of the people in the training who met the item."""
    met = _met(train)
    people = int(np.count_nonzero(np.diff(met.indptr)))
    return np.bincount(met.indices, minlength=train.n_items) / max(people, 1)


def _met(dataset: Dataset) -> Sparse:
    """(n users, n items) how many events each person met each item with; what nobody met is not stored."""
    met = met_events(dataset)
    users, items = dataset.users[met], dataset.items[met]
    shape = (dataset.n_users, dataset.n_items)
    counts = sparse.csr_array((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
    counts.sum_duplicates()
    return counts


def _features(dataset: Dataset) -> tuple[str | None, Any]:
    """By what two items are alike, and its vectors of length 1: the mixed embedding, else the genres."""
    mixed = dataset.vectors.get("mixed")
    if mixed is not None and np.isfinite(mixed).any():
        known = np.nan_to_num(mixed.astype(np.float64))
        length = np.linalg.norm(known, axis=1, keepdims=True)
        return "mixed", known / np.where(length > 0, length, 1.0)
    genres = dataset.catalogue.genres
    if not genres.nnz:
        return None, None
    length = np.sqrt(np.asarray(genres.sum(axis=1), dtype=np.float64)).ravel()
    return "genres", sparse.csr_array(sparse.diags_array(1.0 / np.where(length > 0, length, 1.0)) @ genres)


def _mean(values: Values) -> float | None:
    """Over the people for whom it is defined."""
    finite = values[np.isfinite(values)]
    return round(float(finite.mean()), 6) if finite.size else None
