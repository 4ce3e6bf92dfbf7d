"""From one medium to another: what somebody likes of films says which music and which podcasts they may like.

Where a person has liked nothing of a medium, three things stand in for a history of theirs in it: the topics that media
share (genres, moods, themes, creators, languages, series), the shared content space, and what is popular within the
medium. Metadata as the bridge between domains follow Fernández-Tobías, Cantador, Tomeo, Anelli & Di Noia, "Addressing
the User Cold Start with Cross-Domain Collaborative Filtering", UMUAI 2019. People who know both media are the other
bridge: models that learn from the whole log (``ease``, ``als``, ``content_cf`` …) cross it by themselves.

What a whole medium has in common says nothing of taste: all music is unlike all films. So everything is seen from the
mean of its medium, on the side that is liked and on the side that is scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...arrays import Floats, Mask, Rows, Sparse
from ...catalogue import KIND_CODE, Catalogue
from ...items import MEDIA, ItemKind
from ..rankers.blend import standardised
from ..stages import Request, World
from .scored import Scored

TOPICS, CONTENT, POPULAR = 1.0, 0.2, 1.0
"""Weights of the standard scores of the parts. That of content is for a medium all of whose items share topics with
other media; it grows to 1 where none does."""
SILENT = ("kind", "album")
"""Sorts of topics that no two media share."""
BROAD = "language"
"""The sort of topics that all media share, and that says least."""

_MEDIA = tuple(dict.fromkeys(MEDIA.values()))


@dataclass(frozen=True)
class Bridge:
    """What a person's taste says of media that are new to them."""

    parts: Mapping[str, Floats]
    """``topics content popular`` → (n items,) weighted standard scores within the medium; 0 where nothing is known."""
    known: Mask
    """(n items,) of which items in new media topics or content say something."""
    rows: Rows
    """What the person likes or dislikes elsewhere."""
    weights: Floats
    """How much, by `rows`."""
    topics: Floats
    """(topics,) what they turn to or away from, by the columns of `Catalogue.topics`."""
    content: Floats
    """(dim,) the same in the space ``mixed``; (0,) where there is none."""


class Across(Scored):
    """The weighted sum of topics, content and popularity, each as a standard score within the medium; of media in which
    the person has liked nothing yet, where they have liked something elsewhere."""

    name = "across"

    def compute(self, request: Request) -> Floats | None:
        found = bridge(request)
        if found is None:
            return None
        return np.where(found.known, sum(found.parts.values()), np.nan).astype(np.float32)


def bridge(request: Request) -> Bridge | None:
    """The bridge of a request, made once; None where no medium is new to the person, or nothing is known of them."""
    return request.remember("bridge", lambda: None if request.query.seeds else _bridge(request))


def _bridge(request: Request) -> Bridge | None:
    world, history = request.world, request.history
    media = media_of(world)
    told = (history.items < len(media)) & (history.weights != 0)
    told[told] = media[history.items[told]] >= 0
    rows, weights = history.items[told], history.weights[told].astype(np.float32)
    met = np.zeros(len(_MEDIA), dtype=bool)
    met[media[rows[weights > 0]]] = True
    new = (media >= 0) & ~met[media]
    if not met.any() or not new.any():
        return None
    described = described_of(world)
    column = world.catalogue.topics.column
    gone = {column[topic]: mask[told] for topic, mask in history.forgotten.items() if topic in column}
    topics, content = described.taste(rows, weights, gone)
    named = np.diff(described.topics.indptr) > 0
    parts = {"topics": np.float32(TOPICS) * _within(np.where(named, described.topics @ topics, np.nan), media, new)}
    if described.vectors is not None:
        weight = 1 - (1 - np.float32(CONTENT)) * described.joined[media]
        parts["content"] = weight * _within(world.columns("mixed") @ content, media, new)
    known = np.logical_or.reduce([part != 0 for part in parts.values()])
    if not known.any():
        return None
    parts["popular"] = np.float32(POPULAR) * _within(_popularity(request), media, known)
    return Bridge(parts, known, rows, weights, topics, content)


