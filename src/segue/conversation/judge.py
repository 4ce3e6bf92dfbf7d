"""What the features of an item add up to: a weighted sum, and a small network beside it for what goes together.

score(x) = w·z + Σ_j v_j silu(a_j·z + b_j), z = x in standard scores, held within ± `BOUND`. Several networks that were
learnt from different beginnings are one with more units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..arrays import Floats
from ..errors import InvalidInput
from .features import FEATURES

SHIPPED = Path(__file__).with_name("weights.json")
BOUND = 6.0
"""Standard scores beyond count as this: a catalogue of another size must not drown everything else."""
_DIGITS = 5


@dataclass(frozen=True, eq=False)
class Judge:
    """Learnt weights; F is the number of `FEATURES`, h that of hidden units (0: a weighted sum alone)."""

    middle: Floats
    """(F,) what is zero in standard scores."""
    spread: Floats
    """(F,) their unit."""
    linear: Floats
    """(F,)"""
    hidden: Floats
    """(F, h)"""
    bias: Floats
    """(h,)"""
    out: Floats
    """(h,)"""

    @classmethod
    def weighted(cls, weights: Mapping[str, float]) -> Self:
        """A weighted sum of the features themselves.

        Raises:
            InvalidInput: there is no such feature.
        """
        unknown = sorted(set(weights) - set(FEATURES))
        if unknown:
            raise InvalidInput(f"Unknown features {', '.join(unknown)}; there are {', '.join(FEATURES)}.")
        n = len(FEATURES)
        linear = np.array([weights.get(name, 0.0) for name in FEATURES], np.float32)
        none = np.zeros(0, np.float32)
        # One unit of such a spread is never beyond the bound, as far as features go.
        unit = np.full(n, 1e6, np.float32)
        return cls(np.zeros(n, np.float32), unit, linear * unit, np.zeros((n, 0), np.float32), none, none)

    @classmethod
    def together(cls, judges: Sequence[Self]) -> Self:
        """Their mean opinion; they must share the middle and the spread."""
        return cls(
            judges[0].middle,
            judges[0].spread,
            np.mean([judge.linear for judge in judges], axis=0, dtype=np.float32),
            np.concatenate([judge.hidden for judge in judges], axis=1),
            np.concatenate([judge.bias for judge in judges]),
            np.concatenate([judge.out / np.float32(len(judges)) for judge in judges]).astype(np.float32),
        )

    def scores(self, table: Floats) -> Floats:
        """(n,) of a (n, F) table of features; higher is better."""
        z = np.clip((table - self.middle) / self.spread, -BOUND, BOUND)
        scores = z @ self.linear
        if len(self.out):
            inner = z @ self.hidden + self.bias
            scores += (inner / (1 + np.exp(-np.clip(inner, -60, 60)))) @ self.out
        return np.asarray(scores, np.float32)

    def as_json(self) -> dict[str, Any]:
        """Names and figures."""
        rounded = {name: np.round(getattr(self, name).astype(float), _DIGITS).tolist() for name in _PARTS}
        return {"features": list(FEATURES), **rounded}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `as_json` wrote; features that were not known then say nothing.

        Raises:
            InvalidInput: it names a feature that there is not.
        """
        names = list(stored["features"])
        unknown = sorted(set(names) - set(FEATURES))
        if unknown:
            raise InvalidInput(
                f"The weights of {', '.join(unknown)} belong to another version of Segue; learn them anew."
            )
        place = [names.index(name) if name in names else -1 for name in FEATURES]
        found = {name: np.array(stored[name], np.float32) for name in _PARTS}
        found["hidden"] = found["hidden"].reshape(len(names), len(found["out"]))
        for name, missing in (("middle", 0.0), ("spread", 1.0), ("linear", 0.0), ("hidden", 0.0)):
            more = np.full((1, *found[name].shape[1:]), missing, np.float32)
            found[name] = np.concatenate([found[name], more])[place]
        return cls(**found)


_PARTS = ("middle", "spread", "linear", "hidden", "bias", "out")


@cache
def shipped(which: str) -> Judge:
    """One of those in ``weights.json``: ``experienced``, or ``fresh`` for when no conversation has been kept yet."""
    return Judge.of_json(json.loads(SHIPPED.read_text(encoding="utf-8"))[which])
