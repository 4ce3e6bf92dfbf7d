"""The stages of a request: one verb and one invariant each, checked by the runner.

    source    proposes candidates                       may add, never judges
    hydrator  adds what later stages read               keeps every candidate, adds columns
    filter    says which candidates may be shown        removes, never reorders; what it removed is remembered
    ranker    scores                                    keeps every candidate in its place, adds score columns
    reranker  chooses and orders the final list         returns positions of candidates, each at most once
    effect    does something after the answer           changes nothing

When one fails: a source adds nothing; a hydrator adds nothing; a filter lets nothing pass (nothing unsafe is shown); a
ranker's columns are missing from the blend; a reranker leaves the order by score; an effect is lost. Each failure is
named in the answer's ``degraded``, counted and logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..answers import Answer
from ..arrays import Floats, Mask, Rows
from ..candidates import Candidates
from ..catalogue import Catalogue
from ..dataset import History
from ..models.base import Model
from ..queries import Query
from ..settings import Settings


@dataclass(frozen=True)
class World:
    """What a request may read; swapped whole when a version or the catalogue changes."""

    catalogue: Catalogue
    models: Mapping[str, Model]
    vectors: Mapping[str, Floats]
    """Content vectors by space, aligned with the catalogue; rows of length 1, NaN where missing."""
    settings: Settings
    version: str | None = None


@dataclass
class Request:
    """One query with the person's history, and the scores computed so far on its way."""

    query: Query
    world: World
    history: History
    """Empty in the non-profiling mode and for someone unknown."""
    now: float
    """Seconds since 1970."""
    rng: np.random.Generator
    session: Floats | None = None
    """Session vector in the space ``mixed``, of length 1; None where there is no session."""
    hidden_until: Mapping[int, float] = field(default_factory=dict)
    """Rows the person asked not to see → until when (seconds; inf: for good)."""
    words: Mapping[str, Floats] = field(default_factory=dict)
    """For search: the encoded words per space (``text``, ``ngram``), of length 1."""
    _scores: dict[str, Floats] = field(default_factory=dict)

    @property
    def seeds(self) -> Rows:
        """Rows of the query's seeds."""
        return np.array([self.world.catalogue.row(s) for s in self.query.seeds], dtype=np.int32)

    def scores(self, model: str) -> Floats:
        """(n rows of the catalogue,) scores of a model for this person, computed once a request.

        With seeds, the seeds stand in for the history. NaN for items newer than the model.
        """
        if model not in self._scores:
            told = History.of(self.seeds) if self.query.seeds else self.history
            known = self.world.models[model].score(told)
            column = np.full(len(self.world.catalogue), np.nan, dtype=np.float32)
            column[: len(known)] = known
            self._scores[model] = column
        return self._scores[model]


class Source(Protocol):
    """Proposes candidates."""

    name: str

    def __call__(self, request: Request) -> tuple[Rows, Floats]:
        """Rows, each once, and the score with which each is proposed."""
        ...


class Hydrator(Protocol):
    """Adds what later stages read."""

    name: str

    def __call__(self, request: Request, candidates: Candidates) -> Candidates: ...


class Filter(Protocol):
    """Says which candidates may be shown."""

    name: str
    safety: bool
    """True: when it fails, nothing is shown."""

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        """(n candidates,) True to keep."""
        ...


class Ranker(Protocol):
    """Scores; never drops."""

    name: str

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        """Score columns, each (n candidates,); the last ranker's ``final`` decides."""
        ...


class Reranker(Protocol):
    """Chooses and orders."""

    name: str

    def __call__(self, request: Request, candidates: Candidates) -> Rows:
        """Positions of the candidates that remain, best first. Candidates come sorted by ``final``."""
        ...


class Effect(Protocol):
    """Happens after the answer."""

    name: str

    def __call__(self, request: Request, candidates: Candidates, answer: Answer) -> None: ...


@dataclass(frozen=True)
class Recipe:
    """Which parts serve one kind of feed, in order."""

    name: str
    sources: tuple[Source, ...]
    filters: tuple[Filter, ...]
    rankers: tuple[Ranker, ...]
    rerankers: tuple[Reranker, ...] = ()
    hydrators: tuple[Hydrator, ...] = ()
    effects: tuple[Effect, ...] = ()
