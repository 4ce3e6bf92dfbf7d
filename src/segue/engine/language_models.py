"""The language model of a workspace: whether it works, which there are, what was used of it, and what runs did."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from ..events import now
from ..llm.accounts import Entry as Entry
from ..llm.accounts import listen as listen
from ..llm.client import LanguageModel
from ..llm.probe import probe
from ..settings import LlmSettings
from ..storage.rows import Store

log = logging.getLogger(__name__)

RUNS = "llm-runs.jsonl"
"""File of a workspace: what runs have asked of a language model, a line a job; the newest last."""
MOST_RUNS = 500


def tested(settings: LlmSettings) -> dict[str, Any]:
    """What `segue llm test` tells."""
    return probe(settings).as_json()


def models(settings: LlmSettings) -> list[str]:
    """Names of the models that the server lists."""
    if not settings.url:
        raise SettingsError("[llm] url is empty: no language model is asked. State it in segue.toml.")
    # Any name will do to ask for the names.
    with LanguageModel(settings.model_copy(update={"model": settings.model or "any"})) as model:
        return model.models()


def used(store: Store, settings: LlmSettings) -> dict[str, Any]:
    """What was used, by day and purpose, with what it cost at the prices of the settings."""
    rows = [
        {
            **row,
            "cost": round((row["tokens_in"] * settings.price_in + row["tokens_out"] * settings.price_out) / 1e6, 6),
        }
        for row in store.llm_usage()
    ]
    return {"tokens_per_day": settings.tokens_per_day or None, "used": rows}


def note_runs(workspace: Path, steps: Iterable[Mapping[str, Any]]) -> None:
    """Keep what a run's jobs have asked of a language model: counts alone, never a word."""
    at = now().isoformat(timespec="seconds")
    new = [
        {
            "at": at,
            "job": step["step"],
            **{name: step[name] for name in ("done", "unchanged", "failed", "left", "dropped")},
            **step["usage"],
            "seconds": step["seconds"],
        }
        for step in steps
        if step.get("usage")
    ]
    if not new:
        return
    file = workspace / RUNS
    try:
        kept = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        lines = [*kept, *(json.dumps(one) for one in new)][-MOST_RUNS:]
        beside = file.with_suffix(".new")
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        beside.replace(file)
    except OSError as error:  # the work is done and stored
        log.warning("what a run asked of the language model is not noted: %s", error)


def runs(workspace: Path) -> list[dict[str, Any]]:
    """What runs have asked, the newest last."""
    file = workspace / RUNS
    if not file.exists():
        return []
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue  # written by a version that broke off
        if isinstance(one, dict):
            found.append(one)
    return found
