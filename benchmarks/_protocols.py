"""The data sets and protocols that models are compared on, and the one measure of all of them.

- leave-one-out (``ml1m beauty lastfm games``): the last item of each person is asked for. The one before it is for
  validation: told at test time, never fitted on.
- random hold-out (``steam hetrec``, and ``… kept``), for logs that have no times: a fifth of each person's items, drawn
  by a seed, is asked for; another tenth is for validation.
- global time split (``ml_latest_small movietweetings microlens``): what people meet for the first time in the newest
  tenth of the log is asked for; the tenth before is for validation.

All items compete and nothing is sampled. What the person has met is left out of the candidates, except where a name
ends in ``kept``. Ties count against the model, and an answer that it has no opinion of is a miss.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks._harness import data_file, sha256
from segue.arrays import Floats, Mask, Rows
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History, Holdout
from segue.evaluation.bootstrap import ci95
from segue.evaluation.metrics import METRICS
from segue.evaluation.metrics.base import Ground, Shown, Values
from segue.evaluation.offline import top_lists
from segue.evaluation.splits import Split, leave_one_out, met_events, time_split
from segue.events import KIND_CODE, Event, EventKind, EventTable
from segue.ingest import ORIGINS
from segue.ingest.origin import Problems
from segue.items import Item, ItemKind
from segue.settings import Settings

SEED = 7
DEPTHS = (10, 50)
"""Lengths of the lists that are judged."""
TEST_SHARE = 0.1
"""Of the events, in a time split; as much again is for validation."""
HELD_OUT = 0.2
"""Of a person's items, in a random hold-out; half as much again is for validation."""
_BLOCK = 4_000_000
"""Scores held at once."""

ScoreMany = Callable[[Sequence[History]], Any]


@dataclass(frozen=True)
class Protocol:
    """One data set and what is asked of it. Row numbers are those of `catalogue`."""

    name: str
    file: str
    """The file of the interactions, below the folder of the data sets."""
    sha256: str
    """Of its text, unpacked; first 16 hex digits."""
    split: Split
    excludes_history: bool = True
    """False: what the person has met stays among the candidates."""

    @property
    def catalogue(self) -> Catalogue:
        """All items, with titles, genres or attributes where the set has any."""
        return self.train.catalogue

    @property
    def n_items(self) -> int:
        """Rows of the catalogue."""
        return len(self.catalogue)

    @property
    def train(self) -> Dataset:
        """What models are fitted on; the validation answers are not in it."""
        return self.split.train

    @property
    def validation(self) -> Holdout:
        """Answers for choosing settings and stopping early."""
        assert self.split.validation is not None  # no protocol refits
        return self.split.validation

    @cached_property
    def histories(self) -> list[History]:
        """Of the people asked, in the order of ``split.test``; the validation answers are in them."""
        return [self.split.history.history(user) for user in self.split.test.users.tolist()]

    @cached_property
    def met(self) -> tuple[NDArray[np.int64], Rows]:
        """(begin of each person asked, the items that they have met)."""
        met = self.split.history.only(met_events(self.split.history))
        begin, end = met.offsets[self.split.test.users], met.offsets[self.split.test.users + 1]
        items = [met.items[b:e] for b, e in zip(begin, end, strict=True)]
        return np.concatenate([[0], np.cumsum(end - begin)]), np.concatenate([np.zeros(0, np.int32), *items])

    def allowed(self, start: int, stop: int) -> Mask:
        """(stop - start, n items) what may be listed to the people ``start`` … ``stop`` - 1 of those asked."""
        allowed = np.repeat(self.split.candidates[None, :], stop - start, axis=0)
        if self.excludes_history:
            offsets, items = self.met
            people = np.repeat(np.arange(stop - start), np.diff(offsets[start : stop + 1]))
            allowed[people, items[offsets[start] : offsets[stop]]] = False
        return allowed

    def facts(self) -> dict[str, Any]:
        """What belongs beside every figure."""
        return {
            "protocol": self.name,
            "split": self.split.name,
            "description": self.split.description,
            "history": "excluded" if self.excludes_history else "kept",
            "file": self.file,
            "sha256": self.sha256,
            "people": self.train.n_users,
            "asked": len(self.split.test),
            "items": self.n_items,
            "candidates": int(np.count_nonzero(self.split.candidates)),
            "trained_on": len(self.train),
        }


