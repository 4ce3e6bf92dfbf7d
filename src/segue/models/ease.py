"""EASE: a linear item-to-item model in closed form; for large catalogues, the same regression on neighbours only.

Harald Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: B = I - P·diag(1/diag P) with
P = (XᵀX + λI)⁻¹; a person's scores are their row of X times B. Fed with a history whose older events count less
(`EASEConfig.history_decay`), it follows a person's change of mind.

Column i of B is the ridge regression of item i on all other items. Steck, "Markov Random Fields for Collaborative
Filtering", NeurIPS 2019, keeps the strongest correlations only: here, column i is the ridge regression of item i on its
strongest neighbours, which takes memory for neighbours instead of for pairs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy import linalg, sparse

from ..arrays import Floats, Sparse
from ..errors import SettingsError
from .base import ModelConfig
from .item_to_item import ItemToItem, ItemToItemConfig
from .neighborhood import Problems, regress

log = logging.getLogger(__name__)

REGULARIZATIONS = (500.0, 100.0, 50.0)
"""Tried by ``regularization = "auto"``."""

_TRIAL_ITEMS = 10_000
"""Above this many items a dense fit is too dear to repeat: ``auto`` keeps the first of the candidates."""


class EASEConfig(ItemToItemConfig):
    """Settings of ``ease``."""

    regularization: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """λ, in events: larger values trust frequent pairs only. ``auto``: the best of `REGULARIZATIONS` on validation."""
    max_dense_items: Annotated[int, Field(ge=0)] = 10_000
    """Up to so many items that anyone liked, the closed form: a square float32 matrix in memory and on disk (10,000:
    0.4 GB) and time that grows with the cube. Beyond, the regression on ``neighbors``, which `EASE.method` and the log
    say."""
    neighbors: Annotated[int, Field(ge=1)] = 100
    """Items that each item is regressed on where there are more than ``max_dense_items``."""


class EASE(ItemToItem):
    """Weights between all pairs of items that anyone liked in training, or between neighbours."""

    name: ClassVar[str] = "ease"
    Config: ClassVar[type[ModelConfig]] = EASEConfig
    config: EASEConfig

    @property
    def method(self) -> Literal["dense", "sparse"]:
        """Whether the weights are the closed form over all items, or regressions on neighbours."""
        return "sparse" if sparse.issparse(self._weights) else "dense"

    @property
    def _regularizations(self) -> Sequence[float]:
        if self.config.regularization != "auto":
            return (self.config.regularization,)
        dear = _TRIAL_ITEMS < len(self._rows) <= self.config.max_dense_items
        return REGULARIZATIONS[:1] if dear else REGULARIZATIONS

    def _fit(
        self, matrix: Sparse, regularizations: Sequence[float], progress: Callable[[float], None]
    ) -> Sequence[Floats | Sparse]:
        return fit_weights(matrix, regularizations, self.config, progress)


def fit_weights(
    matrix: Sparse, regularizations: Sequence[float], config: EASEConfig, progress: Callable[[float], None]
) -> Sequence[Floats | Sparse]:
    """For each λ the weights of EASE, see `ItemToItem`: in closed form, or on neighbours where ``max_dense_items`` are
    exceeded."""
    n = matrix.shape[1]
    if n <= config.max_dense_items:
        return [solve(matrix, regularization) for regularization in regularizations]
    log.info("ease: %d items are more than max_dense_items; regressing on %d neighbours each", n, config.neighbors)
    return regress(matrix, config.neighbors, lambda some: _ridge(some, regularizations), progress)


def _ridge(some: Problems, regularizations: Sequence[float]) -> list[Floats]:
    """(b, n) coefficients under each λ.

    The products left out of a problem can make it indefinite; its own λ is then doubled until it is not.
    """
    diagonal = np.arange(some.gram.shape[1])
    tables = []
    for regularization in regularizations:
        gram = some.gram.copy()
        gram[:, diagonal, diagonal] += regularization
        table = np.zeros_like(some.target)
        for row, (one, target) in enumerate(zip(gram, some.target, strict=True)):
            own, failed = regularization, 1
            while failed:
                _, table[row], failed = linalg.lapack.sposv(one, target, lower=1)
                one[diagonal, diagonal] += own
                own *= 2
        tables.append(table)
    return tables


def solve(matrix: Sparse, regularization: float) -> Floats:
    """The item-to-item weights of EASE, (n items, n items) float32 with a diagonal of 0.

    Works in place: one n × n matrix is all the memory it takes.

    Raises:
        SettingsError: λ is too small for the data in single precision.
    """
    n = matrix.shape[1]
    if n == 0:
        return np.zeros((0, 0), np.float32)
    # Column order is what LAPACK overwrites without a copy; the matrix is symmetric until the last step.
    gram: Any = np.empty((n, n), np.float32, order="F")
    transposed = matrix.T.tocsr()
    for start in range(0, n, 1024):
        gram[:, start : start + 1024] = (transposed @ matrix[:, start : start + 1024]).toarray()
    gram[np.diag_indices(n)] += regularization
    gram, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1, clean=0)
    if not failed:
        gram, failed = linalg.lapack.spotri(gram, lower=1, overwrite_c=1)
    if failed:
        raise SettingsError(
            f"EASE cannot invert the item matrix with regularization {regularization:g}. "
            "Set a larger [models.ease] regularization, for example 500."
        )
    diagonal = gram.diagonal().copy()
    weights = gram.T  # rows in memory order; its upper triangle is the one LAPACK filled
    for start in range(0, n, 1024):
        rows = slice(start, start + 1024)
        weights[start + 1024 :, rows] = weights[rows, start + 1024 :].T
        square = weights[rows, rows]
        square[:] = np.triu(square) + np.triu(square, 1).T
    weights /= -diagonal
    weights[np.diag_indices(n)] = 0
    return np.asarray(weights, dtype=np.float32)
