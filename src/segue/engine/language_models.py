"""The language model of a workspace: whether it works, which there are, what was used of it."""

from __future__ import annotations

import threading
from typing import Any

from ..errors import SettingsError
from ..llm.accounts import Entry as Entry
from ..llm.accounts import listen as listen
from ..llm.budget import Budget
from ..llm.client import LanguageModel
from ..llm.probe import probe
from ..settings import LlmSettings
from ..storage.rows import Store


class Shared:
    """The one language model of a process: whoever asks shares its limits, and its rest while the server is down."""

    def __init__(self, settings: LlmSettings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None

    @property
    def stated(self) -> bool:
        """Whether there is one to ask."""
        return bool(self._settings.url)

    def __call__(self) -> LanguageModel:
        """The model, made on first use. Raises SettingsError, MissingLibrary."""
        with self._lock:
            if self._model is None:
                self._model = LanguageModel(self._settings, self._store, Budget())
            return self._model

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            model, self._model = self._model, None
        if model is not None:
            model.close()


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
