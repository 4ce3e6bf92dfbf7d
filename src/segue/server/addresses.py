"""Where the files of an item are to be had: addresses on this server, never where they lie on its disk."""

from __future__ import annotations

from urllib.parse import quote

from ..engine import Engine
from ..items import Item


def public(engine: Engine, item: Item) -> Item:
    """The item as clients see it: where its files are to be had from this server, never where they lie on it."""
    return item.model_copy(
        update={
            name: url
            for name, url in _urls(engine, item).items()
            if (stored := getattr(item, name)) is not None and not stored.startswith(("http://", "https://"))
        }
    )


def stated(engine: Engine, item: Item) -> Item:
    """An item that a client sends, less the addresses that `public` gave it: what it read it may send back."""
    echoed = {name: None for name, url in _urls(engine, item).items() if getattr(item, name) == url}
    return item.model_copy(update=echoed) if echoed else item


def _urls(engine: Engine, item: Item) -> dict[str, str]:
    root, part = engine.settings.server.root_path.rstrip("/"), quote(item.id, safe="")
    return {"media_uri": f"{root}/media/{part}", "cover_uri": f"{root}/covers/{part}"}
