"""How alike items are by all that is known of them before anybody has met them: a kernel that is a sum of blocks.

Each block is a kernel of its own (Schölkopf & Smola, "Learning with Kernels", 2002) over one sort of content, between
0 or -1 and 1: genres as sets, years and eras, both at once, the words of the title, the words of the description,
people, tags, plain facts (language, age limit), and the cosine in every content space (``text``, ``audio`` …); and some
of them together, since a comedy of the forties is for others than one of the nineties. What an item lacks is unlike
everything in that block, so that a missing modality costs no more than itself.

`Reader` learns vocabularies and means on a catalogue; `Described` is items as it reads them; `compare` makes the blocks
of one set of items against another, in pieces that the caller chooses: nothing here is items by items unless asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from ..arrays import Floats, Mask, Rows, Sparse
from ..catalogue import Catalogue
from ..errors import InvalidInput
from ..items import Item
from ..storage.artifacts import ArtifactFolder

ALL = "all"
"""The block that is 1 everywhere: what all items share."""
NEAR_YEARS = 4.0
"""Width of the bell over the distance in years; in ``eras`` it is `FAR_YEARS`."""
FAR_YEARS = 8.0
SPACE = "space:"
"""Before the name of a content space, in the name of its block."""
TITLE = "title"
"""The space of titles read apart from everything else, which a model adds to those of the catalogue."""
WEIGHTS: Mapping[str, float] = {
    ALL: 0.5,
    "genres": 0.3,
    "years": 0.3,
    "eras": 0.2,
    "genres and years": 0.3,
    "title and genres": 0.2,
    "title and eras": 0.3,
    "words": 0.2,
    "story": 0.2,
    "people": 0.6,
    "tags": 0.4,
    "facts": 0.2,
    SPACE + TITLE: 0.6,
    SPACE + "text": 0.4,
    SPACE + "ngram": 0.3,
}
"""How much each block counts where nothing has been learnt; a content space that is not named counts `OTHER_SPACE`."""
OTHER_SPACE = 0.3

_TELLING = ("words", "story", "people", "tags")
_DERIVED = ("mixed",)
"""Spaces made of the others, which would count them twice."""
_TERMS = 20_000
"""Most terms of a vocabulary, the commonest first."""
_TERM_CHARACTERS = 60
_STORY_CHARACTERS = 4_000
_WORD = re.compile(r"\w+")


def _words(text: str | None) -> list[str]:
    return _WORD.findall((text or "")[:_STORY_CHARACTERS].casefold())


def _facts(item: Item) -> list[str]:
    stated = {"kind": item.kind.value, "language": item.language, "age": item.maturity, "explicit": item.explicit}
    return [f"{what}:{value}" for what, value in stated.items() if value is not None]


BAGS: Mapping[str, Callable[[Item], Iterable[str]]] = {
    "genres": lambda item: item.genres,
    "words": lambda item: _words(item.title),
    "story": lambda item: _words(item.description or item.lyrics_or_transcript),
    "people": lambda item: (credit.name for credit in item.creators),
    "tags": lambda item: (*item.tags, *(group for group in (item.series, item.album) if group)),
    "facts": _facts,
}
"""What an item is a bag of. Terms are compared without regard to case."""


@dataclass(frozen=True)
class Described:
    """n items as a `Reader` reads them."""

    years: Floats
    """(n,) NaN where unknown."""
    bags: Mapping[str, Sparse]
    """Bag → (n, terms). Rows have length 1, but for ``genres``, which are 0 or 1."""
    spaces: Mapping[str, Floats]
    """Space → (n, dim) centred unit rows, zeros where there is none."""

    def __len__(self) -> int:
        return len(self.years)

    def only(self, rows: Rows | slice) -> Described:
        """Some of the items."""
        return Described(
            self.years[rows],
            {name: bag[rows] for name, bag in self.bags.items()},
            {name: space[rows] for name, space in self.spaces.items()},
        )

    @property
    def known(self) -> Mask:
        """(n,) whether anything but plain facts is known of an item."""
        known = np.isfinite(self.years)
        for name, bag in self.bags.items():
            known = known | ((np.diff(bag.indptr) > 0) & (name != "facts"))
        return np.asarray(known | self.shown)

    @property
    def shown(self) -> Mask:
        """(n,) whether an item has a vector in any space."""
        here = [space.any(axis=1) for space in self.spaces.values()]
        return np.any(here, axis=0) if here else np.zeros(len(self), bool)

    @property
    def vectors(self) -> dict[str, Floats]:
        """Space → (n, dim) as in ``spaces``, NaN where there is none."""
        return {
            name: np.where(rows.any(axis=1, keepdims=True), rows, np.float32(np.nan))
            for name, rows in self.spaces.items()
        }

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks that `compare` makes of these items and others."""
        dated = bool(np.isfinite(self.years).any())
        times: tuple[str, ...] = ("years", "eras") if dated else ()
        pairs: tuple[str, ...] = ("genres and years",) if dated and "genres" in self.bags else ()
        if TITLE in self.spaces:
            pairs += tuple(f"title and {other}" for other in ("genres", "eras") if other in (*self.bags, *times))
        return (ALL, *times, *self.bags, *pairs, *(SPACE + name for name in self.spaces))

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write("years", self.years)
        for name, bag in self.bags.items():
            folder.write_sparse(f"bag.{name}", bag)
        for name, space in self.spaces.items():
            folder.write(f"space.{name}", space)
        folder.write_json("described", {"bags": list(self.bags), "spaces": list(self.spaces)})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        stated = folder.read_json("described")
        return cls(
            folder.read("years", mapped=False),
            {name: folder.read_sparse(f"bag.{name}") for name in stated["bags"]},
            {name: folder.read(f"space.{name}") for name in stated["spaces"]},
        )


