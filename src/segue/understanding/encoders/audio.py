"""How an item sounds: measurements of `sound`, brought to fixed scales; needs no downloaded weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...arrays import Floats
from ...errors import MediaError
from ...ingest import media
from ...items import Item
from ...readings import Reading
from . import files, loudness, sound_space
from .base import Encoder, unit
from .listen import PIECE_S, Listener
from .scaling import Scaling
from .sound_space import SoundSpace

GROUP_WEIGHTS = {
    **dict.fromkeys(sound_space.USED, 1.0),
    "chroma": 0.5,
    "chroma_spread": 0.5,
    "key": 0.1,
}
"""How much each group of measurements counts in the part of the vector that holds them as they are."""
VIEW_WEIGHTS = (1.0, 1.2, 0.3)
"""How much the whole, the kinds and the measurements themselves count: the last are there for whoever learns from the
vector, and for what the space leaves out (harmony)."""


def vector(measured: Mapping[str, Floats]) -> Floats:
    """(dim,) of the measurements of a sound, not yet of length 1."""
    scaling, space = _scaling(), _space()
    own = unit(scaling.vector(measured, GROUP_WEIGHTS))
    views = (*space.place(scaling.standard(measured, sound_space.USED)), np.zeros(scaling.dim) if own is None else own)
    return np.concatenate([weight * view for weight, view in zip(VIEW_WEIGHTS, views, strict=True)])


@cache
def _scaling() -> Scaling:
    return Scaling.load("audio")


@cache
def _space() -> SoundSpace:
    return SoundSpace.load()


class AudioEncoder(Encoder):
    """Timbre, harmony, rhythm and loudness of the first sound track.

    A file is decoded once and heard in pieces of 30 seconds, up to ``understanding.max_audio_s``.
    """

    name: ClassVar[str] = "audio"
    decodes_media: ClassVar[bool] = True

    @property
    def dim(self) -> int:
        return _scaling().dim + _space().dim

    @property
    def version(self) -> str:
        return f"audio-2-{self.settings.understanding.max_audio_s:g}"

    def wants(self, item: Item) -> str | None:
        return files.state(item.media_uri, self.settings, self.workspace)

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self._read(item) for item in items]

    def _read(self, item: Item) -> Reading:
        try:
            path = files.readable(item.media_uri, self.settings, self.workspace)
            listener = None if path is None else self._listen(path)
        except MediaError as error:
            return self.reading(item, problem=str(error))
        if listener is None:
            return self.reading(item)
        if listener.silent:
            # Silence sounds like nothing: no vector, and the fact is kept.
            return self.reading(item, facts={"silent": True})
        return self.reading(item, vector=vector(listener.groups()), facts=listener.facts())

    def _listen(self, path: Path) -> Listener | None:
        """What was heard of the file; None where it has no sound track, or one without a sample."""
        limits = self.settings.media
        if not media.probe(path, limits).has_audio:
            return None
        listener = None
        for piece in media.sound_pieces(path, loudness.RATE, limits, PIECE_S, self.settings.understanding.max_audio_s):
            listener = listener or Listener(piece.shape[1])
            listener.hear(piece)
        return listener
