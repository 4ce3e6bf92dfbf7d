"""Onboarding: which few titles or topics to ask a new person about, so that the answers tell most about their taste.

People of a log are parted by spherical k-means (Dhillon & Modha 2001) over what they like. For each of the best-known
titles a group has three rates: it likes the title, dislikes it, does not know it. The next question is the one with
the highest expected information gain about the group (Rashid et al. 2002, "IGCN"), given the answers so far; what
nobody knows gains nothing, since nearly every answer to it is the same. Before there are people, topics are asked
that halve the catalogue and overlap least with those asked before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Rows, unit_rows
from ..dataset import Dataset
from ..errors import InvalidInput
from ..topics import Topics

LIKE, DISLIKE, UNKNOWN = 0, 1, 2
"""Answers to a question about a title."""
MOST_TITLES = 500
GROUPS = 12
FEWEST = 60
"""People who like something, below which there are no groups."""
_PRIOR = 5.0
"""So many people of the average answer are added to each group."""
_ROUNDS = 30
_MOST_PEOPLE = 20_000
_MOST_BRANCHES = 81


@dataclass(frozen=True)
class Questions:
    """What a log knows about the answers of people."""

    items: Rows
    """(t,) rows of the titles that can be asked about."""
    sizes: Floats
    """(g,) share of each group; sums to 1."""
    rates: Floats
    """(g, t, 3) share of a group that likes, dislikes, does not know a title."""

    def groups(self, answers: Mapping[int, int]) -> Floats:
        """(g,) how likely the person is of each group, given answers by item row; other titles say nothing.

        Raises:
            InvalidInput: an answer is none of `LIKE`, `DISLIKE`, `UNKNOWN`.
        """
        place = {int(item): n for n, item in enumerate(self.items)}
        logs = np.log(self.sizes)
        for item, answer in sorted(answers.items()):
            if answer not in (LIKE, DISLIKE, UNKNOWN):
                raise InvalidInput(f"The answer for item row {item} is {answer!r}; expected 0, 1 or 2. Send one.")
            if item in place:
                logs = logs + np.log(self.rates[:, place[item], answer])
        chances = np.exp(logs - logs.max())
        return np.asarray(chances / chances.sum(), dtype=np.float32)

    def gains(self, groups: Floats) -> Floats:
        """(t,) expected information about the group from each title, in nats."""
        mixed = np.tensordot(groups, self.rates, axes=1)
        return np.asarray(_entropy(mixed) - groups @ _entropy(self.rates), dtype=np.float32)

    def choose(self, k: int, answers: Mapping[int, int], without: Collection[int] = ()) -> list[int]:
        """The rows of up to k titles to ask about, most telling first; each expects every answer to those before it.

        Args:
            without: rows not to ask about, beside those that are answered.
        """
        closed = np.isin(self.items, [*answers, *without])
        branches = self.groups(answers)[None] if len(self.sizes) else np.zeros((0, 0), np.float32)
        found: list[int] = []
        while len(branches) and len(found) < k and not closed.all():
            weight = branches.sum(axis=1)
            gain = sum(w * self.gains(branch / w) for w, branch in zip(weight, branches, strict=True))
            best = int(np.argmax(np.where(closed, -np.inf, gain)))
            closed[best] = True
            found.append(int(self.items[best]))
            branches = (branches[:, None, :] * self.rates[:, best].T[None]).reshape(-1, len(self.sizes))
            branches = branches[np.argsort(-branches.sum(axis=1), kind="stable")[:_MOST_BRANCHES]]
        return found


def questions(dataset: Dataset, seed: int = 0) -> Questions:
    """Learn groups and their answers from a log; no titles where too few people like anything."""
    liked = dataset.matrix
    people = np.flatnonzero(np.diff(liked.indptr) >= 3)
    if len(people) < FEWEST:
        return Questions(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros((0, 0, 3), np.float32))
    if len(people) > _MOST_PEOPLE:
        people = np.sort(np.random.default_rng(seed).choice(people, _MOST_PEOPLE, replace=False))
    known = np.bincount(dataset.items[dataset.weights != 0], minlength=dataset.n_items)
    items = np.argsort(-known, kind="stable")[:MOST_TITLES]
    items = np.asarray(items[known[items] > 0], dtype=np.int32)
    place = np.full(dataset.n_items, -1)
    place[items] = np.arange(len(items))
    row = np.full(dataset.n_users, -1)
    row[people] = np.arange(len(people))
    kept = (dataset.weights != 0) & (place[dataset.items] >= 0) & (row[dataset.users] >= 0)
    total = np.zeros((len(people), len(items)), dtype=np.float32)
    np.add.at(total, (row[dataset.users[kept]], place[dataset.items[kept]]), dataset.weights[kept])
    group = _parted((total > 0).astype(np.float32), min(GROUPS, len(people) // 20))
    given = np.stack([total > 0, total < 0, total == 0], axis=2).astype(np.float32)
    average = (given.sum(axis=0) + 1) / (len(people) + 3)
    sizes = np.bincount(group).astype(np.float32)
    sums = np.stack([given[group == g].sum(axis=0) for g in range(len(sizes))])
    rates = (sums + _PRIOR * average) / (sizes[:, None, None] + _PRIOR)
    return Questions(items.astype(np.int32), sizes / sizes.sum(), rates.astype(np.float32))


def telling_topics(topics: Topics, k: int, asked: Collection[str] = ()) -> list[str]:
    """Up to k topics that split a catalogue best, for when nobody is known: each halves what those before it left."""
    n = topics.matrix.shape[0]
    cells = np.zeros(n, dtype=np.int64)
    for key in sorted(asked):
        cells = _split(cells, topics.rows(key))
    open_to = [key for key in topics.keys if key not in asked]
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


def _parted(likes: Floats, groups: int) -> Rows:
    """(people,) group of each, numbered without gaps; seeds lie farthest apart, so that nothing is drawn."""
    rare = np.log(len(likes) / np.maximum(likes.sum(axis=0), 1))
    points = unit_rows(likes * rare.astype(np.float32))
    seeds = [int(np.argmax(points @ points.mean(axis=0)))]
    nearest = points @ points[seeds[0]]
    while len(seeds) < groups:
        seeds.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, points @ points[seeds[-1]])
    centres = points[seeds]
    group = np.full(len(points), -1)
    for _ in range(_ROUNDS):
        found = np.argmax(points @ centres.T, axis=1)
        if (found == group).all():
            break
        group = found
        sums = np.stack([points[group == g].sum(axis=0) for g in range(len(centres))])
        centres = unit_rows(sums)
    return np.unique(group, return_inverse=True)[1].astype(np.int32)
