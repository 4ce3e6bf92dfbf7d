"""Taste clusters: groups of people who turn to the same things, named by what sets them apart.

A person is the share that each topic has in what they like (`segue.topics`; a film of two genres is half of each),
seen against everybody's: (own share - mean share) / √(mean share), the chi-square metric of correspondence analysis
(Benzécri 1973), in which rare topics are not drowned by common ones. Spherical k-means (Dhillon & Modha 2001) from
seeds that lie farthest apart, so that nothing is drawn; how many clusters there are is chosen by the silhouette to
their centres. A cluster is named by the topics that set it apart most: share · log(lift), where the lift is the share
in the cluster over the share among all, so that neither what everybody likes names it nor what hardly anybody does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from ..arrays import Floats, unit_rows
from ..catalogue import Catalogue
from ..dataset import Dataset, History
from ..errors import StorageError, in_one_line
from ..storage.artifacts import ArtifactFolder
from ..topics import Topics

FILE = "tastes"
PREFIX = "taste_"
SORTS = ("genre", "mood", "theme", "tag", "language", "kind")
"""Topics that tastes are made of; names of people and series tell single works, not groups."""
MOST_TOPICS = 300
SPREAD = 0.03
"""Share of the people who have turned to a topic, below which it is too rare to part groups by."""
FEWEST = 60
"""People without whom there are no groups."""
SMALLEST = 10
"""People in a cluster at least."""
NAMING = 2
LIFT = 1.15
"""What sets a cluster apart has at least this lift, and `CARRIED` of its likings."""
CARRIED = 0.03
_ROUNDS = 50
_MOST_PEOPLE = 20_000
_SHARP = 0.15
"""Length of a person's vector, of that of the mean person's, below which they have no taste that tells them apart."""


class Topic(BaseModel):
    """One topic that sets a cluster apart."""

    key: str
    name: str
    share: float
    """Of the cluster's likings, among topics of its sort."""
    lift: float
    """That share over the share among all people."""


class Cluster(BaseModel):
    """One taste."""

    key: str
    """As recipes name it: `PREFIX` and the topic that tells it most."""
    people: int
    """Of those whom the training saw."""
    topics: tuple[Topic, ...]
    """What sets it apart, most telling first."""

    def name(self, chinese: bool = False, names: Mapping[str, str] | None = None) -> str:
        """What to call it, such as “horror, thriller” or “恐怖、惊悚”.

        Args:
            names: topic in lower case → its name in Chinese.
        """
        said = [
            (names or {}).get(topic.name.casefold(), topic.name) if chinese else topic.name
            for topic in self.topics[:NAMING]
        ]
        return ("、" if chinese else ", ").join(said)


