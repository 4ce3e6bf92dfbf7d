"""What happens to a training that is killed, diverges or outgrows its GPU."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segue.dataset import History
from segue.models.base import TrainOptions
from segue.models.loop import Loop, LoopConfig
from segue.models.sequential import Sequential, SequentialConfig
from segue.storage.artifacts import ArtifactFolder
from tests.toy_world import checkerboard, dataset

SMALL = {"embedding_dim": 8, "dropout": 0.2, "batch_size": 32, "learning_rate": 5e-3, "warmup": 0, "averaging": 0.9}


class Killed(BaseException):
    """As a signal would: nothing in the loop catches it."""


def test_a_training_that_was_killed_goes_on_and_ends_bit_equal(tmp_path: Path) -> None:
    data = checkerboard().dataset
    config = SequentialConfig(**SMALL, epochs=6)
    whole = Sequential(config)
    whole.train(data, TrainOptions(threads=1))

    def die(what: str, share: float) -> None:
        if what == "epoch 3":
            raise Killed

    options = TrainOptions(threads=1, checkpoint=ArtifactFolder(tmp_path))
    with pytest.raises(Killed):
        Sequential(config).train(data, replace(options, progress=die))
    seen: list[str] = []
    resumed = Sequential(config)
    resumed.train(data, replace(options, progress=lambda what, _share: seen.append(what)))
    assert seen[0] == "epoch 4"
    np.testing.assert_array_equal(resumed.score(data.history(2)), whole.score(data.history(2)))


def run(tmp_loss: object, options: TrainOptions, config: LoopConfig, sizes: list[int] | None = None) -> nn.Module:
    """A loop over one weight, whose loss is given."""
    network = nn.Linear(1, 1, bias=False)
    nn.init.ones_(network.weight)

    def batches(rng: np.random.Generator, size: int) -> Iterable[int]:
        if sizes is not None:
            sizes.append(size)
        yield size

    def loss(size: int) -> Tensor:
        return tmp_loss(network, size)  # type: ignore[operator, no-any-return]

    Loop(network, config, options, torch.device("cpu"), batches, loss).run()
    return network


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state() -> None:
    told: list[str] = []
    steps = []

    def loss(network: nn.Linear, size: int) -> Tensor:
        steps.append(size)
        return (network.weight**2).sum() * (float("nan") if len(steps) == 4 else 1)

    network = run(loss, TrainOptions(warn=told.append), LoopConfig(epochs=10, warmup=0, learning_rate=0.1))
    assert len(steps) == 4
    assert float(network.weight.detach()) == pytest.approx(0.7, abs=0.05)  # type: ignore[arg-type]
    assert len(told) == 1
    assert "nan in epoch 4" in told[0]
    assert "learning_rate" in told[0]


def test_a_gradient_that_is_no_number_does_not_reach_the_average() -> None:
    told: list[str] = []
    steps = []

    def loss(network: nn.Linear, size: int) -> Tensor:
        steps.append(size)
        # Finite itself, with an infinite slope: the root at 0.
        return (network.weight**2).sum() if len(steps) < 4 else (network.weight * 0).abs().sqrt().sum() + 1

    config = LoopConfig(epochs=10, warmup=0, learning_rate=0.1, averaging=0.5)
    network = run(loss, TrainOptions(warn=told.append), config)
    assert len(steps) == 4
    assert np.isfinite(float(network.weight.detach()))  # type: ignore[operator]
    assert "the best state before was kept" in told[0]


def test_a_network_that_learnt_nothing_has_no_opinion() -> None:
    data = checkerboard().dataset
    told: list[str] = []
    model = Sequential(SequentialConfig(**{**SMALL, "learning_rate": 1e30}, epochs=3))
    model.train(data, TrainOptions(threads=1, warn=told.append))
    learnt = bool(model.curve)
    assert np.isfinite(model.score(data.history(0))).any() == learnt
    assert told
    alone = dataset([("a", "i0"), ("b", "i1")])  # nobody has two events
    model.train(alone, TrainOptions(threads=1))
    assert np.isnan(model.score(History.of([0]))).all()


def test_a_gpu_out_of_memory_halves_the_batch_and_says_so() -> None:
    told: list[str] = []
    sizes: list[int] = []

    def loss(network: nn.Linear, size: int) -> Tensor:
        if size > 16:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return (network.weight**2).sum()

    run(loss, TrainOptions(warn=told.append), LoopConfig(epochs=2, batch_size=64), sizes)
    assert sizes == [64, 32, 16, 16]
    assert told == [f"the GPU is out of memory, so the batch is halved to {n}" for n in (32, 16)]


def test_a_machine_that_is_out_of_memory_halves_the_batch_too() -> None:
    told: list[str] = []
    sizes: list[int] = []

    def loss(network: nn.Linear, size: int) -> Tensor:
        if size > 32:
            torch.empty(2**60, dtype=torch.uint8)  # more than any machine has
        return (network.weight**2).sum()

    run(loss, TrainOptions(warn=told.append), LoopConfig(epochs=1, batch_size=64), sizes)
    assert sizes == [64, 32]
    assert told == ["the machine is out of memory, so the batch is halved to 32"]


def test_the_learning_rate_rises_and_falls_and_differs_by_part() -> None:
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    seen: list[tuple[float, ...]] = []
    loop = Loop(
        network,
        LoopConfig(epochs=1, warmup=2, learning_rate=0.1),
        TrainOptions(),
        torch.device("cpu"),
        lambda _rng, _size: range(6),
        lambda _batch: sum((p**2).sum() for p in network.parameters()),  # type: ignore[arg-type, return-value]
        rates=[(list(network[0].parameters()), 1.0), (list(network[1].parameters()), 10.0)],
        falls_until=6,
        after_step=lambda _step: seen.append(tuple(g["lr"] for g in loop._optimizer.param_groups)),
    )
    loop.run()
    assert [a for a, _ in seen] == pytest.approx([0.05, 0.1, 0.075, 0.05, 0.025, 0.0])
    assert [b for _, b in seen] == pytest.approx([10 * a for a, _ in seen])


def test_one_event_that_does_not_fit_is_an_error() -> None:
    def loss(network: nn.Linear, size: int) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        run(loss, TrainOptions(warn=lambda _what: None), LoopConfig(epochs=1, batch_size=4))


def test_a_training_that_has_had_its_minutes_ends_and_says_so() -> None:
    told: list[str] = []
    sizes: list[int] = []
    options = TrainOptions(minutes=0, warn=told.append)
    run(lambda network, _size: (network.weight**2).sum(), options, LoopConfig(epochs=10, warmup=0), sizes)  # type: ignore[attr-defined]
    assert len(sizes) == 1
    assert told == [
        "training took longer than the 0 min it had, so it ended after epoch 1 and what was learnt so far was kept"
    ]


def test_the_warm_up_uses_up_no_patience() -> None:
    network = nn.Linear(1, 1, bias=False)
    loop = Loop(
        network,
        LoopConfig(epochs=20, patience=2, warmup=5),
        TrainOptions(),
        torch.device("cpu"),
        batches=lambda _rng, size: [size],
        loss=lambda _size: (network.weight**2).sum(),
        validate=lambda: 0.0,
    )
    assert len(loop.run()) == 5 + 2
