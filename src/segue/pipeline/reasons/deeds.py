"""Claims that rest on what the person did: with which items, just now and before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...events import EventKind
from .. import wording
from ..stages import Request
from .case import Case, Claim
from .common import common

SECOND_SEED = 0.4
"""A second seed is named when it did at least this much of what the first one did."""
OFTEN = 0.15
"""A genre with this share of a person's positive events is one they often choose."""
_KINDS = tuple(EventKind)


def deed_of(request: Request, row: int) -> EventKind:
    """What the person did that speaks most for an item; of equals the latest."""
    own = np.flatnonzero((request.history.items == row) & (request.history.weights > 0))
    weights = request.history.weights[own]
    return _KINDS[int(request.history.kinds[own[len(own) - 1 - int(np.argmax(weights[::-1]))]])]


def from_seeds(case: Case, radio: bool) -> Claim | None:
    """The one or two items without which the score would fall most: of the query's seeds, else of the history."""
    request, influence, chinese = case.request, case.influence, case.chinese
    drops = influence.drops[case.position]
    if not request.query.seeds:
        liked = np.bincount(
            np.searchsorted(influence.seeds, request.history.items[request.history.weights > 0]),
            minlength=len(influence.seeds),
        )
        # A skip may have moved the score too, but nothing that the person did speaks for the item then.
        drops = np.where(liked > 0, drops, 0)
    order = [int(n) for n in np.argsort(-drops, kind="stable")[:2] if drops[n] > 0]
    order = [n for n in order if drops[n] >= SECOND_SEED * drops[order[0]]]
    items = request.world.catalogue.items
    named = [(n, seed) for n in order if (seed := items[influence.seeds[n]]) is not None]
    if not named:
        return None
    text, topic = common(case, [seed for _, seed in named])
    via = "seeds" if request.query.seeds else "history"
    evidence = tuple(case.evidence("seed", seed.id, seed.name, via, float(drops[n])) for n, seed in named)
    if request.query.seeds:
        seeds = wording.listed([wording.title(seed.name, chinese) for _, seed in named], chinese)
        template = "radio" if radio else "seeds"
    else:
        done = [(deed_of(request, int(influence.seeds[n])), seed.kind, seed.name) for n, seed in named]
        seeds, template = wording.deeds(done, chinese), "history"
    told = wording.sentence(template, chinese, seeds=seeds, shared=text)
    return Claim(told, (*evidence, *topic), "history", float(influence.explained[case.position]))


def from_session(case: Case) -> Claim | None:
    """The item of the running session that draws the score most: turned to, or passed over."""
    added, session = case.added("session"), case.influence.session
    if session is None or added <= 0:
        return None
    rows, weights, moved = session
    for template, speaking in (("session", weights > 0), ("avoiding", weights < 0)):
        gain = np.where(speaking, moved[case.position], 0)
        best = int(np.argmax(gain)) if len(gain) else -1
        if best >= 0 and gain[best] > 0:
            seed = case.request.world.catalogue.items[int(rows[best])]
            if seed is None or seed.id == case.item.id:
                continue
            text, topic = common(case, [seed]) if template == "session" else ("", ())
            told = wording.sentence(template, case.chinese, seeds=wording.title(seed.name, case.chinese), shared=text)
            evidence = case.evidence("session", seed.id, seed.name, "session", float(gain[best]))
            return Claim(told, (evidence, *topic), "session", added)
    return None


def often(request: Request) -> Mapping[str, float]:
    """Share of the person's positive events by genre (in lower case), for genres of two items or more."""
    if request.query.seeds or not len(request.history):
        return {}
    catalogue, liked = request.world.catalogue, request.history.positive
    rows = np.unique(liked.items)
    genres = catalogue.genres[rows]
    counts = dict(zip(catalogue.genre_names, np.asarray(genres.sum(axis=0)).ravel().tolist(), strict=True))
    for topic in liked.forgotten:
        name = topic.partition(":")[2]
        if topic.startswith("genre:") and name in counts:
            counts[name] -= len(np.intersect1d(liked.mute_on(topic), catalogue.topics.rows(topic)))
    return {name: count / len(rows) for name, count in counts.items() if count >= 2 and count / len(rows) >= OFTEN}


def taste_share(case: Case, habits: Mapping[str, float]) -> float:
    """What models added that cannot say what carried it, as far as the person's favourite of the item's genres goes."""
    unexplained = float(case.influence.unexplained[case.position])
    return unexplained * max((habits.get(genre.lower(), 0.0) for genre in case.item.genres), default=0.0)


def from_taste(case: Case, habits: Mapping[str, float]) -> Claim | None:
    """The genre of the item that the person chooses most often."""
    known, added = [genre for genre in case.item.genres if genre.lower() in habits], taste_share(case, habits)
    if not known or added <= 0:
        return None
    genre = max(known, key=lambda name: habits[name.lower()])
    told = wording.sentence("taste", case.chinese, topic=wording.cleaned(genre, 40))
    return Claim(told, (case.evidence("topic", genre, genre, "habit", added),), "taste", added)
