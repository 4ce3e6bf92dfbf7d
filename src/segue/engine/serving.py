"""The world that requests read: catalogue, models and vectors of the serving version, following every change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ..arrays import Floats, Rows
from ..catalogue import Catalogue
from ..conversation.understanding.turn import ready
from ..dataset import Dataset
from ..errors import SegueError
from ..models.base import Model
from ..models.titles import WordsRead
from ..pipeline.answer import warm
from ..pipeline.stages import World
from ..profiles.onboarding import Questions
from ..profiles.priors import Priors
from ..profiles.tastes import Tastes
from ..settings import Settings
from ..storage.rows import Store
from ..training import batch
from ..training.registry import Registry, Version
from ..understanding.align import Alignment
from ..understanding.fingerprints.groups import copies
from ..understanding.fuse import Projection
from ..understanding.measures import measures
from ..understanding.run import vectors_for
from . import choosing
from .kept import Items, columns_again, take_over, vectors_again

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""How often a process looks whether another one has changed the catalogue or the serving version."""
RETRY_S = 5.0
"""How long the world that is there serves after one that could not be built, before that is tried again."""
OUTDATED = "world:outdated"
"""Named in an answer's ``degraded`` while an older world serves, because the newest one cannot be built."""


class Serving:
    """Builds the `World`, and builds it anew when the catalogue, the readings or the serving version have changed."""

    def __init__(self, store: Store, registry: Registry, settings: Settings, workspace: Path = Path()) -> None:
        self._store = store
        self._registry = registry
        self._settings = settings
        self._words = WordsRead(settings.understanding, workspace)
        self._lock = threading.Lock()
        self._world: World | None = None
        self._built_from: tuple[str | None, int] | None = None
        self._looked = -LOOK_EVERY_S
        self._retry_at = 0.0
        self._asked = 0
        """How often a `refresh` was asked for."""
        self._failed: str | None = None
        """Why the newest world could not be built; None while it serves."""
        self._version: Version | None = None
        self._models: Mapping[str, Model] = {}

    @property
    def version(self) -> Version | None:
        """The serving version, as of the last look."""
        self.world()
        return self._version

    def world(self) -> World:
        """What requests read now: the newest world, or, when that cannot be built, the last that could.

        That happens while an encoder of another dimension reads the catalogue again, for hours perhaps.

        Raises:
            SegueError: the first world of this process cannot be built.
        """
        world, clock = self._world, time.monotonic()
        if world is not None and (clock - self._looked < LOOK_EVERY_S or clock < self._retry_at):
            return world
        with self._lock:
            # Noted before the look: a `refresh` that comes while the world is being built is not lost.
            self._looked = time.monotonic()
            now = (self._registry.serving(), self._store.revision())
            if self._world is None or now != self._built_from:
                self._renew(now)
            assert self._world is not None
            return self._world

    @property
    def degraded(self) -> tuple[str, ...]:
        """What an answer from this world says about the world itself."""
        return (OUTDATED,) if self._failed else ()

    def _renew(self, now: tuple[str | None, int]) -> None:
        began, before, asked = time.monotonic(), (self._version, self._models), self._asked
        try:
            self._world = self._build(now)
            self._built_from = now
            self._failed = None
        except SegueError as error:
            if self._world is None:
                raise
            self._version, self._models = before
            ended = time.monotonic()
            if asked == self._asked:  # else something has changed since that may have mended it
                self._retry_at = ended + max(RETRY_S, 2 * (ended - began))
            if str(error) != self._failed:
                log.warning("an older catalogue serves, since the newest cannot be read: %s", error)
            self._failed = str(error)

    def refresh(self) -> None:
        """Look again at the next request; called after this process has changed something."""
        self._asked += 1
        self._looked = -LOOK_EVERY_S
        self._retry_at = 0.0

    def _counts(self, catalogue: Catalogue) -> Floats:
        """(n items,) how many people met each item."""
        own_scale = self._settings.cleaning.own_scale
        met = Dataset.build(catalogue, self._store.event_table(), self._settings.signals, own_scale=own_scale)
        pairs = np.unique(np.stack([met.users[met.positive], met.items[met.positive]]), axis=1)
        return np.bincount(pairs[1], minlength=len(catalogue)).astype(np.float32)

    def _copies(self, catalogue: Catalogue) -> Rows | None:
        """(n items,) which items are copies of one recording; None where no item has a copy."""
        links = self._store.duplicates()
        if not links:
            return None
        linked = {item_id for link in links for item_id in (link.item_id, link.other_id)}
        return copies(catalogue, links, self._store.has_prints("sound_print", linked))

    def _build(self, now: tuple[str | None, int]) -> World:
        version = self._registry.open(now[0])
        before, changed, known = self._world, None, None
        if before is not None and self._built_from is not None:
            changed, known = self._store.changed_since(self._built_from[1]), before.already(Items)
        if changed is None or known is None:
            items = Items.read(self._store, self._settings)
        else:
            items = known.read_again(self._store, self._settings, changed)
        order: Sequence[str] = ()
        if version is not None and before is not None and before.version == version.name:
            order = before.already("order")
        elif version is not None:
            order = tuple(version.folder.read_json("items"))
        catalogue = Catalogue.numbered(items.by_id, order)
        same, fresh = 0, set()
        if before is not None and changed is not None:
            same = catalogue.begins_like(before.catalogue)
            catalogue.take_columns(before.catalogue, same)
            fresh = {row for row in catalogue.rows(changed).tolist() if row >= 0}
        world = self._made(version, catalogue, before if changed is not None else None, fresh)
        world.derived(Items, lambda: items)
        world.derived("order", lambda: order)
        if before is not None and changed is not None:
            take_over(before, world, self._store, same, fresh)
        if version is not None:
            warm(world)
            ready(world)
        return world

    def _made(self, version: Version | None, catalogue: Catalogue, before: World | None, fresh: set[int]) -> World:
        """The world of a version and a catalogue.

        Args:
            before: an earlier world, of which all is as it was but for the rows ``fresh``; None: all is read.
        """
        if version is None:
            self._version, self._models = None, {}
            vectors, _ = vectors_for(catalogue, self._store, self._settings)
            return World(
                catalogue,
                {},
                vectors,
                self._settings,
                counts=self._counts(catalogue),
                copies=self._copies(catalogue),
                measure=partial(measures, catalogue, self._store),
                shown=self._store.impressions,
                arrived=self._store.arrivals,
                relations=self._store.relations,
            )
        if self._version is None or version.name != self._version.name:
            self._models = batch.load(version.folder.child("models"), version.manifest["models"], self._words)
            self._version = version
        projection = Projection.load(version.folder.child("projection"))
        again = None
        if before is not None and before.version == version.name:
            again = vectors_again(catalogue, self._store, self._settings, projection, before, fresh)
        vectors = again or vectors_for(catalogue, self._store, self._settings, projection)[0]
        models = {name: model.with_items(catalogue, vectors) for name, model in self._models.items()}
        settings = choosing.served(self._settings, choosing.stored(version.folder))
        alignment = Alignment.load(version.folder.child("alignment"))
        world = World(
            catalogue,
            models,
            vectors,
            settings,
            version.name,
            alignment=alignment,
            tastes=Tastes.load(version.folder.child("tastes")),
            questions=Questions.load(version.folder.child("onboarding")),
            priors=Priors.load(version.folder.child("priors")),
            copies=self._copies(catalogue),
            measure=partial(measures, catalogue, self._store),
            shown=self._store.impressions,
            arrived=self._store.arrivals,
            relations=self._store.relations,
        )
        if before is not None and again is not None:
            columns_again(before, world, fresh)
        return world
