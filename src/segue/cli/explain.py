"""``segue explain``: why an item is recommended to a person, or why not."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .output import Terminal, table


def explain(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    item: Annotated[str, typer.Argument(help="Id of the item.")],
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    level: Annotated[str, typer.Option(help="line, paragraph or full.")] = "line",
    recipe: Annotated[
        str, typer.Option(help="Of which list: home, best, mix, search, playlist, mood, similar, radio.")
    ] = "home",
    words: Annotated[str | None, typer.Option(help="What was typed, for search, playlist and mood.")] = None,
    seeds: Annotated[list[str] | None, typer.Option("--seed", help="Where similar and radio start from.")] = None,
    request_id: Annotated[str | None, typer.Option(help="Of an answer: what is stored of its showing.")] = None,
    worded: Annotated[bool, typer.Option("--worded", help="Let the language model word the paragraph.")] = False,
) -> None:
    """Say why this item is, or is not, recommended to this person."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        asked: dict[str, Any] = {"recipe": recipe, "words": words, "seeds": tuple(seeds or ())}
        content = engine.explain(user, item, language, level, request_id, worded, **asked).as_json()
    terminal.result(content, content["paragraph"] or content["text"], *_tables(content))


def _tables(content: dict[str, Any]) -> list[Any]:
    account = content["account"]
    if account is None:
        return [table("", ["score", "value"], [[name, score] for name, score in content["scores"].items()])]
    evidence = [
        [claim["channel"], claim["influence"], one["kind"], one["name"], one["influence"], one["via"]]
        for claim in account.get("claims", [])
        for one in claim["evidence"]
    ]
    parts = [[p["name"], p["weight"], p["value"], p["added"], p["last"]] for p in account.get("parts", [])]
    filters = [[name, "takes it out"] for name in account["filters"]["removed"]]
    filters += [[name, ""] for name in account["filters"]["passed"]]
    return [
        table("evidence", ["speaks of", "adds", "kind", "what", "score falls by", "via"], evidence),
        table("parts of the blend", ["part", "weight", "own score", "adds", "of the last shown"], parts),
        table("filters", ["filter", ""], filters),
    ]
