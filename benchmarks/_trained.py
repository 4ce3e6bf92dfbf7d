"""Trainings of benchmarks: a model or a peer on a protocol, kept under ``.benchmarks`` with what it lists.

What was interrupted goes on where it was, and no benchmark trains again what another has trained. What is kept is known
by data, settings, seed and the code that trains: nothing outlives a change to a model.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from benchmarks import _peers
from benchmarks._harness import ROOT, peak_mib
from benchmarks._protocols import Protocol, few_asked, lists, load, measure
from segue.arrays import Rows
from segue.models import TABLE
from segue.models.base import Model, TrainOptions
from segue.models.loop import LoopConfig
from segue.models.validation import MOST_PEOPLE
from segue.storage.artifacts import ArtifactFolder
from segue.training import batch

KEPT = ArtifactFolder(ROOT / ".benchmarks")
TRAINING_SEED = 1
HOUR = 60.0
CODE = ("src/segue/models/*.py", "src/segue/training/batch.py", "src/segue/dataset.py", "benchmarks/_protocols.py")
"""Files on which a training hangs."""
CHOSEN = ("history_decay", "regularization", "half_life_days", "smoothing", "entity_weight")
"""What models settle on validation and tell by an attribute."""

protocol_of = lru_cache(maxsize=2)(load)


@lru_cache(maxsize=1)
def code() -> str:
    """Hash of `CODE`; first 16 hex digits."""
    found = hashlib.sha256()
    for path in sorted(path for pattern in CODE for path in ROOT.glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


class Job:
    """Something to train on one protocol; `run` does it once."""

    protocol: str
    label: str

    @property
    def key(self) -> Any:
        """JSON by which this training is told from others on the same data."""
        raise NotImplementedError

    def train_and_list(self, protocol: Protocol) -> tuple[dict[str, Any], Rows] | None:
        """What belongs into the row, and the lists; None where the set has nothing that the model reads."""
        raise NotImplementedError

    @cached_property
    def folder(self) -> ArtifactFolder:
        """Where all of this training is kept."""
        protocol = protocol_of(self.protocol)
        key = json.dumps([protocol.sha256, protocol.split.name, code(), self.key], sort_keys=True)
        name = f"{self.label} {self.protocol.removesuffix(' kept')} {hashlib.sha256(key.encode()).hexdigest()[:12]}"
        return KEPT.child("".join(letter if letter.isalnum() else "_" for letter in name))

    @property
    def done(self) -> bool:
        """Whether it has been trained and has listed."""
        return (self.folder.path / f"row of {self.protocol}.json").exists()

    @property
    def lists(self) -> Rows:
        """(people asked, 50) of the protocol, once `run`."""
        return self.folder.read(f"lists of {self.protocol}")

    def run(self) -> dict[str, Any] | None:
        """The row of this job: figures, seconds, and what was chosen."""
        name, protocol = f"row of {self.protocol}", protocol_of(self.protocol)
        with self._alone():
            self._run(name, protocol)
        kept: dict[str, Any] | None = self.folder.read_json(name)
        return kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Within it, no other process works in the folder: two protocols may hang on one training."""
        self.folder.path.mkdir(parents=True, exist_ok=True)
        with (self.folder.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _run(self, name: str, protocol: Protocol) -> None:
        if not self.done:
            found = self.train_and_list(protocol)
            row = None
            if found is not None:
                facts, listed = found
                row = {"model": self.label, **facts, **measure(protocol, listed)}
                self.folder.write(f"lists of {self.protocol}", listed)
            self.folder.write_json(name, row)
            print(self.protocol, row or f"{self.label}: nothing to read", flush=True)


@dataclass(frozen=True)
class Ours(Job):
    """A model of the house."""

    protocol: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = TRAINING_SEED
    minutes: float = HOUR
    """A network that takes longer is ended with its best state."""
    label: str = ""
    """In tables; the name of the model unless something else is stated."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.name)

    @property
    def key(self) -> Any:
        """Model, settings with their defaults, seed, and of a network its minutes."""
        config = TABLE.load(self.name).Config(**self.settings)
        limited = [self.minutes] if isinstance(config, LoopConfig) else []
        return [self.name, config.model_dump(mode="json"), self.seed, *limited]

    def trained(self) -> tuple[Model, dict[str, Any]] | None:
        """The model and the facts of its training, from one core's work or from what is kept."""
        protocol, folder = protocol_of(self.protocol), self.folder
        clock, facts = folder.path / "clock.json", folder.path / "facts.json"
        # Seconds of earlier parts of an interrupted training count, too.
        before = folder.read_json("clock") if clock.exists() else 0.0
        began, busy = time.perf_counter(), time.process_time()

        def report(what: str, _share: float) -> None:
            folder.write_json("clock", before + time.perf_counter() - began)
            if "epoch" in what:
                print(self.protocol, self.label, self.seed, what, flush=True)

        problems: list[str] = []
        options = TrainOptions(seed=self.seed, validation=protocol.validation, minutes=self.minutes, progress=report)
        fitted = batch.fit(protocol.train, [self.name], {self.name: self.settings}, options, folder, problems)
        if problems and not fitted:
            raise RuntimeError(f"{self.label} was not trained on {self.protocol}: {'; '.join(problems)}")
        if not fitted:
            return None
        model: Any = fitted[self.name].model
        if not facts.exists():
            curve = getattr(model, "curve", None)
            told = {
                "seed": self.seed,
                "settings": model.config.model_dump(mode="json"),
                "train_s": round(before + time.perf_counter() - began, 2),
                "train_cpu_s": round(time.process_time() - busy, 2) if not before else None,
                "peak_mib": peak_mib(),
                "chosen": {what: value for what in CHOSEN if (value := getattr(model, what, None)) is not None},
                "warnings": problems,
                "ended": any("min it had" in problem for problem in problems),
            }
            if curve:
                told |= {"epochs": len(curve), "best_epoch": int(np.argmax(curve)) + 1}
                told["validation"] = [round(value, 5) for value in curve]
            folder.write_json("facts", told)
        return model, folder.read_json("facts")

    def train_and_list(self, protocol: Protocol) -> tuple[dict[str, Any], Rows] | None:
        found = self.trained()
        if found is None:
            return None
        model, facts = found
        began = time.perf_counter()
        listed = lists(protocol, model.score_many)
        return {**facts, "list_s": round(time.perf_counter() - began, 2)}, listed


@dataclass(frozen=True)
class Peer(Job):
    """A model of another library, through a script of ``benchmarks/peers``."""

    protocol: str
    label: str
    script: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Any:
        """Script and settings."""
        return [self.script, dict(self.settings)]

    def train_and_list(self, protocol: Protocol) -> tuple[dict[str, Any], Rows]:
        # As many people on validation as ours ask, after every epoch.
        few = few_asked(protocol, MOST_PEOPLE)
        listed, said = _peers.lists(self.script, few, {**self.settings, "seed": TRAINING_SEED}, threads=1)
        spent = {
            what: round(value, 2)
            for line in said
            if line.keys() & {"train_s", "list_s"} and "epoch" not in line
            for what, value in line.items()
        }
        ended = any("ended" in line for line in said)
        return {"settings": dict(self.settings), "ended": ended, **spent}, listed
