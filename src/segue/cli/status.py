"""``segue status``: what is there, what serves."""

from __future__ import annotations

import typer

from .output import Terminal, table


def status(context: typer.Context) -> None:
    """Show counts, the serving version and its models."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.status()
    counts = table("", ["", "count"], [[name, count] for name, count in content["counts"].items()])
    models = [[m["name"], m["seconds"]] for m in content["models"]]
    serving = f"serves: {content['version'] or 'nothing yet; `segue train` makes a version'}"
    terminal.result(content, counts, serving, table("", ["model", "seconds to train"], models))
