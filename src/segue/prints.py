"""Print: what a recording or a picture is known by. Duplicate: two items that hold the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = {"sound_print": "same_recording", "picture_print": "near_duplicate"}
"""What a match is called, by the space of the prints that were compared."""


@dataclass(frozen=True, eq=False)
class Print:
    """A fingerprint of the content itself, which a copy in another size, codec or cut still has."""

    codes: bytes
    """Bits along the time, packed by the space that made them; what two items are compared by."""
    keys: NDArray[np.uint32]
    """(k,) short hashes of which a copy shares some exactly; what others find it by."""
    asks: NDArray[np.uint32]
    """(m,) its keys, and what noise most likely makes of them; what it finds others by. Needed once."""


@dataclass(frozen=True)
class Duplicate:
    """Two items that hold the same recording or nearly the same pictures, and where."""

    space: str
    """``sound_print`` or ``picture_print``."""
    item_id: str
    other_id: str
    similarity: float
    """Share of the compared bits that agree, 0.5 (by chance) … 1."""
    starts_s: float
    """Where the common part begins in the item, in seconds."""
    other_starts_s: float
    """Where it begins in the other one."""
    seconds: float
    """How long it is; 0 for a still picture."""
    covers: float
    """Its share of the longer of the two, 0 … 1."""

    @property
    def kind(self) -> str:
        """``same_recording`` or ``near_duplicate``."""
        return KINDS.get(self.space, self.space)

    def seen_from(self, item_id: str) -> Duplicate:
        """The same link with this one of its two items first."""
        if item_id == self.item_id:
            return self
        return Duplicate(
            space=self.space,
            item_id=self.other_id,
            other_id=self.item_id,
            similarity=self.similarity,
            starts_s=self.other_starts_s,
            other_starts_s=self.starts_s,
            seconds=self.seconds,
            covers=self.covers,
        )

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {
            "item": self.item_id,
            "other": self.other_id,
            "kind": self.kind,
            "similarity": round(self.similarity, 4),
            "starts_s": round(self.starts_s, 2),
            "other_starts_s": round(self.other_starts_s, 2),
            "seconds": round(self.seconds, 2),
            "covers": round(self.covers, 3),
        }
