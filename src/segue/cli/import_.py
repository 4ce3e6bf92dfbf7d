"""``segue import``: the outside world becomes items and events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InvalidInput
from .output import Terminal, table


def import_(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="folder, table, movielens, recbole, sequences, lastfm, steam, tmdb, triples, …")
    ],
    path: Annotated[Path | None, typer.Argument(help="File or folder to read.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; write nothing.")] = False,
    mapping: Annotated[Path | None, typer.Option(help="TOML file that says which column is what (table).")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of items whose source does not say.")] = None,
    create_items: Annotated[
        str | None, typer.Option(metavar="KIND", help="Make bare items of this kind for events on unknown items.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="Any other option of the source.")
    ] = None,
) -> None:
    """Import a catalogue, people or events. Importing twice changes nothing."""
    terminal: Terminal = context.obj
    options: dict[str, object] = {}
    for text in option or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"--option expects NAME=VALUE, got {text!r}.")
        options[name] = value
    options |= {name: value for name, value in (("mapping", mapping), ("kind", kind)) if value is not None}
    with terminal.engine() as engine, terminal.progress() as progress:
        report = engine.import_from(
            source, path, options=options, unknown_items=create_items or "reject", dry_run=dry_run, progress=progress
        )
    content = report.as_json()
    columns = ["added", "updated", "unchanged", "duplicate", "rejected"]
    rows = [
        [what, *(content[what].get(c, "") for c in columns)]
        for what in ("items", "users", "events", "relations")
        if what in content
    ]
    problems = [f"{p['where']}: {p['what']}" for p in content["problems"][:20]]
    if len(content["problems"]) > len(problems):
        problems.append(f"… and {len(content['problems']) - len(problems)} more; --json lists them")
    title = f"{source}{' (dry run: nothing was written)' if dry_run else ''}"
    terminal.result(content, table(title, ["", *columns], rows))
    if not terminal.json:
        for line in problems:
            terminal.console.print(line, markup=False)