@dataclass(frozen=True)
class Tastes:
    """The taste clusters of a training."""

    clusters: tuple[Cluster, ...] = ()
    topics: tuple[str, ...] = ()
    """Keys of the topics that people are described by."""
    mean: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    """(topics,) mean share."""
    centres: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """(clusters, topics), of length 1."""
    typical: float = 1.0
    """Median length of a person's vector."""

    def of(self, history: History, catalogue: Catalogue) -> Cluster | None:
        """The cluster of a person; None where nothing in what they like tells them apart, or there are no clusters."""
        if not self.clusters:
            return None
        items = history.items[history.weights > 0]
        if not len(items):
            return None
        weights = history.weights[history.weights > 0]
        shares = self._reader(catalogue)[items].T @ weights / weights.sum()
        vector = (np.asarray(shares).ravel() - self.mean) / np.sqrt(self.mean)
        length = float(np.linalg.norm(vector))
        if length < _SHARP * self.typical:
            return None
        return self.clusters[int(np.argmax(self.centres @ (vector / length)))]

    def named(self, key: str) -> Cluster | None:
        """The cluster of that key."""
        return next((cluster for cluster in self.clusters if cluster.key == key), None)

    @cached_property
    def _read(self) -> dict[int, tuple[Catalogue, Any]]:
        return {}

    def _reader(self, catalogue: Catalogue) -> Any:
        """(n items, topics) shares of a catalogue, made once for the last catalogue asked."""
        kept = self._read.get(0)
        if kept is None or kept[0] is not catalogue:
            kept = self._read[0] = (catalogue, _shares(catalogue.topics, self.topics))
        return kept[1]

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        content = {
            "clusters": [cluster.model_dump(mode="json") for cluster in self.clusters],
            "topics": list(self.topics),
            "typical": self.typical,
        }
        folder.write_json(FILE, content)
        folder.write("mean", self.mean)
        folder.write("centres", self.centres)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote; a version from before there were tastes has none.

        Raises:
            StorageError: another version of Segue wrote it.
        """
        if not (folder.path / f"{FILE}.json").exists():
            return cls()
        stated = folder.read_json(FILE)
        try:
            clusters = tuple(Cluster.model_validate(one) for one in stated["clusters"])
            topics, typical = tuple(stated["topics"]), float(stated["typical"])
        except (KeyError, ValidationError) as error:
            why = in_one_line(error) if isinstance(error, ValidationError) else f"{error} is missing"
            raise StorageError(
                f"The artefact {folder.path} is of another version of Segue: {why}. Train again."
            ) from error
        return cls(clusters, topics, folder.read("mean", mapped=False), folder.read("centres", mapped=False), typical)


def tastes(dataset: Dataset, most: int, seed: int) -> Tastes:
    """Find the taste clusters of a log; none where too few people have shown a taste.

    Args:
        most: clusters at most; below 2 there are none.
        seed: of the draw of people, where there are more than can be looked at.
    """
    people = np.flatnonzero(np.diff(dataset.matrix.indptr) >= 3)
    if len(people) > _MOST_PEOPLE:
        people = np.sort(np.random.default_rng(seed).choice(people, _MOST_PEOPLE, replace=False))
    keys = _telling(dataset, people)
    if most < 2 or len(people) < FEWEST or len(keys) < 2:
        return Tastes()
    liked = dataset.matrix[people]
    weights = np.asarray(liked.sum(axis=1)).ravel()
    shares = np.asarray((liked @ _shares(dataset.catalogue.topics, keys)).toarray()) / weights[:, None]
    mean = shares.mean(axis=0)
    vectors = (shares - mean) / np.sqrt(mean)
    lengths = np.linalg.norm(vectors, axis=1)
    typical = float(np.median(lengths))
    if typical <= 0:
        return Tastes()
    told = lengths >= _SHARP * typical
    number, centres = _clustered(unit_rows(np.asarray(vectors[told], np.float32)), most)
    if centres is None:
        return Tastes()
    found = [_described(dataset.catalogue.topics, keys, shares[told][number == n], mean) for n in range(len(centres))]
    kept = [n for n, topics in enumerate(found) if topics]
    sizes = np.bincount(number, minlength=len(centres))
    clusters = tuple(
        Cluster(key=key, people=int(sizes[n]), topics=found[n])
        for n, key in zip(kept, _keys([found[n] for n in kept]), strict=True)
    )
    return Tastes(clusters, keys, np.asarray(mean, np.float32), centres[kept], typical) if clusters else Tastes()


def _telling(dataset: Dataset, people: NDArray[np.intp]) -> tuple[str, ...]:
    """The topics that people are described by: the most widespread ones that neither all nor hardly any turn to."""
    topics = dataset.catalogue.topics
    if not len(people) or not topics.keys:
        return ()
    met = (dataset.matrix[people] @ topics.matrix).tocsc()
    spread = np.diff(met.indptr) / len(people)
    fit = [key.partition(":")[0] in SORTS for key in topics.keys]
    wanted = np.flatnonzero(np.array(fit) & (spread >= SPREAD))
    order = wanted[np.argsort(-spread[wanted], kind="stable")][:MOST_TOPICS]
    return tuple(topics.keys[n] for n in np.sort(order))


def _shares(topics: Topics, keys: Sequence[str]) -> Any:
    """(n items, keys) sparse: the part that each topic is of the item's topics of its sort, see `Topics.share`."""
    from scipy import sparse

    sorts = np.array([key.partition(":")[0] for key in topics.keys], dtype=object)
    totals = {
        sort: np.asarray(topics.by_topic[:, np.flatnonzero(sorts == sort)].sum(axis=1)).ravel()
        for sort in {key.partition(":")[0] for key in keys}
    }
    rows, columns, values = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for column, key in enumerate(keys):
        own = topics.rows(key)
        rows.append(own)
        columns.append(np.full(len(own), column))
        values.append((1 / totals[key.partition(":")[0]][own]).astype(np.float32))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(entries, shape=(topics.matrix.shape[0], len(keys)))


