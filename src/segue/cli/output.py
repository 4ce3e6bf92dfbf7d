"""How commands speak: JSON, tables, progress. Rich is imported on use."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..logs import to_stderr

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ..engine import Engine


class Progress(Protocol):
    """Told how far a long work has come."""

    def __call__(self, what: str, done: float, total: float | None = 1.0, /) -> None:
        """``done`` of ``total`` (None: not known yet), and what is being done."""
        ...


@dataclass(frozen=True)
class Terminal:
    """The global options of one command, and everything it prints through."""

    workspace: Path
    json: bool
    quiet: bool

    def engine(self) -> Engine:
        """The engine of the workspace."""
        from ..engine import Engine

        engine = Engine.open(self.workspace)
        to_stderr(engine.settings.log_level)
        return engine

    @property
    def console(self) -> Console:
        """Where people read."""
        from rich.console import Console

        # Into a file or a pipe, where nobody can widen the window, tables get the room that they need.
        return Console(highlight=False, width=None if sys.stdout.isatty() else 160)

    def result(self, content: Any, *shown: RenderableType) -> None:
        """Print the result: as JSON with ``--json``, else the given tables and texts; no text is read as markup."""
        if self.json:
            json.dump(content, sys.stdout, ensure_ascii=False, indent=2, default=str)
            sys.stdout.write("\n")
        else:
            for part in shown:
                self.console.print(harmless(part) if isinstance(part, str) else part, markup=False)

    def say(self, text: str) -> None:
        """A remark that is not the result."""
        if not self.quiet and not self.json:
            self.console.print(harmless(text), markup=False)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A bar with rate and remaining time on a terminal; a line every ten seconds where there is none."""
        if self.quiet:
            yield _silence
        elif not sys.stderr.isatty():
            yield _lines()
        else:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                TextColumn,
                TimeRemainingColumn,
            )
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description:<28}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )
            with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task("", total=None, rate="")

                def update(what: str, done: float, total: float | None = 1.0, /) -> None:
                    share = total is not None and total <= 1
                    scale = 100 if share else 1
                    speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
                    rate = "" if share or not speed else f"{speed:,.0f}/s"
                    shown_total = None if total is None else int(total * scale)
                    bar.update(task, description=what, completed=int(done * scale), total=shown_total, rate=rate)

                yield update


def _silence(_what: str, _done: float, _total: float | None = 1.0, /) -> None:
    pass


def _lines() -> Progress:
    import time

    began = last = time.monotonic()
    before = 0.0

    def update(what: str, done: float, total: float | None = 1.0, /) -> None:
        nonlocal began, last, before
        if done < before:  # the next part of the work
            began = time.monotonic()
        before = done
        if time.monotonic() - last < 10 or (total is not None and done >= total):
            return
        last = time.monotonic()
        seconds = max(last - began, 1e-3)
        if total and done:
            left = seconds * (total - done) / done
            print(f"{what}: {100 * done / total:.0f} %, about {left:.0f} s left", file=sys.stderr)
        else:
            print(f"{what}: {done:,.0f} ({done / seconds:,.0f}/s)", file=sys.stderr)

    return update


