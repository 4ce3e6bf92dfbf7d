"""``segue suspects``: profiles that look made to push an item, for a person to confirm or to clear."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def suspects(
    context: typer.Context,
    user: Annotated[str | None, typer.Argument(help="Whom to decide about; without it, the list.")] = None,
    confirm: Annotated[
        bool | None,
        typer.Option("--confirm/--clear", help="Counts for nothing in training; or counts in full."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Forget what was decided.")] = False,
    status: Annotated[str, typer.Option(help="Which ones to list: pending, confirmed, cleared.")] = "pending",
    language: Annotated[str, typer.Option(help="Of the reasons: en or zh.")] = "en",
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 50,
) -> None:
    """List the suspected profiles with what speaks against them, or decide about one."""
    terminal: Terminal = context.obj
    if user is None:
        with terminal.engine() as engine:
            found = [suspect.as_json() for suspect in engine.suspects(status, language)[:limit]]
        rows = [[s["user_id"], s["suspicion"], s["factor"], s["events"], "; ".join(s["why"])] for s in found]
        heads = ["person", "suspicion", "counts", "events", "why"]
        shown = table("", heads, rows) if found else f"Nobody is {status}."
        terminal.result({"status": status, "suspects": found}, shown)
        return
    if undo == (confirm is not None):
        raise typer.BadParameter("Deciding takes USER and one of --confirm, --clear and --undo.")
    with terminal.engine() as engine:
        if undo:
            engine.undecide(user)
        else:
            engine.decide(user, bool(confirm))
    said = "pending" if undo else "confirmed" if confirm else "cleared"
    terminal.result({"user_id": user, "status": said}, f"{user} is {said}; `segue train` follows it.")