@dataclass(frozen=True)
class Reader:
    """What turns items into numbers, the same for those of the training and those that come later."""

    terms: Mapping[str, Sequence[str]]
    """Bag → its terms, the columns."""
    rarity: Mapping[str, Floats]
    """Bag → ln(items / items with the term)."""
    means: Mapping[str, Floats]
    """Space → (dim,)."""

    @classmethod
    def of(cls, catalogue: Catalogue, vectors: Mapping[str, Floats]) -> Self:
        """Terms of two items and more, and the mean of each space. Bags and spaces of nothing are left out."""
        items = [item for item in catalogue.items if item is not None]
        terms: dict[str, list[str]] = {}
        rarity: dict[str, Floats] = {}
        for name, bag in BAGS.items():
            count = Counter(term for item in items for term in _terms(bag(item)))
            shared = sorted(term for term, n in count.most_common(_TERMS) if n > 1)
            if shared:
                terms[name] = shared
                rarity[name] = np.log(len(items) / np.array([count[term] for term in shared])).astype(np.float32)
        means = {}
        for space, rows in sorted(vectors.items()):
            known = np.isfinite(rows).all(axis=1) & (rows.shape[1] > 0)
            if known.any() and space not in _DERIVED:
                # The one vector of a space is its own mean, which would leave nothing of it.
                means[space] = rows[known].mean(axis=0) * np.float32(known.sum() > 1)
        return cls(terms, rarity, means)

    def read(self, catalogue: Catalogue, vectors: Mapping[str, Floats], rows: Iterable[int]) -> Described:
        """The items in these rows of the catalogue. A space that is missing, and an item that was removed, say nothing.

        Raises:
            InvalidInput: the vectors of a space have another length than those of the training.
        """
        rows = list(rows)
        items = [catalogue.items[row] for row in rows]
        years = np.array([item.year if item and item.year else np.nan for item in items], np.float32)
        spaces = {name: _centred(name, vectors.get(name), rows, mean) for name, mean in self.means.items()}
        return Described(years, {name: self._bag(name, items) for name in self.terms}, spaces)

    def _bag(self, name: str, items: Sequence[Item | None]) -> Sparse:
        column = {term: number for number, term in enumerate(self.terms[name])}
        held = [[column[t] for t in _terms(BAGS[name](item)) if t in column] if item else [] for item in items]
        begin = np.concatenate([[0], np.cumsum([len(own) for own in held])])
        columns = np.array([c for own in held for c in sorted(own)], np.int64)
        values = np.ones(len(columns), np.float32) if name == "genres" else self.rarity[name][columns]
        bag = sparse.csr_array((values, columns, begin), shape=(len(items), len(column)))
        if name != "genres":
            lengths = np.sqrt(np.asarray(bag.multiply(bag).sum(axis=1)))
            bag.data /= np.repeat(np.maximum(lengths, 1e-6), np.diff(begin)).astype(np.float32)
        return bag

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write_json("terms", {name: list(terms) for name, terms in self.terms.items()})
        for name, rarity in self.rarity.items():
            folder.write(f"rarity.{name}", rarity)
        for name, mean in self.means.items():
            folder.write(f"mean.{name}", mean)
        folder.write_json("means", list(self.means))

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        terms = folder.read_json("terms")
        return cls(
            terms,
            {name: folder.read(f"rarity.{name}", mapped=False) for name in terms},
            {name: folder.read(f"mean.{name}", mapped=False) for name in folder.read_json("means")},
        )


