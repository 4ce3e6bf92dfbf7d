"""Alignment: projections of pictures and sounds into the space of the words, so that words find what nobody described.

Learnt on the user's own catalogue, from items that have both words and media. A ridge regression from the media vector
to the vector of the words is the start; from it the projection learns by the symmetric contrastive loss (InfoNCE, van
den Oord, Li & Vinyals 2018; Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
2021): each item's own words must be nearer than those of the others in the batch, and the other way round. Items that
the same people like may say more: their words count as right for each other as well. How strong the ridge is and how
long to learn, if at all, is chosen on items that are withheld; then all are learnt from.

On the withheld items it is also measured how often words find their media among the first ten. A projection that is
not surely better than chance there is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..arrays import Floats, Mask, Rows, unit_rows
from ..storage.artifacts import ArtifactFolder

WORDS = "text"
"""The space that queries and descriptions share."""
OF_WORDS = ("text", "ngram", "mixed")
"""Spaces that are no media, or not only."""
DEPTH = 10

_RIDGES = (0.01, 0.1, 1.0, 10.0)
"""Times the mean eigenvalue of the media's Gram matrix."""
_EPOCHS = 20
_BATCH = 256
_RATE = 3e-4
_TEMPERATURE = 0.07
_WITHHELD = 0.2
_FEWEST = 30
"""Items with both; below that there is too little to learn from."""
_MOST = 50_000
"""Items learnt from, spread evenly over a larger catalogue."""
SAME = 0.999
"""Cosine above which two descriptions are one and the same."""


def aligned(space: str) -> str:
    """Name of the space that a media space becomes: ``picture in words``."""
    return f"{space} in words"


@dataclass(frozen=True)
class Bridge:
    """The projection of one media space into that of the words."""

    mean: Floats
    """(media dim,) taken off the media vectors."""
    words_mean: Floats
    """(words dim,) taken off the vectors of the words."""
    matrix: Floats
    """(media dim, words dim)."""
    recall: float
    """Share of the withheld items that their own words find among the first ten, by what was learnt from the others."""
    chance: float
    """What a random order would find."""
    withheld: int
    """Items that this was measured on."""

    @property
    def useful(self) -> bool:
        """Whether the words find more than chance does, beyond three standard errors: the best of several ways was
        measured on the items that it was chosen on."""
        error = np.sqrt(max(self.recall * (1 - self.recall), 1e-4) / max(self.withheld, 1))
        return bool(self.recall - 3 * error > self.chance)

    def apply(self, media: Floats) -> Floats:
        """(n, words dim) unit rows in the centred space of the words; NaN where there is no media vector."""
        projected = np.asarray((media - self.mean) @ self.matrix, dtype=np.float32)
        return unit_rows(projected)

    def words(self, vectors: Floats) -> Floats:
        """(n, words dim) vectors of words, centred as those of the catalogue are, at length 1."""
        return unit_rows(vectors - self.words_mean)