def load(name: str) -> Protocol:
    """One of `PROTOCOLS`."""
    return PROTOCOLS[name]()


def few_asked(protocol: Protocol, most: int) -> Protocol:
    """The protocol with at most so many people on validation, drawn by a seed: the same for whoever asks them."""
    whole = protocol.validation
    if len(whole) <= most:
        return protocol
    people = np.sort(np.random.default_rng(SEED).choice(len(whole), most, replace=False))
    few = Holdout.of({int(whole.users[j]): whole.answers(j) for j in people.tolist()})
    return replace(protocol, split=replace(protocol.split, validation=few))


def evaluate(protocol: Protocol, score_many: ScoreMany) -> dict[str, Any]:
    """Figures of a model over all people asked.

    Args:
        score_many: from histories to (len(histories), up to n items); NaN: no opinion.

    Returns:
        ``hit@k ndcg@k recall@k`` for each of `DEPTHS`, and 95 % bootstrap intervals over people: ``ci95`` of ndcg@10,
        ``hit_ci95`` of hit@10.
    """
    return measure(protocol, lists(protocol, score_many))


def lists(protocol: Protocol, score_many: ScoreMany) -> Rows:
    """(people asked, longest of `DEPTHS`) the best items of each person, -1 where there are fewer."""
    test, n = protocol.split.test, len(protocol.split.test)
    person = np.repeat(np.arange(n), np.diff(test.offsets))
    step = max(1, _BLOCK // protocol.n_items)
    made = []
    for start in range(0, n, step):
        stop = min(n, start + step)
        scores = np.asarray(score_many(protocol.histories[start:stop]))
        # A model does not know items that are newer than itself.
        scores = np.pad(scores, ((0, 0), (0, protocol.n_items - scores.shape[1])), constant_values=np.nan)
        own = slice(test.offsets[start], test.offsets[stop])
        answers = (person[own] - start, test.items[own])
        made.append(top_lists(scores, protocol.allowed(start, stop), answers, max(DEPTHS)))
    return np.concatenate(made)


def shown(protocol: Protocol, listed: Rows) -> Shown:
    """Lists as metrics read them."""
    test, n_items = protocol.split.test, protocol.n_items
    counts = np.diff(test.offsets)
    person = np.arange(len(test), dtype=np.int64)
    right = np.repeat(person, counts) * n_items + test.items
    hits = np.isin(person[:, None] * n_items + listed, right) & (listed >= 0)
    return Shown(listed, hits, counts, Ground(protocol.split.candidates, np.zeros(n_items), None))


def values(protocol: Protocol, listed: Rows) -> dict[str, Values]:
    """``hit@k ndcg@k recall@k`` of each person asked, for each of `DEPTHS`.

    Args:
        listed: (people asked, at least 50) rows, best first, -1 at the end of short ones.
    """
    metrics = {name: METRICS.load(name) for name in ("hit", "ndcg", "recall")}
    return {f"{name}@{k}": of(shown(protocol, listed[:, :k])) for k in DEPTHS for name, of in metrics.items()}


def measure(protocol: Protocol, listed: Rows) -> dict[str, Any]:
    """`evaluate` for lists that were made elsewhere, as `values` takes them."""
    found = values(protocol, listed)
    return {
        **{name: round(float(value.mean()), 5) for name, value in found.items()},
        "ci95": [round(bound, 4) for bound in ci95(found["ndcg@10"], SEED)],
        "hit_ci95": [round(bound, 4) for bound in ci95(found["hit@10"], SEED)],
    }


# Leave-one-out: sequences without times.


def sequences(name: str, file: str | Path, items: Callable[[], Iterable[Item]]) -> Protocol:
    """Leave-one-out of a file with one person a line, ``user item item …``, oldest first.

    Args:
        items: at least those of the sequences; others are left out.
    """
    return Protocol(name, str(file), sha256(data_file(str(file))), leave_one_out(sequence_log(file, items)))


def sequence_log(file: str | Path, items: Callable[[], Iterable[Item]]) -> Dataset:
    """Everything of a file with one person a line, see `sequences`."""
    with gzip.open(data_file(str(file)), "rt", encoding="utf-8") as lines:
        people = {user: own for user, *own in map(str.split, lines) if not user.startswith("user_id")}
    known = {item.id: item for item in items()}
    # By number, so that the row numbers, and with them every seeded training, do not hang on the order of the lines.
    catalogue = Catalogue.build(known[i] for i in sorted({i for own in people.values() for i in own}, key=int))
    users = np.repeat(np.arange(len(people)), [len(own) for own in people.values()])
    rows = catalogue.rows(i for own in people.values() for i in own)
    table = _completed(tuple(people), users, catalogue.ids, rows, np.full(len(rows), np.nan))
    return Dataset.build(catalogue, table, Settings().signals)


def films() -> Iterable[Item]:
    """Of MovieLens-1M."""
    folder = data_file("movielens_1m/movies.dat").parent
    return (noun for noun in ORIGINS.load("movielens")().read(folder, Problems()) if isinstance(noun, Item))


def _with_attributes(file: str, kind: ItemKind) -> Iterable[Item]:
    """Items of the S3-Rec files: no titles, and numbers of brands, categories or tags, kept as genres."""
    with gzip.open(data_file(file), "rt", encoding="utf-8") as text:
        attributes = json.load(text)
    for item, numbers in attributes.items():
        yield Item(id=item, kind=kind, genres=[f"attribute {number}" for number in numbers])


def games() -> Iterable[Item]:
    """Of Amazon, by their titles."""
    rows = pl.read_csv(data_file("amazon_games_sequences/items.tsv.gz"), separator="\t", quote_char=None)
    for item, title in rows.cast(pl.String).iter_rows():
        yield Item(id=item, kind=ItemKind.GAME, title=title)


# Random hold-out: pairs without any order.


def hold_out(name: str, origin: str, file: str, excludes_history: bool) -> Protocol:
    """A random hold-out of a folder that one of the import sources reads."""
    dataset = imported(origin, file)
    return Protocol(name, file, sha256(data_file(file)), random_hold_out(dataset, SEED), excludes_history)


def random_hold_out(dataset: Dataset, seed: int) -> Split:
    """Ask for a random `HELD_OUT` of each person's items that they like; half as many others are for validation.

    At least one of each is held out; people with fewer than three stay in the training whole and are not asked. Of a
    pair that is held out nothing is told.
    """
    pairs = dataset.users.astype(np.int64) * dataset.n_items + dataset.items
    liked = np.unique(pairs[dataset.positive])
    users = liked // dataset.n_items
    # Each person's pairs in random order: the first are the test, the next the validation.
    rng = np.random.default_rng(seed)
    shuffled = np.lexsort((rng.random(len(liked)), users))
    place = np.empty(len(liked), np.int64)
    begin, count = np.searchsorted(users, users), np.bincount(users, minlength=dataset.n_users)[users]
    place[shuffled] = np.arange(len(liked)) - begin[shuffled]
    n_test = np.maximum(1, np.round(count * HELD_OUT)).astype(np.int64)
    n_validation = np.maximum(1, np.round(count * HELD_OUT / 2)).astype(np.int64)
    asked = count >= 3
    test = liked[asked & (place < n_test)]
    validation = liked[asked & (place >= n_test) & (place < n_test + n_validation)]
    told = ~np.isin(pairs, test)
    return Split(
        name="random hold-out",
        description=f"{HELD_OUT:.0%} of each person's items, drawn by seed {seed}, are asked for.",
        train=dataset.only(told & ~np.isin(pairs, validation)),
        validation=_answers(validation, dataset.n_items),
        history=dataset.only(told),
        test=_answers(test, dataset.n_items),
        candidates=np.bincount(dataset.items, minlength=dataset.n_items) > 0,
        refit=False,
    )


def _answers(pairs: NDArray[np.int64], n_items: int) -> Holdout:
    users, items = np.divmod(pairs, n_items)
    asked, first = np.unique(users, return_index=True)
    return Holdout(asked.astype(np.int32), np.append(first, len(pairs)).astype(np.int64), items.astype(np.int32))


# Global time split.


def films_in_time(name: str, file: str) -> Protocol:
    """The time split of ratings of films."""
    return Protocol(name, file, sha256(data_file(file)), time_split(imported("movielens", file), TEST_SHARE))


def short_videos(name: str, file: str, titles: str) -> Protocol:
    """The time split of the views of short videos."""
    return Protocol(name, file, sha256(data_file(file)), time_split(short_video_log(file, titles), TEST_SHARE))


def short_video_log(file: str, titles: str) -> Dataset:
    """All views of short videos."""
    views = pl.read_csv(data_file(file), schema_overrides={"user": pl.String, "item": pl.String}, try_parse_dates=True)
    named = dict(pl.read_csv(data_file(titles), schema_overrides={"item": pl.String}).iter_rows())
    ids = sorted(views["item"].unique(), key=int)
    catalogue = Catalogue.build(Item(id=i, kind=ItemKind.SHORT, title=named.get(i)) for i in ids)
    people, users = np.unique(views["user"].to_numpy(), return_inverse=True)
    at = views["datetime_utc"].dt.epoch("s").to_numpy().astype(np.float64)
    table = _completed(tuple(map(str, people)), users, catalogue.ids, catalogue.rows(views["item"]), at)
    return Dataset.build(catalogue, table, Settings().signals)


# Events.


def imported(origin: str, file: str) -> Dataset:
    """Everything that an import source finds in the folder of a file."""
    nouns = list(ORIGINS.load(origin)().read(data_file(file).parent, Problems()))
    catalogue = Catalogue.build(noun for noun in nouns if isinstance(noun, Item))
    table = EventTable.of(noun for noun in nouns if isinstance(noun, Event))
    return Dataset.build(catalogue, table, Settings().signals)


def _completed(user_ids: tuple[str, ...], users: Any, item_ids: tuple[str, ...], items: Rows, at: Any) -> EventTable:
    """Events that say nothing but that somebody finished something."""
    n = len(items)
    blank: Floats = np.full(n, np.nan, np.float32)
    return EventTable(
        user_ids=user_ids,
        item_ids=item_ids,
        users=np.asarray(users, np.int32),
        items=items,
        kinds=np.full(n, KIND_CODE[EventKind.COMPLETE], np.uint8),
        at=at,
        value=blank,
        scale_low=blank,
        scale_high=blank,
        played_s=blank,
        train=np.ones(n, bool),
        opinion=blank,
        said=np.zeros(n, np.int64),
        seq=np.arange(n),
    )


MOVIELENS_1M = "movielens_1m/sequences_chronological.txt.gz"
_S3 = "s3rec_sequences/{}.txt.gz"
_ATTRIBUTES = "s3rec_sequences/{}_item2attributes.json.gz"
_STEAM = ("steam", "steam_200k/game_purchase.dat.gz")
_HETREC = ("lastfm", "lastfm_hetrec2011/user_artists.dat.gz")
MICROLENS = ("microlens_sessions/interactions.csv.gz", "microlens_sessions/titles_50k.csv.gz")

LEAVE_ONE_OUT: Mapping[str, Callable[[], Protocol]] = {
    "ml1m": partial(sequences, "ml1m", MOVIELENS_1M, films),
    "beauty": partial(
        sequences,
        "beauty",
        _S3.format("Beauty"),
        partial(_with_attributes, _ATTRIBUTES.format("Beauty"), ItemKind.VIDEO),
    ),
    "lastfm": partial(
        sequences,
        "lastfm",
        _S3.format("LastFM"),
        partial(_with_attributes, _ATTRIBUTES.format("LastFM"), ItemKind.TRACK),
    ),
    "games": partial(sequences, "games", "amazon_games_sequences/sequences.inter.gz", games),
}
HOLD_OUT: Mapping[str, Callable[[], Protocol]] = {
    "steam": partial(hold_out, "steam", *_STEAM, True),
    "steam kept": partial(hold_out, "steam kept", *_STEAM, False),
    "hetrec": partial(hold_out, "hetrec", *_HETREC, True),
    "hetrec kept": partial(hold_out, "hetrec kept", *_HETREC, False),
}
TIME: Mapping[str, Callable[[], Protocol]] = {
    "ml_latest_small": partial(films_in_time, "ml_latest_small", "ml_latest_small/ratings.csv"),
    "movietweetings": partial(films_in_time, "movietweetings", "movietweetings_100k/ratings.dat.gz"),
    "microlens": partial(short_videos, "microlens", *MICROLENS),
}
PROTOCOLS: Mapping[str, Callable[[], Protocol]] = {**LEAVE_ONE_OUT, **HOLD_OUT, **TIME}
"""By name; each reads its files when it is called."""
