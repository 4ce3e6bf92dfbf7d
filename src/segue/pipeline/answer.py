"""From a query to an answer: find the recipe, run it, say why."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..answers import Answer, Pick, Reason, Shared, Suits
from ..arrays import Floats, Mask, Rows
from ..candidates import Candidates
from ..dataset import History
from ..errors import InvalidInput
from ..groups import key_of
from ..items import Item
from ..profiles.companions import Companion
from ..profiles.history import Live
from ..profiles.session import session_vector
from ..queries import Constraints, Query
from ..threads import blas_threads
from . import together_reasons, wording
from .accounts import Account, Lack, lacks
from .accounts import account as account_of
from .asking.feeling import felt
from .obstacles import Obstacle, obstacles
from .rankers.blend import PART
from .rankers.together import counts
from .reasons import reasons
from .recipes import TABLE
from .recipes.base import OWN
from .runner import Outcome, Trace, filtered, run, take_effect
from .sources.everybody import Everybody
from .sources.meaning import Meaning
from .sources.model import ModelSource
from .sources.mood import InMood
from .sources.words import Words
from .stages import Recipe, Request, Reranker, World
from .together_reasons import alone as as_one_sees

WORDLESS = ("home", "best", "mix", "similar", "radio", "together")
"""Recipes that read no words, unless their table has one of these sources."""
READ_WORDS = frozenset({Words.name, Meaning.name})


def answer(
    world: World,
    query: Query,
    live: Live | None = None,
    now: float | None = None,
    *,
    words: Mapping[str, Floats] | None = None,
    poles: Mapping[str, Mapping[str, Floats]] | None = None,
    people: Sequence[Companion] = (),
    advice: Callable[[Sequence[Item]], Sequence[str]] | None = None,
    choose: Sequence[Reranker] = (),
) -> Answer:
    """Answer a query.

    Args:
        live: the person (`Histories.get`); not looked at when the query is not personal.
        now: seconds since 1970; the clock's time unless given.
        words: for search, the query's words encoded per space (``text``, ``ngram``), each of length 1.
        poles: for search, see `Request.poles`.
        people: for a group, those of the query's `group`; not looked at when the query is not personal.
        advice: see `Request.advice`.
        choose: re-rankers that the caller adds behind those of the recipe.

    Raises:
        NotFound: there is no such recipe, or a seed is not in the catalogue.
        InvalidInput: the recipe needs seeds or words and the query has none, or reads none and the query has some; or
            the words were encoded in another number of dimensions than the items.
        SettingsError: the recipe cannot be made from the settings.
    """
    # The small products of one request are slower on several threads, and other requests want the cores.
    with blas_threads(1):
        return _answer(world, query, live, now, words, poles, people, advice, choose)


def _answer(
    world: World,
    query: Query,
    live: Live | None,
    now: float | None,
    words: Mapping[str, Floats] | None,
    poles: Mapping[str, Mapping[str, Floats]] | None,
    people: Sequence[Companion],
    advice: Callable[[Sequence[Item]], Sequence[str]] | None,
    choose: Sequence[Reranker],
) -> Answer:
    began = time.perf_counter()
    recipe = recipe_of(world, query.recipe)
    if choose:
        recipe = replace(recipe, rerankers=(*recipe.rerankers, *choose))
    request, told = requested(world, recipe, query, live, now, words, people)
    request.poles, request.advice = poles or {}, advice
    outcome = run(recipe, request)
    asked = time.perf_counter()
    picks = _told(recipe, request, outcome)
    found = Answer(
        user_id=query.user_id if query.personal else None,
        recipe=query.recipe,
        version=world.version,
        picks=picks,
        degraded=_degraded(recipe, world, outcome),
        removed=_removed(outcome.pool),
        timings_ms={},
        request_id=_request_id(request),
        group=_shared(request, picks),
        understood=told,
    )
    found = take_effect(recipe, request, outcome, found)
    timings = {
        **outcome.trace.timings_ms,
        "stages": 1000 * (asked - began),
        "total": 1000 * (time.perf_counter() - began),
    }
    return replace(found, timings_ms={part: round(ms, 3) for part, ms in timings.items()})


def requested(
    world: World,
    recipe: Recipe,
    query: Query,
    live: Live | None,
    now: float | None,
    words: Mapping[str, Floats] | None,
    people: Sequence[Companion] = (),
) -> tuple[Request, tuple[Mapping[str, Any], ...] | None]:
    """The request of a query, and, where the recipe reads a mood, what was understood. Arguments as of `answer`."""
    reads = {source.name for source in recipe.sources}
    if query.words and query.recipe in WORDLESS and not reads & READ_WORDS:
        typed = wording.quoted([query.words], False)
        raise InvalidInput(
            f"The recipe {query.recipe!r} reads no words, and {typed} came: ask with the recipe 'search' or 'mood'."
        )
    if InMood.name not in reads:
        if query.moods:
            raise InvalidInput(
                f"The recipe {query.recipe!r} reads no moods, and {', '.join(query.moods)} was stated: ask with the "
                "recipe 'mood'."
            )
        return request_of(world, query, live, now, words, people), None
    at = time.time() if now is None else now
    if query.recipe == "playlist":
        # The words say the mood of the list, whatever was heard just now; and they are looked for whole.
        found = replace(felt(world, query, Live.nobody(), at), query=query)
    else:
        found = felt(world, query, live if live is not None and query.personal else Live.nobody(), at)
    request = request_of(world, found.query, live, at, words)
    request.mood, request.mood_by = found.mood, found.by
    return request, found.told


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
    obstacles: tuple[Obstacle, ...] = ()
    """What each of the filters that take it out has against it."""
    passed: tuple[str, ...] = ()
    """The filters that let it pass."""
    account: Account | None = None
    """Where it was asked for, and the item was not removed; for a group, that of the person it suits best."""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """For a group: user id → account."""
    last: Pick | None = None
    """The last one of the list."""
    lacks: tuple[Lack, ...] = ()
    """Of an item that the list does not hold: by what it stays behind the last one, the most first."""
    request: Request | None = None
    """What was asked, for those who check evidence (`segue.pipeline.without.resolves`)."""


def examine(
    world: World,
    query: Query,
    item_id: str,
    live: Live | None = None,
    now: float | None = None,
    *,
    words: Mapping[str, Floats] | None = None,
    poles: Mapping[str, Mapping[str, Floats]] | None = None,
    people: Sequence[Companion] = (),
    account: bool = False,
    advice: Callable[[Sequence[Item]], Sequence[str]] | None = None,
) -> Examined:
    """Answer the query with this item added to the candidates, and say what became of it.

    Args:
        account: also measure by ranking again what spoke for it, which takes a pass of the models a piece of evidence.

    Raises:
        NotFound: the catalogue has no such item; otherwise as `answer`.
    """
    row = world.catalogue.row(item_id)
    recipe = recipe_of(world, query.recipe)
    request, _ = requested(world, recipe, query, live, now, words, people)
    request.poles = poles or {}
    request.advice = advice
    one = Candidates(np.array([row], dtype=np.int32))
    with blas_threads(1):
        outcome = run(replace(recipe, sources=(*recipe.sources, _Given(one.items))), request)
    # Asked alone, every filter says what it thinks of the item; one that fails does what its stage has promised.
    passed = {
        part.name: outcome.trace.run(f"filter:{part.name}", partial(part, request, one), np.array([not part.safety]))
        for part in recipe.filters
    }
    removed_by = tuple(name for name, mask in passed.items() if not mask.all())
    against = obstacles(request, row, removed_by, wording.is_chinese(query.language))
    fared = partial(
        Examined,
        removed_by=removed_by,
        of=len(outcome.pool),
        obstacles=against,
        passed=tuple(name for name in passed if name not in removed_by),
        request=request,
    )
    at = np.flatnonzero(outcome.pool.items == row)
    if not len(at):
        gone = Pick(world.catalogue.item(row), score=float("nan"), sources=())
        return fared(gone, rank=None, shown=False, degraded=_degraded(recipe, world, outcome))
    listed = np.flatnonzero(outcome.chosen.items == row)
    alone = replace(outcome, chosen=outcome.pool.take(at))
    last = outcome.chosen.take(np.array([len(outcome.chosen) - 1])) if len(outcome.chosen) else None
    (pick,) = _told(recipe, request, alone)
    accounts: dict[str, Account] = {}
    if account:
        with blas_threads(1):
            accounts = outcome.trace.run("account", lambda: _accounts(recipe, request, alone, last), accounts)
    best = pick.suits[0].user_id if pick.suits else None
    own = accounts.get(best or "", next(iter(accounts.values()), None))
    if own is not None and not request.members and pick.reason is not None:
        pick = replace(pick, reason=Reason(own.claims[0].text, own.claims[0].evidence))
    return fared(
        pick,
        rank=int(listed[0] if len(listed) else at[0]),
        shown=len(listed) > 0,
        account=own,
        accounts=accounts if request.members else {},
        last=None if last is None else _picks(request, last)[0],
        lacks=() if len(listed) or last is None else lacks(request, alone, last),
        degraded=_degraded(recipe, world, outcome),
    )


def _accounts(recipe: Recipe, request: Request, alone: Outcome, last: Candidates | None) -> dict[str, Account]:
    """User id → account of the one item, for each person of a group; of one person under an empty id."""
    if not request.members:
        return {"": account_of(recipe, request, alone, last)}
    return {
        one.query.user_id or "": account_of(recipe, one, as_one_sees(n, alone), None)
        for n, one in enumerate(request.members)
    }


def may_be_shown(world: World, query: Query, item_ids: Sequence[str], live: Live | None = None) -> Mask:
    """(n ids,) True for the items that no safety filter takes out of an answer to the query; what fails lets nothing
    pass."""
    rows = world.catalogue.rows(item_ids)
    there = np.unique(rows[rows >= 0]).astype(np.int32)
    return np.asarray(np.isin(rows, _passing(world, query, live, there, True)), dtype=bool)


def admitted(world: World, query: Query, live: Live | None = None) -> Mask:
    """(n items,) True for all that an answer to the query may be chosen from: what the filters of its recipe let pass;
    where that is nothing, what those let pass that keep something safe, so that what was met before comes again."""
    every = np.arange(len(world.catalogue), dtype=np.int32)
    rows = _passing(world, query, live, every, False)
    mask: Mask = np.zeros(len(every), dtype=bool)
    mask[rows if len(rows) else _passing(world, query, live, every, True)] = True
    return mask


def _passing(world: World, query: Query, live: Live | None, rows: Rows, safety: bool) -> Rows:
    """Those of the rows that the filters of the query's recipe let pass, all or only those that keep something safe;
    what fails lets nothing pass."""
    recipe = recipe_of(world, query.recipe)
    request, _ = requested(world, recipe, query, live, None, None)
    filters = tuple(part for part in recipe.filters if part.safety or not safety)
    return filtered(replace(recipe, filters=filters), request, Candidates(rows), Trace()).items


def warm(world: World) -> None:
    """Build what requests derive from a world (recipes, word index, columns) before the first one waits for it."""
    from .asking.titles import Names
    from .sources.across import described_of
    from .sources.fresh import Fresh

    catalogue = world.catalogue
    for name in TABLE:
        recipe_of(world, name)
    Names.in_world(world)
    if world.relations is not None:
        _ = world.graph.matrix
    if "mixed" in world.vectors:
        world.columns("mixed")
    described_of(world)
    Fresh().compute(request_of(world, Query(), None, 0.0, None))
    for column in ("alive", "kinds", "years", "durations", "maturity", "explicit", "available_from", "available_until"):
        getattr(catalogue, column)
    _ = catalogue.languages, catalogue.groups, catalogue.genres, catalogue.row_of


def recipe_of(world: World, name: str) -> Recipe:
    """The recipe of that name for the world's settings, made once."""
    return world.derived(("recipe", name), lambda: TABLE.load(name)(world.settings))


