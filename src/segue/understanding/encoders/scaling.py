"""Fixed scales that make unlike measurements comparable: decibels beside hertz beside shares."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from ...arrays import Floats

_FURTHEST = 3.0
"""Standard deviations beyond which a value says no more."""


@dataclass(frozen=True)
class Scaling:
    """Centre and spread of every measurement, in named groups, as found once on a calibration set.

    The constants are part of the encoder's version: a vector depends on its item alone and never on the catalogue.
    """

    groups: Mapping[str, tuple[Floats, Floats]]
    """Name → centre and spread, each (length of the group,)."""

    @classmethod
    def load(cls, name: str) -> Self:
        """The constants kept beside this module in ``NAME_scaling.json``, which also says where they come from."""
        text = (Path(__file__).with_name(f"{name}_scaling.json")).read_text(encoding="utf-8")
        stored: dict[str, Any] = json.loads(text)["groups"]
        return cls({group: (_array(values["centre"]), _array(values["spread"])) for group, values in stored.items()})

    @classmethod
    def fit(cls, measured: Sequence[Mapping[str, Floats]]) -> Self:
        """Mean and standard deviation over a calibration set."""
        groups = {}
        for group in {name: None for one in measured for name in one}:
            rows = np.stack([one[group] for one in measured if group in one])
            groups[group] = (rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3))
        return cls(groups)

    def as_json(self, origin: str) -> str:
        """What `load` reads."""
        groups = {
            group: {"centre": [round(float(v), 4) for v in centre], "spread": [round(float(v), 4) for v in spread]}
            for group, (centre, spread) in self.groups.items()
        }
        return json.dumps({"origin": origin, "groups": groups}) + "\n"

    def only(self, names: Collection[str]) -> Self:
        """The scales of some of the groups, in the same order."""
        return type(self)({group: scale for group, scale in self.groups.items() if group in names})

    @property
    def dim(self) -> int:
        """Length of all groups together."""
        return sum(len(centre) for centre, _ in self.groups.values())

    def standard(self, measured: Mapping[str, Floats], names: Sequence[str]) -> Floats:
        """The standardised measurements of the named groups, one after the other; each group counts the same."""
        parts = []
        for name in names:
            centre, spread = self.groups[name]
            standard = np.clip((measured[name] - centre) / spread, -_FURTHEST, _FURTHEST)
            parts.append(standard / np.sqrt(len(centre)))
        return np.concatenate(parts).astype(np.float32)

    def vector(self, measured: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
        """(dim,) the standardised measurements; a group counts by its weight, however many numbers it has.

        A group that was not measured stays at its centre.
        """
        parts = []
        for group, (centre, spread) in self.groups.items():
            if group not in measured:
                parts.append(np.zeros(len(centre), np.float32))
                continue
            standard = np.clip((measured[group] - centre) / spread, -_FURTHEST, _FURTHEST)
            parts.append(standard * np.sqrt(weights[group] / len(centre)))
        return np.concatenate(parts).astype(np.float32)


def _array(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float32)
