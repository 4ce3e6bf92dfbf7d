from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from segue.dataset import Dataset
from segue.models.base import Model, TrainOptions
from segue.models.popular import PopularAll
from segue.storage.artifacts import ArtifactFolder
from segue.training import batch
from tests.toy_world import checkerboard


class OutOfMemory(PopularAll):
    """As a network on a GPU that is too small, with a checkpoint begun."""

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        assert options.checkpoint is not None
        options.checkpoint.write_json("checkpoint", {"epoch": 1})
        options.warn("the batch is halved")
        raise RuntimeError("CUDA out of memory.\nTried to allocate more.")


def test_a_model_that_fails_is_named_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def new_model(name: str, settings: Mapping[str, Any]) -> Model:
        return OutOfMemory() if name == "vae" else PopularAll()

    monkeypatch.setattr(batch, "new_model", new_model)
    problems: list[str] = []
    data = checkerboard().dataset
    fitted = batch.fit(data, ("vae", "popular_all"), {}, TrainOptions(), ArtifactFolder(tmp_path), problems)
    assert list(fitted) == ["popular_all"]
    assert problems == ["vae: the batch is halved", "vae: CUDA out of memory."]
    assert {path.name for path in tmp_path.iterdir()} == {"popular_all"}
