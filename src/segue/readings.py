"""Reading: what one encoder found in one item; Segment: a piece of what is said in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .arrays import Floats
from .prints import Print


class Segment(NamedTuple):
    """Something said or sung, and when."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Reading:
    """A vector, some facts in words and numbers, or the problem that stood in the way."""

    item_id: str
    space: str
    """Name of the encoder's space: ``text``, ``ngram``, ``audio``, ``picture``, ``sound_print`` …; ``transcript`` has
    facts alone."""
    fingerprint: str
    """Hash of what was read and of the encoder's version and settings; equal means nothing to do."""
    vector: Floats | None = None
    """(dim,) float32 of length 1, or None where the item has nothing of this modality or could not be read."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """JSON a person may look at: tempo in beats per minute, loudness in LUFS, dominant colours …"""
    print: Print | None = None
    """What a copy would be known by, in a space that compares; kept beside the reading, and not read back with it."""
    problem: str | None = None
    """One sentence saying why there is no vector; None when there simply is nothing to read."""
    parts: Floats | None = None
    """(n, dim) float32 unit rows: vectors of the item's parts in their order, such as the shots of a film; their length
    may be another than the vector's. None where the item has no parts. The store keeps them at a byte a number, and
    gives them back by `Store.parts` alone, since few want them."""
