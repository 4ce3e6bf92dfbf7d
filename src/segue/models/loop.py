"""How every network of this room is trained: epochs, early stopping, checkpoints, and what to do when it goes wrong."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from ..arrays import Floats
from ..storage.artifacts import ArtifactFolder
from ..threads import n_threads
from .base import ModelConfig, TrainOptions

B = TypeVar("B")
K = TypeVar("K")


class LoopConfig(ModelConfig):
    """Settings that all trained networks share."""

    epochs: Annotated[int, Field(ge=1)] = 100
    """Passes over the data at most."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Passes without a better validation, after the warm-up, after which training stops; the best state is kept."""
    batch_size: Annotated[int, Field(ge=1)] = 8192
    """Events in one step."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Of Adam (Kingma and Ba, 2015), reached after `warmup` steps."""
    warmup: Annotated[int, Field(ge=0)] = 100
    """Steps in which the learning rate grows from 0."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Of AdamW (Loshchilov and Hutter, 2019)."""
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the moving average of the weights, by step; the average is what is validated and kept. 0: none."""


@dataclass
class Loop(Generic[B]):
    """One training of one network.

    Every epoch draws its randomness from (seed, epoch), so that a training that was killed and goes on from its
    checkpoint ends with the same weights, bit by bit on one machine, as one that was not.
    """

    network: nn.Module
    config: LoopConfig
    options: TrainOptions
    device: torch.device
    batches: Callable[[np.random.Generator, int], Iterable[B]]
    """The batches of an epoch, of the size given."""
    loss: Callable[[B], Tensor]
    validate: Callable[[], float] | None = None
    """Higher is better; asked after every epoch. None: all epochs are run and the last state kept."""
    rates: Sequence[tuple[Sequence[nn.Parameter], float]] | None = None
    """Parameters and how many times the learning rate they have, where these are not all of the network alike."""
    falls_until: int = 0
    """Step at which the learning rate has fallen to 0 in a line; 0: it stays where the warm-up has brought it."""
    after_step: Callable[[int], None] | None = None
    """Told the number of each step that has been made; the gradients are still there."""

    def run(self) -> list[float]:
        """Train; afterwards the network holds the best state. Returns the validation after each epoch.

        A loss that is not finite ends the training with the best state so far, and so do ``options.minutes``. A GPU
        that is out of memory halves the batch. All are told to ``options.warn``.
        """
        before = torch.get_num_threads()
        if self.device.type == "cpu":
            torch.set_num_threads(n_threads(self.options.threads))
        devices = [self.device] if self.device.type == "cuda" else []
        try:
            with torch.random.fork_rng(devices=devices):
                return self._epochs()
        finally:
            torch.set_num_threads(before)

    def _epochs(self) -> list[float]:
        self.network.to(self.device)
        rates = self.rates or [(list(self.network.parameters()), 1.0)]
        self._scales = [scale for _, scale in rates]
        self._optimizer = torch.optim.AdamW(
            [{"params": list(parameters)} for parameters, _ in rates],
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            betas=(0.9, 0.98),
        )
        self._average = _copied(self.network.state_dict())
        self._best = _copied(self._average)
        self._curve: list[float] = []
        self._steps, self._size, self._spent = 0, self.config.batch_size, 0.0
        self._resume()
        epoch = len(self._curve)
        while epoch < self.config.epochs and not self._finished():
            if self._spent > 60 * self.options.minutes:
                kept = "the best state was kept" if self.validate is not None else "what was learnt so far was kept"
                self.options.warn(
                    f"training took longer than the {self.options.minutes:g} min it had, so it ended after epoch "
                    f"{epoch} and {kept}"
                )
                break
            torch.manual_seed(self.options.seed * 1_000_003 + epoch)
            rng = np.random.default_rng((self.options.seed, epoch))
            began = time.monotonic()
            try:
                whole = self._epoch(epoch, rng)
            except RuntimeError as error:
                if not _out_of_memory(error) or not self._smaller(error):
                    raise
                continue
            if not whole:
                break
            self._judge()
            self._spent += time.monotonic() - began
            epoch += 1
            self._keep()
            self.options.progress(f"epoch {epoch}", min(epoch / self.config.epochs, 0.99))
        self.network.load_state_dict(self._best)
        self.network.eval()
        return self._curve

    def _epoch(self, epoch: int, rng: np.random.Generator) -> bool:
        """One pass; False where the loss stopped being a number."""
        self.network.train()
        rate = self.config.averaging
        for batch in self.batches(rng, self._size):
            self._steps += 1
            # The average begins as the mean of what there is, so that the first weights do not linger.
            keep = min(rate, (1 + self._steps) / (10 + self._steps)) if rate else 0.0
            for group, scale in zip(self._optimizer.param_groups, self._scales, strict=True):
                group["lr"] = scale * self.config.learning_rate * self._share_of_rate()
            self._optimizer.zero_grad(set_to_none=True)
            value = self.loss(batch)
            value.backward()  # type: ignore[no-untyped-call]
            slope = nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            if not (torch.isfinite(value) and torch.isfinite(slope)):
                kept = "the best state before was kept" if self._curve else "nothing was learnt"
                self.options.warn(
                    f"the loss was {float(value.detach())} and its gradient {float(slope)} in epoch {epoch + 1}, so "
                    f"training stopped and {kept}. "
                    f"A lower learning_rate than {self.config.learning_rate:g} helps."
                )
                return False
            self._optimizer.step()
            if self.after_step is not None:
                self.after_step(self._steps)
            if rate:
                with torch.no_grad():
                    for name, now in self.network.state_dict().items():
                        if now.is_floating_point():
                            self._average[name].lerp_(now, 1 - keep)
        if not rate:
            self._average = _copied(self.network.state_dict())
        return True

    def _share_of_rate(self) -> float:
        """Of the learning rate, at this step: it grows from 0, and falls to 0 again where an end is stated."""
        grown = min(1.0, self._steps / max(self.config.warmup, 1))
        left = self.falls_until - self._steps
        return min(grown, max(left, 0) / max(self.falls_until - self.config.warmup, 1)) if self.falls_until else grown

    def _judge(self) -> None:
        """Ask the validation of the averaged weights, and keep them where they are the best so far."""
        if self.validate is None:
            self._curve.append(0.0)
            self._best = _copied(self._average)
            return
        live = _copied(self.network.state_dict())
        self.network.load_state_dict(self._average)
        self.network.eval()
        with torch.inference_mode():
            self._curve.append(self.validate())
        if self._curve[-1] >= max(self._curve):
            self._best = _copied(self._average)
        self.network.load_state_dict(live)

    def _finished(self) -> bool:
        if self.validate is None or not self._curve:
            return False
        # While the learning rate still grows, an epoch that is no better says nothing.
        warm = self.config.warmup * len(self._curve) / max(self._steps, 1)
        return len(self._curve) - max(int(np.argmax(self._curve)) + 1, warm) >= self.config.patience

    def _smaller(self, error: RuntimeError) -> bool:
        """Half the batch, for this epoch again and the others; False where it cannot be halved any more.

        What was learnt in the part of the epoch before stays.
        """
        if self._size <= 1:
            return False
        self._size //= 2
        # Half the batch is twice the steps that are left.
        self.falls_until += max(self.falls_until - self._steps, 0)
        torch.cuda.empty_cache()
        where = "GPU" if isinstance(error, torch.OutOfMemoryError) else "machine"
        self.options.warn(f"the {where} is out of memory, so the batch is halved to {self._size}")
        return True

    # Checkpoints

    def _keep(self) -> None:
        if self.options.checkpoint is None:
            return
        epoch = len(self._curve)
        folder = self.options.checkpoint.child(f"epoch-{epoch}")
        for part, tensors in (("now", self.network.state_dict()), ("average", self._average), ("best", self._best)):
            folder.write(part, _packed(tensors))
        moments = self._optimizer.state_dict()["state"]
        folder.write("moments", _packed({(n, name): moments[n][name] for n in sorted(moments) for name in _MOMENTS}))
        told = {"curve": self._curve, "steps": self._steps, "size": self._size, "spent_s": self._spent}
        told["falls_until"] = self.falls_until
        folder.write_json("told", {**told, "moments": sorted(moments)})
        # Only now does the new checkpoint count: the pointer is replaced in one step.
        self.options.checkpoint.write_json("checkpoint", {"epoch": epoch})
        shutil.rmtree(self.options.checkpoint.path / f"epoch-{epoch - 1}", ignore_errors=True)

    def _resume(self) -> None:
        checkpoint = self.options.checkpoint
        if checkpoint is None or not (checkpoint.path / "checkpoint.json").exists():
            return
        folder = checkpoint.child(f"epoch-{checkpoint.read_json('checkpoint')['epoch']}")
        shapes = self.network.state_dict()
        self.network.load_state_dict(_unpacked(folder.read("now"), shapes))
        self._average = _unpacked(folder.read("average"), shapes)
        self._best = _unpacked(folder.read("best"), shapes)
        told = folder.read_json("told")
        parameters = [one for group in self._optimizer.param_groups for one in group["params"]]
        like = {
            (n, name): torch.zeros(()) if name == "step" else parameters[n]
            for n in told["moments"]
            for name in _MOMENTS
        }
        state: dict[int, dict[str, Tensor]] = {n: {} for n in told["moments"]}
        for (n, name), value in _unpacked(folder.read("moments"), like).items():
            state[n][name] = value
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})
        self._curve, self._steps, self._size = told["curve"], told["steps"], told["size"]
        self._spent, self.falls_until = told["spent_s"], told["falls_until"]


_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What Adam keeps of each parameter."""


