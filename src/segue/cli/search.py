"""``segue search``: find items by words, in any language."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal, picks_table, remarks, understood


def search(
    context: typer.Context,
    words: Annotated[str, typer.Argument(help="What to look for: “rainy-night piano”, “雨夜钢琴”.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    user: Annotated[str | None, typer.Option(help="Leave out what this person has blocked.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind (repeatable).")] = None,
    language: Annotated[str, typer.Option(help="Language of the reasons: en or zh.")] = "en",
    personal: Annotated[bool, typer.Option("--personal", help="Rank by what the user likes, too.")] = False,
    rewrite: Annotated[bool, typer.Option(help="--no-rewrite asks no language model for other words.")] = True,
    literal: Annotated[bool, typer.Option("--literal", help="Read no filters from the words.")] = False,
) -> None:
    """Search titles, people, topics and meaning; filters may stand in the sentence: “under 90 minutes”, “80 年代”."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.search(
            words,
            k=k,
            user_id=user,
            constraints={"kinds": kind} if kind else None,
            language=language,
            personal=personal,
            filters=not literal,
            rewrite=rewrite,
        ).as_json()
    terminal.result(content, *understood(content), picks_table(f"search: {words}", content), *remarks(content))