def _clustered(points: Floats, most: int) -> tuple[NDArray[np.intp], Floats | None]:
    """(number of each point, centres) of the clearest division into 2 … ``most``; None where there is none."""
    best: tuple[float, NDArray[np.intp], Floats] | None = None
    for k in range(2, min(most, len(points) // SMALLEST) + 1):
        number, centres = _spherical(points, k)
        likeness = points @ centres.T
        own = likeness[np.arange(len(points)), number].copy()
        likeness[np.arange(len(points)), number] = -np.inf
        a, b = 1 - own, 1 - likeness.max(axis=1)
        clear = float(((b - a) / np.maximum(np.maximum(a, b), 1e-9)).mean())
        if np.bincount(number, minlength=k).min() >= SMALLEST and (best is None or clear > best[0]):
            best = clear, number, centres
    return (np.zeros(len(points), np.intp), None) if best is None else (best[1], best[2])


def _spherical(points: Floats, k: int) -> tuple[NDArray[np.intp], Floats]:
    """Spherical k-means. It begins with the point farthest from the middle, and then those least like all before."""
    seeds = [int(np.argmin(points @ points.mean(axis=0)))]
    nearest = points @ points[seeds[0]]
    while len(seeds) < k:
        seeds.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, points @ points[seeds[-1]])
    centres = points[seeds]
    number = np.full(len(points), -1, np.intp)
    for _ in range(_ROUNDS):
        now = np.argmax(points @ centres.T, axis=1).astype(np.intp)
        if (now == number).all():
            break
        number = now
        sums = np.zeros_like(centres)
        np.add.at(sums, number, points)
        there = np.bincount(number, minlength=k) > 0
        centres = np.where(there[:, None], unit_rows(sums), centres)
    return number, centres


def _described(topics: Topics, keys: Sequence[str], own: Any, mean: Any) -> tuple[Topic, ...]:
    """What sets these people apart, the most telling first."""
    share = own.mean(axis=0)
    lift = share / np.maximum(mean, 1e-9)
    apart = np.flatnonzero((lift >= LIFT) & (share >= CARRIED))
    order = apart[np.lexsort((apart, -share[apart] * np.log(lift[apart])))]
    return tuple(
        Topic(key=keys[n], name=topics.name(keys[n]), share=round(float(share[n]), 4), lift=round(float(lift[n]), 2))
        for n in order[:5].tolist()
    )


def _keys(described: Iterable[tuple[Topic, ...]]) -> list[str]:
    """A name for each that a settings file can hold, no two alike."""
    found: list[str] = []
    for topics in described:
        words = [re.sub(r"\W+", "_", topic.name.casefold()).strip("_") or "other" for topic in topics]
        tries = [PREFIX + "_".join(words[:n]) for n in range(1, len(words) + 1)]
        free = next((name for name in tries if name not in found), None)
        found.append(free or f"{tries[-1]}_{len(found)}")
    return found
