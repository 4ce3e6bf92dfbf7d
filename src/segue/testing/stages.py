"""Contract tests of the request path's parts, for Segue's own and for those of others. Inherit one and name the part::

    class TestMyFilter(FilterContract):
        def part(self):
            return MyFilter()

Each test asks the part about every request of `requests`: people known, unknown, without events, only negative ones,
who have seen everything; queries with seeds, with words, with constraints; and one that reads no person at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ..arrays import Floats, Rows
from ..candidates import Candidates
from ..catalogue import Catalogue
from ..dataset import History
from ..events import KIND_CODE, EventKind
from ..items import ItemKind
from ..models.base import Model
from ..pipeline.stages import Filter, Ranker, Request, Reranker, Source, World
from ..profiles.session import session_vector
from ..queries import Constraints, Query
from ..settings import Settings
from .worlds import checkerboard

NOW = 1_704_500_000.0
"""When the requests are made: some hours after the last event of the world."""


class Nearest(Model):
    """A fake that computes something simple: the score of an item is its cosine with the sum of the history."""

    name: ClassVar[str] = "nearest"

    def __init__(self, vectors: Floats) -> None:
        super().__init__()
        self.vectors = vectors

    def train(self, dataset: Any, options: Any) -> None:
        """Nothing to learn."""

    @property
    def n_items(self) -> int:
        """Rows of the vectors."""
        return len(self.vectors)

    def score(self, history: History) -> Floats:
        """(n_items,) Σ w · cosine over the history; NaN for an empty one."""
        known = history.only(history.items < self.n_items)
        if not len(known.positive):
            return np.full(self.n_items, np.nan, np.float32)
        towards = (known.weights[:, None] * self.vectors[known.items]).sum(axis=0)
        return np.asarray(self.vectors @ towards, dtype=np.float32)

    def contributions(self, history: History, items: Rows) -> Floats | None:
        """(len(items), len(history)) w · cosine of each event."""
        added = np.zeros((len(items), len(history)), np.float32)
        known = history.items < self.n_items
        added[:, known] = self.vectors[items] @ self.vectors[history.items[known]].T * history.weights[known]
        return added

    def save(self, folder: Any) -> None:
        """Its vectors."""
        folder.write("vectors", self.vectors)

    @classmethod
    def load(cls, folder: Any) -> Nearest:
        """Read what `save` wrote."""
        return cls(folder.read("vectors"))


class Counted(Nearest):
    """A fake of popularity: the same given scores for everybody."""

    name: ClassVar[str] = "counted"

    def __init__(self, counts: Floats) -> None:
        super().__init__(counts[:, None])
        self.counts = counts

    def score(self, history: History) -> Floats:
        """(n_items,) the counts."""
        return self.counts

    def contributions(self, history: History, items: Rows) -> Floats | None:
        """Popularity is nobody's history."""
        return None


def world(settings: Settings | None = None, trained: bool = True) -> World:
    """Two groups of twelve items of all kinds, with vectors and, if trained, fakes under the models' names."""
    board = checkerboard(groups=2, size=12)
    catalogue, vectors = board.dataset.catalogue, board.dataset.vectors
    counts = np.arange(len(catalogue), 0, -1, dtype=np.float32)
    models: dict[str, Model] = {}
    if trained:
        models = {"content": Nearest(vectors["mixed"]), "ease": Nearest(vectors["text"])}
        models["popular_recent"] = Counted(counts)
    return World(catalogue, models, vectors, settings or Settings(), "v1" if trained else None, counts)


def person(items: list[int], weights: list[float] | None = None, now: float = NOW) -> History:
    """Someone who met these items, one a minute, the last a minute ago; negative weights are skips."""
    history = History.of(items, weights, user_id="ann")
    kinds = np.where(history.weights < 0, KIND_CODE[EventKind.SKIP], KIND_CODE[EventKind.COMPLETE]).astype(np.uint8)
    times = np.asarray(now - 60.0 * np.arange(len(items), 0, -1), dtype=np.float64)
    return replace(history, kinds=kinds, timestamps=times)


