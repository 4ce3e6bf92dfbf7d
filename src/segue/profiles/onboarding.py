"""Onboarding: which few titles or topics to ask a new person about, so that the answers tell most of what to show.

A tree of questions with three answers (likes it, does not, does not know it), grown over the people of a log as by
Golbandi, Koren & Lempel (2011). What somebody had met by the middle of their log answers; what they liked after it is
foretold. Of the best-known titles a node asks about the one whose answers raise most the expected DCG of the list that
is best for whoever gave them: what nobody knows, and what everybody likes, tells nothing. A node keeps sums over the
people who got there and nothing about any one of them. Before there are people, topics are asked that halve the
catalogue and overlap least with those asked before.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..arrays import Floats, Rows, Sparse
from ..dataset import Dataset, History
from ..errors import InvalidInput
from ..events import CONSUMED, KIND_CODE, EventKind
from ..storage.artifacts import ArtifactFolder
from ..topics import Topics

LIKE, DISLIKE, UNKNOWN = 0, 1, 2
"""Answers to a question about a title."""
MOST_TITLES = 500
"""The best-known titles, which can be asked about."""
FEWEST = 60
"""People with likes before and after the middle of their log, below which there are no titles to ask about."""
DEPTH = 8
"""Questions one after the other."""
LEAST = 40
"""People of a node below which it asks nothing more."""
_PRIOR = 40.0
"""So many people of the node before are added to each node."""
_PLACES = 100
"""Places of a list that count for its DCG."""
_SHOWN = KIND_CODE[EventKind.IMPRESSION]
_MET = np.array([KIND_CODE[kind] for kind in CONSUMED], np.uint8)
_MOST_PEOPLE = 20_000
_MOST_TARGETS = 3000
_KEPT = 300
_MOST_TOPICS = 200
_MANY = 20
"""Items from which on a topic of a single one is no question."""


@dataclass(frozen=True)
class Questions:
    """A tree of n questions; node 0 is where everybody begins."""

    items: Rows
    """(t,) rows of the titles that can be asked about, the best known first."""
    asks: Rows
    """(n,) row of the title that a node asks about; -1: nothing more."""
    children: Rows
    """(n, 3) the node after each answer; -1 where a node asks nothing."""
    shares: Floats
    """(n,) share of the people who get there."""
    best: Rows
    """(n, w) what people of a node turn to next, most likely first; -1: nothing."""
    scores: Floats
    """(n, w) share of them who do, of those who had not met it."""

    @classmethod
    def none(cls) -> Self:
        """Nothing to ask."""
        rows, floats = np.zeros(0, np.int32), np.zeros(0, np.float32)
        return cls(rows, rows, rows.reshape(0, 3), floats, rows.reshape(0, 0), floats.reshape(0, 0))

    def __len__(self) -> int:
        return len(self.asks)

    def node(self, answers: Mapping[int, int], without: Collection[int] = ()) -> int:
        """The node that answers by item row lead to; titles that are not to be asked about count as not known.

        Raises:
            InvalidInput: an answer is none of `LIKE`, `DISLIKE`, `UNKNOWN`.
        """
        for item, answer in sorted(answers.items()):
            if answer not in (LIKE, DISLIKE, UNKNOWN):
                raise InvalidInput(f"The answer for item row {item} is {answer!r}; expected 0, 1 or 2. Send one.")
        at = 0
        while len(self) and self.asks[at] >= 0:
            item = int(self.asks[at])
            if item not in answers and item not in without:
                break
            at = int(self.children[at, answers.get(item, UNKNOWN)])
        return at

    def choose(self, k: int, answers: Mapping[int, int], without: Collection[int] = ()) -> list[int]:
        """The rows of up to k titles to ask about, most telling first: the next question, then those that most people
        get to from there; when the tree has no more, the best known.

        Args:
            without: rows not to ask about, beside those that are answered.
        """
        if not len(self):
            return []
        found: list[int] = []
        closed = {*answers, *without}
        open_to = [(-float(self.shares[start]), start) for start in (self.node(answers, without),)]
        while open_to and len(found) < k:
            _, at = heapq.heappop(open_to)
            item = int(self.asks[at])
            if item < 0:
                continue
            if item not in closed:
                found.append(item)
                closed.add(item)
            known = item in answers or item in without
            for child in self.children[at, answers.get(item, UNKNOWN)].reshape(1) if known else self.children[at]:
                heapq.heappush(open_to, (-float(self.shares[child]), int(child)))
        rest = (item for item in self.items.tolist() if item not in closed)
        return [*found, *(item for item, _ in zip(rest, range(k - len(found)), strict=False))]

    def likely(self, node: int, n_items: int) -> Floats:
        """(n items,) how likely people of a node turn to each item next; NaN where that is not known."""
        found = np.full(n_items, np.nan, dtype=np.float32)
        if len(self):
            kept = self.best[node] >= 0
            found[self.best[node][kept]] = self.scores[node][kept]
        return found

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays."""
        for name in ("items", "asks", "children", "shares", "best", "scores"):
            folder.write(name, getattr(self, name))

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote; a version from before there were questions has none."""
        if not folder.path.exists():
            return cls.none()
        names = ("items", "asks", "children", "shares", "best", "scores")
        return cls(*(folder.read(name, mapped=False) for name in names))


def answers_of(history: History, shown: Collection[int] = ()) -> dict[int, int]:
    """What a person's events say about titles, by item row: liked and met, or disliked; shown and left alone: unknown.

    Args:
        shown: rows that were shown besides, such as by a client that does not record impressions.
    """
    found = dict.fromkeys([*history.items[history.kinds == _SHOWN].tolist(), *shown], UNKNOWN)
    met = np.isin(history.kinds, _MET)
    rows, place = np.unique(history.items[met], return_inverse=True)
    weights = np.bincount(place, history.weights[met], minlength=len(rows))
    return found | {row: DISLIKE if weight < 0 else LIKE for row, weight in zip(rows.tolist(), weights, strict=True)}


def questions(dataset: Dataset, seed: int = 0, order: Sequence[int] = ()) -> Questions:
    """Grow the tree over a log; where too few people like anything, the best-known titles alone.

    Args:
        seed: of the draw of people, where there are more than can be looked at.
        order: rows of the titles to ask about, one after the other, instead of the most telling ones.
    """
    told = dataset.weights != 0
    users, items, weights = dataset.users[told], dataset.items[told], dataset.weights[told]
    begin, end = (
        np.searchsorted(users, np.arange(dataset.n_users)),
        np.searchsorted(users, np.arange(dataset.n_users), "right"),
    )
    early = np.arange(len(users)) - begin[users] < (end - begin)[users] // 2
    shape = (dataset.n_users, dataset.n_items)

    def summed(which: NDArray[np.bool_]) -> Sparse:
        return sparse.csr_array((weights[which], (users[which], items[which])), shape=shape)

    before, after = summed(early), summed(~early)
    people = np.flatnonzero((np.diff(before.indptr) > 0) & (np.diff((after > 0).indptr) > 0))
    if len(people) < FEWEST:
        return _best_known(_most(_many(summed(weights != 0)), MOST_TITLES))
    if len(people) > _MOST_PEOPLE:
        people = np.sort(np.random.default_rng(seed).choice(people, _MOST_PEOPLE, replace=False))
    before, after = before[people], after[people]
    known, liked = _many(before), _many(after > 0)
    titles = np.array(order, np.int32) if len(order) else _most(known, MOST_TITLES)
    targets = np.sort(_most(liked + known, _MOST_TARGETS))
    grower = _Grower(before, after, titles, targets, len(order))
    grower.grow()
    return grower.questions()


def _best_known(titles: Rows) -> Questions:
    """Where nobody tells which are telling: the best-known titles one after the other."""
    if not len(titles):
        return Questions.none()
    no_rows, no_scores = np.zeros((1, 0), np.int32), np.zeros((1, 0), np.float32)
    return Questions(
        titles, np.array([-1], np.int32), np.full((1, 3), -1, np.int32), np.ones(1, np.float32), no_rows, no_scores
    )


def _many(matrix: Sparse) -> Rows:
    """(columns,) how many rows have an entry."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int32)


