"""Understand a catalogue: every encoder reads what is new or has changed, and nothing else.

Words are stored batch by batch, media and what is heard item by item, so that a run that is stopped loses no more than
that and the next one goes on from there. Encoders that decode media work in processes of their own (`workers`): a file
that kills one is reported, and the run goes on.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..arrays import Floats
from ..catalogue import Catalogue
from ..errors import NotFound, SegueError
from ..items import Item
from ..readings import Reading
from ..settings import Settings, UnderstandingSettings
from ..storage.rows import Store
from . import derived, temporal
from .encoders import TABLE, chosen, kind_of
from .encoders.base import Encoder, WordEncoder
from .fingerprints.link import link_duplicates
from .fuse import WORD_SHARES, Projection, serving_projection
from .knowledge.run import SPACE as KNOWLEDGE
from .knowledge.run import read_relations
from .transcripts import SPACE as TRANSCRIPT
from .transcripts import with_transcripts
from .workers import read_in_processes

log = logging.getLogger(__name__)

Progress = Callable[[str, float, float], None]
"""Called with the space, how many items are done and how many there are to do."""

Lane = Literal["words", "media"]
LANES: tuple[Lane, ...] = ("words", "media")
"""What may be read of new items apart from each other, the quick one first."""
_STORED_AT_ONCE = 1
"""Media readings of one transaction. What a kill costs is what is being read at that moment, and no more."""
_FILMS_LEARNT, _FILMS_POOLED = 20_000, 2_000
"""Films, spread evenly over the catalogue, from which the order of shots is learnt; for whose mean and directions."""


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
    """``{"where": item, space or annotator, "what": one sentence}``"""
    warnings: list[dict[str, str]] = field(default_factory=list)
    """What went otherwise than meant without anything being lost, in the same shape."""
    duplicates: int = 0
    """Links found between what was read now and everything there is."""
    steps: list[dict[str, Any]] = field(default_factory=list)
    """What each annotator did, and the steps that follow them, as JSON; see `segue.understanding.annotate`."""

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
            "duplicates": self.duplicates,
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
            "annotators": self.steps,
            "problems": self.problems,
            "warnings": self.warnings,
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
        only: names of the spaces to read, ``knowledge`` for the relations by rules; None: all.
        workspace: folder that relative media paths start from, and that media may be read from.

    Raises:
        NotFound: ``only`` names an encoder that does not exist.
    """
    names = [*TABLE, KNOWLEDGE] if only is None else list(only)
    for name in names:
        if name not in TABLE and name != KNOWLEDGE:
            raise NotFound.named("encoder", name, [*TABLE, KNOWLEDGE])
    report = UnderstandReport()
    if KNOWLEDGE in names:
        names.remove(KNOWLEDGE)
        began = time.monotonic()
        done, unchanged = read_relations(store, store.items())
        report.spaces.append(SpaceReport(KNOWLEDGE, done, unchanged, seconds=time.monotonic() - began))
    for name in names:
        space = SpaceReport(name)
        report.spaces.append(space)
        began = time.monotonic()
        encoder = chosen(name, settings, workspace)
        todo: list[Item] = []
        stored = 0
        try:
            todo = _changed(store, encoder, space)
            _make_room(encoder, todo)
            for readings in _read(encoder, todo):
                store.put_readings(readings)
                for reading in readings:
                    if reading.problem:
                        space.failed += 1
                        report.problems.append({"where": reading.item_id, "what": f"{name}: {reading.problem}"})
                    else:
                        space.done += 1
                    report.warnings.extend({"where": reading.item_id, "what": remark} for remark in _remarks(reading))
                stored += len(readings)
                if progress:
                    progress(name, stored, len(todo))
        except SegueError as error:
            # The encoder as a whole cannot work (no weights, no ffmpeg): the other spaces take its place.
            space.failed += len(todo) - stored
            report.problems.append({"where": name, "what": str(error)})
        report.warnings.extend({"where": name, "what": remark} for remark in encoder.remarks)
        space.seconds = time.monotonic() - began
    _sweep(store, workspace)
    report.duplicates = link_duplicates(store, progress)
    return report


def _sweep(store: Store, workspace: Path) -> None:
    """Delete the pictures made of films that are gone or have changed."""
    if (workspace / derived.FOLDER).is_dir():
        found = (reading.facts.get("derived") for reading in store.readings(space="picture"))
        derived.sweep(workspace, {facts["key"] for facts in found if facts})


