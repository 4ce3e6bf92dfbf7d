"""Fit the models that the settings name, one after the other; what is already in the folder is not fitted again."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..dataset import Dataset
from ..errors import SegueError, SettingsError, in_one_line
from ..models import TABLE
from ..models.base import Model, TrainOptions
from ..models.titles import WordsRead
from ..storage.artifacts import ArtifactFolder

log = logging.getLogger(__name__)
Progress = Callable[[str, float], None]
"""Called with what is being done and the share done, 0 … 1."""


@dataclass(frozen=True)
class Fitted:
    """A trained model, and how long that took."""

    model: Model
    seconds: float
    """Of the training alone; what was measured then, where the model has been loaded."""


def new_model(name: str, settings: Mapping[str, Any]) -> Model:
    """An untrained model with its settings.

    Raises:
        NotFound: there is no model of that name.
        SettingsError: its settings in ``[models.NAME]`` cannot be used.
    """
    kind = TABLE.load(name)
    try:
        return kind(kind.Config(**settings))
    except ValidationError as error:
        raise SettingsError(f"[models.{name}] cannot be used: {in_one_line(error)}.") from error


def fit(
    dataset: Dataset,
    names: Iterable[str],
    settings: Mapping[str, Mapping[str, Any]],
    options: TrainOptions,
    folder: ArtifactFolder,
    problems: list[str],
) -> dict[str, Fitted]:
    """Train the named models on the dataset and keep them in ``folder``, a sub-folder each.

    Args:
        settings: per model name, the table ``[models.NAME]``.
        problems: a model that fails is named here and left out; the others go on. A model of a content space in which
            no item has a vector is left out without a word: there is nothing to learn.

    Raises:
        NotFound: there is no model of such a name.
        SettingsError: a model's settings cannot be used.

    Interrupted and called again with the same folder, it goes on with the first model that is missing; a model that
    keeps checkpoints goes on with its last one.
    """
    fitted: dict[str, Fitted] = {}
    # All of them first, so that a wrong name or setting shows before the work.
    models = {name: new_model(name, settings.get(name, {})) for name in names}
    models = {name: model for name, model in models.items() if model.space in (None, *dataset.vectors)}
    for number, (name, model) in enumerate(models.items()):
        place = folder.child(name)
        share = number / len(models)

        def report(what: str, part: float, name: str = name, share: float = share) -> None:
            options.progress(f"{name}: {what}" if what else name, share + part / len(models))

        options.progress(name, share)
        done = place.path / "fitted.json"
        if done.exists():
            kept = type(model).load(place)
            kept.reads_with(options.words)
            fitted[name] = Fitted(kept, place.read_json("fitted")["seconds"])
            continue
        checkpoint = folder.child(f"{name}.checkpoint")
        shutil.rmtree(place.path, ignore_errors=True)
        began = time.perf_counter()

        def warn(what: str, name: str = name) -> None:
            log.warning("model %s: %s", name, what)
            problems.append(f"{name}: {what}")

        try:
            model.train(dataset, replace(options, progress=report, checkpoint=checkpoint, warn=warn))
        except (SegueError, MemoryError, RuntimeError, np.linalg.LinAlgError) as error:
            # RuntimeError is what torch and ARPACK raise, out of memory included; the log has where it came from.
            log.warning("model %s was not trained: %s", name, error, exc_info=not isinstance(error, SegueError))
            problems.append(f"{name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
            shutil.rmtree(checkpoint.path, ignore_errors=True)
            continue
        seconds = round(time.perf_counter() - began, 3)
        model.save(place)
        place.write_json("fitted", {"seconds": seconds, "config": model.config.model_dump(mode="json")})
        shutil.rmtree(checkpoint.path, ignore_errors=True)
        fitted[name] = Fitted(model, seconds)
    options.progress("done", 1.0)
    return fitted


def load(folder: ArtifactFolder, names: Iterable[str], words: WordsRead) -> dict[str, Model]:
    """The models that `fit` kept under these names.

    Args:
        words: how the workspace reads words.
    """
    models = {name: TABLE.load(name).load(folder.child(name)) for name in names}
    for model in models.values():
        model.reads_with(words)
    return models
