"""SLIM: a sparse linear item-to-item model by the elastic net.

Ning & Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems", ICDM 2011: column i of W minimises
½|x_i - X w|² + β/2 |w|² + λ₁ |w|₁ with w ≥ 0 and w_i = 0. As in its "fsSLIM", an item is explained by its strongest
neighbours only; coordinate descent goes over many items at once and needs their products, not the events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..arrays import Floats, Sparse
from .ease import REGULARIZATIONS
from .item_to_item import ItemToItem, ItemToItemConfig
from .neighborhood import Problems, regress


class SLIMConfig(ItemToItemConfig):
    """Settings of ``slim``."""

    regularization: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """β, in events: larger values trust frequent pairs only. ``auto``: the best on validation of those that
    ``ease`` tries."""
    sparsity: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """λ₁, in events: larger values leave more weights at 0."""
    non_negative: bool = True
    """No item speaks against another; without it weights may have both signs."""
    neighbors: Annotated[int, Field(ge=1)] = 100
    """Items that may have a weight for an item: those most often met together with it."""
    sweeps: Annotated[int, Field(ge=1)] = 30
    """Passes of coordinate descent at most."""
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 1e-3
    """It ends when no weight of a batch moves more than this."""


class SLIM(ItemToItem):
    """Few weights between items, each of which can be shown as a reason."""

    name: ClassVar[str] = "slim"
    Config: ClassVar[type[SLIMConfig]] = SLIMConfig
    config: SLIMConfig

    @property
    def _regularizations(self) -> Sequence[float]:
        stated = self.config.regularization
        return REGULARIZATIONS if stated == "auto" else (stated,)

    def _fit(self, matrix: Sparse, regularizations: Sequence[float], progress: Callable[[float], None]) -> list[Sparse]:
        return regress(
            matrix,
            self.config.neighbors,
            lambda some: [descend(some, regularization, self.config) for regularization in regularizations],
            progress,
        )


def descend(some: Problems, regularization: float, config: SLIMConfig) -> Floats:
    """(b, n) the elastic net of each problem by cyclic coordinate descent."""
    weights = np.zeros_like(some.target)
    left = some.target.copy()
    # (n, b, n) and (n, b): what belongs to one step lies in one piece.
    by_place = np.ascontiguousarray(some.gram.transpose(1, 0, 2))
    own = np.diagonal(some.gram, axis1=1, axis2=2).T.copy()
    for _ in range(config.sweeps):
        moved = 0.0
        for place, gram in enumerate(by_place):
            before = weights[:, place]
            pull = left[:, place] + own[place] * before
            if config.non_negative:
                after = np.maximum(pull - config.sparsity, 0)
            else:
                after = np.sign(pull) * np.maximum(np.abs(pull) - config.sparsity, 0)
            after /= own[place] + regularization
            step = after - before
            left -= gram * step[:, None]
            weights[:, place] = after
            moved = max(moved, float(np.abs(step).max()))
        if moved < config.tolerance:
            break
    return weights
