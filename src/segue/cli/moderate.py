"""``segue moderate``: content warnings that machines have found, for a person to confirm or to reject."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def moderate(
    context: typer.Context,
    item: Annotated[str | None, typer.Argument(help="Id of the item to decide about; without it, the queue.")] = None,
    label: Annotated[str | None, typer.Argument(help="The content warning.")] = None,
    confirm: Annotated[
        bool | None,
        typer.Option("--confirm/--reject", help="It holds, and counts for the filters; or it does not."),
    ] = None,
    status: Annotated[str, typer.Option(help="Which ones to list: pending, confirmed, rejected.")] = "pending",
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 50,
) -> None:
    """List the content warnings that wait for a person, or decide about one."""
    terminal: Terminal = context.obj
    if item is None:
        with terminal.engine() as engine:
            found = [warning.as_json() for warning in engine.warnings(status, limit)]
        rows = [
            [w["item"], w["title"] or "", w["label"], w["confidence"], ", ".join(a["annotator"] for a in w["said"])]
            for w in found
        ]
        nothing = [] if found else [f"Nothing is {status}."]
        shown = [table("", ["item", "title", "warning", "confidence", "said by"], rows)] if found else []
        terminal.result({"status": status, "warnings": found}, *shown, *nothing)
        return
    if label is None or confirm is None:
        raise typer.BadParameter("Deciding takes ITEM, LABEL and --confirm or --reject.")
    with terminal.engine() as engine:
        review = engine.moderate(item, label, confirm)
    said = "confirmed" if review.confirmed else "rejected"
    terminal.result({"item": item, "label": review.label, "status": said}, f"{item}: {review.label} is {said}.")
