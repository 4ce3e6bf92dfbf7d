from __future__ import annotations

import pytest
import torch

from segue.models.dropout import Dropout


def test_the_share_is_dropped_everywhere_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    ones = torch.ones(200_003)
    dropped = Dropout(0.3)(ones)
    assert dropped.mean() == pytest.approx(1, abs=0.01)
    for phase in range(8):  # each byte of a random word is as random as the others
        assert float((dropped[phase::8] == 0).float().mean()) == pytest.approx(0.3, abs=0.01)


def test_nothing_is_dropped_outside_training_or_by_a_share_of_0() -> None:
    ones = torch.ones(100)
    assert torch.equal(Dropout(0.5).eval()(ones), ones)
    assert torch.equal(Dropout(0.0)(ones), ones)


def test_the_gradient_is_that_of_the_mask() -> None:
    torch.manual_seed(1)
    x = torch.ones(1000, requires_grad=True)
    y = Dropout(0.25)(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal(gradient, y.detach())