def table(title: str, columns: list[str], rows: list[list[Any]]) -> RenderableType:
    """A plain table; numbers to the right."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
    for number, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float | None) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(escape(_cell(value)) for value in row))
    return shown


def picks_table(title: str, content: dict[str, Any]) -> RenderableType:
    """The picks of an answer (in its JSON shape), one line each, with sources and reason."""
    rows = [
        [
            number,
            pick["title"] or pick["item"],
            pick["kind"],
            pick["score"],
            ", ".join(pick["sources"][:SOURCES])
            + (f" +{more}" if (more := len(pick["sources"]) - SOURCES) > 0 else ""),
            pick["reason"]["text"] if pick["reason"] else "",
        ]
        for number, pick in enumerate(content["picks"], 1)
    ]
    return table(title, ["", "title", "kind", "score", "sources", "reason"], rows)


def together_tables(content: dict[str, Any]) -> list[RenderableType]:
    """The picks for a group (in their JSON shape) with whom each suits, and what the list is for each of them."""
    rows = [
        [
            number,
            pick["title"] or pick["item"],
            pick["kind"],
            ", ".join(f"{one['name']} {one['suits']:.0%}" for one in pick["suits"]),
            pick["reason"]["text"] if pick["reason"] else "",
        ]
        for number, pick in enumerate(content["picks"], 1)
    ]
    group = content["group"]
    people = [[one["name"], one["user_id"], one["suits"], one["so_far"], one["counts"]] for one in group["members"]]
    return [
        table(f"together, {group['strategy']}", ["", "title", "kind", "suits", "reason"], rows),
        table("the list for each of them", ["name", "user", "suits", "so far", "counts"], people),
    ]


SOURCES = 2
"""How many of a pick's sources the table names, those first that moved it most; ``--json`` has all."""


_FORETOLD = ("action", "moments", "happened", "auc", "log_loss", "log_loss_base", "ece", "ece_base")
"""Columns of what is foretold of people's next actions."""

_MODELS, _BASELINE = 4, "popular_recent"
"""How many of the best models are shown by slice, and who stands beside them; `segue evaluate --html` has all."""
_SHOWN = ("ndcg", "recall", "hit", "coverage", "novelty")
"""Metrics in the table for people; ``--json`` has all."""


def evaluation_tables(report: dict[str, Any] | None) -> list[RenderableType]:
    """An evaluation (in its JSON shape): the main figures of all people, then NDCG by slice of the best models, beside
    most-popular; the best model first."""
    if report is None:
        return []
    ndcg = f"ndcg@{report['k']}"
    rows = {(row["model"], row["slice"]): row for row in report["rows"]}
    people = {row["slice"]: row["users"] for row in report["rows"]}
    models = sorted((model for model, part in rows if part == "all"), key=lambda m: -(rows[m, "all"][ndcg] or 0))
    columns = [f"{name}@{report['k']}" for name in _SHOWN]
    figures = [
        [
            m,
            *(rows[m, "all"].get(c) for c in columns),
            f"{rows[m, 'all']['ci95'][0]:.4f} … {rows[m, 'all']['ci95'][1]:.4f}",
        ]
        for m in models
    ]
    title = f"split {report['split']}: {report['people']:,} people, {report['candidates']:,} candidates"
    parts = [part for part in people if part != "all"]
    told = [*models[:_MODELS], *(m for m in models[_MODELS:] if m == _BASELINE)]
    slices = [
        [part, people[part], *(rows[m, part][ndcg] if (m, part) in rows else None for m in told)] for part in parts
    ]
    shown = [
        table(title, ["model", *columns, f"95 % of {ndcg}"], figures),
        table(f"{ndcg} by slice of people", ["slice", "people", *told], slices),
    ]
    foretold = [[row[name] for name in _FORETOLD] for row in report.get("next_action") or ()]
    if foretold:
        shown.append(table("what people do next, beside the base rate", list(_FORETOLD), foretold))
    return shown


def understood(content: dict[str, Any]) -> list[str]:
    """What was read from a sentence, and, where nothing was found, which part of it left nothing."""
    said = [part["said"] for part in content.get("understood", ())]
    lines = [f"understood: {' · '.join(said)}"] if said else []
    if content.get("emptied_by"):
        lines.append(f"nothing is left by: {' · '.join(content['emptied_by'])}")
    return lines


def remarks(content: dict[str, Any]) -> list[str]:
    """What a person should know about how an answer came about."""
    said = [f"degraded: {', '.join(content['degraded'])}"] if content["degraded"] else []
    scores = [pick["score"] for pick in content["picks"]]
    if scores != sorted(scores, reverse=True):
        said.append("The order is not that of the scores alone: the list is mixed for variety.")
    return said


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else harmless(str(value)).replace("\n", " ")


def harmless(text: str) -> str:
    """Without control characters: titles and paths come from outside and must not steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
