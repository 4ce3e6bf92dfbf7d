"""The full account of one pick: every claim, its evidence measured by ranking again, every part and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import Rows
from ..candidates import Candidates
from ..profiles.segments import known
from .rankers.blend import PART
from .reasons import Claim, Teller
from .reasons.common import Link, links
from .reasons.influence import channel_of
from .runner import Outcome
from .sources.answers import Answers
from .stages import Recipe, Request
from .without import influence, measurable

MOST_CLAIMS = 6
"""Claims that are measured by ranking again."""


@dataclass(frozen=True)
class Part:
    """One part of the blend and what it did for a pick."""

    name: str
    weight: float
    """That it has in the blend for this person."""
    value: float | None
    """Its own score of the item; None: no opinion."""
    added: float
    """What it added to the score; the parts add up to it."""
    last: float | None = None
    """What it added to the last item of the list."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {name: round(one, 6) if isinstance(one, float) else one for name, one in vars(self).items()}


@dataclass(frozen=True)
class Account:
    """What spoke for an item, in numbers."""

    score: float
    claims: tuple[Claim, ...]
    """The one with the most influence first; of each piece of evidence the influence is measured by ranking again."""
    parts: tuple[Part, ...]
    """What added most first."""
    compared: int
    """With how many candidates."""
    sources: Mapping[str, int]
    """Source that proposed it → at which place, from 1."""
    path: tuple[Mapping[str, Any], ...] = ()
    """How the knowledge graph connects it with the items that speak for it."""
    mood: Mapping[str, Any] | None = None
    people: Mapping[str, Any] | None = None
    """Of whom its popularity, or what people alike turn to, is told."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {
            "score": round(self.score, 6),
            "compared": self.compared,
            "claims": [claim_json(claim) for claim in self.claims],
            "parts": [part.as_json() for part in self.parts],
            "sources": dict(self.sources),
            "path": [dict(step) for step in self.path],
            "mood": None if self.mood is None else dict(self.mood),
            "people": None if self.people is None else dict(self.people),
        }


def claim_json(claim: Claim) -> dict[str, Any]:
    """The stable shape of a claim."""
    return {
        "text": claim.text,
        "channel": claim.channel,
        "influence": None if claim.influence is None else round(claim.influence, 6),
        "evidence": [one.as_json() for one in claim.evidence],
    }


def account(recipe: Recipe, request: Request, outcome: Outcome, last: Candidates | None) -> Account:
    """Of the one pick that the outcome holds as chosen, a row of its ``pool``.

    Args:
        last: the last item of the list; None: there is none.
    """
    chosen, rows = outcome.chosen, outcome.pool.items
    row = int(chosen.items[0])
    teller = Teller(recipe, request, outcome)
    claims = measured(recipe, request, rows, row, teller.claims(0)) or [teller.last(0)]
    parts = [
        Part(
            name,
            float(request.weighed.get(name, 0.0)),
            _value(chosen.scores.get(name)),
            float(column[0]),
            None if last is None or PART + name not in last.scores else float(last.scores[PART + name][0]),
        )
        for name, column in teller.influence.parts.items()
    ]
    return Account(
        score=float(chosen.scores["final"][0]),
        claims=tuple(claims),
        parts=tuple(sorted(parts, key=lambda part: -part.added)),
        compared=len(rows),
        sources=_places(outcome),
        path=_path(request, row, claims),
        mood=_mood(request, row),
        people=_people(request, row),
    )


def measured(recipe: Recipe, request: Request, rows: Rows, row: int, claims: list[Claim]) -> list[Claim]:
    """The claims with their evidence measured by ranking again without it; a claim without which the score does not
    fall is none, and is left out. Of a single candidate nothing can be measured: it stands among no others."""
    if len(rows) < 2:
        return claims[:MOST_CLAIMS]
    found = []
    for claim in claims[:MOST_CLAIMS]:
        own = [one for one in claim.evidence if measurable(one)]
        if not own or claim.influence is None:
            found.append(claim)
            continue
        if influence(recipe, request, rows, row, own) <= 0:
            continue
        evidence = tuple(
            replace(one, influence=influence(recipe, request, rows, row, [one])) if measurable(one) else one
            for one in claim.evidence
        )
        found.append(replace(claim, evidence=evidence))
    return found


@dataclass(frozen=True)
class Lack:
    """By what an item stays behind another one."""

    channel: str
    """What the parts of the blend speak of (`segue.pipeline.wording.channel`)."""
    behind: float
    """How much less it added to the score."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {"channel": self.channel, "behind": round(self.behind, 6)}


def lacks(request: Request, outcome: Outcome, last: Candidates) -> tuple[Lack, ...]:
    """What the one chosen item has less of than the last one of the list, the most first."""
    named = bool(request.query.words) and not request.query.seeds
    behind: dict[str, float] = {}
    for name in {*outcome.chosen.scores, *last.scores}:
        if name.startswith(PART):
            own, other = (float(one.scores[name][0]) if name in one.scores else 0.0 for one in (outcome.chosen, last))
            channel = channel_of(name.removeprefix(PART), named)
            behind[channel] = behind.get(channel, 0.0) + other - own
    found = [Lack(channel, much) for channel, much in behind.items() if much > 0]
    return tuple(sorted(found, key=lambda one: (-one.behind, one.channel)))


def _value(column: Any) -> float | None:
    return None if column is None or not np.isfinite(column[0]) else float(column[0])


def _places(outcome: Outcome) -> dict[str, int]:
    row = outcome.chosen.items[0]
    at = int(np.flatnonzero(outcome.pool.items == row)[0])
    return {
        name: 1 + int((np.nan_to_num(column, nan=-np.inf) > column[at]).sum())
        for name, column in outcome.pool.sources.items()
        if name != "given" and np.isfinite(column[at])
    }


def _path(request: Request, row: int, claims: list[Claim]) -> tuple[Mapping[str, Any], ...]:
    world = request.world
    if world.relations is None:
        return ()
    named = dict.fromkeys(one.ref for claim in claims for one in claim.evidence if one.kind in ("seed", "session"))
    found: list[Mapping[str, Any]] = []
    for ref in named:
        seed = world.catalogue.items[world.catalogue.row(ref)]
        if seed is not None:
            found += [
                {"from": ref, "to": world.catalogue.ids[row], **_step(link)} for link in links(request, row, [seed])
            ]
    return tuple(found)


def _step(link: Link) -> dict[str, Any]:
    return {"entity": link.ref, "name": link.name, "kind": link.kind, "relation": link.relation, "direct": link.direct}


def _mood(request: Request, row: int) -> Mapping[str, Any] | None:
    mood, items = request.mood, request.world.moods if request.mood is not None else None
    if mood is None or items is None or not mood.decided:
        return None
    own = items.matrix[row]
    return {
        "origin": mood.origin,
        "wanted": {name: round(much, 4) for name, much in mood.moods.items()},
        "unwanted": sorted(mood.unwanted),
        "has": {name: round(float(own[n]), 4) for n, name in enumerate(items.names) if own[n] > 0},
    }


def _people(request: Request, row: int) -> Mapping[str, Any] | None:
    """How many people met the item; what of the person says who is like them."""
    found: dict[str, Any] = {}
    if request.world.counts is not None and row < len(request.world.counts):
        found["met_by"] = int(request.world.counts[row])
    if request.attributes and known(request.history) != "warm":
        found["alike_by"] = sorted(request.attributes)
    if Answers().scores(request) is not None:
        found["answered"] = True
    return found or None
