"""``segue finetune``: train the language model further on behaviour, labels or the catalogue's texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .output import Terminal, table


def finetune(
    context: typer.Context,
    task: Annotated[
        str,
        typer.Argument(
            help="What to learn: behaviour (history → next item), pretrain (the catalogue's words), or a head: genre, "
            "style, sentiment, rating, like."
        ),
    ],
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Labelled texts (columns text,label and, where known, item,weight).")
    ] = None,
    labels: Annotated[
        str, typer.Option(help="The labels there may be in the file; commas between. Default: all.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name of the folder below finetuned/. Default: that of the task.")] = "",
    method: Annotated[str, typer.Option(help="lora, adalora or full. Default: [finetune] method.")] = "",
) -> None:
    """Train the text encoder further, and heads on it; a stopped run goes on when asked again."""
    terminal: Terminal = context.obj
    stated = tuple(label.strip() for label in labels.split(",") if label.strip())
    with terminal.engine() as engine, terminal.progress() as progress:
        content = engine.finetune(task, csv=csv, labels=stated, name=name, method=method, progress=progress).as_json()
    rows = [[key, _said(content[key])] for key in ("task", "method", "examples", "validation", "figures", "folder")]
    terminal.result(
        content, table("", ["", ""], rows), *_next(content), *[f"problem: {p}" for p in content["problems"]]
    )


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one:g}" for key, one in value.items())
    return ", ".join(f"{one:.4f}" for one in value) if isinstance(value, list) else str(value)


def _next(content: dict[str, Any]) -> list[str]:
    """What to type for the catalogue to be read with it."""
    vocabulary = {"genre": "genres", "style": "tags"}.get(content["task"])
    if vocabulary:
        return [
            f'To use it, set [cataloguing.finetuned] {vocabulary} = "finetuned/{content["name"]}" in segue.toml, then '
            "run `segue understand`."
        ]
    if content["task"] not in ("behaviour", "pretrain"):
        return []
    return [
        f'To use it, set [understanding] text_model = "finetuned/{content["name"]}" in segue.toml, then run '
        "`segue understand` and `segue train`."
    ]
