"""``item``: what the catalogue says of an item."""

from __future__ import annotations

from typing import Any

from ..desk import Desk
from .tool import Tool, Which, facts


def use(desk: Desk, args: Which) -> dict[str, Any]:
    """All that a person may want to know before they begin it."""
    item = desk.item_of(args.n, args.handle)
    more = {
        "description": item.description,
        "tags": list(item.tags[:10]),
        "released": item.released,
        "minimum_age": item.maturity,
        "explicit": item.explicit,
        "series": item.series,
        "season": item.season,
        "number": item.number,
        "album": item.album,
        "roles": [f"{credit.name}: {credit.role}" for credit in item.creators[:10]],
        "playable": item.media_uri is not None,
    }
    known = {name: value for name, value in more.items() if value not in (None, [])}
    return {"handle": desk.handle(item.id), **facts(item), **known}


TOOL = Tool("item", "All facts of one item: what it is about, who made it, how long it is, for which age.", Which, use)
