"""What pre-trained encoders of pictures and of sound share: decode in threads, encode in batches, average the pieces.

ffmpeg decodes in processes of its own, so that no worker process is needed, and one model serves all files of a run.
The facts for people (palette, tempo …) stay those of the weight-free encoder whose place the model takes.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...arrays import Floats
from ...errors import MediaError, SegueError
from ...items import Item
from ...readings import Reading
from ...settings import Settings
from . import pretrained
from .base import Encoder, WordEncoder, unit

_QUERIES_KEPT = 256
_SAME_SHOT = 0.9
"""Cosine above which two pictures in a row belong to one shot."""


@dataclass
class _Decoded:
    """What was read of one item before the model sees it."""

    facts: dict[str, Any] = field(default_factory=dict)
    pieces: list[Any] = field(default_factory=list)
    problem: str | None = None


class MediaModel(WordEncoder):
    """Mean of the unit vectors of an item's pieces (pictures of a film, seconds of a sound).

    Words have a place in the space where the model has a tower for them (CLIP, SigLIP, CLAP); where it has none, every
    text says nothing.
    """

    setting: ClassVar[str]
    """Name of the setting in ``[understanding]`` that names the model."""
    Default: ClassVar[type[Encoder]]
    """The weight-free encoder of the space: it says what is wanted of an item, and the facts."""
    shots: ClassVar[bool] = False
    """Whether the pieces are pictures of a film, whose shots are kept in their order."""

    def __init__(self, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(settings, workspace)
        self._default = self.Default(settings, workspace)
        self._query = lru_cache(maxsize=_QUERIES_KEPT)(self._unit_of_words)
        self._room = pretrained.Room(self.remarks.append)

    @property
    def items_at_once(self) -> int:
        return 8  # each may hold dozens of pictures

    @cached_property
    def folder(self) -> Path:
        """Where the model lies.

        Raises:
            MissingLibrary: it is not on this machine.
        """
        return pretrained.folder_of(self.setting, self.settings, self.workspace)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The model's own settings."""
        return pretrained.config_of(self.folder)

    @cached_property
    def version(self) -> str:
        name = getattr(self.settings.understanding, self.setting)
        return f"{self.name}-model-2-{name}-{pretrained.state(self.folder)}-{self._default.version}"

    def wants(self, item: Item) -> str | None:
        return self._default.wants(item)

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        if not items:
            return []
        self.ready()
        threads = min(self.settings.understanding.workers or os.cpu_count() or 1, len(items))
        with ThreadPoolExecutor(threads) as pool:
            decoded = list(pool.map(self._decoded, items))
        owner = [row for row, one in enumerate(decoded) for _ in one.pieces]
        pieces = [piece for one in decoded for piece in one.pieces]
        read: list[list[Floats]] = [[] for _ in items]
        lost = set()
        most = self.settings.understanding.batch_size
        forward = lambda rows: self.vectors([pieces[row] for row in rows])  # noqa: E731
        for batch, found in self._room.batches(range(len(pieces)), lambda _: most, forward):
            for place, row in enumerate(batch):
                vector = None if found is None else unit(found[place])
                if found is None:
                    lost.add(owner[row])
                elif vector is not None:
                    read[owner[row]].append(vector)
        readings = []
        for row, (item, one) in enumerate(zip(items, decoded, strict=True)):
            no_room = not read[row] and row in lost
            problem = one.problem or (pretrained.NO_ROOM if no_room else None)
            vector = sum(read[row], np.zeros(self.dim, np.float32)) if read[row] else None
            parts = _shots(read[row]) if self.shots else None
            readings.append(
                self.reading(item, vector=vector, facts=one.facts, problem=problem, parts=parts, again=no_room)
            )
        return readings

    def encode_words(self, words: Sequence[str]) -> Floats:
        rows = np.zeros((len(words), self.dim), np.float32)
        if self.reads_words:
            for row, text in enumerate(words):
                if text.strip():
                    rows[row] = self._query(text.strip())
        return rows

    def _unit_of_words(self, text: str) -> Floats:
        ((_, found),) = self._room.batches([0], lambda _: 1, lambda _: self.word_vectors([text]))
        if found is None:
            raise SegueError(f"The words cannot be read: {pretrained.NO_ROOM}.")
        vector = unit(found[0])
        return np.zeros(self.dim, np.float32) if vector is None else vector

    def _decoded(self, item: Item) -> _Decoded:
        try:
            seen = self._default.encode([item])[0]
            if seen.problem or seen.vector is None:
                return _Decoded(dict(seen.facts), problem=seen.problem)
            pieces = self.pieces(item, seen)
        except MediaError as error:
            return _Decoded(problem=str(error))
        except SegueError:
            raise
        except Exception as error:  # a fault on one file is that file's problem
            return _Decoded(problem=f"the encoder failed ({type(error).__name__}: {error})")
        return _Decoded({**seen.facts, "model": getattr(self.settings.understanding, self.setting)}, pieces)

    @property
    @abstractmethod
    def reads_words(self) -> bool:
        """Whether the model has a tower for words."""

    @abstractmethod
    def ready(self) -> None:
        """Load the model, so that a run without weights ends before anything is decoded.

        Raises:
            MissingLibrary: it cannot be loaded.
            SettingsError: it is of a kind that does not fit.
        """

    @abstractmethod
    def pieces(self, item: Item, seen: Reading) -> list[Any]:
        """What the model reads of an item, decoded, in order of time.

        Args:
            seen: what the weight-free encoder read of it.

        Raises:
            MediaError: it cannot be.
        """

    @abstractmethod
    def vectors(self, pieces: Sequence[Any]) -> Floats:
        """(len(pieces), dim), of any length."""

    @abstractmethod
    def word_vectors(self, words: Sequence[str]) -> Floats:
        """(len(words), dim), of any length."""


def _shots(pictures: Sequence[Floats]) -> Floats | None:
    """(shots, dim) unit rows, as in `PictureEncoder`: neighbouring pictures that look alike are one shot; None for a
    single one."""
    shots: list[list[Floats]] = []
    for picture in pictures:
        if shots and float(picture @ shots[-1][-1]) >= _SAME_SHOT:
            shots[-1].append(picture)
        else:
            shots.append([picture])
    rows = [vector for shot in shots if (vector := unit(np.sum(shot, axis=0))) is not None]
    return np.stack(rows) if len(rows) > 1 else None


def pooled(output: Any) -> Any:
    """The one vector a row of a transformers model's output: its pooled one, else the mean over its places."""
    found = getattr(output, "pooler_output", output)
    if found is None:
        found = output.last_hidden_state
        found = found.mean(dim=(2, 3)) if found.dim() == 4 else found.mean(dim=1)
    return found.flatten(1)  # convolutional backbones pool to (n, dim, 1, 1)


def numbers(tensor: Any) -> Floats:
    """A tensor as float32 on the processor, without NaN."""
    found: Floats = np.nan_to_num(tensor.detach().float().cpu().numpy())
    return found
