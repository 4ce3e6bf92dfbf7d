"""Semantic ids: an item as a short code whose first numbers say roughly, and whose later ones say exactly, what it is.

A vector is quantised level by level: the nearest word of a codebook, then the nearest word to what is left, and so on
(residual quantisation, Lee et al., "Autoregressive Image Generation using Residual Quantization", CVPR 2022). Alike
items begin alike, which is what lets a decoder generate items (Rajput et al., "Recommender Systems with Generative
Retrieval", NeurIPS 2023). One last number tells items with equal words apart.

Codebooks are learned by k-means with a price on every word: a word that too many items choose becomes dearer. Without
prices a few words take most of a catalogue and the code carries less. The prices stay, so that an item that comes later
is coded by the very rule that coded the others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import product
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..arrays import Floats, Mask, Rows, unit_rows
from ..errors import InvalidInput
from ..storage.artifacts import ArtifactFolder

Places = NDArray[np.int64]

_ROUNDS = 15
"""Of k-means: assignments hardly change after that."""
_FIT_ROWS = 20_000
"""Rows that codebooks are learned on, spread evenly over a larger catalogue."""
_BLOCK = 8192
"""Rows coded at once."""


@dataclass(frozen=True)
class CodeUse:
    """How well the codes use what they could say, see `SemanticIds.use`."""

    items: int
    """Items with a code."""
    used: tuple[int, ...]
    """Words in use, per level."""
    perplexity: tuple[float, ...]
    """e to the entropy of the words, per level: the size of an evenly used codebook that says as much."""
    left: tuple[float, ...]
    """Share of the vectors' variance that is not yet said after this level."""
    collisions: int
    """Items that share all their words with another one, told apart by the last number."""
    crowd: int
    """Most items that share their words."""


