"""Small worlds whose right answers are known, for contract tests and examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from ..arrays import Floats, Rows
from ..catalogue import Catalogue
from ..dataset import Dataset, Holdout
from ..events import Event, EventKind, EventTable
from ..items import Credit, Item, ItemKind
from ..settings import Settings

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
"""When the first event of every world happens."""

SPACES = ("text", "audio", "picture", "mixed")
"""Content spaces that the worlds have vectors in."""

_GENRES = ("jazz", "noir", "古典", "comedy", "ambient", "documentary", "rock", "纪录片")


@dataclass(frozen=True)
class Checkerboard:
    """Groups of people who complete everything their own group likes, except one item each: the diagonal.

    Person j of a group begins after item j and goes round, so that what is withheld is also what comes next. Whoever
    has understood the groups ranks ``withheld[u]`` first among the items that person u has not met.
    """

    items: tuple[Item, ...]
    events: tuple[Event, ...]
    dataset: Dataset
    item_groups: Rows
    """(n items,) group of each item."""
    user_groups: Rows
    """(n users,) group of each person."""
    withheld: Rows
    """(n users,) the item row that each person must be shown first."""

    @property
    def holdout(self) -> Holdout:
        """The withheld items as answers."""
        return Holdout.of({u: [i] for u, i in enumerate(self.withheld.tolist())})


def checkerboard(groups: int = 2, size: int = 8, dim: int = 16, seed: int = 7) -> Checkerboard:
    """``groups`` × ``size`` people and as many items.

    Args:
        groups: number of groups, at most 8.
        size: people, and items, in one group; at least 3.
        dim: length of the content vectors, which point along the axis of the item's group, with a little noise.
        seed: of that noise.

    Item row i and person i belong to group ``i % groups``; a group's genre is the name of the group.
    """
    n = groups * size
    group = np.arange(n, dtype=np.int32) % groups
    kinds = list(ItemKind)
    items = tuple(
        Item(
            id=f"i{i}",
            kind=kinds[i // groups % len(kinds)],
            title=f"Title {i}",
            description=f"Number {i // groups} of the {_GENRES[g]} group.",
            genres=(_GENRES[g],),
            creators=(Credit(f"Maker {g}", "artist"),),
            released=str(1990 + i % 30),
            duration_s=60.0 + i,
        )
        for i, g in enumerate(group.tolist())
    )
    events: list[Event] = []
    for user in range(n):
        g, j = user % groups, user // groups
        for step in range(1, size):
            row = ((j + step) % size) * groups + g
            events.append(
                Event(
                    id=f"e{len(events)}",
                    user_id=f"u{user}",
                    item_id=f"i{row}",
                    kind=EventKind.COMPLETE,
                    at=BEGINNING + timedelta(hours=step, seconds=user),
                )
            )
    catalogue = Catalogue.build(items)
    return Checkerboard(
        items=items,
        events=tuple(events),
        dataset=Dataset.build(catalogue, EventTable.of(events), Settings().signals, group_vectors(group, dim, seed)),
        item_groups=group,
        user_groups=group,
        withheld=np.arange(n, dtype=np.int32),
    )


def group_vectors(groups: Rows, dim: int, seed: int) -> dict[str, Floats]:
    """Content vectors of length 1 in every space: (n, dim), near for items of one group and far for others."""
    rng = np.random.default_rng(seed)
    vectors = {}
    for space in SPACES:
        matrix = rng.normal(scale=0.05, size=(len(groups), dim))
        matrix[np.arange(len(groups)), groups] += 1
        vectors[space] = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return vectors
