"""From a query to an answer: find the recipe, run it, say why."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..answers import Answer, Pick, Reason
from ..arrays import Floats, Rows
from ..candidates import Candidates
from ..errors import InvalidInput
from ..profiles.history import Live
from ..profiles.session import session_vector
from ..queries import Constraints, Query
from ..threads import blas_threads
from .rankers.blend import PART
from .reasons import reasons
from .recipes import TABLE
from .recipes.base import OWN
from .runner import Outcome, run, take_effect
from .sources.model import ModelSource
from .stages import Recipe, Request, World


def answer(
    world: World,
    query: Query,
    live: Live | None = None,
    now: float | None = None,
    *,
    words: Mapping[str, Floats] | None = None,
    poles: Mapping[str, Mapping[str, Floats]] | None = None,
) -> Answer:
    """Answer a query.

    Args:
        live: the person (`Histories.get`); not looked at when the query is not personal.
        now: seconds since 1970; the clock's time unless given.
        words: for search, the query's words encoded per space (``text``, ``ngram``), each of length 1.
        poles: for search, see `Request.poles`.

    Raises:
        NotFound: there is no such recipe, or a seed is not in the catalogue.
        InvalidInput: the recipe needs seeds or words and the query has none; or the words were encoded in another
            number of dimensions than the items.
        SettingsError: the recipe cannot be made from the settings.
    """
    # The small products of one request are slower on several threads, and other requests want the cores.
    with blas_threads(1):
        return _answer(world, query, live, now, words, poles)


def _answer(
    world: World,
    query: Query,
    live: Live | None,
    now: float | None,
    words: Mapping[str, Floats] | None,
    poles: Mapping[str, Mapping[str, Floats]] | None,
) -> Answer:
    began = time.perf_counter()
    recipe = recipe_of(world, query.recipe)
    request = request_of(world, query, live, now, words)
    request.poles = poles or {}
    outcome = run(recipe, request)
    asked = time.perf_counter()
    why: tuple[Reason, ...] = ()
    if query.explain:
        why = outcome.trace.run("reasons", lambda: reasons(recipe, request, outcome), why)
    picks = _picks(request, outcome.chosen)
    if why:
        picks = tuple(replace(pick, reason=reason) for pick, reason in zip(picks, why, strict=True))
    found = Answer(
        user_id=query.user_id if query.personal else None,
        recipe=query.recipe,
        version=world.version,
        picks=picks,
        degraded=_degraded(recipe, world, outcome),
        removed=_removed(outcome.pool),
        timings_ms={},
        request_id=_request_id(request),
    )
    found = take_effect(recipe, request, outcome, found)
    timings = {
        **outcome.trace.timings_ms,
        "stages": 1000 * (asked - began),
        "total": 1000 * (time.perf_counter() - began),
    }
    return replace(found, timings_ms={part: round(ms, 3) for part, ms in timings.items()})


@dataclass(frozen=True)
class Examined:
    """How one item fared in a request: where "why this?" and "why not that?" get their answers."""

    pick: Pick
    """The item with its scores, sources and, unless it was removed, its reason."""
    removed_by: tuple[str, ...]
    """Every filter that takes it out; empty: it may be shown."""
    rank: int | None
    """From 0: its place in the answer where it is shown, otherwise by ``final`` among the candidates; None: removed."""
    of: int
    """How many candidates were ranked."""
    shown: bool
    """Whether it is among the answer's k."""
    degraded: tuple[str, ...] = ()


def examine(
    world: World,
    query: Query,
    item_id: str,
    live: Live | None = None,
    now: float | None = None,
    *,
    words: Mapping[str, Floats] | None = None,
) -> Examined:
    """Answer the query with this item added to the candidates, and say what became of it.

    Raises:
        NotFound: the catalogue has no such item; otherwise as `answer`.
    """
    row = world.catalogue.row(item_id)
    recipe = recipe_of(world, query.recipe)
    request = request_of(world, query, live, now, words)
    one = Candidates(np.array([row], dtype=np.int32))
    with blas_threads(1):
        outcome = run(replace(recipe, sources=(*recipe.sources, _Given(one.items))), request)
    # Asked alone, every filter says what it thinks of the item; one that fails does what its stage has promised.
    passed = {
        part.name: outcome.trace.run(f"filter:{part.name}", partial(part, request, one), np.array([not part.safety]))
        for part in recipe.filters
    }
    removed_by = tuple(name for name, mask in passed.items() if not mask.all())
    at = np.flatnonzero(outcome.pool.items == row)
    if not len(at):
        pick = Pick(world.catalogue.item(row), score=float("nan"), sources=())
        return Examined(pick, removed_by, None, len(outcome.pool), False, _degraded(recipe, world, outcome))
    listed = np.flatnonzero(outcome.chosen.items == row)
    alone = replace(outcome, chosen=outcome.pool.take(at))
    why: tuple[Reason, ...] = ()
    why = outcome.trace.run("reasons", lambda: reasons(recipe, request, alone), why)
    return Examined(
        pick=replace(_picks(request, alone.chosen)[0], reason=why[0] if why else None),
        removed_by=removed_by,
        rank=int(listed[0] if len(listed) else at[0]),
        of=len(outcome.pool),
        shown=len(listed) > 0,
        degraded=_degraded(recipe, world, outcome),
    )


