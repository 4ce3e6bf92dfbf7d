"""``segue evaluate``: how good are the models, on events they have not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .output import Terminal, evaluation_tables


def evaluate(
    context: typer.Context,
    split: Annotated[
        Literal["time", "leave-one-out"], typer.Option(help="What is held out: the newest events, or each last one.")
    ] = "time",
    refit: Annotated[
        bool, typer.Option("--refit", help="After tuning, fit on the validation events too (default: strict).")
    ] = False,
    models: Annotated[
        str, typer.Option(help="Models and the recipes home, best; commas between. Default: all of [train] and home.")
    ] = "",
    k: Annotated[int, typer.Option("-k", "--k", min=1, max=1000, help="Length of the lists.")] = 10,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page with plots.")] = None,
    language: Annotated[str, typer.Option(help="Language of the page: en or zh.")] = "en",
) -> None:
    """Train on the past, ask about the held-out rest; all items are candidates, most-popular stands beside."""
    terminal: Terminal = context.obj
    names = tuple(name.strip() for name in models.split(",") if name.strip())
    with terminal.engine() as engine, terminal.progress() as progress:
        report = engine.evaluate(split=split, refit=refit, models=names, k=k, progress=progress)
        if html is not None:
            html.write_text(engine.evaluation_page(report, language), encoding="utf-8")
    terminal.result(
        report, *evaluation_tables(report), *([f"written: {html}"] if html else []), *report.get("problems", [])
    )
