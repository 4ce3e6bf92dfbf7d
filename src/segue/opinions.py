"""Opinion: what a person's words say, for or against, and about what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .arrays import Floats


@dataclass(frozen=True)
class Opinion:
    """What one text says. Nothing in it is guessed: what is unclear stays undecided."""

    sentiment: float | None = None
    """-1 … 1: how much the text speaks for or against its item; None: undecided."""
    topics: Mapping[str, float | None] = field(default_factory=dict)
    """Polarity by topic, -1 … 1: parts of a work (``aspect:story``) and what the catalogue has (``genre:horror``,
    ``creator:agnès varda``, ``item:ID``); None: named without a verdict."""
    reader: str = "words"
    """Who read it."""
    version: str = ""
    """Changes whenever the same text would be read otherwise."""
    same: int = 0
    """What was said, as a number (a hash of the text; of a short one with its item): the same from the same person
    counts once."""

    def as_json(self) -> dict[str, Any]:
        """For exports and ``--json``."""
        return {
            "sentiment": self.sentiment,
            "topics": dict(self.topics),
            "reader": self.reader,
            "version": self.version,
        }


class Statement(NamedTuple):
    """An event that says something, with what was read in it."""

    seq: int
    event_id: str
    kind: str
    """Value of an `EventKind`."""
    item_id: str | None
    at: float | None
    """Seconds since 1970."""
    train: bool
    opinion: Opinion
    vector: Floats | None
    """(dim,) of length 1 in the space ``text``, where `segue understand` has read it; of statements without an item."""


class Remark(NamedTuple):
    """One bullet comment."""

    position_s: float
    user_id: str
    text: str
    sentiment: float | None
