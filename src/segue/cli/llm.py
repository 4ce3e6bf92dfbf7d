"""``segue llm``: whether the language model works, which there are, what was used of it, and by which runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..errors import NotFound
from .output import Terminal, table

ACTIONS = ("test", "models", "usage", "runs")
_RUN = ("at", "job", "done", "left", "failed", "dropped", "calls", "cached", "repaired", "tokens_in", "tokens_out")


def llm(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            help="test: try it out with a few short calls; models: what the server lists; usage: tokens by day; "
            "runs: what each job of `segue understand` asked."
        ),
    ] = "test",
) -> None:
    """Test the language model of [llm]: reachability, typed answers, speed, tools; exit 1 when it cannot be used."""
    if action not in ACTIONS:
        raise NotFound.named("action of `segue llm`", action, ACTIONS)
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        if action == "models":
            names = engine.language_models()
            terminal.result({"models": names}, table("", ["model"], [[name] for name in names]))
        elif action == "usage":
            content = engine.language_model_usage()
            columns = ["day", "purpose", "calls", "tokens_in", "tokens_out", "cost"]
            terminal.result(content, table("", columns, [[row[name] for name in columns] for row in content["used"]]))
        elif action == "runs":
            told = engine.language_model_runs()
            rows = [[one.get(name, "") for name in _RUN] for one in told]
            terminal.result({"runs": told}, table("", list(_RUN), rows))
        else:
            content = engine.test_language_model()
            terminal.result(content, *_shown(content))
            if not content["ok"]:
                raise typer.Exit(1)


def _shown(content: dict[str, Any]) -> list[Any]:
    typed = [
        [one["level"], "ok" if one["ok"] else "-", one["seconds"], one["problem"] or ""] for one in content["typed"]
    ]
    facts = [
        ["typed answers by", content["level"] or "nothing"],
        ["first word after", f"{content['first_token_s']:.2f} s" if content["first_token_s"] is not None else "never"],
        ["tokens a second", content["tokens_per_s"] if content["tokens_per_s"] is not None else "unknown"],
        ["uses tools", "yes" if content["calls_tools"] else "no"],
    ]
    return [
        f"{content['where']}, model {content['model']}",
        table("", ["typed answer", "", "seconds", "problem"], typed),
        table("", ["", "found"], [[what, str(found)] for what, found in facts]),
        *content["problems"],
    ]
