"""``segue erase``: delete everything that is stored about a person."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal


def erase(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a person's rows for good. Trained models keep no ids; the next training forgets the rest."""
    terminal: Terminal = context.obj
    if not yes and not terminal.json:
        typer.confirm(f"Delete everything about {user!r}? This cannot be undone", abort=True)
    with terminal.engine() as engine:
        content = engine.erase(user)
    terminal.result(content, *(f"{name}: {count}" for name, count in content["erased"].items()), content["models"])
