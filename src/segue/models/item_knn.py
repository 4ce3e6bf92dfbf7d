"""Item-kNN: items that the same people like.

Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001, with the usual similarities
(`SIMILARITIES`) and the shrinkage of Bell & Koren, ICDM 2007. Each item keeps its nearest neighbours only, so that
memory grows with the number of items, not with its square.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy import sparse

from ..arrays import Floats, Rows, Sparse
from .item_to_item import ItemToItem, ItemToItemConfig
from .neighborhood import nearest

Similarity = Literal["cosine", "asymmetric", "jaccard", "tversky", "conditional", "lift", "tfidf", "bm25"]

_K1, _B = 1.2, 0.75
"""Of BM25: how soon a repeated word stops counting, and how much a long text counts against its words."""


class ItemKNNConfig(ItemToItemConfig):
    """Settings of ``item_knn``."""

    similarity: Similarity = "cosine"
    """How alike two items are, see `SIMILARITIES`."""
    neighbors: Annotated[int, Field(ge=1)] = 50
    """Nearest items kept for each item."""
    shrinkage: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0
    """Added to the denominator of the similarity: pairs that few people share come out smaller. In events, except
    for ``tfidf`` and ``bm25``, whose events weigh differently."""
    asymmetry: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share α of the item that is told in the denominator of ``asymmetric`` and ``tversky``: ½ treats both alike, 1
    lets popular items be found, 0 rare ones."""


@dataclass(frozen=True)
class Pairs:
    """Some pairs of items, an item j of the history that is told and an item i that is found, as columns."""

    product: Floats
    """x_j·x_i: where preferences are whole, how many people share the pair."""
    told: Floats
    """x_j·x_j: how many people met j."""
    found: Floats
    """x_i·x_i: how many people met i."""
    people: int
    """How many people there are."""
    asymmetry: float


SIMILARITIES: Mapping[Similarity, Callable[[Pairs], Floats]] = {
    "cosine": lambda p: np.sqrt(p.told * p.found),
    # Aiolli, "Efficient top-n recommendation for very large scale binary rated datasets", RecSys 2013.
    "asymmetric": lambda p: p.told**p.asymmetry * p.found ** (1 - p.asymmetry),
    "jaccard": lambda p: p.told + p.found - p.product,
    # Tversky, "Features of similarity", Psychological Review 1977; α = ½ is the index of Dice.
    "tversky": lambda p: p.product + p.asymmetry * (p.told - p.product) + (1 - p.asymmetry) * (p.found - p.product),
    # P(i | j): Deshpande & Karypis, "Item-based top-n recommendation algorithms", TOIS 2004.
    "conditional": lambda p: p.told,
    # P(i, j) / (P(i) P(j)): how much more often than by chance.
    "lift": lambda p: p.told * p.found / np.float32(p.people),
    # The cosine, and the plain product, of reweighted preferences: see `_reweighted`.
    "tfidf": lambda p: np.sqrt(p.told * p.found),
    "bm25": lambda p: np.ones_like(p.product),
}
"""The denominator of each similarity, over which x_j·x_i is put."""


class ItemKNN(ItemToItem):
    """Item j of the history says s_ji of each of its nearest neighbours i."""

    name: ClassVar[str] = "item_knn"
    Config: ClassVar[type[ItemKNNConfig]] = ItemKNNConfig
    config: ItemKNNConfig

    @property
    def _regularizations(self) -> Sequence[float]:
        return (self.config.shrinkage,)

    def _fit(self, matrix: Sparse, regularizations: Sequence[float], progress: Callable[[float], None]) -> list[Sparse]:
        told = _reweighted(matrix, self.config.similarity)
        squares = np.asarray(told.multiply(told).sum(axis=0), dtype=np.float32)
        denominator = SIMILARITIES[self.config.similarity]

        def similarity(shrinkage: float, product: Floats, j: Rows, i: Rows) -> Floats:
            pairs = Pairs(product, squares[j], squares[i], matrix.shape[0], self.config.asymmetry)
            return product / (denominator(pairs) + np.float32(shrinkage))

        return [
            nearest(told, self.config.neighbors, partial(similarity, shrinkage), progress)
            for shrinkage in regularizations
        ]


def _reweighted(matrix: Sparse, similarity: Similarity) -> Sparse:
    """Preferences by how much they tell: of people with few items more than of people with many."""
    if similarity not in ("tfidf", "bm25"):
        return matrix
    items = np.diff(matrix.indptr)
    rarity = np.log1p(matrix.shape[1] / np.maximum(items, 1)).astype(np.float32)
    if similarity == "tfidf":
        return sparse.csr_array(sparse.diags_array(rarity) @ matrix)
    # An item is a text whose words are its people: BM25 of Robertson et al., TREC-3, 1994.
    popularity = np.bincount(matrix.indices, minlength=matrix.shape[1])
    length = 1 - _B + _B * popularity / max(popularity.mean(), 1)
    saturated = matrix.copy()
    saturated.data *= (_K1 + 1) / (_K1 * length[matrix.indices] + matrix.data)
    return sparse.csr_array(sparse.diags_array(rarity) @ saturated, dtype=np.float32)
