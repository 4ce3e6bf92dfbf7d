"""Choosing a model's settings on what people did next.

Only what a model needs while it trains: one split and one measure. The splits, metrics and reports that a person reads
are in `segue.evaluation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ..arrays import Floats, Rows
from ..dataset import Dataset, History, Holdout
from .base import TrainOptions
from .weighting import DECAYS, HistoryDecay

T = TypeVar("T")

MAX_PEOPLE = 2000
"""Answers of this many people are enough to tell settings apart, since all settings are asked about the same ones."""
MOST_PEOPLE = 5000
"""As many are asked after every epoch of a long training, where chance has more epochs to choose from."""

_BLOCK = 500


@dataclass(frozen=True)
class Trial:
    """What to fit on, and some people's histories with the items that came next."""

    dataset: Dataset
    histories: Sequence[History]
    answers: Sequence[Rows]
    refit: bool
    """True when `dataset` is a copy with answers taken out: the model fits again on everything afterwards."""

    def ndcg(self, score_many: Callable[[Sequence[History]], Floats]) -> float:
        """Mean NDCG@10 over the people; all items but those of the history are candidates."""
        gains = [
            _ndcg10(row, history, answers)
            for start in range(0, len(self.histories), _BLOCK)
            for row, history, answers in zip(
                score_many(self.histories[start : start + _BLOCK]),
                self.histories[start : start + _BLOCK],
                self.answers[start : start + _BLOCK],
                strict=True,
            )
        ]
        return float(np.mean(gains))


def trial(dataset: Dataset, options: TrainOptions, most: int = MAX_PEOPLE) -> Trial | None:
    """The answers of ``options.validation``, or else the last positive item of each person, withheld from a copy.

    At most ``most`` people, drawn by the seed. None where nobody has an answer to give: a choice then keeps its first
    candidate.
    """
    fitted, holdout = dataset, options.validation
    if holdout is None:
        fitted, holdout = _without_last(dataset)
    rng = np.random.default_rng(options.seed)
    people = np.arange(len(holdout))
    if len(people) > most:
        people = np.sort(rng.choice(people, most, replace=False))
    histories, answers = [], []
    for j in people.tolist():
        history = fitted.history(int(holdout.users[j]))
        new = np.setdiff1d(holdout.answers(j), history.items)
        if len(new) and len(history):
            histories.append(history)
            answers.append(new.astype(np.int32))
    return Trial(fitted, histories, answers, refit=fitted is not dataset) if histories else None


def few_withheld(dataset: Dataset, options: TrainOptions, most: int = MOST_PEOPLE) -> Trial | None:
    """As `trial`, for models that train too long to train twice: of a few people only is the last item withheld.

    Without ``options.validation`` these are a tenth of the people, at most `MAX_PEOPLE`; what they did last is missed
    by the model, but not by the history that it will be told.
    """
    if options.validation is not None:
        return trial(dataset, options, most)
    _, holdout = _without_last(dataset)
    rng = np.random.default_rng(options.seed)
    count = min(len(holdout) // 10, MAX_PEOPLE)
    people = np.sort(rng.choice(len(holdout), count, replace=False))
    keep = np.ones(len(dataset), dtype=bool)
    ends = np.searchsorted(dataset.users, holdout.users[people], side="right")
    for end, j in zip(ends.tolist(), people.tolist(), strict=True):
        own = np.arange(dataset.offsets[holdout.users[j]], end)
        keep[own[dataset.positive[own]][-1]] = False
    told = Holdout.of({int(holdout.users[j]): holdout.answers(j) for j in people.tolist()})
    return trial(dataset.only(keep), replace(options, validation=told), most)


def best(candidates: Iterable[T], value: Callable[[T], float]) -> T:
    """The candidate of highest value; the earlier one when two are equal."""
    return max(candidates, key=value)


def choose_decay(
    stated: HistoryDecay, tried: Trial | None, score_many: Callable[[Sequence[History], float], Floats]
) -> float:
    """The decay of the history that is stated, or the best on the trial; no forgetting where there is none.

    Args:
        score_many: scores of histories under a decay.
    """
    if stated != "auto":
        return stated
    if tried is None:
        return DECAYS[0]
    return best(DECAYS, lambda decay: tried.ndcg(lambda histories: score_many(histories, decay)))


def _without_last(dataset: Dataset) -> tuple[Dataset, Holdout]:
    """The dataset without the last positive event of each person who has two or more, and those events as answers."""
    positive = np.flatnonzero(dataset.positive)
    users = dataset.users[positive]
    last = np.flatnonzero(np.diff(users, append=-1) != 0)
    several = np.diff(last, prepend=-1) > 1
    withheld = positive[last[several]]
    keep = np.ones(len(dataset), dtype=bool)
    keep[withheld] = False
    answers = {int(dataset.users[e]): [int(dataset.items[e])] for e in withheld}
    return dataset.only(keep), Holdout.of(answers)


def _ndcg10(scores: Floats, history: History, answers: Rows) -> float:
    """NDCG@10 of one person: NaN ranks last, ties count against the model."""
    left = np.where(np.isnan(scores), -np.inf, scores)
    left[history.items[(history.items >= 0) & (history.items < len(left))]] = -np.inf
    own = left[answers[answers < len(left)]]
    # Rank from 1, every equal rival in front.
    ranks = [int((left >= score).sum()) for score in own if np.isfinite(score)]
    gain = sum(1 / np.log2(rank + 1) for rank in ranks if rank <= 10)
    ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(answers))))
    return float(gain / ideal)
