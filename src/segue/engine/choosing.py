"""`segue train --recipe best`: which scores, made one in which way, hit most often on what nobody was fitted on.

The choice is made on the validation answers, apart for people of whom nothing, little or much is known
(`segue.profiles.segments.KNOWN`). Most-popular (recent) wins unless something is surely better: the 95 % interval of
the difference on the same people lies above 0. Of what is surely better, the highest NDCG@10 wins. Learnt weights are
judged on people whom they were not learnt from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from ..arrays import Floats, Mask
from ..dataset import Dataset, History, Holdout
from ..errors import StorageError, in_one_line
from ..evaluation import bootstrap
from ..models.base import Model
from ..pipeline.rankers.blend import standardised
from ..pipeline.recipes.best import table_of
from ..pipeline.sources.model import ModelSource
from ..pipeline.sources.scored import best
from ..profiles.segments import KNOWN, known
from ..settings import Settings
from ..storage.artifacts import ArtifactFolder
from ..training import ensemble
from ..training.ensemble import Asked, Mix, alone

BASELINE = "popular_recent"
FILE = "best"
"""Name of the choice in a version's folder: ``best.json``."""
PEOPLE = 2000
"""So many people are asked where nothing else is stated; the draw is seeded."""
LEAST_PEOPLE = 20
"""A segment with fewer people has no choice of its own: a bootstrap of so few says "surely" too easily."""
DEPTH = 100
"""Candidates of a person that the search looks at: those which any model has among its so many best."""
FUSED = 3
"""The best so many models are also fused by rank without the others."""
_BLOCK = 4_000_000
"""Scores of one model held at once."""


