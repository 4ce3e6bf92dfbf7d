"""The same request without some evidence, ranked again; and whether evidence points to anything that is there.

The candidates and the balance of the blend stay as they were (`Request.again`): what is measured is what the evidence
says, not that less is known of the person or that other items compete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..answers import Evidence
from ..arrays import Floats, Rows
from ..candidates import Candidates
from ..dataset import History
from ..profiles.mood import Mood, Way
from ..profiles.session import session_vector
from ..topics import topic_key
from .asking.lexicon import STOP
from .rankers.together import Together
from .reasons.facts import of_popularity
from .sources.scored import said_by
from .sources.words import index, tokens
from .stages import Recipe, Request

UNMEASURED = ("shared", "fact", "place", "")
"""Ways to a reason that are not by the score."""
_PARTS = {
    "meaning": ("meaning",),
    "named": ("knowledge",),
    "answers": ("answers",),
    "prior": ("prior",),
    "fresh": ("fresh", "browse"),
    "live": ("live",),
}
"""Evidence that is one part of the blend as a whole."""


def measurable(evidence: Evidence) -> bool:
    """Whether the score can be computed again without it."""
    return evidence.via not in UNMEASURED


def without(request: Request, evidence: Iterable[Evidence]) -> Request:
    """The request as it would be had there been none of the evidence; nothing else of it is changed."""
    gone = [one for one in evidence if measurable(one)]
    for via in dict.fromkeys(one.via for one in gone):
        request = _without(request, via, [one for one in gone if one.via == via])
    return request


def _without(request: Request, via: str, gone: Sequence[Evidence]) -> Request:
    refs, world = {one.ref for one in gone}, request.world
    if via in _PARTS:
        return request.again(muted=request.muted | set(_PARTS[via]))
    if via == "popularity":
        return request.again(muted=request.muted | {name for name in request.weighed if of_popularity(name)})
    if via == "seeds":
        return _without_seeds(request, refs)
    if via in ("history", "session"):
        return _undone(request, world.catalogue.rows(tuple(refs)))
    if via == "habit":
        rows = [world.catalogue.topics.rows(topic_key("genre", ref)) for ref in refs]
        return _undone(request, np.concatenate(rows))
    if via == "across":
        if any(one.kind == "popularity" for one in gone):
            return request.again(muted=request.muted | {"across"})
        rows = [
            world.catalogue.topics.rows(one.ref) if one.kind == "topic" else world.catalogue.rows((one.ref,))
            for one in gone
        ]
        return _undone(request, np.concatenate(rows))
    if via == "stated":
        return request.again(stated={key: value for key, value in request.stated.items() if key not in refs})
    if via == "said":
        events = {one.event_id for one in request.said}
        kept = [one for one in request.said if not refs & set(one.opinion.topics)]
        return request.again(said=[] if refs & events else kept)
    if via == "words":
        return _without_words(request, refs)
    if via == "mood" and request.mood is not None:
        return request.again(mood=_unwished(request.mood, refs))
    return request


def _undone(request: Request, rows: Rows) -> Request:
    """Nothing was done with these items."""
    kept = ~np.isin(request.history.items, rows)
    history = request.history.only(kept)
    vectors, settings = request.world.vectors.get("mixed"), request.world.settings.session
    return request.again(history=history, session=session_vector(history, vectors, settings, request.now))


def _without_seeds(request: Request, gone: Collection[str]) -> Request:
    left = tuple(seed for seed in request.query.seeds if seed not in gone)
    query = request.query.model_copy(update={"seeds": left})
    if left:
        return request.again(query=query)
    # Without any seed the person's own history would speak in their place.
    return request.again(query=query, history=History.empty())


def _without_words(request: Request, gone: Collection[str]) -> Request:
    typed, also = request.query.words or "", request.query.also
    parts = {part for ref in gone for part in tokens(ref)}
    left = " ".join(word for word in typed.split() if not (own := set(tokens(word))) or not own <= parts)
    others = tuple(name for name in also if not parts & set(tokens(name)))
    silent = not others and set(tokens(left)) <= STOP  # what says nothing by itself was not asked for
    if typed in gone or silent or (left == " ".join(typed.split()) and others == also):
        return request.again(muted=request.muted | {"words"})
    return request.again(query=request.query.model_copy(update={"words": left or None, "also": others}))


def _unwished(mood: Mood, gone: Collection[str]) -> Mood:
    ways = [Way(way.name, {name: much for name, much in way.moods.items() if name not in gone}) for way in mood.ways]
    return replace(mood, ways=tuple(way for way in ways if way.moods))


def ranked(recipe: Recipe, request: Request, rows: Rows) -> Floats:
    """(rows,) ``final`` of these candidates, and of no others."""
    candidates = Candidates(rows)
    for ranker in recipe.rankers:
        own = ranker.each if isinstance(ranker, Together) else ranker
        candidates = candidates.with_scores(**own(request, candidates))
    return candidates.scores["final"]


def influence(recipe: Recipe, request: Request, rows: Rows, row: int, evidence: Iterable[Evidence]) -> float:
    """How much the score of an item falls when it is ranked among these candidates without the evidence."""
    place = int(np.flatnonzero(rows == row)[0])
    before = ranked(recipe, request.again(), rows)[place]
    return float(before - ranked(recipe, without(request, evidence), rows)[place])


def resolves(evidence: Evidence, request: Request) -> bool:
    """Whether what evidence points to is there: the item and what was done with it, the topic, what was typed."""
    catalogue, ref, history = request.world.catalogue, evidence.ref, request.history
    row = catalogue.row_of.get(ref, -1)
    item = catalogue.items[row] if row >= 0 else None
    if evidence.kind in ("seed", "session"):
        if item is None:
            return False
        return ref in request.query.seeds if evidence.via == "seeds" else bool((history.items == row).any())
    if evidence.kind == "topic":
        if evidence.via == "stated":
            return request.stated.get(ref, 0.0) > 0 and len(catalogue.topics.rows(ref)) > 0
        keys = (ref, *(topic_key(sort, ref) for sort in ("genre", "tag", "creator")))
        return any(key in catalogue.topics.column for key in keys)
    if evidence.kind == "entity":
        graph = request.world.graph
        return ref in graph.entities or ref in graph.names or (ref.startswith("item:") and ref[5:] in catalogue.row_of)
    if evidence.kind == "said":
        found = said_by(request)
        topics = {one.topic for one in (*found.liked, *found.disliked, *found.looked_for)}
        return ref in topics or ref in {one.event_id for one in request.said}
    if evidence.kind in ("words", "meaning"):
        typed = request.query.words or ""
        return bool(typed) and (ref == typed or set(tokens(ref)) <= _typed(typed, request))
    if evidence.kind == "mood":
        return request.mood is not None and ref in request.mood.moods
    if item is None:
        return False
    if evidence.kind == "answers":
        return bool(len(request.world.questions)) and len(history) > 0
    if evidence.kind == "prior":
        return bool(request.attributes)
    return evidence.kind in ("popularity", "fresh", "live", "catalogue")


def _typed(words: str, request: Request) -> set[str]:
    """The tokens of what was typed, of what it was corrected to, and of other names of it."""
    return {part for one in (words, index(request).corrected(words) or "", *request.query.also) for part in tokens(one)}