def compare(items: Described, others: Described) -> dict[str, Floats]:
    """Block → (n items, n others) float32: how alike they are. The two are read by the same `Reader`."""
    blocks: dict[str, Floats] = {ALL: np.ones((len(items), len(others)), np.float32)}
    apart = np.abs(items.years[:, None] - others.years[None, :])
    dated = np.isfinite(apart).any()
    near = _bell(apart, NEAR_YEARS)
    if dated:
        blocks["years"], blocks["eras"] = near, _bell(apart, FAR_YEARS)
    for name, bag in items.bags.items():
        shared = np.asarray((bag @ others.bags[name].T).toarray(), dtype=np.float32)
        if name != "genres":
            blocks[name] = shared
            continue
        size, other = (np.diff(genres.indptr).astype(np.float32) for genres in (bag, others.bags[name]))
        # Squared distance of two sets: how many genres only one of them has.
        unlike = np.sqrt(np.maximum(size[:, None] + other[None, :] - 2 * shared, 0))
        unlike[size == 0] = unlike[:, other == 0] = np.nan
        blocks["genres"] = _bell(unlike, 1.0)
        if dated:
            blocks["genres and years"] = blocks["genres"] * near
    for name, rows in items.spaces.items():
        blocks[SPACE + name] = rows @ others.spaces[name].T
    for other in ("genres", "eras"):
        if other in blocks and TITLE in items.spaces:
            blocks[f"title and {other}"] = blocks[SPACE + TITLE] * blocks[other]
    return blocks


def summed(blocks: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """(n items, n others) the weighted sum of the blocks."""
    total: Floats = np.zeros_like(blocks[ALL])
    for name, block in blocks.items():
        if weights.get(name):
            total += np.float32(weights[name]) * block
    return total


def telling(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights of the blocks by which one item is like few others: its words, people, tags and vectors."""
    return {name: weight for name, weight in weights.items() if name in _TELLING or name.startswith(SPACE)}


def usual_weights(blocks: Iterable[str]) -> dict[str, float]:
    """`WEIGHTS` of these blocks."""
    return {name: WEIGHTS.get(name, OTHER_SPACE) for name in blocks}


def _bell(apart: Floats, width: float) -> Floats:
    """Gaussian kernel; 0 where the distance is unknown (NaN)."""
    return np.asarray(np.nan_to_num(np.exp(-0.5 * (apart / np.float32(width)) ** 2)), dtype=np.float32)


def _terms(stated: Iterable[str]) -> set[str]:
    return {term for word in stated if (term := word.casefold().strip()[:_TERM_CHARACTERS])}


def _centred(name: str, vectors: Floats | None, rows: Sequence[int], mean: Floats) -> Floats:
    """(len(rows), dim) at length 1; zeros where there is none."""
    centred = np.zeros((len(rows), len(mean)), np.float32)
    if vectors is None:
        return centred
    if vectors.ndim != 2 or vectors.shape[1] != len(mean):
        raise InvalidInput(
            f"The vectors of {name!r} have the shape {vectors.shape}, the training had {len(mean)} dimensions. "
            "Run `segue train` after changing an encoder."
        )
    raw: Any = vectors[rows]
    known = np.isfinite(raw).all(axis=1)
    centred[known] = raw[known] - mean
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 1e-6), dtype=np.float32)
