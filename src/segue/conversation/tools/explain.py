"""``explain``: why an item is, or is not, recommended."""

from __future__ import annotations

from typing import Any

from ..desk import Desk
from .tool import Tool, Which


def use(desk: Desk, args: Which) -> dict[str, Any]:
    """From the record of a real request, made now."""
    item = desk.item_of(args.n, args.handle)
    told = desk.engine.explain(desk.person(), item.id, language=desk.language).as_json()
    reason = told["reason"] or {"evidence": []}
    return {
        "handle": desk.handle(item.id),
        "title": item.name,
        "shown": told["shown"],
        "rank": told["rank"],
        "removed_by": told["removed_by"],
        "text": told["text"],
        "evidence": [{name: one[name] for name in ("kind", "name", "weight")} for one in reason["evidence"]],
    }


TOOL = Tool(
    "explain",
    "Why an item is recommended to this person, or why not: the place it has, what took it out, and the evidence.",
    Which,
    use,
)
