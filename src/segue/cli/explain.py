"""``segue explain``: why an item is recommended to a person, or why not."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def explain(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    item: Annotated[str, typer.Argument(help="Id of the item.")],
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
) -> None:
    """Say why this item is, or is not, recommended to this person."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.explain(user, item, language=language).as_json()
    rows = [[name, score] for name, score in content["scores"].items()]
    terminal.result(content, content["text"], table("", ["score", "value"], rows))
