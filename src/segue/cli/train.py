"""``segue train``: fit, compare, promote."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .output import Terminal, evaluation_tables, table


def train(
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Option(
            help="The recipe that is compared and promoted. `best` tries what fits the data's size and chooses by the "
            "split; ask it with `segue recommend --recipe best`."
        ),
    ] = "home",
    force: Annotated[bool, typer.Option("--force", help="Promote even what is worse than what serves now.")] = False,
) -> None:
    """Fit all models on a global time split, show each beside most-popular, and promote what is not worse."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine, terminal.progress() as progress:
        report = engine.train(recipe=recipe, force=force, progress=progress)
    content = report.as_json()
    terminal.result(
        content,
        *_cleaning(content["cleaning"]),
        *_choice(content["choice"]),
        *evaluation_tables(content["evaluation"]),
        content["why"],
        *[f"problem: {p}" for p in content["problems"]],
    )


def _cleaning(report: dict[str, Any]) -> list[Any]:
    """What counts less in training, rule by rule."""
    rows = [
        [name, "on" if rule["on"] else "off", rule["events"], rule["people"]] for name, rule in report["rules"].items()
    ]
    title = f"cleaning: {report['events']:,} events in {report['sessions']:,} sessions"
    decided = {name: count for name, count in report["decisions"].items() if count}
    said = [f"decided by people: {', '.join(f'{n} {name}' for name, n in decided.items())}"] if decided else []
    return [table(title, ["rule", "", "events that count less", "people"], rows), *said]


def _choice(choice: dict[str, Any] | None) -> list[Any]:
    """What was tried for whom, and why one was chosen."""
    if choice is None:
        return []
    shown: list[Any] = [f"tried for: {choice['data']}"]
    for name, part in choice["segments"].items():
        rows = [
            [row["way"], row["ndcg@10"], "{:+.4f}  {:+.4f} … {:+.4f}".format(*row["difference"]), row["why"]]
            for row in part["tried"]
        ]
        people = f"{name} people ({part['people']:,} of the validation answers)"
        if rows:
            shown.append(table(people, ["tried", "ndcg@10", "beside popular_recent, 95 %", "why"], rows))
        weights = ", ".join(f"{model} {weight:g}" for model, weight in part["weights"].items())
        shown.append(f"{people}: {part['chosen']}, {part['why']}. By {part['fusion']}: {weights}.\n")
    shown += [f"{model}: {why}" for model, why in choice["left_out"].items()]
    return [*shown, choice["test"]["why"]]
