"""Code: what answers without a language model, and reads what a person says before one is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .desk import Desk
from .dialogue import Piece, Understood
from .writing import Write


class Code(Protocol):
    """The grammar-based half of a conversation."""

    def understand(self, desk: Desk, message: str, without: Sequence[str]) -> tuple[Understood, tuple[Write, ...]]:
        """Read a turn: the wishes that hold now, which are put into the desk's dialogue, and what the person asks to be
        written, in their own words.

        Args:
            without: ids of wishes that are taken back.
        """
        ...

    def reply(self, desk: Desk, message: str, without: Sequence[str]) -> Iterator[Piece]:
        """Answer a turn; ends with `Done`."""
        ...
