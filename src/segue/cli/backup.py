"""``segue backup`` and ``segue restore``: a whole workspace in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Terminal


def backup(context: typer.Context, file: Annotated[Path, typer.Argument(help="Archive to write (.tar.gz).")]) -> None:
    """Write settings, rows and the serving version into one archive."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.backup(file)
    terminal.result(content, f"written: {file} ({content['bytes'] / 1e6:.1f} MB)")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Archive of `segue backup`.")],
    storage: Annotated[
        str | None,
        typer.Option(help="Where the rows go: a URL, or `sqlite` for the workspace's own file; default: as backed up."),
    ] = None,
) -> None:
    """Fill an empty workspace from an archive; one that holds anything is refused."""
    from ..engine import Engine

    terminal: Terminal = context.obj
    content = Engine.restore(file, terminal.workspace, "" if storage == "sqlite" else storage)
    terminal.result(content, f"restored into {terminal.workspace}: {content['counts']}")
