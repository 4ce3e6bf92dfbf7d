"""What the prints have in common: they are made of an item's media file, and told apart by looking closely at two."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from ...errors import MediaError
from ...items import Item
from ...prints import Print
from ...readings import Reading
from ..encoders import files
from ..encoders.base import Encoder


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


class MediaPrint(Encoder):
    """An encoder whose readings hold a print of the item's media file, and no vector."""

    decodes_media: ClassVar[bool] = True

    @property
    def dim(self) -> int:
        return 0

    def wants(self, item: Item) -> str | None:
        return files.state(item.media_uri, self.settings, self.workspace)

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self._read(item) for item in items]

    def _read(self, item: Item) -> Reading:
        try:
            path = files.readable(item.media_uri, self.settings, self.workspace)
            found = None if path is None else self.print_of_file(path)
        except MediaError as error:
            return self.reading(item, problem=str(error))
        return self.reading(item, found=found)

    @abstractmethod
    def print_of_file(self, path: Path) -> Print | None:
        """None where the file has nothing of this kind, or nothing to be known by.

        Raises:
            MediaError: it cannot be read.
        """
