"""What to recommend at a moment of a conversation: learnt weights over what speaks for each item.

The chance that an item is what a good adviser would name next is a softmax, over the whole catalogue, of what `Judge`
makes of its `FEATURES` (a conditional logit; McFadden, "Conditional logit analysis of qualitative choice behavior",
1974). The weights that ship were learnt on the validation dialogues of ReDial (Li et al., NeurIPS 2018, CC BY 4.0; see
benchmarks/conversation_recall.py): figures only, no word of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Mask, Rows
from ..pipeline.stages import World
from .context import Context, Encode
from .experience import Experience
from .features import FEATURES, Features
from .judge import Judge, shipped

_NOTHING = 1e-6


@dataclass(frozen=True)
class Part:
    """How much a feature adds to an item's score: what the score loses where the item is like the mean item in it."""

    feature: str
    added: float


class Recommender:
    """Ranks the items of a world at a moment of a conversation.

    Args:
        encode: what made ``world.vectors["text"]``; None: meanings are not compared.
        judge: None: the one that ships.
    """

    def __init__(
        self,
        world: World,
        experience: Experience | None = None,
        encode: Encode | None = None,
        judge: Judge | None = None,
    ) -> None:
        experience = experience or Experience.none(len(world.catalogue))
        self.features = Features(world, experience, encode)
        self.judge = judge or shipped("experienced" if len(experience) else "fresh")

    def scores(self, context: Context, features: Floats | None = None) -> Floats:
        """(n items,) higher is better; -inf for what has been named and for what is no longer in the catalogue.

        Args:
            features: those of the context, where they are there already.
        """
        scores = self.judge.scores(self.features.of(context) if features is None else features)
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
        """What speaks for an item, and what against it; what moves it most first."""
        table = self.features.of(context)
        changed = np.repeat(table[row][None], len(FEATURES) + 1, axis=0)
        np.fill_diagonal(changed, table.mean(axis=0))
        scores = self.judge.scores(changed)
        added = scores[-1] - scores[:-1]
        names = tuple(FEATURES)
        order = np.argsort(-np.abs(added), kind="stable")
        return [Part(names[at], float(added[at])) for at in order.tolist() if abs(added[at]) > _NOTHING]
