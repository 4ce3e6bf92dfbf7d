"""How an item sounds: measurements of `sound`, brought to fixed scales; needs no weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...arrays import Floats
from ...errors import MediaError
from ...ingest import media
from ...items import Item
from ...readings import Reading
from . import files, sound
from .base import Encoder
from .scaling import Scaling

GROUP_WEIGHTS = {
    "mfcc": 1.0,
    "mfcc_spread": 1.0,
    "mfcc_change": 1.0,
    "mel": 1.0,
    "mel_spread": 1.0,
    "mel_change": 1.0,
    "mel_peak": 1.0,
    "chroma": 0.5,
    "chroma_spread": 0.5,
    "spectral": 1.0,
    "contrast": 1.0,
    "modulation": 1.0,
    "rhythm": 1.0,
    "loudness": 1.0,
    "key": 0.1,
}
"""How much each group of measurements counts in the cosine of two sounds."""


class AudioEncoder(Encoder):
    """Timbre, harmony, rhythm and loudness of the first sound track.

    Of a file longer than ``understanding.max_audio_s``, pieces of 30 seconds are heard, spread evenly over it.
    """

    name: ClassVar[str] = "audio"
    decodes_media: ClassVar[bool] = True

    @cached_property
    def _scaling(self) -> Scaling:
        return Scaling.load("audio")

    @property
    def dim(self) -> int:
        return self._scaling.dim

    @property
    def version(self) -> str:
        return f"audio-1-{self.settings.understanding.max_audio_s:g}"

    def wants(self, item: Item) -> str | None:
        return files.state(item.media_uri, self.settings, self.workspace)

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self._read(item) for item in items]

    def _read(self, item: Item) -> Reading:
        try:
            path = files.readable(item.media_uri, self.settings, self.workspace)
            pieces = None if path is None else self._pieces(path)
        except MediaError as error:
            return self.reading(item, problem=str(error))
        if pieces is None:
            return self.reading(item)
        if not pieces or not any(np.abs(piece).max(initial=0) > 1e-5 for piece in pieces):
            # Silence sounds like nothing: no vector, and the fact is kept.
            return self.reading(item, facts={"silent": True})
        groups, facts = sound.measure(pieces)
        return self.reading(item, vector=self._scaling.vector(groups, GROUP_WEIGHTS), facts=facts)

    def _pieces(self, path: Path) -> list[Floats] | None:
        """Sound of the file in pieces of at most 30 s; None where it has no sound track."""
        limits = self.settings.media
        info = media.probe(path, limits)
        if not info.has_audio:
            return None
        most = self.settings.understanding.max_audio_s
        duration = info.duration_s
        if duration is not None and duration > most + sound.PIECE_S:
            length = min(sound.PIECE_S, most)
            starts = np.linspace(0, duration - length, max(1, math.floor(most / length)))
            heard = [media.pcm(path, sound.RATE, limits, float(start), length) for start in starts]
            return [piece for piece in heard if len(piece) >= sound.WINDOW]
        samples = media.pcm(path, sound.RATE, limits, duration_s=most + sound.PIECE_S)
        step = sound.PIECE_S * sound.RATE
        pieces = [samples[at : at + step] for at in range(0, len(samples), step)]
        # A last scrap is too short to hold a rhythm, unless it is all there is.
        if len(pieces) > 1 and len(pieces[-1]) < sound.RATE:
            pieces.pop()
        return pieces
