"""``segue recommend``: what one person should see next."""

from __future__ import annotations

from typing import Annotated

import typer

from ..groups import STRATEGIES
from .output import Terminal, picks_table, remarks, together_tables, understood


def recommend(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    recipe: Annotated[str, typer.Option(help="Which feed: home, mood …")] = "home",
    mood: Annotated[
        list[str] | None, typer.Option(help="For --recipe mood: a mood, such as calm (repeatable).")
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="For --recipe mood: how you feel, or what for: “something for a good cry”.")
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Show the score of every model and the evidence.")] = False,
    language: Annotated[str, typer.Option(help="Language of the reasons: en or zh.")] = "en",
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind (repeatable).")] = None,
    personal: Annotated[bool, typer.Option(help="--no-personal reads nothing of the person but an age limit.")] = True,
    with_: Annotated[list[str] | None, typer.Option("--with", help="Who is there besides (repeatable).")] = None,
    strategy: Annotated[
        str, typer.Option(help=f"With --with, how their wishes become one order: {', '.join(STRATEGIES)}.")
    ] = "average",
    veto: Annotated[list[str] | None, typer.Option(help="Id of an item that must not appear (repeatable).")] = None,
) -> None:
    """Recommend items to a person, or to several together, each with its reason."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        answer = engine.recommend(
            user,
            k=k,
            recipe=recipe,
            constraints={"kinds": kind or (), "exclude": veto or ()},
            language=language,
            personal=personal,
            group=(user, *with_) if with_ else (),
            strategy=strategy,
            words=words,
            moods=mood or (),
        )
    content = answer.as_json()
    if answer.group is not None:
        terminal.result(content, *together_tables(content), *remarks(content))
    else:
        terminal.result(content, *understood(content), picks_table(f"{recipe} for {user}", content), *remarks(content))
    if why and not terminal.json:
        for number, pick in enumerate(answer, 1):
            scores = ", ".join(f"{name} {score:.3f}" for name, score in pick.scores.items())
            evidence = "; ".join(
                f"{e.kind} {e.name} ({e.weight:.0%})" for e in (pick.reason.evidence if pick.reason else ())
            )
            terminal.console.print(f"{number:>3} {pick.item.name}\n    {scores}\n    {evidence}", markup=False)
