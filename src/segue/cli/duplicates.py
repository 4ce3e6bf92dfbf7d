"""``segue duplicates``: which items hold the same recording or nearly the same pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def duplicates(
    context: typer.Context,
    item: Annotated[str | None, typer.Argument(help="Id of an item; without one, all pairs are shown.")] = None,
) -> None:
    """Show what `segue understand` found to be copies of each other; nothing is ever deleted."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = [{**link.as_json(), "title": other.name} for link, other in engine.duplicates(item)]
    columns = ["item", "copy", "title", "kind", "similarity", "from, s", "in the copy", "seconds", "covers"]
    names = ("item", "other", "title", "kind", "similarity", "starts_s", "other_starts_s", "seconds", "covers")
    rows = [[link[name] for name in names] for link in content]
    terminal.result(content, table("", columns, rows) if rows else "Nothing was found to be a copy.")
