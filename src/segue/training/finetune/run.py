"""`segue finetune`: one training of the language model, from the base to a folder that can be named as a text model.

The folder is made beside its final place and renamed when it is whole. A training that was killed goes on after the
last pass that was done; the same seed gives the same numbers on one machine.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ... import __version__
from ...dataset import Dataset
from ...errors import InvalidInput
from ...models.base import TrainOptions
from ...models.device import pick
from ...models.loop import Loop, LoopConfig
from ...settings import FinetuneSettings, Settings
from ...storage.artifacts import ArtifactFolder
from ...understanding.encoders.adapted import (
    FINETUNED,
    KIND,
    base_folder,
    is_adapted,
    manifest_of,
    need_peft,
    weights_digest,
)
from ..registry import Registry
from . import examples
from . import heads as head_training
from .behaviour import BehaviourTask
from .encoder import Tuned
from .examples import Labelled
from .heads import HeadTask
from .pretraining import Guesser, PretrainingTask

TASKS = ("behaviour", *examples.TASKS, "pretrain")
_CHECKPOINT = "checkpoint"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
Texts = Sequence[tuple[str, str | None]]


@dataclass
class FinetuneReport:
    """What one `segue finetune` did."""

    name: str
    folder: Path
    manifest: dict[str, Any]
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        told = {k: v for k, v in self.manifest.items() if k not in ("hashes", "settings")}
        return {**told, "name": self.name, "folder": str(self.folder), "problems": self.problems}


def finetune(
    task: str,
    data: Labelled | Dataset | Texts,
    settings: Settings,
    workspace: Path,
    name: str = "",
    progress: Callable[[str, float], None] = lambda _what, _share: None,
) -> FinetuneReport:
    """Train and keep as ``finetuned/NAME`` of the workspace.

    Args:
        data: what the task learns from: `Labelled` for a head, a `Dataset` for ``behaviour``, `examples.sentences` for
            ``pretrain``.
        name: of the folder; empty: that of the task. One that is there is replaced when the new one is whole.

    Raises:
        InvalidInput: the task or the name cannot be, or there is too little to learn from.
        MissingLibrary: peft or the base is not installed.
        SettingsError: the device does not exist.
    """
    name = name or task
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"The name {name[:80]!r} cannot be a folder; expected letters, digits, - and _, at most 64.")
    work = _Work(task, settings, workspace, name, progress)
    return work.run(data)


class _Work:
    def __init__(
        self, task: str, settings: Settings, workspace: Path, name: str, progress: Callable[[str, float], None]
    ) -> None:
        self.task, self.settings, self.workspace, self.name = task, settings, workspace, name
        self.wanted = _settled(settings.finetune)
        self.progress = progress
        self.problems: list[str] = []
        self.reads_encoder = task not in examples.TASKS or self.wanted.features != "ngrams"
        if self.reads_encoder and self.wanted.method != "full":
            need_peft()
        reads = settings.understanding
        self.base = base_folder(reads.text_model, workspace, reads.allow_download) if self.reads_encoder else None
        if self.base is not None and is_adapted(self.base):
            raise InvalidInput(
                f"understanding.text_model is {settings.understanding.text_model!r}, which was fine-tuned itself. "
                "Name its base there while fine-tuning, so that adapters stand on one base."
            )
        self.digest = "" if self.base is None else weights_digest(self.base)

    def run(self, data: Labelled | Dataset | Texts) -> FinetuneReport:
        fingerprint = self._fingerprint(data)
        place = self.workspace / FINETUNED / self.name
        if is_adapted(place) and ArtifactFolder(place).read_json("manifest").get("fingerprint") == fingerprint:
            return FinetuneReport(self.name, place, manifest_of(place), ["nothing has changed since it was trained"])
        draft = Registry(self.workspace / FINETUNED).draft(self.name, fingerprint)
        seed = self.settings.train.seed
        curve: list[float] = []
        figures: dict[str, Any] = {}
        count = len(data)
        if isinstance(data, Labelled):
            learnt, held = examples.split(data, self.wanted.validation_share, seed)
            if not len(learnt) or not len(held):
                raise InvalidInput(
                    f"{count} examples cannot be split into a part to learn and a part to judge on; add others."
                )
            task = None
            if self.reads_encoder:
                task, curve = self._head(data, learnt, held, draft)
            version = f"{self.name}-{fingerprint[:12]}"
            head, figures = head_training.finished(self.name, version, data, learnt, held, self.wanted, task, seed)
            head.save(draft.child("head"))
            tuned = None if task is None else task.tuned
            if data.left_out:
                some = ", ".join(f"{label} ({n})" for label, n in list(data.left_out.items())[:10])
                self.problems.append(
                    f"labels with fewer than {self.wanted.least_examples} examples are left out: {some}"
                )
        elif isinstance(data, Dataset):
            tuned, curve = self._behaviour(data, draft)
            figures = {"mrr": round(max(curve), 4)} if curve else {}
        else:
            tuned, curve = self._pretraining(data, draft)
            figures = {"loss": round(-max(curve), 4)} if curve else {}
        if tuned is not None:
            tuned.save(draft)
        return self._publish(draft, fingerprint, count, curve, figures)

    # Tasks

    def _head(self, data: Labelled, learnt: Any, held: Any, draft: ArtifactFolder) -> tuple[HeadTask, list[float]]:
        tuned = self._tuned(lambda dim: head_training.top_for(data, self.wanted, dim))
        task = HeadTask(tuned, data, learnt, held, self.wanted)
        return task, self._learn(tuned, task, draft)

    def _behaviour(self, data: Dataset, draft: ArtifactFolder) -> tuple[Tuned, list[float]]:
        tuned = self._tuned(lambda _dim: nn.Identity())
        return tuned, self._learn(tuned, BehaviourTask(tuned, data, self.wanted, self.settings.train.seed), draft)

    def _pretraining(self, data: Texts, draft: ArtifactFolder) -> tuple[Tuned, list[float]]:
        tuned = self._tuned(None, words_learn=True)
        return tuned, self._learn(tuned, PretrainingTask(tuned, data, self.wanted, self.settings.train.seed), draft)

    def _tuned(self, top: Callable[[int], nn.Module] | None, words_learn: bool = False) -> Tuned:
        """The encoder with adapters; drawn by the seed, and the process's own randomness left as it was."""
        assert self.base is not None
        self.progress("loading the text model", 0.0)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.train.seed)
            tuned = Tuned(self.base, self.wanted, nn.Identity(), words_learn)
            dim = int(tuned.sentences.get_embedding_dimension())
            # As many as there are word vectors, which may be more than the tokenizer knows.
            tuned.top = top(dim) if top else Guesser(dim, len(tuned.sentences[0].model.get_input_embeddings().weight))
        return tuned

    def _learn(self, tuned: Tuned, task: Any, draft: ArtifactFolder) -> list[float]:
        assert self.wanted.learning_rate is not None
        steps = self.wanted.epochs * -(-task.passes // self.wanted.batch_size)
        tuned.plan(steps)
        config = LoopConfig(
            epochs=self.wanted.epochs,
            patience=self.wanted.patience,
            batch_size=self.wanted.batch_size,
            learning_rate=self.wanted.learning_rate,
            warmup=steps // 10,
            weight_decay=self.wanted.weight_decay,
        )
        train = self.settings.train
        options = TrainOptions(
            seed=train.seed,
            checkpoint=draft.child(_CHECKPOINT),
            progress=lambda what, share: self.progress(f"{self.task}: {what}", share),
            warn=self.problems.append,
        )
        rates = [(tuned.body(), 1.0), (list(tuned.top.parameters()), self.wanted.head_rate)]
        loop = Loop(
            tuned,
            config,
            options,
            pick(train.device),
            task.batches,
            task.loss,
            task.validate,
            rates=[(parameters, rate) for parameters, rate in rates if parameters],
            falls_until=steps + 1,
            after_step=tuned.after_step if self.wanted.method == "adalora" else None,
        )
        return loop.run()

    # Keeping

    def _publish(
        self, draft: ArtifactFolder, fingerprint: str, count: int, curve: list[float], figures: dict[str, Any]
    ) -> FinetuneReport:
        method = self.wanted.method if self.reads_encoder else "none"
        parts = [p.name for p in sorted(draft.path.iterdir()) if p.is_dir() and p.name != _CHECKPOINT]
        hashes = {name: digest for name, digest in draft.hashes().items() if name.split("/")[0] in parts}
        manifest = {
            "kind": KIND,
            "name": self.name,
            "task": self.task,
            "method": method,
            "adapter": "adapter" if "adapter" in parts else None,
            "parts": parts,
            "base": {"name": self.settings.understanding.text_model, "sha256": self.digest},
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "segue_version": __version__,
            "settings": self.wanted.model_dump(mode="json"),
            "seed": self.settings.train.seed,
            "examples": count,
            "fingerprint": fingerprint,
            "validation": [round(value, 6) for value in curve],
            "figures": figures,
            "hashes": hashes,
        }
        draft.write_json("manifest", manifest)
        place = self.workspace / FINETUNED / self.name
        old = place.with_name(f".old-{self.name}")
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        draft.path.rename(place)
        for gone in (old, place / _CHECKPOINT):
            shutil.rmtree(gone, ignore_errors=True)
        (place / "begun.json").unlink(missing_ok=True)
        return FinetuneReport(self.name, place, manifest, self.problems)

    def _fingerprint(self, data: Labelled | Dataset | Texts) -> str:
        """Equal for two trainings that would do the same."""
        stated = [__version__, self.task, self.wanted.model_dump(mode="json"), self.settings.train.seed, self.digest]
        digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode())
        if isinstance(data, Labelled):
            digest.update(json.dumps([data.texts, data.labels, data.about]).encode())
            digest.update(np.ascontiguousarray(data.truth).tobytes())
            digest.update(b"" if data.counts is None else data.counts.tobytes())
        elif isinstance(data, Dataset):
            digest.update(data.catalogue.digest.encode())
            for column in (data.users, data.items, data.weights):
                digest.update(np.ascontiguousarray(column).tobytes())
        else:
            digest.update(json.dumps(list(data)).encode())
        return digest.hexdigest()


def _settled(wanted: FinetuneSettings) -> FinetuneSettings:
    """With a learning rate: adapters bear more than the weights themselves."""
    rate = wanted.learning_rate or (1e-4 if wanted.method == "full" else 1e-3)
    return wanted.model_copy(update={"learning_rate": rate})
