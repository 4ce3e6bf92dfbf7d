"""``segue train``: fit, compare, promote."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, evaluation_tables


def train(
    context: typer.Context,
    recipe: Annotated[str, typer.Option(help="The recipe that is compared and promoted.")] = "home",
    force: Annotated[bool, typer.Option("--force", help="Promote even what is worse than what serves now.")] = False,
) -> None:
    """Fit all models on a global time split, show each beside most-popular, and promote what is not worse."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine, terminal.progress() as progress:
        report = engine.train(recipe=recipe, force=force, progress=progress)
    content = report.as_json()
    terminal.result(
        content,
        *evaluation_tables(content["evaluation"]),
        content["why"],
        *[f"problem: {p}" for p in content["problems"]],
    )