@dataclass(frozen=True)
class Alignment:
    """All bridges of a catalogue."""

    bridges: Mapping[str, Bridge]
    """Media space → its bridge."""

    def apply(self, vectors: Mapping[str, Floats]) -> dict[str, Floats]:
        """`aligned` space → (n, words dim), for the media spaces whose bridge is useful and fits the vectors."""
        return {
            aligned(space): bridge.apply(vectors[space])
            for space, bridge in self.bridges.items()
            if bridge.useful and space in vectors and vectors[space].shape[1] == len(bridge.mean)
        }

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        stated = {
            space: {"recall": b.recall, "chance": b.chance, "withheld": b.withheld} for space, b in self.bridges.items()
        }
        folder.write_json("alignment", stated)
        for space, bridge in self.bridges.items():
            for name in ("mean", "words_mean", "matrix"):
                folder.write(f"{space}.{name}", getattr(bridge, name))

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote; a version from before there were alignments has no bridges."""
        if not folder.has("alignment"):
            return cls({})
        return cls(
            {
                space: Bridge(
                    folder.read(f"{space}.mean", mapped=False),
                    folder.read(f"{space}.words_mean", mapped=False),
                    folder.read(f"{space}.matrix", mapped=False),
                    **measured,
                )
                for space, measured in folder.read_json("alignment").items()
            }
        )


def align(vectors: Mapping[str, Floats], seed: int, together: Rows | None = None) -> Alignment:
    """A bridge for every media space that shares enough items with the words.

    Args:
        vectors: space → (n, dim), NaN where an item has nothing in that space.
        together: (m, 2) rows of items that the same people like.
    """
    words = vectors.get(WORDS)
    media = sorted(space for space in vectors if space not in OF_WORDS)
    made = {} if words is None else {space: bridge(words, vectors[space], seed, together) for space in media}
    return Alignment({space: one for space, one in made.items() if one is not None})


def bridge(
    words: Floats, media: Floats, seed: int, together: Rows | None = None, most_epochs: int = _EPOCHS
) -> Bridge | None:
    """Learn one, see the module; None where too few items have both.

    Args:
        words: (n, words dim); NaN where an item has none.
        media: (n, media dim), likewise.
        together: see `align`.
        most_epochs: of contrastive learning; 0: the ridge regression is all.
    """
    both: Rows = np.flatnonzero(np.isfinite(words).all(axis=1) & np.isfinite(media).all(axis=1)).astype(np.int32)
    both = both[:: -(-len(both) // _MOST)] if len(both) else both
    if len(both) < _FEWEST:
        return None
    out = np.zeros(len(both), bool)
    out[np.random.default_rng(seed).permutation(len(both))[: round(len(both) * _WITHHELD)]] = True
    pairs = _places(together, both, len(words))
    learnt = _Pairs.of(words[both], media[both], ~out, pairs)
    start, ridge = max(
        ((learnt.ridge(ridge), ridge) for ridge in _RIDGES),
        key=lambda tried: found(learnt.words[out], learnt.media[out] @ tried[0]),
    )
    path = learnt.contrast(start, seed, most_epochs)
    recalls = [found(learnt.words[out], learnt.media[out] @ matrix) for matrix in path]
    epochs = int(np.argmax(recalls))
    chance = by_chance(learnt.words[out])
    whole = _Pairs.of(words[both], media[both], np.ones(len(both), bool), pairs)
    matrix = whole.contrast(whole.ridge(ridge), seed, epochs)[-1]
    return Bridge(whole.mean, whole.words_mean, matrix, recalls[epochs], chance, int(out.sum()))


def recalls(words: Floats, media: Floats) -> Floats:
    """(n,) Recall@10 of each item's words that look for media: of the items of the same words, those in the first ten.

    Args:
        words: (n, dim) unit rows.
        media: (n, dim) in the same order; of any length.
    """
    right = words @ words.T > SAME
    order = np.argsort(-(words @ unit_rows(media).T), axis=1, kind="stable")[:, :DEPTH]
    hits = np.take_along_axis(right, order, axis=1).sum(axis=1)
    return np.asarray(hits / np.minimum(right.sum(axis=1), DEPTH), dtype=np.float32)


def found(words: Floats, media: Floats) -> float:
    """Mean of `recalls`."""
    return float(recalls(words, media).mean())


def by_chance(words: Floats) -> float:
    """What `found` gives for a random order, on average."""
    n = len(words)
    right = (words @ words.T > SAME).sum(axis=1)
    return float(np.mean(min(DEPTH, n) * right / n / np.minimum(right, DEPTH)))


@dataclass(frozen=True)
class _Pairs:
    """Centred vectors of items that have both, and which of them are learnt from."""

    words: Floats
    media: Floats
    mean: Floats
    words_mean: Floats
    told: Mask
    together: Rows
    """(m, 2) places of items that belong together."""

    @classmethod
    def of(cls, words: Floats, media: Floats, told: Mask, together: Rows) -> Self:
        mean, words_mean = media[told].mean(axis=0), words[told].mean(axis=0)
        both = told[together].all(axis=1) if len(together) else np.zeros(0, bool)
        return cls(unit_rows(words - words_mean), media - mean, mean, words_mean, told, together[both])

    def ridge(self, strength: float) -> Floats:
        """(media dim, words dim)."""
        media = self.media[self.told].astype(np.float64)
        gram = media.T @ media
        gram[np.diag_indices_from(gram)] += strength * max(float(np.trace(gram)) / len(gram), 1e-9)
        return np.asarray(np.linalg.solve(gram, media.T @ self.words[self.told]), dtype=np.float32)

    def contrast(self, start: Floats, seed: int, epochs: int) -> list[Floats]:
        """The projection before learning and after each epoch."""
        path = [start]
        if not epochs:
            return path
        import torch
        from torch.nn import functional

        rng = np.random.default_rng(seed)
        matrix = torch.nn.Parameter(torch.from_numpy(start.copy()))
        # The ridge's own scale, so that a step is as large on any data.
        scale = float(np.abs(start).mean()) or 1.0
        steps = torch.optim.Adam([matrix], lr=_RATE * max(1.0, scale / _RATE * 0.05))
        words, media = torch.from_numpy(self.words), torch.from_numpy(self.media)
        whole = [(place, place) for place in np.flatnonzero(self.told).tolist()]
        whole += [(a, b) for a, b in self.together.tolist()] + [(b, a) for a, b in self.together.tolist()]
        examples = np.array(whole, np.int64)
        for _ in range(epochs):
            for part in np.array_split(rng.permutation(len(examples)), -(-len(examples) // _BATCH)):
                own, of = examples[part].T
                said = words[of]
                shown = functional.normalize(media[own] @ matrix, dim=1)
                right: Any = ((said @ said.T) > SAME).float()
                likeness = shown @ said.T / _TEMPERATURE
                loss = functional.cross_entropy(likeness, right / right.sum(dim=1, keepdim=True))
                loss = loss + functional.cross_entropy(likeness.T, right / right.sum(dim=1, keepdim=True))
                steps.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                steps.step()
            path.append(matrix.detach().numpy().copy())
        return path


def _places(together: Rows | None, both: Rows, n: int) -> Rows:
    """The pairs as places in ``both``; those with an item that is not among them are left out."""
    if together is None or not len(together):
        return np.zeros((0, 2), np.int32)
    place = np.full(n, -1, np.int32)
    place[both] = np.arange(len(both), dtype=np.int32)
    pairs = place[together]
    return np.asarray(pairs[(pairs >= 0).all(axis=1)], dtype=np.int32)