def understand_items(
    store: Store,
    settings: Settings,
    item_ids: Sequence[str],
    workspace: Path = Path(),
    lanes: Sequence[Lane] = LANES,
) -> list[str]:
    """Read a few items that have just come, words first, so that they are found before their media are decoded.

    Args:
        lanes: ``words``: what stands in the items, which is quick; ``media``: their files, the words that are said in
            them, and which items are copies of each other.

    Returns:
        What could not be read, a sentence each; such an item keeps what else was read of it.
    """
    kept = _word_encoders(settings.understanding.model_dump_json(), workspace)
    encoders = {name: kept[name] if name in kept else chosen(name, settings, workspace) for name in TABLE}
    problems = []
    if "words" in lanes:
        read_relations(store, store.find_items(item_ids).values(), item_ids)
    for name in _order_for_few(settings, lanes):
        encoder = encoders[name]
        try:
            todo = _changed(store, encoder, SpaceReport(name), item_ids)
            _make_room(encoder, todo)
            for readings in _read(encoder, todo):
                store.put_readings(readings)
                problems += [f"{r.item_id}: {name}: {r.problem}" for r in readings if r.problem]
                problems += [f"{r.item_id}: {remark}" for r in readings for remark in _remarks(r)]
        except SegueError as error:
            problems.append(f"{name}: {error}")
    if "media" in lanes:
        link_duplicates(store, item_ids=item_ids)
    return problems


def _order_for_few(settings: Settings, lanes: Sequence[Lane]) -> list[str]:
    """The spaces in which new items are read, one after another: words come once before it is known what is said in the
    items, so that these are found at once, and once after. Where somebody has to listen, that comes last.
    """
    words = [name for name in TABLE if name in WORD_SHARES]
    media = [name for name in TABLE if name not in WORD_SHARES and name != TRANSCRIPT]
    spoken = [TRANSCRIPT, *words]
    listens = settings.speech.url or settings.speech.model
    heard_and_seen = [*media, *spoken] if listens else [*spoken, *media]
    return [*(words if "words" in lanes else ()), *(heard_and_seen if "media" in lanes else ())]


def _changed(store: Store, encoder: Encoder, space: SpaceReport, item_ids: Sequence[str] | None = None) -> list[Item]:
    """The items to read. One that never had anything of this modality is not worth a row.

    Args:
        item_ids: of those that are looked at; None: all.
    """
    if item_ids is None:
        known, items = store.fingerprints(encoder.name), store.items()
    else:
        known = {reading.item_id: reading.fingerprint for reading in store.readings(item_ids, space=encoder.name)}
        items = iter(store.find_items(item_ids).values())
    lacking = _without_pictures(store, encoder, item_ids)
    todo = []
    for item in items if encoder.name == TRANSCRIPT else with_transcripts(items, store, item_ids):
        before = known.get(item.id)
        if before is None:
            if encoder.wants(item) is not None:
                todo.append(item)
        elif encoder.is_current(item, before) and item.id not in lacking:
            space.unchanged += 1
        else:
            todo.append(item)
    return todo


def _without_pictures(store: Store, encoder: Encoder, item_ids: Sequence[str] | None) -> set[str]:
    """Films of which there should be pictures for people, and are none (any more)."""
    if encoder.name != "picture" or not encoder.settings.understanding.film_pictures:
        return set()
    found = store.readings(item_ids, space="picture")
    return {reading.item_id for reading in found if derived.is_lacking(encoder.workspace, reading.facts)}


def _make_room(encoder: Encoder, todo: Sequence[Item]) -> None:
    """Make the folder without which no pictures are made of films."""
    if todo and encoder.name == "picture" and encoder.settings.understanding.film_pictures:
        (encoder.workspace / derived.FOLDER).mkdir(exist_ok=True)


def _remarks(reading: Reading) -> list[str]:
    """What stood in the way although something was read: files passed over, a film that its cover stands in for."""
    facts = reading.facts
    told = [*facts.get("passed_over", ()), *(facts[n] for n in ("track_problem", "film_problem") if n in facts)]
    return [f"{reading.space}: {remark}" for remark in told]


def _read(encoder: Encoder, items: list[Item]) -> Iterator[list[Reading]]:
    """Readings in the batches in which they are stored."""
    if encoder.decodes_media:
        yield from read_in_processes(encoder, items, _STORED_AT_ONCE)
        return
    size = encoder.items_at_once
    for start in range(0, len(items), size):
        yield encoder.encode(items[start : start + size])


def vectors_for(
    catalogue: Catalogue,
    store: Store,
    settings: Settings,
    projection: Projection | None = None,
    learn: bool = False,
    item_ids: Collection[str] | None = None,
) -> tuple[dict[str, Floats], Projection]:
    """Content vectors by space, (n rows of the catalogue, dim) each with NaN rows where there is none, and ``mixed``.

    Args:
        projection: of the serving version; None: one is fitted on this catalogue.
        learn: whether the order of shots may be learnt then, which takes seconds.
        item_ids: those of the catalogue, where they are few of all that are stored.

    Returns:
        The vectors and the projection that made ``mixed``. A space without any vector is left out, and so is ``mixed``
        when there are none at all.
    """
    vectors: dict[str, Floats] = {}
    for space in TABLE:
        ids, found = store.vectors(space, item_ids)
        rows = catalogue.rows(ids)
        here = rows >= 0
        if here.any():
            vectors[space] = np.full((len(catalogue), found.shape[1]), np.nan, np.float32)
            vectors[space][rows[here]] = found[here]
    wanted = settings.understanding
    order = projection.temporal if projection else None
    if projection is None and wanted.shot_order:
        order = _order_of_shots(catalogue, store, vectors.get("text"), learn)
    if order is not None and "picture" in vectors:
        courses = _courses(catalogue, store, order, item_ids)
        vectors["picture"] = temporal.extend(vectors["picture"], courses, wanted.shot_order)
    sure = _confidence(catalogue, store, vectors, item_ids)
    if projection is None:
        projection = serving_projection(vectors, wanted.alpha, wanted.serving_dim, sure)
        projection = dataclasses.replace(projection, temporal=order)
    mixed = projection.apply(vectors, sure) if vectors and projection.means else None
    return ({**vectors, "mixed": mixed} if mixed is not None else vectors), projection


