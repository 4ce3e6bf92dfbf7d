"""What annotators know of an item's content: its vectors by space, with the labels taken out where they would tell.

A head that learns genres must not read the genres in the item's own words. For items that state labels, the word spaces
are therefore read again without them, as the spaces ``text.bare`` and ``ngram.bare``; for all others the vectors that
serve are these already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...arrays import Floats, Mask
from ...items import Item
from ...settings import Settings
from ...storage.rows import Store
from ..encoders import TABLE, chosen
from ..encoders.base import WordEncoder
from ..encoders.text import item_text

BARE = ".bare"
"""What the name of a word space ends with where the labels have been taken out."""
_AT_ONCE = 256


def content_key(item: Item) -> str:
    """What a person has judged when they judge an item's content: its words and its files."""
    words = (item.title, item.series, item.album, item.description, item.lyrics_or_transcript)
    return "\x1f".join(part or "" for part in (*words, item.media_uri, item.cover_uri))


def bare(item: Item) -> Item:
    """The item without the labels that its owner states."""
    return item.model_copy(update={"genres": (), "tags": ()}) if item.genres or item.tags else item


def bare_texts(items: Sequence[Item]) -> list[str]:
    """What is written about each item, without those labels."""
    return [item_text(bare(item)) for item in items]


def features(store: Store, items: Sequence[Item], dims: Mapping[str, int]) -> tuple[Floats, Mask]:
    """(n, dims of the spaces + 1 each) vectors side by side with a column each for "nothing known", and (n,) whether
    anything is known.

    What an item states about itself as labels is not in them, as far as `read_bare` has been over the items.

    Args:
        dims: length of the vectors by space; vectors of another length count as unknown.
    """
    row_of = {item.id: row for row, item in enumerate(items)}
    labelled = {item.id for item in items if item.genres or item.tags}
    found: dict[str, dict[int, Floats]] = {space: {} for space in dims}
    worded = word_spaces()
    for reading in store.readings(row_of):
        space, _, kind = reading.space.partition(".")
        if reading.vector is None or space not in found:
            continue
        if space in worded and (kind == "bare") != (reading.item_id in labelled):
            continue
        found[space][row_of[reading.item_id]] = reading.vector
    blocks = []
    anything = np.zeros(len(items), bool)
    for space, dim in dims.items():
        block = np.zeros((len(items), dim + 1), np.float32)
        block[:, -1] = 1
        for row, vector in found[space].items():
            if len(vector) == dim:
                block[row, :-1], block[row, -1] = vector, 0
                anything[row] = True
        blocks.append(block)
    whole = np.concatenate(blocks, axis=1) if blocks else np.zeros((len(items), 0), np.float32)
    return whole, anything


def prints_of(store: Store, spaces: Iterable[str], item_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Space → item id → fingerprint of what was read of a few items."""
    return {space: {r.item_id: r.fingerprint for r in store.readings(item_ids, space)} for space in spaces}


def word_spaces() -> tuple[str, ...]:
    """The spaces that words have."""
    return tuple(name for name in TABLE if issubclass(TABLE.load(name), WordEncoder))


def read_bare(
    store: Store,
    settings: Settings,
    workspace: Path,
    items: Sequence[Item],
    spaces: Sequence[str],
    progress: Callable[[str, float, float], None],
) -> None:
    """Read the words of labelled items without their labels, where that has not been done; stored batch by batch."""
    for space in spaces:
        if space not in word_spaces():
            continue
        encoder = chosen(space, settings, workspace)
        known = store.fingerprints(space + BARE)
        todo = [
            item
            for item in items
            if (item.genres or item.tags) and known.get(item.id) != encoder.fingerprint(bare(item))
        ]
        for start in range(0, len(todo), _AT_ONCE):
            batch = [bare(item) for item in todo[start : start + _AT_ONCE]]
            store.put_readings(replace(reading, space=space + BARE) for reading in encoder.encode(batch))
            progress(f"{space} without labels", min(start + _AT_ONCE, len(todo)), len(todo))