def warm(world: World) -> None:
    """Build what requests derive from a world (recipes, word index, columns) before the first one waits for it."""
    from .asking.titles import Names
    from .sources.fresh import Fresh
    from .sources.words import WordIndex

    catalogue = world.catalogue
    for name in TABLE:
        recipe_of(world, name)
    index = world.derived("words", lambda: WordIndex.of(catalogue))
    world.derived("names", lambda: Names.of(catalogue, index))
    if world.relations is not None:
        _ = world.graph.matrix
    if "mixed" in world.vectors:
        world.columns("mixed")
    Fresh().compute(request_of(world, Query(), None, 0.0, None))
    for column in ("alive", "kinds", "years", "durations", "maturity", "explicit", "available_from", "available_until"):
        getattr(catalogue, column)
    _ = catalogue.languages, catalogue.groups, catalogue.genres, catalogue.row_of


def recipe_of(world: World, name: str) -> Recipe:
    """The recipe of that name for the world's settings, made once."""
    return world.derived(("recipe", name), lambda: TABLE.load(name)(world.settings))


def request_of(
    world: World, query: Query, live: Live | None, now: float | None, words: Mapping[str, Floats] | None
) -> Request:
    """The request that a query makes: with the person's history and session, unless it is not personal."""
    if query.recipe in ("similar", "radio") and not query.seeds:
        raise InvalidInput(f"The recipe {query.recipe!r} starts from items: give at least one id as `seeds`.")
    if query.recipe == "search" and not (query.words or query.seeds or query.constraints != Constraints()):
        raise InvalidInput("A search needs words: give them as `words`.")
    at = time.time() if now is None else now
    person = live if live is not None and query.personal else Live.nobody()
    request = Request(
        query=query,
        world=world,
        history=person.history,
        now=at,
        rng=np.random.default_rng(query.seed),
        session=session_vector(person.history, world.vectors.get("mixed"), world.settings.session, at),
        hidden_until=person.hidden_until,
        hidden_topics=person.hidden_topics,
        stated=person.stated,
        said=person.said,
        attributes=person.attributes,
        words=words or {},
    )
    _ = request.seeds  # an unknown seed is the caller's mistake, not a part's failure
    for space, vector in request.words.items():
        items = world.vectors.get(space)
        if items is not None and items.shape[1] != len(vector):
            raise InvalidInput(
                f"The encoder that is set reads words into {len(vector)} dimensions of the space {space!r}, the stored "
                f"vectors of the items have {items.shape[1]}: run `segue understand`, then `segue train`, or set the "
                "encoder back that read them."
            )
    return request


def missing(recipe: Recipe, world: World) -> tuple[str, ...]:
    """``not-trained``, or ``model:NAME`` for each model that the recipe names and the serving version lacks."""
    if not world.models:
        return ("not-trained",)
    return tuple(
        f"model:{source.name}"
        for source in recipe.sources
        if isinstance(source, ModelSource) and source.name not in world.models
    )


def _degraded(recipe: Recipe, world: World, outcome: Outcome) -> tuple[str, ...]:
    return (*missing(recipe, world), *outcome.trace.degraded)


class _Given:
    """Proposes what it was given."""

    name = "given"

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __call__(self, request: Request) -> tuple[Rows, Floats]:
        return self.rows, np.ones(len(self.rows), dtype=np.float32)


def _picks(request: Request, chosen: Candidates) -> tuple[Pick, ...]:
    """The chosen rows as items with their numbers; sources that added most come first."""
    scores = {name: column.tolist() for name, column in chosen.scores.items()}
    proposed = {name: np.isfinite(column).tolist() for name, column in chosen.sources.items() if name != "given"}
    plain = [name for name in scores if name in OWN or name in request.world.models]
    picks = []
    for position, row in enumerate(chosen.items.tolist()):
        own = [name for name, mask in proposed.items() if mask[position]]
        added = {name: scores[PART + name][position] if PART + name in scores else float("-inf") for name in own}
        picks.append(
            Pick(
                item=request.world.catalogue.item(row),
                score=scores["final"][position],
                sources=tuple(sorted(own, key=lambda name: -added[name])),
                scores={name: scores[name][position] for name in plain if np.isfinite(scores[name][position])},
            )
        )
    return tuple(picks)


def _removed(pool: Candidates) -> dict[str, int]:
    counts: dict[str, int] = {}
    for removed in pool.removed:
        counts[removed.by] = counts.get(removed.by, 0) + len(removed.items)
    return counts


def _request_id(request: Request) -> str:
    """Random; with the query's ``seed``, the same every time."""
    if request.query.seed is None:
        return uuid.uuid4().hex
    return request.rng.bytes(16).hex()


__all__ = ["Examined", "Outcome", "answer", "examine", "recipe_of", "request_of", "warm"]
