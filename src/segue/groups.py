"""Group: people who choose something together; Turn: what one of them got from what was chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator

from .items import Id

FEWEST, MOST = 2, 8
"""People in a group."""
Strategy = Literal["average", "least_misery", "fairness", "veto"]
"""How one order is made of everybody's, see `segue.pipeline.rankers.together`."""
STRATEGIES: tuple[str, ...] = get_args(Strategy)


def _people(ids: tuple[str, ...]) -> tuple[str, ...]:
    if ids and not FEWEST <= len(ids) <= MOST:
        raise ValueError(f"a group has {FEWEST} to {MOST} people, not {len(ids)}")
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"{twice[0]!r} is in the group twice")
    return ids


People = Annotated[tuple[Id, ...], AfterValidator(_people)]
"""User ids of a group, each once; empty: nobody but who asks."""


def key_of(user_ids: Iterable[str]) -> str:
    """What the events of a group's choices are known by; says nothing of who they are, and not in which order."""
    return hashlib.sha256("\0".join(sorted(user_ids)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Turn:
    """What one person got from one choice of a group."""

    user_id: str
    item_id: str
    at: float
    """Seconds since 1970; NaN where unknown."""
    seq: int
    fit: float | None
    """0 … 1, see `segue.events.Context`; None: not told."""
