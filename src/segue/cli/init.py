"""``segue init``: make a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Terminal


def init(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Where; default: the workspace option.")] = None,
    storage: Annotated[str, typer.Option(help="URL of the rows, e.g. postgresql://…; default: SQLite.")] = "",
) -> None:
    """Make a workspace: a folder with settings and an empty store. One that exists is left as it is."""
    from ..engine import Engine

    terminal: Terminal = context.obj
    place = folder or terminal.workspace
    made = Engine.create(place, storage_url=storage)
    terminal.result(
        {"workspace": str(place), "created": made},
        f"{'made' if made else 'exists already'}: {place}. Next: segue --workspace {place} import SOURCE PATH",
    )
