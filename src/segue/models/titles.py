"""The sentence encoder that a model reads titles with: the one that the workspace reads words with, or one of its own.

A trained model keeps which encoder it was, by name and by state. It goes on with that one when the settings name
another later, until it is trained anew; what it learnt fits no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..errors import InvalidInput
from ..settings import Settings, UnderstandingSettings
from ..storage.artifacts import ArtifactFolder

if TYPE_CHECKING:
    from ..understanding.encoders.base import WordEncoder


@dataclass(frozen=True)
class WordsRead:
    """How a workspace reads words; by default with the base install."""

    understanding: UnderstandingSettings = field(default_factory=UnderstandingSettings)
    workspace: Path = Path()
    """Folder that the paths of models start from."""

    def encoder(self, text_model: str) -> WordEncoder:
        """The encoder that is named as in ``understanding.text_model``; device and all else as the settings want it."""
        from ..understanding.encoders import chosen

        wanted = self.understanding.model_copy(update={"text_model": text_model})
        return cast("WordEncoder", chosen("text", Settings(understanding=wanted), self.workspace))


class TitleReader:
    """The encoder of one model.

    Args:
        text_model: its name; None: the one of the settings.
        words: how the workspace reads words.
        version: of the encoder that the model was trained with; None: none has read for it yet.
    """

    def __init__(self, text_model: str | None, words: WordsRead | None = None, version: str | None = None) -> None:
        self._words = words or WordsRead()
        self._own = text_model
        self.version = version

    @property
    def text_model(self) -> str:
        """Its name; empty: the base install."""
        return self._words.understanding.text_model if self._own is None else self._own

    @cached_property
    def encoder(self) -> WordEncoder:
        """Cheap to make; its model is loaded when it first reads.

        Raises:
            InvalidInput: it is not as it was when the model was trained.
            MissingLibrary: its weights are not on this machine.
        """
        encoder = self._words.encoder(self.text_model)
        if self.version not in (None, encoder.version):
            raise InvalidInput(
                f"The text encoder of {self.text_model or 'the base install'} is {encoder.version!r} now, the model "
                f"was trained with {self.version!r}. Run `segue train` after changing an encoder."
            )
        self.version = encoder.version
        return encoder

    def within(self, words: WordsRead) -> TitleReader:
        """The same encoder, read as that workspace reads words."""
        return TitleReader(self._own, words, self.version)

    def save(self, folder: ArtifactFolder) -> None:
        """Write which encoder it is, where it has read."""
        if self.version is not None:
            folder.write_json("encoder", {"text_model": self.text_model, "version": self.version})

    @classmethod
    def load(cls, folder: ArtifactFolder, text_model: str | None) -> TitleReader:
        """Read what `save` wrote; without it, as the model's settings name the encoder.

        Args:
            text_model: of these settings.
        """
        if not (folder.path / "encoder.json").exists():
            return cls(text_model)
        stated = folder.read_json("encoder")
        return cls(stated["text_model"], version=stated["version"])
