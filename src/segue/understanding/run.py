"""Understand a catalogue: every encoder reads what is new or has changed, and nothing else.

Readings are stored batch by batch, so that a run that is stopped loses at most a batch and the next one goes on from
there. Encoders that decode media work in processes of their own (`workers`): a file that kills one is reported, and the
run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Floats
from ..catalogue import Catalogue
from ..errors import NotFound, SegueError
from ..items import Item
from ..readings import Reading
from ..settings import Settings, UnderstandingSettings
from ..storage.rows import Store
from .encoders import TABLE
from .encoders.base import Encoder, WordEncoder
from .fuse import Projection, serving_projection
from .knowledge.run import SPACE, read_relations
from .workers import read_in_processes

Progress = Callable[[str, float, float], None]
"""Called with the space, how many items are done and how many there are to do."""

_BATCHES_AT_ONCE = 8
"""Texts are sorted by length among so many batches, then stored together."""
_STORED_AT_ONCE = 16
"""Media readings that a kill may lose."""


@dataclass
class SpaceReport:
    """What one encoder did."""

    space: str
    done: int = 0
    """Items read now (with a vector, or found to hold nothing of this kind)."""
    unchanged: int = 0
    failed: int = 0
    seconds: float = 0.0


@dataclass
class UnderstandReport:
    """What a run did, space by space."""

    spaces: list[SpaceReport] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    """``{"where": item or space, "what": one sentence}``"""

    @property
    def done(self) -> int:
        return sum(s.done for s in self.spaces)

    @property
    def unchanged(self) -> int:
        return sum(s.unchanged for s in self.spaces)

    @property
    def failed(self) -> int:
        return sum(s.failed for s in self.spaces)

    def as_json(self) -> dict[str, Any]:
        """The shape of ``segue understand --json``."""
        return {
            "done": self.done,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "spaces": [
                {
                    "space": s.space,
                    "done": s.done,
                    "unchanged": s.unchanged,
                    "failed": s.failed,
                    "seconds": round(s.seconds, 2),
                }
                for s in self.spaces
            ],
            "problems": self.problems,
        }


def understand(
    store: Store,
    settings: Settings,
    *,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    workspace: Path = Path(),
) -> UnderstandReport:
    """Read every item whose content, or whose encoder, has changed since it was last read.

    Args:
        only: names of the spaces to read, ``knowledge`` for the relations; None: all.
        workspace: folder that relative media paths start from, and that media may be read from.

    Raises:
        NotFound: ``only`` names an encoder that does not exist.
    """
    names = [*TABLE, SPACE] if only is None else list(only)
    for name in names:
        if name not in TABLE and name != SPACE:
            raise NotFound.named("encoder", name, [*TABLE, SPACE])
    report = UnderstandReport()
    if SPACE in names:
        names.remove(SPACE)
        began = time.monotonic()
        done, unchanged = read_relations(store, store.items())
        report.spaces.append(SpaceReport(SPACE, done, unchanged, seconds=time.monotonic() - began))
    for name in names:
        space = SpaceReport(name)
        report.spaces.append(space)
        began = time.monotonic()
        encoder = TABLE.load(name)(settings, workspace)
        todo = _changed(store, encoder, space)
        stored = 0
        try:
            for readings in _read(encoder, todo):
                store.put_readings(readings)
                for reading in readings:
                    if reading.problem:
                        space.failed += 1
                        report.problems.append({"where": reading.item_id, "what": f"{name}: {reading.problem}"})
                    else:
                        space.done += 1
                stored += len(readings)
                if progress:
                    progress(name, stored, len(todo))
        except SegueError as error:
            # The encoder as a whole cannot work (no weights, no ffmpeg): the other spaces take its place.
            space.failed += len(todo) - stored
            report.problems.append({"where": name, "what": str(error)})
        space.seconds = time.monotonic() - began
    return report


def understand_items(store: Store, settings: Settings, item_ids: Sequence[str], workspace: Path = Path()) -> list[str]:
    """Read a few items that have just come, words first, so that they are found before their media are decoded.

    Returns:
        What could not be read, a sentence each; such an item keeps what else was read of it.
    """
    kept = _word_encoders(settings.understanding.model_dump_json(), workspace)
    encoders = [*kept.values(), *(TABLE.load(name)(settings, workspace) for name in TABLE if name not in kept)]
    problems = []
    read_relations(store, store.find_items(item_ids).values())
    for encoder in encoders:
        try:
            items = list(store.find_items(item_ids).values())
            known = {r.item_id: r.fingerprint for r in store.readings(item_ids, space=encoder.name)}
            todo = [
                item
                for item in items
                if (encoder.wants(item) is not None or item.id in known)
                and known.get(item.id) != encoder.fingerprint(item)
            ]
            for readings in _read(encoder, todo):
                store.put_readings(readings)
                problems += [f"{r.item_id}: {encoder.name}: {r.problem}" for r in readings if r.problem]
        except SegueError as error:
            problems.append(f"{encoder.name}: {error}")
    return problems


def _changed(store: Store, encoder: Encoder, space: SpaceReport) -> list[Item]:
    """The items to read. One that never had anything of this modality is not worth a row."""
    known = store.fingerprints(encoder.name)
    todo = []
    for item in store.items():
        before = known.get(item.id)
        if before is None:
            if encoder.wants(item) is not None:
                todo.append(item)
        elif before == encoder.fingerprint(item):
            space.unchanged += 1
        else:
            todo.append(item)
    return todo


def _read(encoder: Encoder, items: list[Item]) -> Iterator[list[Reading]]:
    """Readings in the batches in which they are stored."""
    if encoder.decodes_media:
        yield from read_in_processes(encoder, items, _STORED_AT_ONCE)
        return
    size = encoder.settings.understanding.batch_size * _BATCHES_AT_ONCE
    for start in range(0, len(items), size):
        yield encoder.encode(items[start : start + size])


def vectors_for(
    catalogue: Catalogue, store: Store, settings: Settings, projection: Projection | None = None
) -> tuple[dict[str, Floats], Projection]:
    """Content vectors by space, (n rows of the catalogue, dim) each with NaN rows where there is none, and ``mixed``.

    Args:
        projection: of the serving version; None: one is fitted on this catalogue.

    Returns:
        The vectors and the projection that made ``mixed``. A space without any vector is left out, and so is ``mixed``
        when there are none at all.
    """
    vectors: dict[str, Floats] = {}
    for space in TABLE:
        ids, found = store.vectors(space)
        rows = catalogue.rows(ids)
        here = rows >= 0
        if here.any():
            vectors[space] = np.full((len(catalogue), found.shape[1]), np.nan, np.float32)
            vectors[space][rows[here]] = found[here]
    if projection is None:
        wanted = settings.understanding
        projection = serving_projection(vectors, wanted.alpha, wanted.serving_dim)
    mixed = projection.apply(vectors) if vectors and projection.means else None
    return ({**vectors, "mixed": mixed} if mixed is not None else vectors), projection


def encode_words(words: str, settings: Settings, workspace: Path = Path()) -> dict[str, Floats]:
    """The words of a query in every space that words have (``text``, ``ngram``): space → (dim,) unit vector.

    A space in which they say nothing is left out.

    Raises:
        MissingLibrary: the text model is not installed.
    """
    kept = _word_encoders(settings.understanding.model_dump_json(), workspace)
    found = {name: encoder.encode_words([words])[0] for name, encoder in kept.items()}
    return {name: vector for name, vector in found.items() if vector.any()}


@lru_cache(maxsize=4)
def _word_encoders(understanding: str, workspace: Path) -> Mapping[str, WordEncoder]:
    """Kept between queries, since loading a text model takes seconds."""
    settings = Settings(understanding=UnderstandingSettings.model_validate_json(understanding))
    encoders = {name: TABLE.load(name) for name in TABLE}
    return {
        name: encoder(settings, workspace) for name, encoder in encoders.items() if issubclass(encoder, WordEncoder)
    }
