"""``segue search``: find items by words, in any language."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, picks_table, remarks


def search(
    context: typer.Context,
    words: Annotated[str, typer.Argument(help="What to look for: “rainy-night piano”, “雨夜钢琴”.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    user: Annotated[str | None, typer.Option(help="Leave out what this person has blocked.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind (repeatable).")] = None,
    language: Annotated[str, typer.Option(help="Language of the reasons: en or zh.")] = "en",
) -> None:
    """Search titles, people, topics and meaning."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.search(
            words, k=k, user=user, constraints={"kinds": kind} if kind else None, language=language
        ).as_json()
    terminal.result(content, picks_table(f"search: {words}", content), *remarks(content))
