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
from . import files, loudness, sound_space, speech_music
from .base import Encoder, unit
from .listen import PIECE_S, Listener
from .scaling import Scaling

GROUP_WEIGHTS = {
    **{name: 1.0 for name in sound_space.USED if name != "band_50"},
    "speech_music": 1.0,
    "chroma": 0.5,
    "chroma_spread": 0.5,
    "key": 0.1,
}
"""How much each group of measurements counts in the part of the vector that holds them as they are. The medians of the
bands are left to the space, since the means (``mel``) say nearly the same and a vector has at most 1024 numbers."""
VIEW_WEIGHTS = (1.0, 1.2, 0.5, 0.3)
"""How much the whole, the kinds, speech against music against other, and the measurements themselves count: the last
are there for whoever learns from the vector, and for what the space leaves out (harmony)."""
_SURE = 4.0
"""Logarithm of odds beyond which speech, music or other is as good as certain."""


def vector(measured: Mapping[str, Floats]) -> Floats:
    """(dim,) of the measurements of a sound, not yet of length 1."""
    place = sound_space.place(measured)
    whole, kinds = np.split(place, [len(sound_space.space().whole)])
    own = unit(_own().vector(measured, GROUP_WEIGHTS))
    own = np.zeros(_own().dim, np.float32) if own is None else own
    said = np.clip(speech_music.odds(measured["speech_music"][None], place)[0] / _SURE, -1, 1)
    return np.concatenate([w * view for w, view in zip(VIEW_WEIGHTS, (whole, kinds, said, own), strict=True)])


def learned_dim() -> int:
    """So many numbers at the beginning of a vector are views that were learned on sounds made by rule."""
    return sound_space.space().dim + len(speech_music.KINDS)


@cache
def _own() -> Scaling:
    """Of the measurements that stand in the vector as they are."""
    return sound_space.scaling().only(GROUP_WEIGHTS)


class AudioEncoder(Encoder):
    """Timbre, harmony, rhythm and loudness of the first sound track, and whether it is speech, music or neither.

    A file is decoded once and heard in pieces of 30 seconds, up to ``understanding.max_audio_s``.
    """

    name: ClassVar[str] = "audio"
    decodes_media: ClassVar[bool] = True

    @property
    def dim(self) -> int:
        return learned_dim() + _own().dim

    @property
    def version(self) -> str:
        return f"audio-3-{self.settings.understanding.max_audio_s:g}"

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
