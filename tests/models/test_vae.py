from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse, stats

from segue.models.autoencoder import Bags, Turn
from segue.models.vae import MULT_VAE, RECVAE, VAE, VAEConfig
from segue.testing.models import ModelContract

FAST = {"hidden": 32, "latent": 16, "epochs": 30, "batch_size": 8, "warmup": 0, "learning_rate": 0.01}
ROWS = sparse.csr_array(np.array([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 0.5]], np.float32))


class TestRecVAE(ModelContract):
    Model = VAE
    config = RECVAE.model_copy(update=FAST)


class TestMultVAE(ModelContract):
    Model = VAE
    config = MULT_VAE.model_copy(update=FAST)


def learner(config: VAEConfig) -> Any:
    torch.manual_seed(1)
    model = VAE(config.model_copy(update={"hidden": 6, "latent": 3}))
    return model._learner(model._network(5))


def test_recvae_lets_the_encoder_learn_three_times_and_then_the_decoder() -> None:
    own = learner(RECVAE)
    before = own.former.last.weight.clone()
    turns = [turn.part for turn in own.turns(ROWS, np.random.default_rng(0), 2)]
    assert turns == ["encoder"] * 6 + ["decoder"] * 2
    assert torch.equal(own.former.last.weight, before)
    with torch.no_grad():
        own.network.encoder.last.weight += 1
    list(own.turns(ROWS, np.random.default_rng(0), 2))
    assert torch.equal(own.former.last.weight, before + 1)


@pytest.mark.parametrize("part", ["encoder", "decoder", "network"])
def test_only_the_part_whose_turn_it_is_learns(part: str) -> None:
    own = learner(RECVAE)
    own.loss(Turn(part, ROWS)).backward()
    learns = {name.split(".")[1] for name, weight in own.named_parameters() if weight.grad is not None}
    assert learns == ({"encoder", "decoder"} if part == "network" else {part})


def test_the_divergence_from_the_normal_prior_is_annealed_up_to_its_weight() -> None:
    own = learner(MULT_VAE.model_copy(update={"dropout": 0.0, "anneal_epochs": 2}))
    bags = Bags.of(ROWS, own.where)
    mean, log_variance = (part.detach() for part in own.network.encoder(bags))
    own.network.decoder[-1].weight.data[:] = 0  # the likelihood is that of equal chances
    plain = ROWS.sum() * np.log(5)
    expected = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum()
    for share in (0, 0.5, 1, 1):
        loss = own.loss(Turn("network", ROWS)) * ROWS.sum()
        assert float(loss) == pytest.approx(float(plain + share * 0.2 * expected), rel=1e-5)
        list(own.turns(ROWS, np.random.default_rng(0), 2))


def test_the_composite_prior_mixes_the_former_posterior_with_two_normals() -> None:
    own = learner(RECVAE)
    bags = Bags.of(ROWS, own.where)
    sample = torch.tensor([[0.1, -1.0, 2.0]] * 3)
    mean, log_variance = torch.full((3, 3), 0.3), torch.full((3, 3), -0.7)
    former = [part.detach().numpy() for part in own.former(bags)]
    x = sample.numpy()
    prior = (
        0.15 * stats.norm.pdf(x)
        + 0.75 * stats.norm.pdf(x, former[0], np.exp(former[1] / 2))
        + 0.10 * stats.norm.pdf(x, 0, np.exp(5))
    )
    expected = (stats.norm.logpdf(x, 0.3, np.exp(-0.35)) - np.log(prior)).sum(axis=1)
    np.testing.assert_allclose(own._divergence(bags, sample, mean, log_variance).detach(), expected, rtol=1e-4)
