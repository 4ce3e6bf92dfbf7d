"""What people write, on its way in: who reads it, with which names."""

from __future__ import annotations

from typing import Any

from ..catalogue import Catalogue
from ..items import Item
from ..pipeline.stages import World
from ..profiles.said.moments import moments
from ..profiles.said.names import Names
from ..settings import Settings
from ..storage.rows import Store
from ..understanding.annotators.vocabularies import STATED, vocabularies


def names_of(world: World) -> Names:
    """The names of the world's catalogue, read once; genres and tags also by their Chinese names."""
    return world.derived("names in texts", lambda: _names(world.catalogue, world.settings))


def _names(catalogue: Catalogue, settings: Settings) -> Names:
    chinese = {
        one.zh: label
        for vocabulary, labels in vocabularies(settings).items()
        if vocabulary in STATED
        for label, one in labels.items()
        if one.zh
    }
    return Names.of(catalogue, chinese)


def moments_of(store: Store, item: Item) -> dict[str, Any]:
    """The moments of an item that people react to, see `segue.profiles.said.moments`."""
    return {"item": item.id, **moments(store.remarks(item.id), item.duration_s).as_json()}