@dataclass(frozen=True)
class Described:
    """The items of a world as points that are seen from the mean of their medium."""

    media: Rows
    topics: Sparse
    """(n items, topics) inverse document frequencies, rows of length 1."""
    topic_means: Floats
    """(media, topics)"""
    vectors: Floats | None
    """(n items, dim) of the space ``mixed``, NaN where missing."""
    vector_means: Floats
    """(media, dim) of what is known."""
    joined: Floats
    """(media,) share of the items that have a topic which another medium has too, languages aside."""

    @classmethod
    def of(cls, world: World) -> Described:
        """Read the catalogue once."""
        media, topics, vectors = media_of(world), _rare(world.catalogue), world.vectors.get("mixed")
        points = np.zeros((len(media), 0), np.float32) if vectors is None else vectors
        known: Mask = np.logical_and.reduce(np.isfinite(points), axis=1)
        means = _means(topics, media, media >= 0)
        broad = np.array([key.partition(":")[0] == BROAD for key in world.catalogue.topics.keys], dtype=bool)
        shared = ((means > 0).sum(axis=0) > 1) & ~broad
        joined = _means((topics[:, np.flatnonzero(shared)].sum(axis=1) > 0)[:, None], media, media >= 0).ravel()
        return cls(media, topics, means, vectors, _means(points, media, known), joined)

    def seen(self, rows: Rows) -> Floats:
        """(rows, dim) contents, each from the mean of its medium; 0 where unknown."""
        if self.vectors is None:
            return np.zeros((len(rows), 0), np.float32)
        return np.asarray(np.nan_to_num(self.vectors[rows] - self.vector_means[self.media[rows]]), dtype=np.float32)

    def taste(self, rows: Rows, weights: Floats, gone: Mapping[int, Mask]) -> tuple[Floats, Floats]:
        """((topics,), (dim,)) the weighted sum of items, each seen from the mean of its medium.

        Args:
            gone: topic by column → (rows,) which of these no longer speak of it, for or against.
        """
        of = np.bincount(self.media[rows], weights, minlength=len(_MEDIA)).astype(np.float32)
        topics = np.asarray(weights @ self.topics[rows] - of @ self.topic_means, dtype=np.float32)
        for column, mask in gone.items():
            own = rows[mask]
            seen = self.topics[own][:, [column]].toarray().ravel() - self.topic_means[self.media[own], column]
            topics[column] -= weights[mask] @ seen
        return topics, weights @ self.seen(rows)


def described_of(world: World) -> Described:
    """The items of a world, read once."""
    return world.derived("described", lambda: Described.of(world))


def media_of(world: World) -> Rows:
    """(n items,) number of the medium of each item; -1 for adverts and for what has been removed."""

    def compute() -> Rows:
        number = np.full(len(ItemKind) + 1, -1, dtype=np.int32)  # the last one is what code -1 finds
        for kind, medium in MEDIA.items():
            if kind is not ItemKind.AD:
                number[KIND_CODE[kind]] = _MEDIA.index(medium)
        return number[world.catalogue.kinds]

    return world.derived("media", compute)


def _rare(catalogue: Catalogue) -> Sparse:
    """(n items, topics) inverse document frequency of each topic that an item has, rows of length 1; `SILENT` ones are
    left out."""
    topics = catalogue.topics
    found = topics.matrix.astype(np.float32).copy()
    silent = np.array([key.partition(":")[0] in SILENT for key in topics.keys], dtype=bool)
    having = np.bincount(found.indices, minlength=len(topics.keys))
    rarity = np.where(silent, 0, np.log1p(len(catalogue) / np.maximum(having, 1))).astype(np.float32)
    found.data = rarity[found.indices]
    found.eliminate_zeros()
    length = np.sqrt(np.asarray((found * found).sum(axis=1)).ravel())
    found.data /= np.repeat(np.maximum(length, 1e-6), np.diff(found.indptr)).astype(np.float32)
    return found


def _means(points: Floats | Sparse, media: Rows, known: Mask) -> Floats:
    """(media, dim) mean of the known points of each medium; 0 where there are none."""
    own = [np.flatnonzero(known & (media == n)) for n in range(len(_MEDIA))]
    return np.stack([np.asarray(points[rows].sum(axis=0), np.float32).ravel() / max(len(rows), 1) for rows in own])


def _within(column: Floats, media: Rows, where: Mask) -> Floats:
    """(n items,) standard scores of the column within each medium, where asked; else 0."""
    found = np.zeros(len(column), dtype=np.float32)
    for medium in np.unique(media[where]):
        own = np.flatnonzero(where & (media == medium))
        standard = standardised(column[own])
        if standard is not None:
            found[own] = standard
    return found


def _popularity(request: Request) -> Floats:
    """(n items,) logarithm of how many like each item; NaN where that is not known."""
    met = request.scores("popular_all")
    met = request.world.counts if met is None else met
    if met is None:
        return np.full(len(request.world.catalogue), np.nan, dtype=np.float32)
    return np.log1p(np.nan_to_num(met)).astype(np.float32)
