"""``segue understand``: look at the pictures, listen to the sound, read the words."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def understand(
    context: typer.Context,
    only: Annotated[
        str,
        typer.Option(
            help="With commas between: spaces (transcript, text, audio, picture …), annotators (zero_shot, "
            "heads, finetuned, language_model), summaries, relations, blurbs, opinions."
        ),
    ] = "",
) -> None:
    """Encode and catalogue what is new or has changed; everything else is left alone."""
    terminal: Terminal = context.obj
    spaces = tuple(name.strip() for name in only.split(",") if name.strip())
    with terminal.engine() as engine, terminal.progress() as progress:
        content = engine.understand(only=spaces or None, progress=progress).as_json()
    rows = [[s["space"], s["done"], s["unchanged"], s["failed"], s["seconds"]] for s in content["spaces"]]
    labelled = [
        [s["step"], s["done"], s["labels"], s["unchanged"], s["failed"], s["left"], s["seconds"]]
        for s in content["annotators"]
    ]
    columns = ["annotator", "done", "labels", "unchanged", "failed", "left", "seconds"]
    tables = [table("", ["space", "done", "unchanged", "failed", "seconds"], rows)] if rows else []
    if content["duplicates"]:
        terminal.say(f"{content['duplicates']} pairs are copies of each other: `segue duplicates` names them.")
    terminal.result(content, *tables, *([table("", columns, labelled)] if labelled else []))
    if not terminal.json:
        for problem in (content["warnings"] + content["problems"])[:20]:
            terminal.console.print(f"{problem['where']}: {problem['what']}", markup=False)