@dataclass(frozen=True)
class Decision:
    """What serves one segment of people, what else was tried, and why."""

    segment: str
    people: int
    name: str
    mix: Mix
    why: str
    tried: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the artefact and the report."""
        return {
            "people": self.people,
            "chosen": self.name,
            "fusion": self.mix.fusion,
            "weights": dict(self.mix.weights),
            "why": self.why,
            "tried": [dict(row) for row in self.tried],
        }


def decide(asked: Mapping[str, Asked], home: Mapping[str, float], seed: int) -> tuple[Decision, ...]:
    """One decision a segment.

    Args:
        asked: by segment, see `ask`.
        home: weights of the recipe home, which need no learning and are one more thing to try.
    """
    made = {part: _decision(part, asked[part], home, seed) for part in KNOWN if len(asked[part]) >= LEAST_PEOPLE}
    return tuple(made.get(part) or _borrowed(part, len(asked[part]), made) for part in KNOWN)


def _borrowed(part: str, people: int, made: Mapping[str, Decision]) -> Decision:
    """For a segment of too few people: the choice of those about whom as much is known, else most-popular."""
    heard = f"only {people} people of this kind were held out" if people else "nobody of this kind was held out"
    like = made.get({"few": "warm", "warm": "few"}.get(part, ""))
    if like is None:
        return Decision(part, people, BASELINE, alone(BASELINE), f"{heard}, so {BASELINE} serves them")
    return Decision(part, people, like.name, like.mix, f"{heard}, so they are served as {like.segment} people")


def all_popular(decisions: Sequence[Decision], why: str) -> tuple[Decision, ...]:
    """The decisions replaced by most-popular for everybody."""
    return tuple(Decision(d.segment, d.people, BASELINE, alone(BASELINE), why, d.tried) for d in decisions)


def _decision(part: str, asked: Asked, home: Mapping[str, float], seed: int) -> Decision:
    values = {name: asked.ndcg(alone(name).scores(asked)) for name in asked.models}
    order = sorted(asked.models, key=lambda name: -values[name].mean())
    mixes = {name: alone(name) for name in asked.models}
    shared = {name: weight for name, weight in home.items() if name in asked.models and weight > 0}
    for name, mix in (
        ("fusion of all", ensemble.fusion(asked.models)),
        (f"fusion of {', '.join(order[:FUSED])}", ensemble.fusion(tuple(order[:FUSED]))),
        ("weights of home", Mix("scores", {n: w / sum(shared.values()) for n, w in shared.items()})),
    ):
        if len(mix.weights) > 1:
            mixes[name], values[name] = mix, asked.ndcg(mix.scores(asked))
    for name, learn in (
        ("blend learnt by likelihood", ensemble.by_likelihood),
        ("blend learnt by ndcg", ensemble.by_ndcg),
    ):
        if len(asked.models) > 1:
            mixes[name], values[name] = learn(asked), ensemble.cross_fitted(asked, learn, seed)
    against = {name: bootstrap.paired(own, values[BASELINE], seed) for name, own in values.items()}
    sure = [name for name in values if name != BASELINE and against[name][1] > 0]
    chosen = max(sure, key=lambda name: values[name].mean(), default=BASELINE)
    tried = [
        {
            "segment": part,
            "way": name,
            "ndcg@10": round(float(values[name].mean()), 6),
            "difference": [round(x, 6) for x in against[name]],
            "why": _why(name, chosen, against[name], len(sure)),
        }
        for name in sorted(values, key=lambda name: -values[name].mean())
    ]
    why = next(str(row["why"]) for row in tried if row["way"] == chosen)
    return Decision(part, len(asked), chosen, mixes[chosen], why, tuple(tried))


def _why(name: str, chosen: str, against: tuple[float, float, float], sure: int) -> str:
    difference, low, high = against
    if name == chosen == BASELINE:
        return f"chosen: nothing is surely better than {BASELINE}"
    if name == chosen:
        rank = f"the highest of {sure} ways that are" if sure > 1 else "the only way that is"
        return f"chosen: {rank} surely better than {BASELINE}, by {difference:.4f} (95 %: {low:.4f} … {high:.4f})"
    if name == BASELINE:
        return "the baseline"
    if low > 0:
        return f"surely better than {BASELINE}, and below what was chosen"
    return f"surely worse than {BASELINE}" if high < 0 else f"not surely better than {BASELINE}"


def ask(
    train: Dataset,
    holdout: Holdout,
    candidates: Mask,
    models: Mapping[str, Model],
    settings: Settings,
    people: int = PEOPLE,
) -> dict[str, Asked]:
    """How the models see the candidates of the people of a holdout, by segment; told the histories in ``train``.

    Args:
        candidates: (n items,) what may be recommended; what a person has met is left out besides.
        people: at most so many.

    A person's candidates are what the recipe would consider: the best `[ranking] candidates` of each model. Standard
    scores and ranks are taken over all of them, as the rankers do.
    """
    rng = np.random.default_rng(settings.train.seed)
    drawn = np.arange(len(holdout))
    if len(drawn) > people:
        drawn = np.sort(rng.choice(drawn, people, replace=False))
    judge = _Judge(models, candidates, settings.ranking.candidates)
    seen: dict[str, list[_Seen]] = {part: [] for part in KNOWN}
    step = max(1, _BLOCK // max(1, train.n_items))
    for begin in range(0, len(drawn), step):
        block = drawn[begin : begin + step]
        histories = [train.history(int(holdout.users[j])) for j in block]
        for history, own in zip(
            histories, judge.look(histories, [holdout.answers(int(j)) for j in block]), strict=True
        ):
            if own is not None:
                seen[known(history)].append(own)
    return {part: _padded(tuple(models), own) for part, own in seen.items()}


@dataclass(frozen=True)
class _Seen:
    """One person's row of `Asked`, not padded yet."""

    standard: Floats
    reciprocal: Floats
    answers: Mask
    count: int