def request_of(
    world: World,
    query: Query,
    live: Live | None,
    now: float | None,
    words: Mapping[str, Floats] | None,
    people: Sequence[Companion] = (),
) -> Request:
    """The request that a query makes: with the person's history and session, unless it is not personal.

    For a group it holds the request of each of its people, and what they did as one history.
    """
    _checked(query)
    if query.group and query.personal:
        return _of_group(world, query, now, people)
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


def _checked(query: Query) -> None:
    if (query.recipe == "together") != bool(query.group):
        raise InvalidInput(
            f"A group is asked for by the recipe 'together', not {query.recipe!r}: set it, or leave out `group`."
            if query.group
            else "The recipe 'together' is for a group: give the ids of two to eight people as `group`."
        )
    if query.group and query.personal and query.user_id not in (None, *query.group):
        raise InvalidInput(f"{query.user_id!r} asks for a group without being in it: add them, or leave out `user_id`.")


def _of_group(world: World, query: Query, now: float | None, people: Sequence[Companion]) -> Request:
    """Every person's own request, and one for all; who is not among ``people`` is somebody of whom nothing is known."""
    known = {one.user_id: one for one in people}
    members = []
    for user_id in query.group:
        one = known.get(user_id) or Companion(user_id, user_id, Live.nobody())
        own = query.model_copy(update={"user_id": user_id, "group": (), "recipe": "home"})
        request = request_of(world, own, one.live, now, None)
        request.name, request.so_far = one.name, one.so_far
        members.append(request)
    alone = query.model_copy(update={"group": (), "recipe": "home"})
    whole = request_of(world, alone, Live(_together([one.history for one in members])), now, None)
    whole.query, whole.members = query, tuple(members)
    return whole


