"""``segue record``: tell the engine what a person did."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import InvalidInput
from .output import Terminal


def record(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    item: Annotated[str, typer.Argument(help="Id of the item.")],
    kind: Annotated[str, typer.Argument(help="What happened: play, complete, skip, like, dislike, rate, …")],
    value: Annotated[float | None, typer.Option(help="The rating for `rate`, days for `snooze`.")] = None,
    scale: Annotated[tuple[float, float] | None, typer.Option(help="Lowest and highest rating.")] = None,
    played: Annotated[float | None, typer.Option(help="Seconds played.")] = None,
    text: Annotated[str | None, typer.Option(help="The words of a comment.")] = None,
    event_id: Annotated[str | None, typer.Option("--id", help="The same id twice is one event.")] = None,
    train: Annotated[bool, typer.Option(help="--no-train: never learn from it.")] = True,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="Who chose it together with them (repeatable); play or complete.")
    ] = None,
) -> None:
    """Record one event; the person's next answer takes it into account."""
    terminal: Terminal = context.obj
    if with_:
        if any(given is not None for given in (value, scale, played, text)) or not train:
            raise typer.BadParameter("A choice of several people takes --id, and no other option.")
        with terminal.engine() as engine:
            recorded, answer = engine.choose_together((user, *with_), item, kind, event_id)
        fits = [one.as_json() for one in answer[0].suits]
        said = ", ".join(f"{one['name']} {one['suits']:.0%}" for one in fits)
        content = {**recorded.as_json(), "members": [{n: one[n] for n in ("user_id", "name", "suits")} for one in fits]}
        terminal.result(content, f"recorded; it suits {said}" if recorded.accepted else "already known")
        return
    with terminal.engine() as engine:
        recorded = engine.record(
            [
                engine.event(
                    user,
                    item,
                    kind,
                    id=event_id,
                    value=value,
                    scale=scale,
                    played_s=played,
                    text=text,
                    train=train,
                    source="cli",
                )
            ]
        )
    if recorded.rejected:
        raise InvalidInput(recorded.rejected[0][1])
    terminal.result(recorded.as_json(), "recorded" if recorded.accepted else "already known: the id was used before")