def people(n_items: int) -> dict[str, History]:
    """The easy ones and the hard ones."""
    return {
        "known": person([0, 2, 4]),
        "nobody": History.empty(),
        "no events": History.empty("ann"),
        "only negative": person([1, 3], [-1.0, -0.6]),
        "seen everything": person(list(range(n_items))),
        "items newer than the models": person([n_items - 1]),
    }


def queries(catalogue: Catalogue) -> dict[str, Query]:
    """One of each sort."""
    live = catalogue.ids[:1]
    return {
        "plain": Query(user_id="ann", k=5),
        "not personal": Query(k=5, personal=False),
        "seeds": Query(user_id="ann", recipe="similar", seeds=live, k=5),
        "words": Query(user_id="ann", recipe="search", words="Title 3 古典", k=5),
        "constraints": Query(user_id="ann", k=5, constraints=Constraints(genres=("Jazz",), max_year=1999)),
        "nothing fits": Query(user_id="ann", k=5, constraints=Constraints(kinds=(ItemKind.AD,), max_year=1)),
    }


def requests(of: World | None = None) -> dict[str, Request]:
    """Every query of every person."""
    there = of or world()
    found = {}
    for who, history in people(len(there.catalogue)).items():
        for what, query in queries(there.catalogue).items():
            told = history if query.personal else History.empty()
            found[f"{who}, {what}"] = Request(
                query=query,
                world=there,
                history=told,
                now=NOW,
                rng=np.random.default_rng(7),
                session=session_vector(told, there.vectors.get("mixed"), there.settings.session, NOW),
                hidden_until={5: np.inf} if query.personal else {},
                words={"text": there.vectors["text"][3]} if query.words and "text" in there.vectors else {},
            )
    return found


def pool(request: Request, rows: Rows | None = None) -> Candidates:
    """Candidates as rankers leave them: sorted by ``final``."""
    items = np.arange(len(request.world.catalogue), dtype=np.int32) if rows is None else rows
    final = np.linspace(1, 0, len(items), dtype=np.float32)
    return Candidates(items=items, sources={"all": final}, scores={"final": final})


class StageContract:
    """What the contracts share."""

    def part(self) -> Any:
        """The part under test."""
        raise NotImplementedError

    def world(self) -> World:
        """Where it is tested."""
        return world()

    def asked(self) -> dict[str, Request]:
        """The requests it is asked about."""
        return requests(self.world())

    def test_has_a_name(self) -> None:
        """By which the answer's ``degraded``, ``sources`` and ``removed`` speak of it."""
        assert self.part().name

    def test_reads_no_user_id_when_not_personal(self) -> None:
        """In the non-profiling mode the query's user id decides nothing."""
        there = self.world()
        for query in (Query(k=5, personal=False), Query(k=5, personal=False, user_id="ann")):
            request = Request(query, there, History.empty(), NOW, np.random.default_rng(7))
            told = [np.asarray(x) for x in _flat(self.call(request))]
            if query.user_id is None:
                first = told
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, told, strict=True))

    def call(self, request: Request) -> Any:
        """Ask the part."""
        return self.part()(request, pool(request))


class SourceContract(StageContract):
    """A source proposes rows of the catalogue, each once, with finite scores, best first."""

    def part(self) -> Source:
        raise NotImplementedError

    def call(self, request: Request) -> Any:
        return self.part()(request)

    def test_rows_are_unique_and_exist(self) -> None:
        """Rows of the catalogue, each at most once, as many as scores."""
        for what, request in self.asked().items():
            rows, scores = self.part()(request)
            assert len(rows) == len(scores), what
            assert len(np.unique(rows)) == len(rows), what
            assert ((rows >= 0) & (rows < len(request.world.catalogue))).all(), what
            assert np.isfinite(scores).all(), what

    def test_best_first(self) -> None:
        """Scores never rise."""
        for what, request in self.asked().items():
            assert (np.diff(self.part()(request)[1]) <= 0).all(), what

    def test_proposes_more_when_asked_again(self) -> None:
        """A raised ``breadth`` never proposes less."""
        for what, request in self.asked().items():
            few = set(self.part()(request)[0].tolist())
            request.breadth = 2
            assert few <= set(self.part()(request)[0].tolist()), what

    def test_keeps_to_the_scope(self) -> None:
        """Nothing outside the request's scope is proposed."""
        for what, request in self.asked().items():
            request.scope = np.arange(len(request.world.catalogue)) % 3 == 0
            assert (self.part()(request)[0] % 3 == 0).all(), what


