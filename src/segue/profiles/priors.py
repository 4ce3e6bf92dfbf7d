"""What people of like age or gender turn to: something to go by for new people who agreed to that, and only for them.

An attribute of a person is read, in training and in requests, only where their attribute `CONSENT` is true and
``[people] attributes`` names it. Popularity among people of like attributes is naive Bayes over these: the logarithm of
the share of everybody who likes an item, plus for each attribute how much larger that share is among its people, drawn
to that of everybody by `_PRIOR` people. A value that fewer than `FEWEST` people share says nothing, so that nobody's
likes can be read from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..arrays import Floats
from ..dataset import Dataset
from ..storage.artifacts import ArtifactFolder

CONSENT = "consent"
"""Attribute of a person: whether they agreed that what is stated about them may shape what they are shown."""
FEWEST = 20
"""People who share a value, below which nothing is learnt about it."""
_PRIOR = 50.0


def consented(attributes: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """The attributes that may be read, by name; nothing without consent: true, or "true" as a table has it. Numbers,
    also those that a table has as text, are told by tens."""
    agreed = attributes.get(CONSENT)
    if agreed is not True and not (isinstance(agreed, str) and agreed.strip().casefold() == "true"):
        return {}
    found: dict[str, str] = {}
    for name in names:
        value = _number(attributes.get(name))
        if isinstance(value, str) and value.strip():
            found[name] = value.strip().casefold()
        elif isinstance(value, bool):
            found[name] = str(value).lower()
        elif isinstance(value, int | float) and math.isfinite(value):
            found[name] = f"{10 * math.floor(value / 10)}s"
    return found


def _number(value: Any) -> Any:
    """A text that is a number as that number; everything else as it is."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


@dataclass(frozen=True)
class Priors:
    """What people of each value of an attribute turn to."""

    keys: tuple[str, ...]
    """``gender=f``, ``age=20s`` …"""
    everybody: Floats
    """(n items,) logarithm of the share of people who like it; NaN: nobody."""
    apart: Floats
    """(keys, n items) logarithm of the share among the people of a value over that of everybody."""

    @classmethod
    def none(cls) -> Self:
        """Nobody agreed."""
        return cls((), np.zeros(0, np.float32), np.zeros((0, 0), np.float32))

    def score(self, attributes: Mapping[str, str], n_items: int) -> Floats | None:
        """(n items,) for a person of these attributes, see `consented`; None where nothing is known of such people."""
        own = [n for n, key in enumerate(self.keys) if key in {f"{name}={value}" for name, value in attributes.items()}]
        if not own:
            return None
        found = np.full(n_items, np.nan, dtype=np.float32)
        found[: len(self.everybody)] = self.everybody + self.apart[own].sum(axis=0)
        return found

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write_json("keys", list(self.keys))
        folder.write("everybody", self.everybody)
        folder.write("apart", self.apart)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote; a version from before there were priors has none."""
        if not folder.path.exists():
            return cls.none()
        keys = tuple(str(key) for key in folder.read_json("keys"))
        return cls(keys, folder.read("everybody", mapped=False), folder.read("apart", mapped=False))


def priors(dataset: Dataset, attributes: Mapping[str, Mapping[str, str]]) -> Priors:
    """Count what the people of each value like.

    Args:
        attributes: of people by id, see `consented`; of others nothing is known.
    """
    row = {user_id: n for n, user_id in enumerate(dataset.user_ids)}
    liked = (dataset.matrix > 0).astype(np.float32)
    active = np.diff(liked.indptr) > 0
    people: dict[str, list[int]] = {}
    for user_id, own in attributes.items():
        if user_id in row and active[row[user_id]]:
            for name, value in own.items():
                people.setdefault(f"{name}={value}", []).append(row[user_id])
    keys = sorted(key for key, rows in people.items() if len(rows) >= FEWEST)
    if not keys:
        return Priors.none()
    share = np.asarray(liked.sum(axis=0), np.float64).ravel() / active.sum()
    known = share > 0
    everybody = np.full(dataset.n_items, np.nan, np.float32)
    everybody[known] = np.log(share[known])
    apart = np.zeros((len(keys), dataset.n_items), np.float32)
    for n, key in enumerate(keys):
        theirs = np.asarray(liked[sorted(people[key])].sum(axis=0), np.float64).ravel()
        drawn = (theirs + _PRIOR * share) / (len(people[key]) + _PRIOR)
        apart[n, known] = np.log(drawn[known] / share[known])
    return Priors(tuple(keys), everybody, apart)