class _Judge:
    """Makes the rows of `Asked`."""

    def __init__(self, models: Mapping[str, Model], candidates: Mask, limit: int) -> None:
        self.models, self.candidates = models, candidates
        self.sources = [ModelSource(name, limit) for name in models]

    def look(self, histories: Sequence[History], answers: Sequence[Any]) -> list[_Seen | None]:
        scores = [model.score_many(histories) for model in self.models.values()]
        return [
            self._person(history, own, [block[row] for block in scores])
            for row, (history, own) in enumerate(zip(histories, answers, strict=True))
        ]

    def _person(self, history: History, answers: Any, scores: Sequence[Floats]) -> _Seen | None:
        n = len(self.candidates)
        allowed = self.candidates.copy()
        allowed[history.consumed] = False
        allowed[history.positive.items] = False
        columns = [np.pad(own, (0, n - len(own)), constant_values=np.nan) for own in scores]
        proposed = [
            best(own, source.limit, allowed & source.speaks(own))[0]
            for source, own in zip(self.sources, columns, strict=True)
        ]
        pool = np.unique(np.concatenate(proposed))
        if not len(pool):
            return None
        deep = np.isin(pool, np.concatenate([rows[:DEPTH] for rows in proposed]))
        standard = np.full((len(pool), len(columns)), np.nan, np.float32)
        reciprocal = np.zeros((len(pool), len(columns)), np.float32)
        for m, own in enumerate(columns):
            z = standardised(own[pool])
            if z is not None:
                standard[:, m] = np.where(np.isfinite(own[pool]), z, np.nan)
            reciprocal[:, m] = ensemble.reciprocal_ranks(own[pool])
        return _Seen(standard[deep], reciprocal[deep], np.isin(pool[deep], answers), len(answers))


def _padded(models: tuple[str, ...], seen: Sequence[_Seen]) -> Asked:
    # Models that say nothing to anybody here are not tried.
    heard = np.any([own.reciprocal.any(axis=0) for own in seen], axis=0) if seen else np.ones(len(models), bool)
    heard |= np.array([name == BASELINE for name in models])  # what all is judged beside stays
    models = tuple(name for name, one in zip(models, heard, strict=True) if one)
    width = max((len(own.answers) for own in seen), default=0)
    shape = (len(seen), width, len(models))
    standard, reciprocal = np.full(shape, np.nan, np.float32), np.zeros(shape, np.float32)
    real, answers = np.zeros(shape[:2], bool), np.zeros(shape[:2], bool)
    for row, own in enumerate(seen):
        length = len(own.answers)
        standard[row, :length], reciprocal[row, :length] = own.standard[:, heard], own.reciprocal[:, heard]
        real[row, :length], answers[row, :length] = True, own.answers
    counts: NDArray[np.int32] = np.array([own.count for own in seen], np.int32)
    return Asked(models, standard, reciprocal, real, answers, counts)


class _Stored(BaseModel):
    """What of ``best.json`` is read back; the rest is there for people."""

    segments: dict[str, _StoredMix]


class _StoredMix(BaseModel):
    fusion: ensemble.Fusion
    weights: dict[str, float]


def same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two choices serve the same, whatever was tried for them."""
    segments = [None if content is None else _Stored.model_validate(content) for content in (one, other)]
    return segments[0] == segments[1]


def stored(folder: ArtifactFolder) -> dict[str, Any] | None:
    """The choice that a version keeps; None where there is none."""
    if not (folder.path / f"{FILE}.json").exists():
        return None
    content: dict[str, Any] = folder.read_json(FILE)
    return content


def served(settings: Settings, content: Mapping[str, Any] | None) -> Settings:
    """The settings with what was chosen: as the tables of the recipe best, and its models among those that serve.

    Tables that the settings state themselves win; a table ``best`` stands for all segments.

    Raises:
        StorageError: the choice has been edited into something else.
    """
    if content is None:
        return settings
    try:
        segments = _Stored.model_validate(content).segments
    except ValidationError as error:
        raise StorageError(f"{FILE}.json of a version cannot be used: {in_one_line(error)}. Train again.") from error
    models = dict.fromkeys([*settings.train.models, *(name for one in segments.values() for name in one.weights)])
    train = settings.train.model_copy(update={"models": tuple(models)})
    ranking = settings.ranking
    if FILE not in ranking.blend:
        tables = {table_of(part): one for part, one in segments.items() if table_of(part) not in ranking.blend}
        blend = {**ranking.blend, **{name: one.weights for name, one in tables.items()}}
        fusion = {**{name: one.fusion for name, one in tables.items()}, **ranking.fusion}
        ranking = ranking.model_copy(update={"blend": blend, "fusion": fusion})
    return settings.model_copy(update={"train": train, "ranking": ranking})
