"""Opened: a workspace that is open, and what the verbs of an engine share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ... import storage
from ...errors import NotFound
from ...profiles.companions import Companion
from ...profiles.history import Histories, Live
from ...profiles.priors import consented
from ...profiles.segments import known
from ...queries import Query
from ...settings import Settings
from ...storage.rows import Store
from ...training.registry import Registry
from .. import households, language_models, portraying
from ..advising import Advising
from ..previewing import Previews
from ..rewriting import Rewriter
from ..serving import Serving
from ..workspace import SETTINGS, create, settings_of, url_of

if TYPE_CHECKING:
    from ...pipeline.stages import World

Progress = Callable[..., None]
"""Called with what is being done and the share done, 0 … 1; or with what, how many are done, and of how many."""


def silent(*_: object) -> None:
    """Nobody is told."""


class Opened:
    """One workspace: its rows, what serves, the people as they are now, the language model."""

    def __init__(self, workspace: Path, settings: Settings, store: Store) -> None:
        self.workspace = workspace
        self.settings = settings
        self._store = store
        self._registry = Registry(workspace / "artifacts")
        self._serving = Serving(store, self._registry, settings, workspace)
        self._histories = Histories(store, settings)
        self._model = language_models.Shared(settings.llm, store)
        self._texts = portraying.Texts(self._model)
        self._advising = Advising(settings, self._model)
        self._previews = Previews(settings, self._model)
        self._rewriter = Rewriter(settings, self._model)

    # Opening and closing

    @classmethod
    def create(cls, workspace: str | Path, storage_url: str = "") -> bool:
        """Make a workspace; False, and nothing changed, where there is one."""
        return create(Path(workspace), storage_url)

    @classmethod
    def open(cls, workspace: str | Path) -> Self:
        """Open a workspace.

        Raises:
            NotFound: there is none; `Engine.create` (`segue init`) makes one.
            SettingsError: its settings cannot be used.
            StorageError: its rows cannot be reached.
        """
        place = Path(workspace)
        if not (place / SETTINGS).exists():
            raise NotFound(f"There is no workspace at {place.absolute()}. `segue init {place}` makes one.")
        settings = settings_of(place)
        return cls(place, settings, storage.open(url_of(place, settings)))

    def close(self) -> None:
        """Let go of the database, and of the language model."""
        self._model.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # For the verbs

    def world(self) -> World:
        """Catalogue, models and vectors as they serve now, for the rooms that the engine puts together."""
        return self._serving.world()

    def _encoded(self, query: Query) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        """The words of a query by space, where its leanings lie, and the spaces whose encoder failed."""
        lost: list[str] = []
        # Of a mood's words only names of the catalogue are looked for: no encoder is asked.
        if not ((query.words and query.recipe != "mood") or query.leanings):
            return {}, {}, lost
        from ...understanding.run import encode_words
        from ..searching import poles

        encode = partial(encode_words, settings=self.settings, workspace=self.workspace, lost=lost)
        return encode(query.words) if query.words else {}, poles(query.leanings, encode), lost

    def _people(self, query: Query, world: World) -> list[Companion]:
        """The people of a group as the rows of that world tell them."""
        if not (query.group and query.personal):
            return []
        return households.companions(self._store, self._histories, world, query)

    def _live(self, query: Query, world: World | None = None) -> Live | None:
        """The person as the rows of that world tell them; None: of the newest one."""
        if query.user_id is None or not query.personal:
            return None
        world = world or self._serving.world()
        live = self._histories.get(query.user_id, world.catalogue)
        if not world.priors.keys or known(live.history) == "warm":
            return live
        user = self._store.user(query.user_id)
        stated = consented(user.attributes, self.settings.people.attributes) if user else {}
        return dataclasses.replace(live, attributes=stated)

    def _look_for(self, item_id: str) -> None:
        """Where the world lacks an item that is stored, since another process has put it there just now, look again."""
        catalogue = self._serving.world().catalogue
        row = catalogue.row_of.get(item_id)
        lacking = row is None or catalogue.items[row] is None
        if lacking and not self._serving.degraded and self._store.has_items([item_id]):
            self._serving.refresh()