def _order_of_shots(catalogue: Catalogue, store: Store, words: Floats | None, learn: bool) -> temporal.Temporal | None:
    """A pooling fitted on the films of the store, and on what is written about them; None where there are none.

    Args:
        words: (n rows of the catalogue, dim); NaN where nothing is written.
    """
    ids = list(store.fingerprints("picture"))
    ids = ids[:: -(-len(ids) // (_FILMS_LEARNT if learn else _FILMS_POOLED)) or 1]
    films = sorted(store.parts("picture", ids), key=lambda film: film[0])  # the store gives them in no order
    if not films:
        return None
    told = None
    if words is not None and learn:
        rows = catalogue.rows([item_id for item_id, _ in films])
        told = np.where(rows[:, None] >= 0, words[rows], np.nan).astype(np.float32)
    return temporal.fit([parts for _, parts in films], words=told, learn=learn)


def _confidence(
    catalogue: Catalogue, store: Store, spaces: Iterable[str], item_ids: Collection[str] | None
) -> dict[str, Floats]:
    """Space → (n rows of the catalogue,) how far what was read can be relied on; NaN where that was not said."""
    found = {}
    for space in spaces:
        stated = store.confidences(space, item_ids)
        rows = catalogue.rows(list(stated))
        here = rows >= 0
        if here.any():
            found[space] = np.full(len(catalogue), np.nan, np.float32)
            found[space][rows[here]] = np.array(list(stated.values()), np.float32)[here]
    return found


def _courses(catalogue: Catalogue, store: Store, order: temporal.Temporal, item_ids: Collection[str] | None) -> Floats:
    """(n rows of the catalogue, dim) how each film goes on; NaN for what has no shots. Only new films are read."""
    known = _pooled_before(order.digest)
    prints = store.fingerprints("picture", item_ids)
    fresh = [item_id for item_id, print_ in prints.items() if known.get(item_id, ("", None))[0] != print_]
    known.update({item_id: (prints[item_id], None) for item_id in fresh})
    found_parts = store.parts("picture", fresh)
    while batch := list(islice(found_parts, temporal.AT_ONCE)):
        pooled = order.apply([parts for _, parts in batch])
        known.update({item_id: (prints[item_id], row) for (item_id, _), row in zip(batch, pooled, strict=True)})
    courses = np.full((len(catalogue), order.dim), np.nan, np.float32)
    found = [(item_id, known[item_id][1]) for item_id in prints]
    ids = [item_id for item_id, row in found if row is not None]
    rows = catalogue.rows(ids)
    for at, row in zip(rows, (row for _, row in found if row is not None), strict=True):
        if at >= 0:
            courses[at] = row
    return courses


@lru_cache(maxsize=2)
def _pooled_before(digest: str) -> dict[str, tuple[str, Floats | None]]:  # noqa: ARG001 - the cache's key
    """What was pooled in this process by the temporal model of that digest: item id → fingerprint and vector.

    The catalogue is read anew after every change; reading all shots of all films each time would take far longer.
    """
    return {}


def encode_words(
    words: str, settings: Settings, workspace: Path = Path(), lost: list[str] | None = None
) -> dict[str, Floats]:
    """The words of a query in every space that words have (``text``, ``ngram``; ``picture`` and ``audio`` where their
    model reads words, too): space → (dim,) unit vector.

    A space in which they say nothing is left out.

    Args:
        lost: takes the names of the spaces whose encoder cannot work, which are left out then.

    Raises:
        MissingLibrary: a model that the settings name is not installed, and ``lost`` is None.
    """
    kept = _word_encoders(settings.understanding.model_dump_json(), workspace)
    found = {}
    for name, encoder in kept.items():
        try:
            found[name] = encoder.encode_words([words])[0]
        except SegueError as error:
            if lost is None:
                raise
            lost.append(name)
            log.warning("the words of a query have no place in the space %s: %s", name, error)
    return {name: vector for name, vector in found.items() if vector.any()}


@lru_cache(maxsize=4)
def _word_encoders(understanding: str, workspace: Path) -> Mapping[str, WordEncoder]:
    """Kept between queries, since loading a text model takes seconds."""
    settings = Settings(understanding=UnderstandingSettings.model_validate_json(understanding))
    encoders = {name: kind_of(name, settings) for name in TABLE}
    return {
        name: encoder(settings, workspace) for name, encoder in encoders.items() if issubclass(encoder, WordEncoder)
    }
