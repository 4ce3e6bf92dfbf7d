"""A report for people: as pictures, and as one page that needs nothing from elsewhere.

Everything here reads the JSON shape of a report (`offline.Report.as_json`), so that a stored one can be shown again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput
from . import plots as geometry
from .words import WORDS

if TYPE_CHECKING:
    from jinja2 import Environment

COOL, WARM = "#3a7fd5", "#c8742a"
"""Colours of the models and of most-popular; both have enough contrast on white and on near-black."""


def plots(report: Mapping[str, Any], language: str = "en") -> dict[str, str]:
    """SVG markup by name: ``accuracy``, ``tradeoff`` and, where people or items differ, ``slices``.

    The markup carries no style and no script, so that it may stand in a page with a strict content policy. It takes the
    colour of the text around it and the width of what holds it.

    Raises:
        InvalidInput: the language is neither English nor Chinese.
    """
    words = _words(language, report)
    drawn = {"accuracy": geometry.dots(report), "tradeoff": geometry.tradeoff(report)}
    if any(row["slice"] != "all" for row in report["rows"]):
        drawn["slices"] = geometry.slices(report)
    return {
        name: _environment()
        .get_template(f"{name}.svg")
        .render(
            g=measures,
            w=words,
            k=report["k"],
            baseline_half=geometry.text_width(words["most_popular"], 11) / 2,
        )
        for name, measures in drawn.items()
    }


def as_html(report: Mapping[str, Any], language: str = "en") -> str:
    """One self-contained page: no script, nothing loaded from elsewhere, light and dark, wide and narrow.

    Raises:
        InvalidInput: the language is neither English nor Chinese.
    """
    from markupsafe import Markup

    words, k = _words(language, report), report["k"]
    metrics = _metrics(report)
    rows = geometry.rows_of(report, "all")
    best = {m: _best(m, [row[f"{m}@{k}"] for row in rows]) for m in metrics}
    # The markup is made by our own templates, which escape what they are given.
    drawn = {name: Markup(svg) for name, svg in plots(report, language).items()}  # noqa: S704
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            language=language.split("-")[0],
            w=words,
            description=_description(report, language),
            facts=[
                (words["split_name"], words["split"].get(report["split"], report["split"])),
                (words["people_asked"], f"{report['people']:,}"),
                (words["candidates"], f"{report['candidates']:,}"),
                (words["trained_on"], f"{report['trained_on']:,}"),
                (words["list_length"], k),
                (words["seconds"], f"{report['seconds']:.0f} s"),
            ],
            plots=drawn,
            columns=[words["metric"].get(m, m) for m in metrics],
            foretold=[
                (words["action"].get(row["action"], row["action"]), [_foretold(row, name) for name in _FORETOLD])
                for row in report.get("next_action") or ()
            ],
            foretold_columns=[words["foretold_column"][name] for name in _FORETOLD],
            table=[
                {
                    "model": row["model"],
                    "is_baseline": row["model"] == report["baseline"],
                    "cells": [
                        (_figure(m, row[f"{m}@{k}"]), row[f"{m}@{k}"] is not None and row[f"{m}@{k}"] == best[m])
                        for m in metrics
                    ],
                }
                for row in rows
            ],
        )
    )


def _words(language: str, report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The words of the language, with what the report's own slices (segments, tastes) are called in it."""
    short = language.split("-")[0]
    words = WORDS.get(short)
    if words is None:
        raise InvalidInput(f"There is no report in the language {language!r}; expected 'en' or 'zh'.")
    own = {name: said.get(short, name) for name, said in report.get("slice_names", {}).items()}
    return {**words, "slice": {**own, **words["slice"]}}


def _description(report: Mapping[str, Any], language: str) -> str:
    form: str | None = _words(language, report)["description"].get((report["split"], bool(report["refit"])))
    if form is None:
        return str(report["description"])
    since = report["test_from"]
    return form.format(since="" if since is None else f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M} UTC")


_FORETOLD = ("moments", "happened", "auc", "log_loss", "log_loss_base", "ece", "ece_base")
"""Figures of the table of next actions."""


def _foretold(row: Mapping[str, Any], name: str) -> str:
    return f"{row[name]:,}" if name == "moments" else f"{row[name]:.1%}" if name == "happened" else f"{row[name]:.4f}"


def _metrics(report: Mapping[str, Any]) -> list[str]:
    """Names of the metrics in the report, in its order."""
    end = f"@{report['k']}"
    return [key.removesuffix(end) for key in (report["rows"][0] if report["rows"] else {}) if key.endswith(end)]


def _figure(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if metric == "coverage" else f"{value:.2f}" if metric == "novelty" else f"{value:.4f}"


def _best(metric: str, values: list[float | None]) -> float | None:
    stated = [v for v in values if v is not None]
    # An even spread over the catalogue is the better one.
    return (min if metric == "gini" else max)(stated, default=None)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("segue.evaluation"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(width=geometry.WIDTH, cool=COOL, warm=WARM)
    return environment
