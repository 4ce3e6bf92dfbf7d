"""What people did, in order, as batches of nearly equal length: the reading side of every model of sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Mask, Rows, Times
from ..dataset import Dataset, History

WHOLE_CATALOGUE = 5_000
"""Items up to which a loss that is left to the model compares with all of them."""


@dataclass(frozen=True)
class Sequences:
    """Events of many people, one person after the other, each oldest first; columns as in `Dataset`.

    Person p has ``offsets[p]:offsets[p + 1]``. Only events that say something about an item that the model knows.
    """

    items: Rows
    weights: Floats
    kinds: NDArray[np.uint8]
    timestamps: Times
    offsets: NDArray[np.int64]

    @classmethod
    def of_dataset(cls, dataset: Dataset, negative: bool) -> Sequences:
        """Everybody's events that speak for their item; with ``negative`` also those that speak against it."""
        keep = dataset.weights != 0 if negative else dataset.positive
        return cls(
            items=dataset.items[keep],
            weights=dataset.weights[keep],
            kinds=dataset.kinds[keep],
            timestamps=dataset.timestamps[keep],
            offsets=np.concatenate(([0], np.cumsum(keep)))[dataset.offsets],
        )

    @classmethod
    def of_histories(cls, histories: Sequence[History], known: Mask, negative: bool, newest: int) -> Sequences:
        """The ``newest`` events of each history that say something about a ``known`` item."""
        parts = []
        for history in histories:
            keep = (history.items >= 0) & (history.items < len(known))
            keep &= history.weights != 0 if negative else history.weights > 0
            keep[keep] = known[history.items[keep]]
            parts.append(history.only(keep).only(slice(-newest, None)))
        return cls(
            items=np.concatenate([p.items for p in parts]),
            weights=np.concatenate([p.weights for p in parts]),
            kinds=np.concatenate([p.kinds for p in parts]),
            timestamps=np.concatenate([p.timestamps for p in parts]),
            offsets=np.cumsum([0, *map(len, parts)]),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(people,) events of each."""
        return np.diff(self.offsets)

    def batch(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> Batch:
        """The events ``starts[b]:stops[b]`` of these columns as rows of one rectangle, empty places at the end."""
        lengths = stops - starts
        places = starts[:, None] + np.arange(max(int(lengths.max(initial=0)), 1))
        filled = places < stops[:, None]
        places = np.minimum(places, max(len(self.items) - 1, 0))

        def laid(column: NDArray[Any]) -> NDArray[Any]:
            return np.where(filled, column[places], np.zeros(1, column.dtype))

        return Batch(laid(self.items), laid(self.weights), laid(self.kinds), laid(self.timestamps), filled)


@dataclass(frozen=True)
class Batch:
    """B sequences of up to L events; all arrays are (B, L), oldest first, and hold 0 where ``filled`` is false."""

    items: Rows
    weights: Floats
    kinds: NDArray[np.uint8]
    timestamps: Times
    filled: Mask


def windows(sequences: Sequences, length: int, least: int, rng: np.random.Generator | None = None) -> NDArray[np.int64]:
    """(n, 2) begin and end of stretches of up to ``length`` events that cover everybody's history.

    Long histories are cut from their end; with ``rng`` a random number of newest events is kept apart as a stretch of
    its own, so that the cuts fall elsewhere each time. Stretches below ``least`` events teach nothing and are left out.
    """
    cut: list[NDArray[np.int64]] = []
    begins, ends = sequences.offsets[:-1], sequences.offsets[1:]
    short = ends - begins <= length
    cut.append(np.stack([begins[short], ends[short]], axis=1))
    for begin, end in zip(begins[~short].tolist(), ends[~short].tolist(), strict=True):
        newest = length if rng is None else int(rng.integers(1, length + 1))
        stops = np.concatenate(([end], np.arange(end - newest, begin, -length)))
        cut.append(np.stack([np.maximum(np.append(stops[1:], begin), begin), stops], axis=1))
    stretches = np.concatenate(cut).astype(np.int64)
    return stretches[stretches[:, 1] - stretches[:, 0] >= least]


def bucketed(
    stretches: NDArray[np.int64], events: int, rng: np.random.Generator | None = None
) -> Iterator[NDArray[np.int64]]:
    """Indices of stretches that make one batch each: of nearly one length, up to ``events`` places in all.

    With ``rng``, equals are mixed and the batches come in random order; otherwise the longest come first.
    """
    lengths = stretches[:, 1] - stretches[:, 0]
    mixed = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))
    order = mixed[np.argsort(-lengths[mixed], kind="stable")]
    batches, begin = [], 0
    while begin < len(order):
        count = max(1, events // max(int(lengths[order[begin]]), 1))
        batches.append(order[begin : begin + count])
        begin += count
    yield from batches if rng is None else (batches[b] for b in rng.permutation(len(batches)))
