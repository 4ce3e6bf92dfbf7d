"""``segue segments``: which kinds of people there are, and which of them one person is."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def segments(
    context: typer.Context,
    user: Annotated[str | None, typer.Argument(help="Id of a person: only their segments.")] = None,
) -> None:
    """Show the segments of people: by how much is known of them, by activity, and by what sets their taste apart."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.segments(user)
    if user is not None:
        rows = [[one["segment"], one["name"]["en"], one["name"]["zh"]] for one in content["segments"]]
        terminal.result(
            content, table(f"{user} is in these segments, the most telling first", ["segment", "", ""], rows)
        )
        return
    doing, knowing = (
        [[one["segment"], one["name"]["en"], one["name"]["zh"], one["people"]] for one in content[part]]
        for part in ("activity", "known")
    )
    tastes = [
        [
            one["segment"],
            one["name"]["zh"],
            ", ".join(f"{topic['name']} ×{topic['lift']:g}" for topic in one["topics"]),
            one["people"],
        ]
        for one in content["tastes"]
    ]
    shown = [
        table("by how much is known of them", ["segment", "", "", "people"], knowing),
        table("by activity", ["segment", "", "", "people"], doing),
    ]
    if tastes:
        shown.append(table("by taste", ["segment", "", "more than others", "people"], tastes))
    terminal.result(content, *shown)
