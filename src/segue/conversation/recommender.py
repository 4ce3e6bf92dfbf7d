"""What to recommend at a moment of a conversation: learnt weights over what speaks for each item.

The chance that an item is what a good adviser would name next is a softmax of a weighted sum of `FEATURES` over the
whole catalogue (a conditional logit; McFadden, "Conditional logit analysis of qualitative choice behavior", 1974). The
weights that ship were learnt on the validation dialogues of ReDial (Li et al., NeurIPS 2018, CC BY 4.0; see
benchmarks/conversation_recall.py): figures only, no word of anybody. Those of ``fresh`` are for when no
conversation has been kept yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..arrays import Floats, Mask, Rows
from ..errors import InvalidInput
from ..pipeline.stages import World
from .context import Context, Encode
from .experience import Experience
from .features import FEATURES, Features

SHIPPED = Path(__file__).with_name("weights.json")


@dataclass(frozen=True)
class Part:
    """What one feature adds to an item's score, beside what it adds to the mean item."""

    feature: str
    added: float


class Recommender:
    """Ranks the items of a world at a moment of a conversation.

    Args:
        encode: what made ``world.vectors["text"]``; None: meanings are not compared.
        weights: by feature; None: those that ship.

    Raises:
        InvalidInput: weights name a feature that there is not.
    """

    def __init__(
        self,
        world: World,
        experience: Experience | None = None,
        encode: Encode | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        experience = experience or Experience.none(len(world.catalogue))
        self.features = Features(world, experience, encode)
        if weights is None:
            weights = shipped("experienced" if len(experience) else "fresh")
        unknown = sorted(set(weights) - set(FEATURES))
        if unknown:
            raise InvalidInput(f"Unknown features {', '.join(unknown)}; there are {', '.join(FEATURES)}.")
        self.weights = np.array([weights.get(name, 0.0) for name in FEATURES], np.float32)

    def scores(self, context: Context, features: Floats | None = None) -> Floats:
        """(n items,) higher is better; -inf for what has been named and for what is no longer in the catalogue.

        Args:
            features: those of the context, where they are there already.
        """
        scores: Floats = (self.features.of(context) if features is None else features) @ self.weights
        scores[context.named] = -np.inf
        scores[~self.features.world.catalogue.alive] = -np.inf
        return scores

    def recommend(self, context: Context, k: int, allowed: Mask | None = None) -> Rows:
        """Rows of at most ``k`` items, the best first.

        Args:
            allowed: (n items,) what may be shown; None: everything.
        """
        scores = self.scores(context)
        if allowed is not None:
            scores[~allowed] = -np.inf
        best = np.argsort(-scores, kind="stable")[: max(k, 0)]
        return best[np.isfinite(scores[best])].astype(np.int32)

    def parts(self, context: Context, row: int) -> Sequence[Part]:
        """What speaks for an item more than for the mean item, and what against it; what moves it most first."""
        table = self.features.of(context)
        added = (table[row] - table.mean(axis=0)) * self.weights
        order = np.argsort(-np.abs(added), kind="stable")
        names = tuple(FEATURES)
        return [Part(names[at], float(added[at])) for at in order if added[at]]


@cache
def shipped(which: str) -> Mapping[str, float]:
    """The weights in ``weights.json``: ``experienced`` or ``fresh``."""
    found: dict[str, float] = json.loads(SHIPPED.read_text(encoding="utf-8"))[which]
    return found
