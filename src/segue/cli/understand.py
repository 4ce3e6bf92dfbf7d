"""``segue understand``: look at the pictures, listen to the sound, read the words."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def understand(
    context: typer.Context,
    only: Annotated[
        str, typer.Option(help="Spaces with commas between: text, ngram, audio, picture, sound_print …")
    ] = "",
) -> None:
    """Encode what is new or has changed in the catalogue; everything else is left alone."""
    terminal: Terminal = context.obj
    spaces = tuple(name.strip() for name in only.split(",") if name.strip())
    with terminal.engine() as engine, terminal.progress() as progress:
        content = engine.understand(only=spaces or None, progress=progress).as_json()
    rows = [[s["space"], s["done"], s["unchanged"], s["failed"], s["seconds"]] for s in content["spaces"]]
    terminal.result(content, table("", ["space", "done", "unchanged", "failed", "seconds"], rows))
    if content["duplicates"]:
        terminal.say(f"{content['duplicates']} pairs are copies of each other: `segue duplicates` names them.")
    if not terminal.json:
        for problem in content["problems"][:20]:
            terminal.console.print(f"{problem['where']}: {problem['what']}", markup=False)
