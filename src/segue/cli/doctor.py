"""``segue doctor``: is everything in order?"""

from __future__ import annotations

import typer

from .output import Terminal, table


def doctor(context: typer.Context) -> None:
    """Check libraries, programs, settings, rows and artefacts; exit 1 when something needs attention."""
    from ..engine import Engine

    terminal: Terminal = context.obj
    checks = Engine.doctor(terminal.workspace)
    content = {"ok": all(c.ok for c in checks), "checks": [{"what": c.what, "ok": c.ok, "say": c.say} for c in checks]}
    rows = [["ok" if c.ok else "look", c.what, c.say] for c in checks]
    terminal.result(content, table("", ["", "check", "found"], rows))
    if not content["ok"]:
        raise typer.Exit(1)
