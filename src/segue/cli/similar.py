"""``segue similar``: more like one item."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, picks_table, remarks


def similar(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Id of the item.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    user: Annotated[str | None, typer.Option(help="Leave out what this person has blocked.")] = None,
    language: Annotated[str, typer.Option(help="Language of the reasons: en or zh.")] = "en",
) -> None:
    """Show items like this one."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.similar(item, k=k, user_id=user, language=language).as_json()
        title = f"like {engine.item(item).name}"
    terminal.result(content, picks_table(title, content), *remarks(content))
