"""Which items of a catalogue meet a tree of conditions."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask, Rows
from ...catalogue import KIND_CODE, Catalogue
from ...conditions import All, AnyOf, AtLeast, AtMost, Is, Not, Numbered
from ...dataset import History
from ...items import ItemKind
from ...topics import topic_key
from ..sources.words import index
from ..stages import Request, World


def meets(condition: Is | AtLeast | AtMost | All | AnyOf | Not, request: Request) -> Mask:
    """(n items,) True where the tree holds."""
    if isinstance(condition, Not):
        return ~meets(condition.of, request)
    if isinstance(condition, All | AnyOf):
        mask = np.full(len(request.world.catalogue), isinstance(condition, All))
        for one in condition.of:
            mask = mask & meets(one, request) if isinstance(condition, All) else mask | meets(one, request)
        return mask
    if isinstance(condition, Is):
        return _named(condition, request)
    numbers, known = numbers_of(condition.field, request.world)
    with np.errstate(over="ignore"):  # a limit beyond every number is infinite, and compared so
        beyond = numbers >= condition.value if isinstance(condition, AtLeast) else numbers <= condition.value
    return np.asarray(beyond & known, dtype=bool)


def _named(condition: Is, request: Request) -> Mask:
    catalogue, value = request.world.catalogue, condition.value.strip()
    if condition.field == "word":
        return index(request).having(value)
    if condition.field == "language":
        return np.asarray(catalogue.languages == value.split("-")[0].lower(), dtype=bool)
    if condition.field == "kind":
        code = KIND_CODE[ItemKind(value.lower())] if value.lower() in set(ItemKind) else None
        return np.asarray(catalogue.kinds == code, dtype=bool) if code is not None else _only(np.array([]), catalogue)
    if condition.field == "id":
        rows = catalogue.rows([value])
        return _only(rows[rows >= 0], catalogue)
    return _only(catalogue.topics.rows(topic_key(condition.field, value)), catalogue)


def _only(rows: Rows, catalogue: Catalogue) -> Mask:
    mask: Mask = np.zeros(len(catalogue), dtype=bool)
    mask[rows.astype(np.int32)] = True
    return mask


def numbers_of(field: Numbered, world: World) -> tuple[np.ndarray, Mask]:
    """(n items,) the numbers, and where they are stated."""
    catalogue = world.catalogue
    if field == "popularity":
        met = popularity(world)
        return met, ~np.isnan(met)
    if field == "duration_s":
        return catalogue.durations, ~np.isnan(catalogue.durations)
    numbers = catalogue.years if field == "year" else catalogue.maturity
    return numbers, np.asarray(numbers >= 0, dtype=bool)


def popularity(world: World) -> Floats:
    """(n items,) how popular each item is with everybody; NaN where nothing tells."""

    def build() -> Floats:
        if world.counts is not None:
            return world.counts
        found = np.full(len(world.catalogue), np.nan, dtype=np.float32)
        model = world.models.get("popular_all")
        if model is not None:
            known = model.score(History.of(np.zeros(0, dtype=np.int32)))
            found[: len(known)] = known
        return found

    return world.derived("popularity", build)
