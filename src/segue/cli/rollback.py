"""``segue rollback``: serve the version before."""

from __future__ import annotations

import typer

from .output import Terminal


def rollback(context: typer.Context) -> None:
    """Let the version serve that served before this one."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        version = engine.rollback()
    terminal.result({"version": version}, f"serves: {version}")