def _most(counts: Rows, limit: int) -> Rows:
    rows = np.argsort(-counts, kind="stable")[:limit]
    return np.asarray(rows[counts[rows] > 0], dtype=np.int32)


class _Grower:
    """Grows the tree, node by node."""

    def __init__(self, before: Sparse, after: Sparse, titles: Rows, targets: Rows, fixed: int) -> None:
        own = before[:, titles].toarray()
        self.titles, self.targets, self.fixed = titles, targets, fixed
        self.answers = np.where(own > 0, LIKE, np.where(own < 0, DISLIKE, UNKNOWN)).astype(np.int8)
        met = (before != 0).astype(np.float32)
        liked = (after > 0).astype(np.float32)
        self.met = met[:, targets].tocsr()
        self.next = (liked - liked.multiply(met)).tocsr()[:, targets].tocsr()
        self.gains = 1 / np.log2(np.arange(2, _PLACES + 2))
        self.asks: list[int] = []
        self.children: list[list[int]] = []
        self.sizes: list[int] = []
        self.likely: list[Floats] = []

    def grow(self) -> None:
        """All nodes, from the one where everybody begins."""
        n = self.met.shape[0]
        everybody = (self.next.sum(axis=0) + 1e-3) / (n - self.met.sum(axis=0) + 1)
        self._node(np.arange(n), np.asarray(everybody, np.float32), (), self.fixed or DEPTH)

    def _node(self, people: NDArray[np.intp], likely: Floats, asked: tuple[int, ...], left: int) -> int:
        number = len(self.asks)
        self.asks.append(-1)
        self.children.append([-1, -1, -1])
        self.sizes.append(len(people))
        self.likely.append(likely)
        if not left or len(people) < LEAST:
            return number
        given, nexts, met = self.answers[people], self.next[people], self.met[people]
        best = len(asked) if self.fixed else self._most_telling(given, nexts, met, likely, asked)
        if best < 0:
            return number
        self.asks[number] = int(self.titles[best])
        for answer in (LIKE, DISLIKE, UNKNOWN):
            own = given[:, best] == answer
            mean = _drawn(nexts[own].sum(axis=0), own.sum() - met[own].sum(axis=0), likely)
            self.children[number][answer] = self._node(people[own], mean, (*asked, best), left - 1)
        return number

    def _most_telling(
        self, given: NDArray[np.int8], nexts: Sparse, met: Sparse, likely: Floats, asked: tuple[int, ...]
    ) -> int:
        """Which title to ask these people about; -1: none is left."""
        value = np.zeros(len(self.titles))
        for answer in (LIKE, DISLIKE, UNKNOWN):
            value += self._expected((given == answer).astype(np.float32), nexts, met, likely)
        value[list(asked)] = -np.inf
        best = int(np.argmax(value))
        return best if np.isfinite(value[best]) else -1

    def _expected(self, these: Floats, nexts: Sparse, met: Sparse, likely: Floats) -> NDArray[Any]:
        """(t,) DCG of the best list for those who gave an answer to each title, times how many they are."""
        many = these.sum(axis=0)
        liked, known = np.asarray(nexts.T @ these).T, np.asarray(met.T @ these).T
        shares = _drawn(liked, many[:, None] - known, likely)
        places = min(_PLACES, shares.shape[1])
        top = -np.sort(np.partition(-shares, places - 1, axis=1)[:, :places], axis=1)
        return np.asarray(many * (top @ self.gains[:places]))

    def questions(self) -> Questions:
        """What has grown, with item rows."""
        likely = np.stack(self.likely)
        order = np.argsort(-likely, axis=1, kind="stable")[:, :_KEPT]
        return Questions(
            self.titles,
            np.array(self.asks, np.int32),
            np.array(self.children, np.int32),
            (np.array(self.sizes) / self.sizes[0]).astype(np.float32),
            self.targets[order],
            np.take_along_axis(likely, order, axis=1).astype(np.float32),
        )


