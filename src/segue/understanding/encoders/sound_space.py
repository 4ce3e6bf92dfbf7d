"""From measurements to a space in which like sounds lie near each other.

Two views of the standardised measurements, both learned once on sounds made by rule (``audio_space.npz`` says which),
so that a vector depends on its item alone:

- ``whole``: principal components, each divided by a power of its spread (partial whitening), so that the few directions
  in which all sounds differ, such as how noisy they are, do not drown the many in which kinds of sounds differ;
- ``kinds``: linear discriminants (Fisher 1936; Rao 1948) with a shrunken covariance: what differs between recordings of
  one kind counts little, what differs between kinds counts much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from ...arrays import Floats
from .scaling import Scaling

USED = (
    "mfcc", "mfcc_spread", "mfcc_change", "mel", "mel_spread", "mel_change", "mel_peak", "spectral", "contrast",
    "band_5", "band_25", "band_50", "band_75", "band_95", "band_moves", "band_rise", "band_fall", "covariance",
    "moving_together", "moving", "modulation", "movement", "chroma_spread", "rhythm", "loudness", "envelope", "pitch",
    "flutter",
)  # fmt: skip
"""Groups of measurements that the two views are made of, in order; the key is none of them."""
_FILE = "audio_space.npz"


@dataclass(frozen=True)
class SoundSpace:
    """The two linear maps of the measurements of `USED`."""

    centre: Floats
    """(measurements,)"""
    whole: Floats
    """(components, measurements)"""
    kinds: Floats
    """(discriminants, measurements)"""

    @classmethod
    def load(cls) -> Self:
        """The constants kept beside this module."""
        with np.load(Path(__file__).with_name(_FILE), allow_pickle=False) as stored:
            return cls(*(stored[name].astype(np.float32) for name in ("centre", "whole", "kinds")))

    @classmethod
    def fit(cls, rows: Floats, names: Floats, *, components: int, power: float, kinds: int, shrinkage: float) -> Self:
        """Learn both maps.

        Args:
            rows: (sounds, measurements) of `USED`.
            names: (sounds,) the family that each belongs to.
            components: how many principal components are kept.
            power: 0 keeps their spreads, 1 makes all of them equal.
            kinds: how many discriminants are kept.
            shrinkage: of the covariance within families towards a multiple of the identity.
        """
        centre = rows.mean(axis=0)
        _, lengths, axes = np.linalg.svd(rows - centre, full_matrices=False)
        spread = (lengths / np.sqrt(len(rows)))[:components, None]
        found = np.unique(names)
        means = np.stack([rows[names == name].mean(axis=0) for name in found])
        within = rows - means[np.searchsorted(found, names)]
        covariance = within.T @ within / len(rows)
        size = len(covariance)
        covariance = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / size * np.eye(size)
        values, vectors = np.linalg.eigh(covariance)
        white = vectors / np.sqrt(values)
        _, _, directions = np.linalg.svd((means - means.mean(axis=0)) @ white, full_matrices=False)
        return cls(centre, axes[:components] / spread**power, (white @ directions[:kinds].T).T)

    def save(self, folder: Path, origin: str) -> None:
        """Keep it as `load` reads it, in half precision, with where it comes from."""
        arrays = {name: values.astype(np.float16) for name, values in vars(self).items()}
        np.savez_compressed(folder / _FILE, origin=np.array(origin), **arrays)

    @property
    def dim(self) -> int:
        """Of both views together."""
        return len(self.whole) + len(self.kinds)

    def place(self, standard: Floats) -> tuple[Floats, Floats]:
        """The two views, each of length 1, of the weighted standardised measurements of `USED`."""
        centred = standard - self.centre
        return _unit(self.whole @ centred), _unit(self.kinds @ centred)


def place(measured: Mapping[str, Floats]) -> Floats:
    """(dim,) where a sound lies by its measurements: both views, one after the other, each of length 1."""
    return np.concatenate(space().place(scaling().standard(measured, USED)))


@cache
def scaling() -> Scaling:
    """The fixed scales of all measurements of sound."""
    return Scaling.load("audio")


@cache
def space() -> SoundSpace:
    """The space as it is kept."""
    return SoundSpace.load()


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
