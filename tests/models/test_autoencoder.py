from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

from segue.dataset import History
from segue.models.autoencoder import Autoencoder, AutoencoderConfig, BagLayer, Bags, Learner
from segue.models.base import TrainOptions
from segue.models.vae import MULT_VAE, RECVAE, VAE, VAEConfig
from segue.storage.artifacts import ArtifactFolder
from tests.toy_world import checkerboard

SMALL = {"hidden": 12, "latent": 8, "batch_size": 8, "warmup": 0, "learning_rate": 0.01, "epochs": 6}


class Linear(Autoencoder):
    """A network whose answer to any row is known."""

    name = "linear"
    Config = AutoencoderConfig

    def _network(self, n_items: int) -> nn.Module:
        return BagLayer(n_items, n_items)

    def _learner(self, network: nn.Module) -> Learner:
        return Still(network)


class Still(Learner):
    """Learns nothing."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def turns(self, rows: Any, rng: np.random.Generator, size: int) -> Any:
        return iter(())

    def loss(self, turn: Any) -> Tensor:
        raise AssertionError("there are no turns")


def test_dislikes_enter_a_linear_network_as_negative_numbers() -> None:
    model = Linear(AutoencoderConfig(history_decay=1.0, epochs=1))
    model.train(checkerboard().dataset, TrainOptions(threads=1))
    weights = model._net.items.detach().numpy()
    row = np.zeros(16, np.float32)
    row[[0, 1, 4]] = [1.0, -0.5, -1.0]
    scores = model.score(History.of([0, 1, 4], [1.0, -0.5, -1.0]))
    np.testing.assert_allclose(scores, row / np.linalg.norm(row) @ weights, atol=1e-6)


def test_long_and_short_histories_are_rows_of_the_same_length() -> None:
    from scipy import sparse

    bags = Bags.of(
        sparse.csr_array(np.array([[1, 0, 1], [0, 0, 0], [0, 0.5, 0]], np.float32)), Still(nn.Linear(1, 1)).where
    )
    np.testing.assert_allclose(bags.weights, [0.5**0.5, 0.5**0.5, 1])
    assert bags.offsets.tolist() == [0, 2, 2, 3]


@pytest.mark.parametrize("config", [RECVAE, MULT_VAE], ids=["recvae", "mult-vae"])
@pytest.mark.parametrize("killed_at", [2, 8], ids=["in the trial", "in the fit on everything"])
def test_a_training_that_was_killed_goes_on_to_the_same_end(config: VAEConfig, killed_at: int, tmp_path: Path) -> None:
    data = checkerboard().dataset
    model = VAE(config.model_copy(update=SMALL | {"patience": 6}))
    options = TrainOptions(seed=3, threads=1)
    model.train(data, options)
    reported = iter(range(1, 100))

    def kill(_what: str, _share: float) -> None:
        if next(reported) == min(killed_at, 6 + model.epochs):
            raise KeyboardInterrupt

    again = VAE(model.config)
    kept = replace(options, checkpoint=ArtifactFolder(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        again.train(data, replace(kept, progress=kill))
    told: list[float] = []
    again.train(data, replace(kept, progress=lambda _what, share: told.append(share)))
    assert len(told) < 6 + model.epochs + 1
    assert again.epochs == model.epochs
    for user in range(4):
        assert np.array_equal(again.score(data.history(user)), model.score(data.history(user)))


def test_a_loss_that_stops_being_a_number_ends_the_training_and_is_told() -> None:
    data = checkerboard().dataset
    told: list[str] = []
    model = VAE(RECVAE.model_copy(update=SMALL | {"learning_rate": 1e30}))
    model.train(data, TrainOptions(threads=1, warn=told.append))
    assert "loss was nan" in told[0]
    assert "learning_rate" in told[0]
    scores = model.score(data.history(0))
    assert np.isfinite(scores).all() or np.isnan(scores).all()