def _together(each: Sequence[History]) -> History:
    """What they all did, oldest first."""
    times = np.concatenate([one.timestamps for one in each])
    order = np.argsort(times, kind="stable")
    apart = [one.apart for one in each if one.apart is not None]
    return History(
        items=np.concatenate([one.items for one in each])[order],
        weights=np.concatenate([one.weights for one in each])[order],
        timestamps=times[order],
        kinds=np.concatenate([one.kinds for one in each])[order],
        forgotten={
            topic: np.concatenate([one.forgotten.get(topic, np.zeros(len(one), bool)) for one in each])[order]
            for topic in sorted({topic for one in each for topic in one.forgotten})
        },
        apart=_together(apart) if apart else None,
    )


def missing(recipe: Recipe, world: World) -> tuple[str, ...]:
    """``not-trained``, or ``model:NAME`` for each model that the recipe names and the serving version lacks."""
    if not world.models:
        return ("not-trained",)
    parts = [source.part if isinstance(source, Everybody) else source for source in recipe.sources]
    return tuple(
        f"model:{source.name}"
        for source in parts
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


def _told(recipe: Recipe, request: Request, outcome: Outcome) -> tuple[Pick, ...]:
    """The picks with their reasons, and for a group how well they suit each of them."""
    picks, explain = _picks(request, outcome.chosen), request.query.explain
    if request.members:
        each: list[tuple[Suits, ...]] = []
        each = outcome.trace.run(
            "reasons", lambda: together_reasons.suits(recipe, request, outcome, explain), otherwise=each
        )
        chinese = wording.is_chinese(request.query.language)
        if not each:
            return picks
        return tuple(
            replace(pick, suits=suits, reason=together_reasons.joined(suits, chinese) if explain else None)
            for pick, suits in zip(picks, each, strict=True)
        )
    why: tuple[Reason, ...] = ()
    if explain:
        why = outcome.trace.run("reasons", lambda: reasons(recipe, request, outcome), why)
    if not why:
        return picks
    return tuple(replace(pick, reason=reason) for pick, reason in zip(picks, why, strict=True))


def _shared(request: Request, picks: Sequence[Pick]) -> Shared | None:
    """What the list is for the group."""
    if not request.members:
        return None
    strategy = request.query.strategy
    members, users = request.members, [one.query.user_id or "" for one in request.members]
    mean = {user: [suits.share for pick in picks for suits in pick.suits if suits.user_id == user] for user in users}
    weights = counts(members, request.world.settings.groups.fairness if strategy == "fairness" else 0.0)
    return Shared(
        key=key_of(users),
        strategy=strategy,
        members=tuple(
            Suits(user, one.name, float(np.mean(mean[user])) if mean[user] else 0.0)
            for user, one in zip(users, members, strict=True)
        ),
        so_far=tuple(one.so_far if strategy == "fairness" else None for one in members),
        counts=tuple(weights.tolist()),
    )


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


__all__ = [
    "Examined",
    "Outcome",
    "admitted",
    "answer",
    "examine",
    "may_be_shown",
    "recipe_of",
    "request_of",
    "requested",
    "warm",
]