class FilterContract(StageContract):
    """A filter says of each candidate, by itself, whether it may be shown."""

    def part(self) -> Filter:
        raise NotImplementedError

    def test_states_whether_it_is_for_safety(self) -> None:
        """``safety`` decides what a failure does."""
        assert isinstance(self.part().safety, bool)

    def test_one_answer_a_candidate(self) -> None:
        """A mask of the candidates' length; none for none."""
        for what, request in self.asked().items():
            for candidates in (pool(request), pool(request, np.zeros(0, np.int32))):
                mask = self.part()(request, candidates)
                assert mask.shape == (len(candidates),), what
                assert mask.dtype == bool, what

    def test_candidates_are_judged_one_by_one(self) -> None:
        """Neither the order nor the others change what is said of a candidate."""
        for what, request in self.asked().items():
            rows = np.arange(len(request.world.catalogue), dtype=np.int32)
            mask = self.part()(request, pool(request))
            assert np.array_equal(self.part()(request, pool(request, rows[::-1]))[::-1], mask), what
            assert np.array_equal(self.part()(request, pool(request, rows[::3])), mask[::3]), what


class RankerContract(StageContract):
    """A ranker gives every candidate its scores and drops none."""

    def part(self) -> Ranker:
        raise NotImplementedError

    def test_columns_have_the_length(self) -> None:
        """Each column has one entry a candidate, also of none and of one."""
        for what, request in self.asked().items():
            for rows in (None, np.zeros(0, np.int32), np.array([3], np.int32)):
                candidates = pool(request, rows)
                columns = self.part()(request, candidates)
                assert all(column.shape == (len(candidates),) for column in columns.values()), what

    def test_final_is_a_number(self) -> None:
        """``final``, where the ranker gives one, decides the order and is finite."""
        for what, request in self.asked().items():
            final = self.part()(request, pool(request)).get("final")
            assert final is None or np.isfinite(final).all(), what

    def test_scores_do_not_depend_on_the_order(self) -> None:
        """The same candidates in another order have the same scores."""
        for what, request in self.asked().items():
            rows = np.arange(len(request.world.catalogue), dtype=np.int32)
            forth, back = self.part()(request, pool(request)), self.part()(request, pool(request, rows[::-1]))
            for name in forth:
                np.testing.assert_allclose(forth[name], back[name][::-1], rtol=1e-4, atol=1e-5, err_msg=what)


class RerankerContract(StageContract):
    """A reranker returns positions, each at most once."""

    def part(self) -> Reranker:
        raise NotImplementedError

    def test_positions_are_unique_and_in_range(self) -> None:
        """Also of no candidate and of one."""
        for what, request in self.asked().items():
            for rows in (None, np.zeros(0, np.int32), np.array([3], np.int32)):
                candidates = pool(request, rows)
                positions = self.part()(request, candidates)
                assert len(np.unique(positions)) == len(positions), what
                assert ((positions >= 0) & (positions < len(candidates))).all(), what

    def test_the_best_stays_first(self) -> None:
        """What ranks highest opens the list."""
        for what, request in self.asked().items():
            assert self.part()(request, pool(request))[0] == 0, what


def _flat(result: Any) -> list[Any]:
    if isinstance(result, dict):
        return list(result.values())
    return list(result) if isinstance(result, tuple) else [result]


def raising(name: str, **attributes: Any) -> Callable[..., Any]:
    """A part of that name that always fails, to see what the runner makes of it."""

    class Poisoned:
        def __call__(self, *args: Any) -> Any:
            raise RuntimeError("poisoned")

    part = Poisoned()
    part.__dict__.update(name=name, **attributes)
    return part


__all__ = [
    "NOW",
    "Counted",
    "FilterContract",
    "Nearest",
    "RankerContract",
    "RerankerContract",
    "SourceContract",
    "people",
    "person",
    "pool",
    "queries",
    "raising",
    "requests",
    "world",
]