def _out_of_memory(error: RuntimeError) -> bool:
    """Of a GPU, or of the processor's allocator, which has no type of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _packed(tensors: Mapping[Any, Tensor]) -> Floats:
    """All numbers of the tensors one after the other: one file instead of dozens."""
    return np.concatenate(
        [np.zeros(0, np.float32), *(t.detach().float().cpu().numpy().ravel() for t in tensors.values())]
    )


def _unpacked(numbers: Floats, like: Mapping[K, Tensor]) -> dict[K, Tensor]:
    """The tensors that were packed, by the names, shapes, types and devices of these."""
    found: dict[K, Tensor] = {}
    begin = 0
    for name, tensor in like.items():
        part = np.array(numbers[begin : begin + tensor.numel()])
        found[name] = torch.from_numpy(part).reshape(tensor.shape).to(tensor)
        begin += tensor.numel()
    return found


def precision(stated: str, device: torch.device) -> torch.dtype:
    """The type of products: ``float32``, ``bfloat16``, or for ``auto`` bfloat16 where the machine is faster with it."""
    if stated != "auto":
        return torch.bfloat16 if stated == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def autocast(dtype: torch.dtype, where: torch.device) -> torch.autocast:
    """Within it, products of networks are made in this type."""
    return torch.autocast(where.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


def load_network(network: nn.Module, folder: ArtifactFolder) -> None:
    """Fill a network with the arrays that `save_network` wrote."""
    names = network.state_dict()
    network.load_state_dict({n: torch.from_numpy(folder.read(n, mapped=False)) for n in names})
    network.eval()


def save_network(network: nn.Module, folder: ArtifactFolder) -> None:
    """Keep the state of a network, an array each."""
    for name, value in network.state_dict().items():
        folder.write(name, value.detach().cpu().numpy())
