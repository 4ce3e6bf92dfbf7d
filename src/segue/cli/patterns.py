"""``segue patterns``: when and how a person listens and watches."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, table


def patterns(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
) -> None:
    """Show a person's habits: hours, sessions, repeats, what is new to them, interests, and what they will do next."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.patterns(user)
    if not content["events"]:
        terminal.result(content, f"Nothing is known about {user} yet.")
        return
    sitting, exploration, drift = content["sitting"], content["exploration"], content["drift"]
    facts = [
        ["segments", ", ".join(one["segment"] for one in content["segments"])],
        ["time zone", content["zone"] + ("" if content["zone_stated"] else " (none is stated)")],
        ["part of the day", content["part"] or "none in particular"],
        ["sessions", sitting["sessions"]],
        ["visits in a session, median", sitting["events"]],
        ["minutes of a session, median", sitting["minutes"]],
        ["sessions with a binge", content["binges"]["share"]],
        ["visits that repeat", content["repeats"]["share"]],
        ["new to them, of the newer half: items", exploration["items"]],
        ["… creators", exploration["creators"]],
        ["taste has changed", drift["changed"]],
        *([action, share] for action, share in content["next"].items()),
    ]
    interests = [[one["name"]["en"], one["share"], one["now"], ", ".join(one["items"])] for one in content["interests"]]
    shown = [table(f"habits of {user}", ["", ""], [[what, str(value)] for what, value in facts])]
    if interests:
        shown.append(table("interests", ["", "share", "now", "items"], interests))
    terminal.result(content, *shown)
