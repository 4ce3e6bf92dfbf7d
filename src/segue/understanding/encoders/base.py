"""The contract of every encoder: say what you want to read, then read it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...arrays import Floats
from ...items import Item
from ...prints import Print
from ...readings import Reading
from ...settings import Settings

AGAIN = "again"
"""A fingerprint that no item has."""

_BATCHES_AT_ONCE = 8
"""Texts are sorted by length among so many batches, then stored together."""


class Encoder(ABC):
    """Turns items into unit vectors of one space, or into prints that copies of an item can be found by.

    An encoder is cheap to make; whatever is heavy is loaded on the first `encode`. A vector depends on its item alone,
    never on the rest of the catalogue, so that adding an item changes no other.

    Args:
        settings: of the workspace; an encoder reads ``[understanding]`` and ``[media]``.
        workspace: folder that relative media paths start from.
    """

    name: ClassVar[str]
    """Name of the space: ``text``, ``audio`` …"""

    decodes_media: ClassVar[bool] = False
    """True: reads files with a child process, one item at a time; such encoders run in a pool of processes."""

    def __init__(self, settings: Settings, workspace: Path = Path()) -> None:
        self.settings = settings
        self.workspace = workspace
        self.remarks: list[str] = []
        """What a run should be told that is no problem of one item; whoever reads them takes them away."""

    @property
    def items_at_once(self) -> int:
        """Items of one `encode` in a run; what it gives is stored together, and a kill loses no more than that."""
        return self.settings.understanding.batch_size * _BATCHES_AT_ONCE

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of the vectors; 0 where there are prints in their place."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever the same content would give another vector; part of every fingerprint."""

    @abstractmethod
    def wants(self, item: Item) -> str | None:
        """What would be read of the item, as a key: the text itself, or a file's path, size and time of change.

        None: the item has nothing of this modality. Two equal keys mean equal vectors.
        """

    @abstractmethod
    def encode(self, items: Sequence[Item]) -> list[Reading]:
        """One `Reading` per item, in order.

        An item that cannot be read gives a `Reading` with a ``problem``, one that has nothing of this modality gives a
        `Reading` with neither vector nor problem; neither raises.
        """

    def fingerprint(self, item: Item) -> str:
        """Hash of what would be read and of the encoder's version; equal means nothing to do."""
        key = self.wants(item)
        content = f"{self.name}\0{self.version}\0{'nothing' if key is None else '=' + key}"
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def is_current(self, item: Item, fingerprint: str) -> bool:
        """Whether a reading with that fingerprint still tells what there is to read."""
        return fingerprint == self.fingerprint(item)

    def reading(
        self,
        item: Item,
        vector: Floats | None = None,
        facts: dict[str, Any] | None = None,
        problem: str | None = None,
        parts: Floats | None = None,
        again: bool = False,
        found: Print | None = None,
    ) -> Reading:
        """A `Reading` of this space; the vector is brought to length 1 (a zero vector counts as nothing to read).

        Args:
            again: the next run is to try once more although the item is the same (the machine was busy, not the item
                odd).
        """
        return Reading(
            item_id=item.id,
            space=self.name,
            fingerprint=AGAIN if again else self.fingerprint(item),
            vector=None if vector is None else unit(vector),
            # What could not be read is nothing to rely on.
            facts={**(facts or {}), "confidence": 0.0} if problem else facts or {},
            print=found,
            problem=problem,
            parts=parts,
        )


class WordEncoder(Encoder):
    """An encoder that can also place the words of a query into its space."""

    @abstractmethod
    def encode_words(self, words: Sequence[str]) -> Floats:
        """(len(words), dim) float32: one unit row per text; a row of zeros for a text that says nothing."""


def unit(vector: Floats) -> Floats | None:
    """The vector at length 1; None when it has no direction."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-12:
        return None
    return (vector / length).astype(np.float32)