@dataclass(frozen=True)
class SemanticIds:
    """Codebooks, and the codes of a catalogue's items."""

    codes: Rows
    """(n, levels + 1): words from the coarsest to the finest, then the number among items of equal words, all below
    `codebook_size`. -1 throughout where an item has no vector."""
    codebooks: Floats
    """(levels, codebook_size, dim)."""
    prices: Floats
    """(levels, codebook_size), in squared distance; infinite where a codebook has fewer words."""
    mean: Floats
    """(dim,) taken off every vector."""
    left: tuple[float, ...]
    """See `CodeUse.left`, of the items that the codebooks were learned on."""

    @classmethod
    def fit(cls, vectors: Floats, levels: int = 3, codebook_size: int = 256, seed: int = 7) -> Self:
        """Learn codebooks and code every item. The same seed gives the same codes.

        Args:
            vectors: (n, dim), NaN rows where an item has none.
            levels: words per code, at least 1.
            codebook_size: words per level, at least 2; a catalogue with fewer vectors uses only as many.

        Raises:
            InvalidInput: the vectors are no table, the sizes are impossible, or more items than the code can tell apart
                have equal vectors.
        """
        if vectors.ndim != 2 or levels < 1 or codebook_size < 2:
            raise InvalidInput(
                f"Semantic ids need a table of vectors (items, dimensions), levels ≥ 1, codebook_size "
                f"≥ 2; got {vectors.shape}, {levels} and {codebook_size}."
            )
        known = vectors[_has_vector(vectors)].astype(np.float32)
        mean = _mean(vectors)
        rest = known[:: max(1, -(-len(known) // _FIT_ROWS))] - mean
        whole = float(np.square(rest).sum()) or 1.0
        rng = np.random.default_rng(seed)
        codebooks = np.zeros((levels, codebook_size, vectors.shape[1]), np.float32)
        prices = np.full((levels, codebook_size), np.inf, np.float32)
        left = []
        for level in range(levels):
            words, dear = _codebook(rest, codebook_size, rng)
            codebooks[level, : len(words)], prices[level, : len(words)] = words, dear
            if len(words):
                rest = rest - words[_nearest(rest, words, dear)]
            left.append(float(np.square(rest).sum()) / whole)
        none = np.zeros((0, levels + 1), np.int32)
        return cls(none, codebooks, prices, mean, tuple(left)).extended(vectors)

    @property
    def levels(self) -> int:
        """Words per code."""
        return len(self.codebooks)

    @property
    def codebook_size(self) -> int:
        """Words per level; every number of a code is below it."""
        return int(self.codebooks.shape[1])

    def encode(self, vectors: Floats) -> Rows:
        """(n, levels + 1) codes of further items, none of which an item has already; nothing is learned.

        Args:
            vectors: (n, dim), NaN rows where an item has none; their codes are -1.

        Raises:
            InvalidInput: the vectors have another length than those of the codebooks, or there is no code left.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self.mean):
            raise InvalidInput(
                f"The codebooks read vectors of {len(self.mean)} dimensions, got a table of shape {vectors.shape}. "
                "Learn new ones after changing an encoder."
            )
        codes = np.full((len(vectors), self.levels + 1), -1, np.int32)
        known = np.flatnonzero(_has_vector(vectors))
        if np.isinf(self.prices).all():
            return codes  # learned from no vector at all
        for start in range(0, len(known), _BLOCK):
            part = known[start : start + _BLOCK]
            rest = vectors[part].astype(np.float32) - self.mean
            for level, (words, prices) in enumerate(zip(self.codebooks, self.prices, strict=True)):
                codes[part, level] = _nearest(rest, words, prices)
                rest = rest - words[codes[part, level]]
        taken = self.codes[self.codes[:, 0] >= 0]
        everyone = np.concatenate([taken[:, :-1], codes[known, :-1]])
        _, group = np.unique(everyone, axis=0, return_inverse=True)
        codes[known, -1] = _place_in_group(group.reshape(-1))[len(taken) :]
        self._spill(codes, vectors, taken, known)
        return codes

    def extended(self, vectors: Floats) -> Self:
        """The same with the codes of further items below those there are."""
        return replace(self, codes=np.concatenate([self.codes, self.encode(vectors)]))

    def _spill(self, codes: Rows, vectors: Floats, taken: Rows, known: Places) -> None:
        """Items that found all numbers of their words used up take the next nearest words that have some left."""
        fits = codes[known, -1] < self.codebook_size
        if fits.all():
            return
        count = Counter(map(tuple, np.concatenate([taken, codes[known[fits]]])[:, :-1].tolist()))
        for row in known[~fits].tolist():
            said = self.codebooks[np.arange(self.levels), codes[row, :-1]]
            rest = vectors[row] - self.mean - np.cumsum(said, axis=0) + said
            nearest = [
                np.argsort(_distances(rest[[level]], self.codebooks[level])[0] + prices, kind="stable")[
                    : np.isfinite(prices).sum()
                ].tolist()
                for level, prices in enumerate(self.prices)
            ]
            words = next((w for w in product(*nearest) if count[w] < self.codebook_size), None)
            if words is None:
                raise InvalidInput(
                    f"There are more items than {self.codebook_size} words at each of {self.levels} levels can tell "
                    "apart. Learn codes with a larger codebook_size."
                )
            codes[row] = *words, count[words]
            count[words] += 1

    def use(self) -> CodeUse:
        """How the codes of all items use the codebooks."""
        codes = self.codes[self.codes[:, 0] >= 0]
        counts = [np.bincount(codes[:, level], minlength=1) for level in range(self.levels)]
        shares = [count[count > 0] / max(1, len(codes)) for count in counts]
        crowds = np.unique(codes[:, :-1], axis=0, return_counts=True)[1]
        return CodeUse(
            items=len(codes),
            used=tuple(map(len, shares)),
            perplexity=tuple(round(float(np.exp(-(share * np.log(share)).sum())), 2) for share in shares),
            left=tuple(round(left, 4) for left in self.left),
            collisions=int(crowds[crowds > 1].sum()),
            crowd=int(crowds.max(initial=0)),
        )

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        for name in ("codes", "codebooks", "prices", "mean"):
            folder.write(name, getattr(self, name))
        folder.write_json("semantic_ids", {"left": self.left})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        arrays = {name: folder.read(name, mapped=False) for name in ("codes", "codebooks", "prices", "mean")}
        return cls(**arrays, left=tuple(folder.read_json("semantic_ids")["left"]))


@dataclass(frozen=True)
class JointSpace:
    """Content and behaviour side by side: what codes are best made of, since alike items then also go together.

    Both parts are centred rows of length 1, weighted so that the squared distance of two items is the weighted mean of
    those of the parts. What people would do with an item that nobody has met is guessed from its content by a ridge
    regression.
    """

    share: float
    """Of the behaviour in the squared distance, 0 … 1."""
    means: tuple[Floats, Floats]
    """(dim,) of content and of behaviour."""
    guess: Floats
    """(content dim, behaviour dim): from unit content to unit behaviour."""

    @classmethod
    def fit(cls, content: Floats, behaviour: Floats, share: float = 0.5, ridge: float = 10.0) -> Self:
        """Learn means and the guess.

        Args:
            content: (n, dim), NaN rows where an item has none.
            behaviour: (n, other dim), for example factors of ``als``; NaN rows for items that nobody has met.
            ridge: added to the diagonal, in items.
        """
        means = tuple(_mean(part) for part in (content, behaviour))
        x, y = (_units(part, mean) for part, mean in zip((content, behaviour), means, strict=True))
        both = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
        gram = x[both].T @ x[both] + np.float32(ridge) * np.eye(x.shape[1], dtype=np.float32)
        return cls(share, (means[0], means[1]), np.linalg.solve(gram, x[both].T @ y[both]).astype(np.float32))

    def apply(self, content: Floats, behaviour: Floats | None = None) -> Floats:
        """(n, content dim + behaviour dim); NaN where nothing is known of an item. Content that is missing counts as
        average. ``behaviour`` None: nobody has met these items."""
        x = _units(content, self.means[0])
        y = x @ self.guess
        if behaviour is not None:
            seen = _units(behaviour, self.means[1])
            y = np.where(np.isfinite(seen), seen, y)
        x[~_has_vector(x) & _has_vector(y)] = 0
        return np.concatenate([x * np.sqrt(1 - self.share), y * np.sqrt(self.share)], axis=1).astype(np.float32)

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        for name, array in zip(("content_mean", "behaviour_mean", "guess"), (*self.means, self.guess), strict=True):
            folder.write(name, array)
        folder.write_json("joint", {"share": self.share})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        content, behaviour, guess = (
            folder.read(name, mapped=False) for name in ("content_mean", "behaviour_mean", "guess")
        )
        return cls(float(folder.read_json("joint")["share"]), (content, behaviour), guess)


def _has_vector(vectors: Floats) -> Mask:
    return np.asarray(np.isfinite(vectors).all(axis=1) & (vectors.shape[1] > 0))


def _mean(rows: Floats) -> Floats:
    known = rows[_has_vector(rows)]
    return known.mean(axis=0).astype(np.float32) if len(known) else np.zeros(rows.shape[1], np.float32)


def _units(rows: Floats, mean: Floats) -> Floats:
    """Rows less the mean, at length 1; NaN rows stay."""
    return unit_rows(rows - mean)


def _codebook(rows: Floats, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(≤ size, dim) words and their prices, by k-means whose assignment pays the price of a word."""
    size = min(size, len(rows))
    words = rows[rng.permutation(len(rows))[:size]]
    prices = _balancing(_distances(rows, words), np.zeros(size, np.float32))
    for _ in range(_ROUNDS if size else 0):
        chosen = _nearest(rows, words, prices)
        count = np.bincount(chosen, minlength=size)
        member = (np.ones(len(rows), np.float32), (chosen, np.arange(len(rows))))
        total = sparse.csr_array(member, shape=(size, len(rows))) @ rows
        words = total / np.maximum(count, 1).astype(np.float32)[:, None]
        # A word that nobody takes moves to where the others say least.
        unused = np.flatnonzero(count == 0)
        far = np.square(rows - words[chosen]).sum(axis=1)
        words[unused] = rows[np.argsort(-far, kind="stable")[: len(unused)]]
        prices[unused] = prices.mean()
        prices = _balancing(_distances(rows, words), prices)
    return words, prices


def _balancing(distances: Floats, prices: Floats) -> Floats:
    """Prices nearer to those under which all words are taken equally often: the dual of optimal transport with an
    entropy term (Cuturi, "Sinkhorn Distances", NeurIPS 2013), two steps on from the prices given."""
    size = distances.shape[1]
    if size < 2:
        return prices
    nearest = np.partition(distances, 1, axis=1)
    # As soft as the choice between an item's nearest two words is: less, and prices overshoot.
    warmth = np.float32(np.mean(nearest[:, 1] - nearest[:, 0])) + np.float32(1e-9)
    for _ in range(2):
        share = -(distances + prices) / warmth
        share = np.exp(share - share.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        prices = prices + warmth * np.log(share.mean(axis=0) * size + np.float32(1e-3))
    return prices


def _distances(rows: Floats, words: Floats) -> Floats:
    """(rows, words) squared distance, less the square of the row."""
    return np.asarray(np.square(words).sum(axis=1) - 2 * (rows @ words.T), dtype=np.float32)


def _nearest(rows: Floats, words: Floats, prices: Floats) -> Rows:
    """(rows,) the word to take."""
    return np.asarray((_distances(rows, words) + prices).argmin(axis=1), dtype=np.int32)


def _place_in_group(group: Places) -> Places:
    """(n,) how many earlier entries are of the same group."""
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    place = np.empty_like(group)
    place[order] = np.arange(len(group)) - (np.cumsum(size) - size)[group[order]]
    return place
