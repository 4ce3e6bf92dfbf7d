"""The language model of a workspace: whether it works, which there are, what was used of it."""

from __future__ import annotations

from typing import Any

from ..errors import SettingsError
from ..llm.accounts import Entry as Entry
from ..llm.accounts import listen as listen
from ..llm.client import LanguageModel
from ..llm.probe import probe
from ..settings import LlmSettings
from ..storage.rows import Store


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
