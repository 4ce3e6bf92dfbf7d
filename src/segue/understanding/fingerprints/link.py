"""Link new items to those that hold the same: by the index, then by a close look. Nothing is ever deleted.

Only prints that have not been compared yet ask; the files of the others are not read again, and of their prints only
the keys, and the codes of the few that share some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...prints import Duplicate
from ...storage.rows import Store
from . import picture, sound
from .base import Compare
from .index import Index

COMPARES: dict[str, Compare] = {"sound_print": sound.compare, "picture_print": picture.compare}
"""By space, how two prints of it are compared."""
AT_ONCE = 500
"""New items that ask together; a kill loses at most the comparing of these."""


def link_duplicates(
    store: Store, progress: Callable[[str, float, float], None] | None = None, item_ids: Sequence[str] | None = None
) -> int:
    """Compare every new print with all others; returns how many links there are now of the items compared.

    Args:
        item_ids: a few items whose prints alone are compared, if they are new; None: all.
    """
    links = 0
    for space, compare in COMPARES.items():
        done = 0
        while new := store.unlinked(space, AT_ONCE, item_ids):
            links += store.put_duplicates(space, list(new), list(_links(store, space, new, compare)))
            done += len(new)
            if progress:
                progress(f"comparing {space}", done, done)
    return links


def _links(store: Store, space: str, new: dict[str, NDArray[np.uint32]], compare: Compare) -> Iterator[Duplicate]:
    ids, keys, rows = store.print_keys(space)
    index = Index(keys, rows, np.unique(np.concatenate(list(new.values()))))
    del keys, rows
    asked: set[tuple[str, str]] = set()
    for item_id, asks in new.items():
        near = [ids[row] for row in index.find(asks)[0]]
        near = [other for other in near if other != item_id and (other, item_id) not in asked]
        codes = store.print_codes(space, [item_id, *near])
        for other in near:
            asked.add((item_id, other))
            if item_id in codes and other in codes and (found := compare(codes[item_id], codes[other])):
                yield Duplicate(space=space, item_id=item_id, other_id=other, **vars(found))
