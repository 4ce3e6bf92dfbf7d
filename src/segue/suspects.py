"""Suspect: somebody who may not be a person but made to push an item; Verdict: what a person decided about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reason:
    """One thing that speaks against a profile, with its figures."""

    code: str
    """``pushes``, ``sinks``, ``burst``; ``pace``, ``awake``, ``sweep`` for machines; or one of
    `segue.profiles.oddness.VIEWS`."""
    facts: Mapping[str, float | str]


@dataclass(frozen=True)
class Suspect:
    """A profile that looks injected, for a person to look at."""

    user_id: str
    suspicion: float
    """0 … 1: how likely it is one of those who were made to push, or a person's decision (0 or 1)."""
    factor: float
    """0 … 1: how much the profile counts in training."""
    events: int
    reasons: tuple[Reason, ...]
    items: tuple[str, ...] = ()
    """Ids of the items that it pushes or sinks."""
    status: str = "pending"
    """``pending``, ``confirmed`` or ``cleared``."""
    why: tuple[str, ...] = ()
    """The reasons in words."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {
            "user_id": self.user_id,
            "suspicion": round(self.suspicion, 4),
            "factor": round(self.factor, 4),
            "status": self.status,
            "events": self.events,
            "items": list(self.items),
            "reasons": [{"code": r.code, **r.facts} for r in self.reasons],
            "why": list(self.why),
        }


@dataclass(frozen=True)
class Verdict:
    """What a person decided about a suspect. It wins over every figure."""

    user_id: str
    confirmed: bool
    """True: made to push, and counts for nothing in training. False: cleared, and counts in full."""
    at: float = 0.0
    """When, seconds since 1970."""
