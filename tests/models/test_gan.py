from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from segue.models.autoencoder import Turn
from segue.models.gan import GAN, GANConfig
from segue.testing.models import ModelContract

ROWS = sparse.csr_array(np.array([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0]], np.float32))


class TestGAN(ModelContract):
    Model = GAN
    config = GANConfig(hidden=16, epochs=60, patience=60, batch_size=8, warmup=0, learning_rate=0.01)


@pytest.mark.parametrize("part", ["critic", "network"])
def test_only_the_part_whose_turn_it_is_learns(part: str) -> None:
    model = GAN(GANConfig(hidden=4))
    own = model._learner(model._network(5))
    own.loss(Turn(part, ROWS)).backward()
    assert {name.split(".")[0] for name, weight in own.named_parameters() if weight.grad is not None} == {part}


def test_without_masks_nothing_tells_the_generator_about_unmet_items() -> None:
    """What the critic does not see and no zero is asked of has no slope."""
    model = GAN(GANConfig(hidden=4, mask_share=0, zero_share=0))
    own = model._learner(model._network(5))
    own.loss(Turn("network", ROWS)).backward()
    slope = own.network.write.bias.grad
    assert torch.equal(slope != 0, torch.tensor([True, True, True, True, False]))
