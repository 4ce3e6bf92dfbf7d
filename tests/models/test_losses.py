from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from segue.models import losses


@pytest.fixture
def drawn() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    states = torch.randn(700, 8, requires_grad=True)
    table = torch.randn(50, 8, requires_grad=True)
    return states, torch.randint(0, 50, (700,)), table, torch.rand(700)


def test_cross_entropy_and_its_gradient_are_those_of_torch(drawn: tuple[torch.Tensor, ...]) -> None:
    states, targets, table, weights = drawn
    ours = losses.cross_entropy(states, targets, table, weights, torch.float32)
    mine = torch.autograd.grad(ours, (states, table))
    each = functional.cross_entropy(states @ table.T, targets, reduction="none")
    theirs = (each * weights).sum() / weights.sum()
    torch.testing.assert_close(ours, theirs)
    for a, b in zip(mine, torch.autograd.grad(theirs, (states, table)), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


def test_bfloat16_is_near(drawn: tuple[torch.Tensor, ...]) -> None:
    states, targets, table, weights = drawn
    exact = losses.cross_entropy(states, targets, table, weights, torch.float32)
    near = losses.cross_entropy(states, targets, table, weights, torch.bfloat16)
    assert abs(float(near / exact) - 1) < 0.01
    (a,), (b,) = torch.autograd.grad(exact, states), torch.autograd.grad(near, states)
    assert float(functional.cosine_similarity(a.flatten(), b.flatten(), dim=0)) > 0.999


def test_sampling_the_catalogue_sums_to_the_whole_on_average() -> None:
    """The partition sum, not the loss (a logarithm), is what the correction makes right."""
    torch.manual_seed(1)
    states, table = torch.randn(1, 4), torch.randn(40, 4)
    target = torch.tensor([3])
    weight = torch.ones(1)
    whole = losses.cross_entropy(states, target, table, weight, torch.float32)
    own = (states @ table[3]).exp()
    sums = torch.stack(
        [losses.sampled_softmax(states, target, table, weight, torch.float32, 10).exp() * own for _ in range(4000)]
    )
    assert float(sums.mean() / (whole.exp() * own)) == pytest.approx(1, abs=0.03)


def test_asking_for_more_negatives_than_there_are_is_the_whole_catalogue(drawn: tuple[torch.Tensor, ...]) -> None:
    states, targets, table, weights = drawn
    sampled = losses.sampled_softmax(states, targets, table, weights, torch.float32, 50)
    torch.testing.assert_close(sampled, losses.cross_entropy(states, targets, table, weights, torch.float32))


def test_gbce_without_calibration_is_binary_cross_entropy() -> None:
    torch.manual_seed(2)
    states, table = torch.randn(3, 4), torch.randn(2, 4)
    targets = torch.zeros(3, dtype=torch.int64)
    found = losses.gbce(states, targets, table, torch.ones(3), 64, 0.0)
    torch.manual_seed(2)
    torch.randn(3, 4), torch.randn(2, 4)
    others = torch.randint(2, (64,))
    logits = torch.cat([(states @ table[0])[:, None], (states @ table[others[others != 0]].T)], 1)
    labels = torch.zeros_like(logits)
    labels[:, 0] = 1
    expected = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none").sum(1).mean()
    torch.testing.assert_close(found, expected)
