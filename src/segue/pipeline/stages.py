"""The stages of a request: one verb and one invariant each, checked by the runner.

    source    proposes candidates                       may add, never judges
    hydrator  adds what later stages read               keeps every candidate, adds columns
    filter    says which candidates may be shown        removes, never reorders; what it removed is remembered
    ranker    scores                                    keeps every candidate in its place, adds score columns
    reranker  chooses and orders the final list         returns positions of candidates, each at most once
    effect    does something after the answer           changes nothing

When one fails: a source adds nothing; a hydrator adds nothing; a safety filter lets nothing pass (nothing unsafe is
shown) and another filter lets everything pass; a ranker's columns are missing, and without ``final`` the sources'
scores decide; a reranker leaves the order by score; an effect is lost. A part that breaks its invariant has failed.
Each failure is named in the answer's ``degraded`` (``source:als``, ``filter:seen`` …) and logged.

No recipe here has a hydrator or an effect; those of plug-ins may. What was shown is recorded by whoever shows it, as
``impression`` events: only a page knows which cards came into view.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np

from ..answers import Answer
from ..arrays import Floats, Mask, Rows, by_column
from ..candidates import Candidates
from ..catalogue import Catalogue
from ..dataset import History
from ..models.base import Model
from ..opinions import Statement
from ..profiles.item_moods import MOODS, ItemMoods
from ..profiles.mood import Mood
from ..profiles.onboarding import Questions
from ..profiles.priors import Priors
from ..profiles.tastes import Tastes
from ..queries import Query
from ..relations import Relation
from ..settings import Settings
from ..understanding.align import Alignment
from ..understanding.annotators.vocabularies import vocabularies
from ..understanding.knowledge.graph import Graph

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class World:
    """What a request may read; swapped whole when a version or the catalogue changes."""

    catalogue: Catalogue
    models: Mapping[str, Model]
    vectors: Mapping[str, Floats]
    """Content vectors by space, aligned with the catalogue; rows of length 1, NaN where missing."""
    settings: Settings
    version: str | None = None
    counts: Floats | None = None
    """(n items,) how many people met each item; what stands for popularity before anything has been trained."""
    alignment: Alignment = field(default_factory=lambda: Alignment({}))
    """What brings pictures and sounds into the space of the words."""
    tastes: Tastes = field(default_factory=Tastes)
    """Taste clusters that the training found."""
    questions: Questions = field(default_factory=Questions.none)
    """What to ask new people, and what their answers tell."""
    priors: Priors = field(default_factory=Priors.none)
    """What people of like attributes turn to, of those who agreed."""
    copies: Rows | None = None
    """(n items,) number of the recording of which an item is one of several copies, -1 where it is the only one."""
    measure: Callable[[], Mapping[str, Floats]] | None = None
    """Reads what the encoders measured: name of a fact → (n items,), NaN where unknown. Asked for on first use."""
    relations: Callable[[], Iterable[Relation]] | None = None
    """Reads the relations of the knowledge graph. Asked for on first use, see `graph`."""
    shown: Callable[[Sequence[str]], Mapping[str, int]] | None = None
    """How many impressions of each of these items are recorded by now."""
    arrived: Callable[[Sequence[str]], Mapping[str, float]] | None = None
    """When each of these items came into the catalogue, in seconds. Asked for on first use."""
    _derived: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    def derived(self, key: Hashable, build: Callable[[], T]) -> T:
        """Something computed from this world alone, once: an index, an order, a column."""
        if key not in self._derived:
            self._derived[key] = build()
        found: T = self._derived[key]
        return found

    def already(self, key: Hashable) -> Any:
        """What has been derived under a key; None: nothing yet."""
        return self._derived.get(key)

    @property
    def graph(self) -> Graph:
        """The knowledge graph, built on first use."""
        return self.derived("graph", lambda: Graph(self.catalogue, self.relations() if self.relations else ()))

    @property
    def moods(self) -> ItemMoods:
        """The moods of the items, read off labels, tags, genres and sound on first use."""

        def build() -> ItemMoods:
            measures = self.derived("measures", lambda: self.measure() if self.measure else {})
            return ItemMoods.of(self.catalogue, tuple(vocabularies(self.settings).get(MOODS, {})), measures)

        return self.derived("moods", build)

    def columns(self, space: str) -> Floats:
        """``vectors[space]`` stored by column, for a product with one vector; made once."""
        return self.derived(("columns", space), lambda: by_column(self.vectors[space]))


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
    hidden_topics: Mapping[str, float] = field(default_factory=dict)
    """Topics the person asked not to see → until when."""
    stated: Mapping[str, float] = field(default_factory=dict)
    """Topics that the person said they like (up to 1) or dislike (down to -1)."""
    said: Sequence[Statement] = ()
    """What the person said, the newest first; nothing in the non-profiling mode."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What may be read of what is stated about the person (`segue.profiles.priors`)."""
    words: Mapping[str, Floats] = field(default_factory=dict)
    """For search: the encoded words per space (``text``, ``ngram``), of length 1."""
    poles: Mapping[str, Mapping[str, Floats]] = field(default_factory=dict)
    """For search with leanings: leaning → space → where its words lie, less where those of its opposite lie."""
    breadth: int = 1
    """Sources propose this many times their usual number; raised when too few remained."""
    scope: Mask | None = None
    """(n rows of the catalogue,) where sources may look; None: everywhere."""
    members: tuple[Request, ...] = ()
    """For a group: the request of each of its people, as if they were alone."""
    name: str = ""
    """For one of a group: what the others call them."""
    so_far: float | None = None
    """For one of a group: 0 … 1, what they got from the group's last choices; None: nothing is known of that."""
    mood: Mood | None = None
    """For a mood: what is wanted now, by the words, the stated moods and the session."""
    mood_by: Mapping[str, str] = field(default_factory=dict)
    """For a mood: mood, or ``state``, → the words that asked for it, as typed; empty where it was chosen."""
    weighed: Mapping[str, float] = field(default_factory=dict)
    """What each part of the blend weighed for this person; known once they have been ranked for."""
    balance: Mapping[str, float] | None = None
    """Where a request is asked again without some evidence (`segue.pipeline.without`): the weights that the parts keep,
    so that what is measured is what the evidence says and not that less is known of the person."""
    muted: frozenset[str] = frozenset()
    """Parts of the blend that are left out of it."""
    _columns: dict[str, Floats | None] = field(default_factory=dict, init=False, repr=False)
    _remembered: dict[tuple[Hashable, ...] | str, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def everybody(self) -> tuple[Request, ...]:
        """The requests of a group's people; of one person, their own."""
        return self.members or (self,)

    @cached_property
    def seeds(self) -> Rows:
        """Rows of the query's seeds.

        Raises:
            NotFound: the catalogue has no such item.
        """
        return np.array([self.world.catalogue.row(s) for s in self.query.seeds], dtype=np.int32)

    @cached_property
    def told(self) -> History:
        """What models are told about the person; with seeds, the seeds stand in for the history."""
        return History.of(self.seeds) if self.query.seeds else self.history

    def remember(self, key: tuple[Hashable, ...] | str, compute: Callable[[], T]) -> T:
        """Something computed once a request."""
        if key not in self._remembered:
            self._remembered[key] = compute()
        found: T = self._remembered[key]
        return found

    def again(self, **changed: Any) -> Request:
        """This request with some fields changed, ranked for with the same balance: what was decided of the person for
        all of it (`segue.pipeline.rankers.by_segment`) stays."""
        other = replace(self, balance=self.balance or dict(self.weighed), **changed)
        alike = not changed.keys() - {"muted"}
        other._remembered.update({key: told for key, told in self._remembered.items() if alike or key[0] == "segments"})
        if alike:
            other._columns.update(self._columns)
        if "told" in self.__dict__ and not changed.keys() & {"query", "history"}:
            other.__dict__["told"] = self.told
        return other

    def column(self, name: str, compute: Callable[[], Floats | None]) -> Floats | None:
        """(n rows of the catalogue,) scores under a name, computed once a request; None: says nothing here.

        A failure is raised once, where the scores are asked for first; afterwards they say nothing.
        """
        if name not in self._columns:
            self._columns[name] = None
            self._columns[name] = compute()
        return self._columns[name]

    def scores(self, model: str) -> Floats | None:
        """(n rows of the catalogue,) scores of a model for what is `told`; NaN for items newer than the model.

        None where the world has no such model.
        """
        found = self.world.models.get(model)
        if found is None:
            return None

        def compute() -> Floats:
            known = found.score(self.told)
            if len(known) == len(self.world.catalogue):
                return known
            column = np.full(len(self.world.catalogue), np.nan, dtype=np.float32)
            column[: len(known)] = known
            return column

        return self.column(model, compute)


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
    """True: when it fails, nothing is shown. False: when it fails, nothing is removed."""

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
