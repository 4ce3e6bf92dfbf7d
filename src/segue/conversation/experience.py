"""What past conversations teach: which items are recommended, beside which others, and after which words.

Counts are smoothed where they are read. Words are remembered as vectors: what was recommended at the most similar
moments of other conversations speaks for an item now (nearest neighbours, as in Manzoor & Jannach, "Towards
retrieval-based conversational recommendation", Information Systems 2022).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy import sparse

from ..arrays import Floats, Mask, Rows, Sparse, unit_rows
from ..storage.artifacts import ArtifactFolder
from .context import VIEWS, Encode, Turn, understood

NEIGHBOURS = 200
"""Moments that speak."""
SHARPNESS = 10.0
"""A moment's say is e^(sharpness · cosine)."""


def moments_of(turns: Sequence[Turn]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The messages that recommend something new: (their place, rows of the items not named before, each once)."""
    before: set[int] = set()
    for at, turn in enumerate(turns):
        new = tuple(dict.fromkeys(row for row in turn.rows if row not in before))
        if new and not turn.by_person:
            yield at, new
        before.update(turn.rows)


@dataclass(frozen=True, eq=False)
class Experience:
    """What is kept of c conversations with m moments in which something new was recommended; no words of any."""

    named: Sparse
    """(c, n items) 1 where an item was named by anybody."""
    recommended: Sparse
    """(c, n items) 1 where it was recommended, and had not been named before."""
    conversation: Rows
    """(m,) number of each moment's conversation."""
    answers: Sparse
    """(m, n items) 1 where an item was recommended at the moment."""
    heard: Mapping[str, Floats]
    """View (`VIEWS`) → (m, dim) what had been said by then, see `Context.heard_as`."""
    centre: Floats
    """(dim,) mean vector of a message."""

    @classmethod
    def of(cls, conversations: Sequence[Sequence[Turn]], n_items: int, encode: Encode, dim: int) -> Self:
        """Read conversations once.

        Args:
            encode: what turns texts into vectors of length ``dim``.
        """
        said = [turn.beginning for turns in conversations for turn in turns]
        centre = encode(said).mean(axis=0) if said and dim else np.zeros(dim, np.float32)
        named: list[tuple[int, int]] = []
        recommended: list[tuple[int, int]] = []
        answers: list[tuple[int, int]] = []
        conversation: list[int] = []
        heard: dict[str, list[Floats]] = {view: [] for view in VIEWS}
        for number, turns in enumerate(conversations):
            named += [(number, row) for row in dict.fromkeys(row for turn in turns for row in turn.rows)]
            for at, new in moments_of(turns):
                answers += [(len(conversation), row) for row in new]
                recommended += [(number, row) for row in new]
                conversation.append(number)
                for view, vector in understood(turns[:at]).heard_as(encode, centre).items():
                    heard[view].append(vector)
        c, m = len(conversations), len(conversation)
        return cls(
            _ones(named, (c, n_items)),
            _ones(recommended, (c, n_items)),
            np.array(conversation, np.int32),
            _ones(answers, (m, n_items)),
            {view: np.array(rows, np.float32).reshape(m, dim) for view, rows in heard.items()},
            np.asarray(centre, np.float32),
        )

    @classmethod
    def none(cls, n_items: int, dim: int = 0) -> Self:
        """No conversation yet."""
        return cls.of([], n_items, lambda texts: np.zeros((len(texts), dim), np.float32), dim)

    def without(self, conversations: Mask) -> Self:
        """The same without some conversations, (c,) True: what was known before they took place."""
        kept = ~conversations
        moments = kept[self.conversation]
        number = np.cumsum(kept, dtype=np.int32) - 1
        return type(self)(
            self.named[kept],
            self.recommended[kept],
            number[self.conversation[moments]],
            self.answers[moments],
            {view: rows[moments] for view, rows in self.heard.items()},
            self.centre,
        )

    def __len__(self) -> int:
        """Conversations."""
        return int(self.named.shape[0])

    @cached_property
    def times_named(self) -> Floats:
        """(n items,) conversations that name an item."""
        return np.asarray(self.named.sum(axis=0), np.float32).ravel()

    @cached_property
    def times_recommended(self) -> Floats:
        """(n items,) conversations that recommend it."""
        return np.asarray(self.recommended.sum(axis=0), np.float32).ravel()

    def together(self, rows: Rows) -> Floats:
        """(len(rows), n items) conversations that name both; 0 for an item and itself."""
        found: Floats = (self._columns[rows] @ self.named).toarray()
        found[np.arange(len(rows)), rows] = 0
        return found

    def after(self, view: str, heard: Floats) -> Floats:
        """(n items,) share of an item in what was recommended at the most similar moments; the shares sum to ≥ 1."""
        moments = self._units[view]
        length = float(np.linalg.norm(heard - self.usual(view)))
        found = np.zeros(self.named.shape[1], np.float32)
        if not len(moments) or length < 1e-6:
            return found
        alike = moments @ ((heard - self.usual(view)) / np.float32(length))
        top = np.argpartition(-alike, min(NEIGHBOURS, len(alike)) - 1)[:NEIGHBOURS]
        say = np.exp(SHARPNESS * (alike[top] - alike[top].max()))
        return np.asarray((say / say.sum()) @ self.answers[top], np.float32)

    def usual(self, view: str) -> Floats:
        """(dim,) mean of what had been said by the moments."""
        return self._means[view]

    def save(self, folder: ArtifactFolder) -> None:
        """Arrays and JSON."""
        folder.write_sparse("named", self.named)
        folder.write_sparse("recommended", self.recommended)
        folder.write_sparse("answers", self.answers)
        folder.write("conversation", self.conversation)
        folder.write("centre", self.centre)
        for view in VIEWS:
            folder.write(f"heard-{view}", self.heard[view])

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """What `save` wrote."""
        return cls(
            folder.read_sparse("named"),
            folder.read_sparse("recommended"),
            folder.read("conversation", mapped=False),
            folder.read_sparse("answers"),
            {view: folder.read(f"heard-{view}") for view in VIEWS},
            folder.read("centre", mapped=False),
        )

    @cached_property
    def _columns(self) -> Sparse:
        """(n items, c)."""
        turned: Sparse = self.named.T.tocsr()
        return turned

    @cached_property
    def _means(self) -> Mapping[str, Floats]:
        return {
            view: rows.mean(axis=0) if len(rows) else np.zeros(rows.shape[1], np.float32)
            for view, rows in self.heard.items()
        }

    @cached_property
    def _units(self) -> Mapping[str, Floats]:
        return {view: unit_rows(rows - self.usual(view)) for view, rows in self.heard.items()}


def _ones(places: Sequence[tuple[int, int]], shape: tuple[int, int]) -> Sparse:
    rows, columns = np.array(places, np.int64).reshape(-1, 2).T
    return sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
