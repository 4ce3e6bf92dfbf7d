"""The moods of items, from whatever tells them: labels and tags; where these are silent, the genre and the sound.

Labels (`segue.understanding.annotators`) and tags that name a mood ("sad songs", 舒缓) count in full; a tag for several
moods at once ("warm") is a hint of each. A genre says something of most of its items (`moods.toml`). Of music, tempo,
loudness and density of onsets tell the arousal, the mode and the brightness some of the valence (Eerola & Vuoskoski,
Psychology of Music 2011; Gomez & Danuser, Emotion 2007); near a mood's place on Russell's circle they speak for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from ..catalogue import KIND_CODE, Catalogue
from ..items import ItemKind
from ..topics import Topics
from .mood_words import Weights, lexicon, moods_of_label

MOODS = "moods"
"""Name of the vocabulary."""
CARRIES = 0.6
"""From so much on an item has a mood: a label, a tag, or a genre that is named after it."""
HINTS = 0.3
"""From so much on something hints at it."""
_HEARD = 0.55
"""What the sound alone says at most."""
_SPREAD = 0.45
"""Distance on the circle at which it says 0.6 of that."""
_NEAR = 0.29
"""What a mood says of its neighbours on the circle at most; below a hint."""
_AROUSAL = {"energy": 1.0, "tempo_bpm": 0.5, "onsets_per_s": 0.5, "loudness_lufs": 0.5}


@dataclass(frozen=True, eq=False)
class ItemMoods:
    """Moods of n items."""

    names: tuple[str, ...]
    matrix: Floats
    """(n items, n moods) how much an item has of each, 0 … 1."""

    @classmethod
    def of(cls, catalogue: Catalogue, names: Sequence[str], measures: Mapping[str, Floats]) -> ItemMoods:
        """Read them off a catalogue.

        Args:
            names: the vocabulary.
            measures: what the encoders measured (`segue.understanding.measures`): name → (n items,).
        """
        matrix = np.zeros((len(catalogue), len(names)), dtype=np.float32)
        column = {name: n for n, name in enumerate(names)}
        folded = {name.casefold(): name for name in names}
        topics = catalogue.topics
        for key, name in zip(topics.keys, topics.names, strict=True):
            sort = key.partition(":")[0]
            if sort == "mood":
                own = folded.get(name.strip().casefold())
                _raise(matrix, topics, key, {own: 1.0} if own else moods_of_label(name), column)
            elif sort in ("tag", "genre"):
                _raise(matrix, topics, key, _of_genre(name, sort == "tag") or moods_of_label(name), column)
        _listen(matrix, names, catalogue, measures)
        return cls(tuple(names), matrix)

    def fit(self, wanted: Weights) -> Floats:
        """(n items,) how well each fits what is wanted, 0 … 1: one of several moods is enough.

        1 - Π (1 - weight · share); an item that has none of the moods, but neighbours of one, gets less than a hint.
        """
        weights = np.array([wanted.get(name, 0.0) for name in self.names], dtype=np.float32)
        fit = 1 - np.prod(1 - self.matrix * weights, axis=1, dtype=np.float32)
        near = (self.matrix @ (self._nearness() @ weights)) * np.float32(_NEAR / max(float(weights.max()), 1e-6))
        return np.asarray(np.maximum(fit, np.minimum(near, _NEAR)), dtype=np.float32)

    def share(self, mood: str) -> Floats:
        """(n items,) how much each has of one mood."""
        own: Floats = self.matrix[:, self.names.index(mood)]
        return own

    def _nearness(self) -> Floats:
        """(moods, moods) 1 at the same place of the circle, less with the distance; 0 where a place is not known."""
        places = lexicon().places
        own = np.array([places.get(name, (np.nan, np.nan)) for name in self.names], dtype=np.float32)
        distance = np.linalg.norm(own[:, None] - own[None], axis=2)
        found: Floats = np.nan_to_num(np.exp(-(distance**2) / (2 * _SPREAD**2)), nan=0.0).astype(np.float32)
        return found


def _raise(matrix: Floats, topics: Topics, key: str, moods: Weights, column: Mapping[str, int]) -> None:
    """The items that have a topic have its moods."""
    rows = topics.rows(key) if moods else ()
    for mood, weight in moods.items():
        if mood in column and len(rows):
            matrix[rows, column[mood]] = np.maximum(matrix[rows, column[mood]], weight)


def _of_genre(name: str, exactly: bool) -> Weights:
    """What a genre says: "dance" as a tag is one, too."""
    known, plain = lexicon().genres, name.strip().casefold()
    if plain in known or exactly:
        return known.get(plain, {})
    return next((moods for genre, moods in known.items() if not genre.isascii() and genre in plain), {})


def _listen(matrix: Floats, names: Sequence[str], catalogue: Catalogue, measures: Mapping[str, Floats]) -> None:
    """What the sound of music says where nothing else says anything."""
    arousal = _mean({name: weight for name, weight in _AROUSAL.items() if name in measures}, measures, len(catalogue))
    mode = measures.get("major")
    rows = np.flatnonzero((catalogue.kinds == KIND_CODE[ItemKind.TRACK]) & np.isfinite(arousal) & ~matrix.any(axis=1))
    if not len(rows):
        return
    valence = np.full(len(catalogue), np.nan, np.float32) if mode is None else 2 * mode - 1
    bright = _mean({"brightness_hz": 1.0} if "brightness_hz" in measures else {}, measures, len(catalogue))
    valence = np.where(np.isfinite(bright), np.tanh(0.8 * valence + 0.3 * bright), 0.6 * valence)
    known = lexicon()
    for n, name in enumerate(names):
        if name in known.audible:
            v, a = known.places[name]
            off = (np.tanh(arousal[rows]) - a) ** 2
            # Without a mode only moods far from the middle of the arousal can be told, and less surely.
            told = np.isfinite(valence[rows])
            off = off + np.where(told, (np.nan_to_num(valence[rows]) - v) ** 2, 0.1)
            matrix[rows, n] = _HEARD * np.exp(-off / (2 * _SPREAD**2))


def _mean(weights: Mapping[str, float], measures: Mapping[str, Floats], n: int) -> Floats:
    """(n,) weighted mean of standard scores over what is known; NaN where nothing is."""
    total, sure = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    for name, weight in weights.items():
        values = measures[name]
        known = np.isfinite(values)
        spread = float(values[known].std()) if known.any() else 0.0
        if spread > 0:
            total[known] += weight * (values[known] - values[known].mean()) / spread
            sure[known] += weight
    return np.where(sure > 0, total / np.maximum(sure, 1e-6), np.nan).astype(np.float32)
