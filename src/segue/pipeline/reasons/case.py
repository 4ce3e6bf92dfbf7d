"""What a reason is told from: one pick of an answer, with what each part added to its score."""

from __future__ import annotations

from dataclasses import dataclass

from ...answers import Evidence
from ...items import Item
from ..stages import Request
from .influence import Influence


@dataclass(frozen=True)
class Claim:
    """One thing that speaks for a pick."""

    text: str
    evidence: tuple[Evidence, ...]
    channel: str = ""
    """What it speaks of: ``history``, ``session``, ``words`` …"""
    influence: float | None = None
    """What all of that channel added to the score; None: not by the score."""


@dataclass(frozen=True)
class Case:
    """One pick whose reason is to be told."""

    request: Request
    influence: Influence
    position: int
    """Of the pick in the answer."""
    item: Item
    row: int
    chinese: bool

    def added(self, *names: str) -> float:
        """What parts of the blend added to the score; below 0 they speak against the pick."""
        parts = self.influence.parts
        return float(sum(parts[name][self.position] for name in names if name in parts))

    def positive(self) -> dict[str, float]:
        """The parts that speak for the pick."""
        columns = self.influence.parts.items()
        return {name: float(column[self.position]) for name, column in columns if column[self.position] > 0}

    def evidence(self, kind: str, ref: str, name: str, via: str, added: float) -> Evidence:
        """Evidence by which the score falls so much without it."""
        return Evidence(kind, ref, name, self.influence.share(self.position, added), via, added)

    def shared(self, kind: str, ref: str, name: str, added: float) -> Evidence:
        """What the item has in common with other evidence."""
        return Evidence(kind, ref, name, self.influence.share(self.position, added), "shared")

    def wanted(self, kind: str, ref: str, name: str) -> Evidence:
        """What was asked for and the item has: without it the item would not be let pass."""
        return Evidence(kind, ref, name, 0.0, kind)

    def fact(self, kind: str, name: str, weight: float = 0.0) -> Evidence:
        """What is true of the item, whatever its score."""
        return Evidence(kind, self.item.id, name, weight, "fact")
