"""``segue profile``: what the engine believes about a person."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def profile(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
) -> None:
    """Show a person's taste with the items that show it."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.profile(user).as_json()
    shown = [
        table(what, ["", "share"], [[entry["name"], entry["share"]] for entry in content[what][:8]])
        for what in ("genres", "tags", "creators", "kinds", "languages")
        if content.get(what)
    ]
    terminal.result(content, *(shown or [f"Nothing is known about {user} yet."]))
