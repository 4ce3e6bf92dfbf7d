"""The contract of everything in this room: train on a Dataset, score a person by their History, save, load."""

from __future__ import annotations

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..arrays import Floats, Rows
from ..catalogue import Catalogue
from ..dataset import Dataset, History, Holdout
from ..errors import InvalidInput
from ..storage.artifacts import ArtifactFolder
from .titles import WordsRead

log = logging.getLogger(__name__)


class ModelConfig(BaseModel):
    """Settings of one model; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class TrainOptions:
    """What a training is told besides the data."""

    seed: int = 7
    threads: int = 0
    """0: all cores."""
    validation: Holdout | None = None
    """Answers not contained in the dataset, for choosing settings and stopping early. None: a model that wants some
    withholds the last positive item of each person from a copy of the dataset, then fits on everything."""
    device: str = "auto"
    """Where networks are trained: ``cpu``, ``cuda``, ``cuda:1`` … ``auto``: a GPU where there is one."""
    checkpoint: ArtifactFolder | None = None
    """Where a long training keeps its state after every epoch, so that it goes on when it was killed; None: nowhere.
    It belongs to one dataset and one config."""
    minutes: float = math.inf
    """A network's pass of learning ends after the first epoch that is done later than this, with its best state; models
    that learn once on a part and once on all have as much for either. What the same seed gives then hangs on how fast
    the machine is."""
    words: WordsRead = field(default_factory=WordsRead)
    """How the workspace reads words, for models that read some themselves."""
    progress: Callable[[str, float], None] = field(default=lambda _what, _share: None)
    """Called with a word and the share done, 0 … 1."""
    warn: Callable[[str], None] = field(default=log.warning)
    """Called with what went wrong and was survived: one sentence that names the cause and what was done about it."""


class Model(ABC):
    """A model learns from a `Dataset` and afterwards scores all its items for a `History`.

    It is told nothing about a person but the history, so a person unseen in training is served like any other. It keeps
    no user id. Row numbers are those of the dataset's catalogue.
    """

    name: ClassVar[str]
    Config: ClassVar[type[ModelConfig]] = ModelConfig
    space: ClassVar[str | None] = None
    """The content vectors that it reads; where no item has any, the model is left out of a training."""

    def __init__(self, config: ModelConfig | None = None) -> None:
        self.config = config or self.Config()

    @abstractmethod
    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        """Learn from all events of the dataset. Training again starts afresh. The same seed gives the same scores."""

    @property
    def scores_unmet(self) -> bool:
        """Whether items that nobody has met are scored, by their content."""
        return False

    @property
    @abstractmethod
    def n_items(self) -> int:
        """Rows that `score` covers, the rows of the catalogue it was trained on."""

    @abstractmethod
    def score(self, history: History) -> Floats:
        """(n_items,) higher is better; NaN where the model has no opinion, everywhere for a history it cannot read.

        Rows of the history at or beyond ``n_items`` (items newer than the model) are ignored.
        """

    def score_many(self, histories: Sequence[History]) -> Floats:
        """(len(histories), n_items): `score` of each; models override it where one matrix product does it all."""
        if not histories:
            return np.zeros((0, self.n_items), np.float32)
        return np.stack([self.score(history) for history in histories])

    def contributions(self, history: History, items: Rows) -> Floats | None:
        """(len(items), len(history)): how much each event of the history added to each item's score.

        None for models whose score is not a sum over the history. Reasons are made from this.
        """
        return None

    def removals(self, history: History, items: Rows) -> Floats | None:
        """(len(items), len(history)): how much each item's score falls when an event is taken out, up to a factor that
        all items share. What an event adds, unless the model weighs the others anew.

        None as for `contributions`.
        """
        return self.contributions(history, items)

    def with_vectors(self, vectors: Mapping[str, Floats]) -> Model:
        """The model extended to items added since training, from their content vectors (space → (n, dim)).

        Models that know nothing of content return themselves.
        """
        return self

    def with_items(self, catalogue: Catalogue, vectors: Mapping[str, Floats]) -> Model:
        """The model extended to items added since training, from all that a catalogue which begins with the rows of the
        training says of them. Models that read vectors alone extend themselves by those."""
        return self.with_vectors(vectors)

    def reads_with(self, words: WordsRead) -> None:
        """Told after loading how the workspace reads words; models that read none themselves ignore it."""
        return

    def _check_dimensions(self, space: str, found: int, trained: int) -> None:
        """For `with_vectors`.

        Raises:
            InvalidInput: vectors of another length than those of the training.
        """
        if found != trained:
            raise InvalidInput(
                f"The vectors of {space!r} have {found} dimensions, the model {self.name!r} was trained on {trained}. "
                f"Run `segue train` after changing an encoder."
            )

    def _state(self, folder: ArtifactFolder, **learned: Any) -> None:
        """For `save`: keep the config and the attributes named, as JSON."""
        folder.write_json("model", {"config": self.config.model_dump(mode="json"), **learned})

    @classmethod
    def _with_state(cls, folder: ArtifactFolder, *learned: str) -> Self:
        """For `load`: a model with the config and the named attributes that `_state` kept.

        Raises:
            StorageError: another version of Segue wrote it.
        """
        stated = folder.read_json("model")
        with folder.understood():
            model = cls(cls.Config(**stated["config"]))
            for name in learned:
                setattr(model, name, stated[name])
        return model

    @abstractmethod
    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON; loading gives bit-equal scores."""

    @classmethod
    @abstractmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
