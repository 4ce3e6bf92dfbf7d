"""Which items are copies of one recording: the links, followed from item to item."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ...arrays import Rows
from ...catalogue import Catalogue
from ...prints import Duplicate

COVERS = 0.5
"""A link joins two items where it covers this share of the longer one: a trailer is no copy of its film."""


def copies(catalogue: Catalogue, links: Iterable[Duplicate], sounding: Collection[str]) -> Rows:
    """(n rows of the catalogue,) the number of the recording of which an item is one of several copies; -1: no copies.

    Args:
        sounding: the items whose sound has a print. Where both have one, the pictures alone make no copy: two songs
            over the same still picture, or a film in two languages, are two things.
    """
    joined = [
        (link.item_id, link.other_id)
        for link in links
        if link.covers >= COVERS
        and (link.space == "sound_print" or not (link.item_id in sounding and link.other_id in sounding))
    ]
    numbers = np.full(len(catalogue), -1, dtype=np.int32)
    pairs = np.stack([catalogue.rows(one for one, _ in joined), catalogue.rows(other for _, other in joined)])
    pairs = pairs[:, (pairs >= 0).all(axis=0)]
    if pairs.shape[1]:
        graph = sparse.coo_array((np.ones(pairs.shape[1]), tuple(pairs)), shape=(len(catalogue), len(catalogue)))
        touched = np.unique(pairs)
        numbers[touched] = connected_components(graph, directed=False)[1][touched]
    return numbers
