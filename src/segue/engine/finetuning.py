"""What `segue finetune` learns from: the workspace's own items and events, or a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from ..catalogue import Catalogue
from ..dataset import Dataset
from ..errors import InvalidInput, NotFound, in_one_line
from ..settings import FinetuneSettings, Settings
from ..storage.rows import Store
from ..training.finetune import examples
from ..training.finetune.examples import Labelled
from ..training.finetune.run import TASKS, Texts


def data_for(
    task: str, store: Store, settings: Settings, csv: Path | None, labels: Sequence[str]
) -> Labelled | Dataset | Texts:
    """The examples of a task.

    Raises:
        NotFound: there is no such task.
        InvalidInput: there is too little to learn from, or the file is not for this task.
    """
    if task not in TASKS:
        raise NotFound.named("task", task, TASKS)
    if task not in examples.TASKS and (csv is not None or labels):
        raise InvalidInput(
            f"The task {task!r} learns from the workspace, not from labels; leave out the file and labels."
        )
    if csv is not None:
        return examples.from_csv(csv, task, labels)
    if task == "behaviour":
        return _behaviour(store, settings)
    if task == "pretrain":
        return examples.sentences(store.items())
    if task in ("genre", "style"):
        return examples.from_items(store.items(), task, settings.finetune.least_examples)
    return examples.from_events((event for _, event in store.events(kinds=examples.SPEAKING)), task)


def _behaviour(store: Store, settings: Settings) -> Dataset:
    """All events but the newest, on which `segue train` judges: an encoder that has read the answers would look better
    than it is."""
    catalogue, table = Catalogue.build(store.items()), store.event_table()
    times = table.at[np.isfinite(table.at)]
    until = None
    if len(times) and len(times) == len(table):
        until = float(np.quantile(times, max(0.0, 1 - 2 * settings.train.test_share)))
    return Dataset.build(catalogue, table, settings.signals, until=until, own_scale=settings.cleaning.own_scale)


def with_method(settings: Settings, method: str) -> Settings:
    """The settings with another ``[finetune] method``; empty: as they are.

    Raises:
        InvalidInput: there is no such method.
    """
    if not method:
        return settings
    try:
        changed = FinetuneSettings.model_validate({**settings.finetune.model_dump(), "method": method})
    except ValidationError as error:
        raise InvalidInput(f"{in_one_line(error)}.") from error
    return settings.model_copy(update={"finetune": changed})
