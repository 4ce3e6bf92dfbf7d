"""Reasons for a group: to each person why, said to them alone, and one sentence that names them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..answers import Evidence, Reason, Suits
from ..candidates import Candidates
from . import wording
from .rankers.blend import PART
from .rankers.together import MEMBER, suits_of
from .reasons import reasons
from .runner import Outcome
from .stages import Recipe, Request

LITTLE = 0.2
"""Whom a pick suits less than this is told that it is a compromise: what little speaks for it is no reason."""


def suits(recipe: Recipe, request: Request, outcome: Outcome, explain: bool) -> list[tuple[Suits, ...]]:
    """How well each pick suits each of the group, whom it suits best first, with their reasons."""
    chosen = outcome.chosen
    shares = np.clip(suits_of(chosen), 0, 1)
    told = [_to_one(recipe, n, one, outcome) if explain else () for n, one in enumerate(request.members)]
    found = []
    for position in range(len(chosen)):
        row = []
        for n, one in enumerate(request.members):
            share = float(shares[n, position]) if len(shares) else 0.0
            reason = told[n][position] if explain else None
            if reason is not None:
                reason = _as_it_is(one, int(chosen.items[position]), share, reason)
            row.append(Suits(one.query.user_id or "", one.name, share, reason))
        found.append(tuple(sorted(row, key=lambda suits: -suits.share)))
    return found


def joined(each: Sequence[Suits], chinese: bool) -> Reason:
    """``Ada: because you liked “Alien”; Ben and Cleo: because many people here choose it``."""
    names: dict[str, list[str]] = {}
    for one in each:
        if one.reason is not None:
            names.setdefault(one.reason.text, []).append(wording.cleaned(one.name, 30))
    parts = [
        f"{wording.listed(who, chinese)}{'：' if chinese else ': '}{text if chinese else text[0].lower() + text[1:]}"
        for text, who in names.items()
    ]
    evidence = tuple(fact for one in each if one.reason is not None for fact in one.reason.evidence)
    return Reason(("；" if chinese else "; ").join(parts), evidence)


def _to_one(recipe: Recipe, n: int, one: Request, outcome: Outcome) -> tuple[Reason, ...]:
    """The reasons for one person: of what the parts of the blend added for them."""
    return reasons(recipe, one, alone(n, outcome))


def alone(n: int, outcome: Outcome) -> Outcome:
    """The outcome as person number n sees it."""
    begin = f"{MEMBER}{n}:"

    def own(candidates: Candidates) -> Candidates:
        scores = {
            name.removeprefix(begin): column for name, column in candidates.scores.items() if name.startswith(begin)
        }
        parts = [column for name, column in scores.items() if name.startswith(PART)]
        scores["final"] = np.sum(parts, axis=0, dtype=np.float32) + np.zeros(len(candidates), np.float32)
        return Candidates(candidates.items, candidates.sources, scores)

    return replace(outcome, chosen=own(outcome.chosen), pool=own(outcome.pool))


def _as_it_is(one: Request, row: int, share: float, reason: Reason) -> Reason:
    """The reason, unless the person knows the item, or it hardly suits them: then that is what is true."""
    item = one.world.catalogue.item(row)
    chinese = wording.is_chinese(one.query.language)
    evidence = (Evidence("catalogue", item.id, item.name, 0.0, "fact"),)
    if row in one.history.consumed:
        return Reason(wording.sentence("met", chinese), evidence)
    if share < LITTLE:
        return Reason(wording.sentence("yields", chinese), evidence)
    return reason
