"""What comparing two prints says, and what whoever makes prints offers for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Alike:
    """Where two items hold the same, seen from the first."""

    similarity: float
    """Share of the compared bits that agree, 0.5 (by chance) … 1."""
    starts_s: float
    other_starts_s: float
    seconds: float
    covers: float
    """Share of the longer one, 0 … 1."""


class Compare(Protocol):
    """Looks closely at two prints of one space."""

    def __call__(self, one: bytes, other: bytes, /) -> Alike | None:
        """None: they are not of the same content."""
        ...