def _drawn(liked: Any, could: Any, likely: Floats) -> Floats:
    """Shares, drawn towards those of the node before."""
    return np.asarray((liked + _PRIOR * likely) / (could + _PRIOR), dtype=np.float32)


def telling_topics(topics: Topics, k: int, asked: Collection[str] = ()) -> list[str]:
    """Up to k topics that split a catalogue best, for when nobody is known: each halves what those before it left."""
    n = topics.matrix.shape[0]
    cells = np.zeros(n, dtype=np.int64)
    for key in sorted(asked):
        cells = _split(cells, topics.rows(key))
    many = np.diff(topics.by_topic.indptr)
    even = np.argsort(np.abs(many - n / 2), kind="stable")
    named = [topics.keys[at] for at in even if many[at] > 1 or n < _MANY]
    open_to = [key for key in named if key.partition(":")[0] in SORTS and key not in asked][:_MOST_TOPICS]
    found: list[str] = []
    while open_to and len(found) < k:
        inside = np.bincount(cells)
        gain = [_halved(inside, np.bincount(cells[topics.rows(key)], minlength=len(inside))) for key in open_to]
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        found.append(open_to.pop(best))
        cells = _split(cells, topics.rows(found[-1]))
    return found


SORTS = ("genre", "mood", "theme", "tag", "language", "kind")
"""Topics that somebody who knows no names of the catalogue can answer about."""


def _split(cells: NDArray[Any], rows: Rows) -> NDArray[Any]:
    finer = 2 * cells
    finer[rows] += 1
    return np.unique(finer, return_inverse=True)[1]


def _halved(inside: NDArray[Any], having: NDArray[Any]) -> float:
    """Mean entropy of "has the topic" within the cells, by their size."""
    share = having / inside
    return float((inside * _entropy(np.stack([share, 1 - share], axis=1))).sum() / inside.sum())


def _entropy(shares: NDArray[Any]) -> NDArray[Any]:
    """Over the last axis, in nats."""
    return np.asarray(-(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=-1))
