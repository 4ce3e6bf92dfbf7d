"""Conversational recommendation on the test dialogues of ReDial (Li et al., NeurIPS 2018), without a language model.

`segue.conversation.recommender` is told everything that was said before a message of the recommender in which a film
stands that nobody has named yet; that film is the target. Nothing of the message itself is read, nor are the
questionnaires. Films named before are no target and no candidate (the de-duplicated protocol). A film that stands twice
in one message counts twice, which makes 4,503 targets. Candidates are all films of the set: the 6,583 of its knowledge
graph and the 16 more that its dialogues name, so that every target can be found. Recall@k is the share of targets among
the first k; ties count against us. 95 % intervals by bootstrap over dialogues.

Nothing is learnt from test dialogues, and the training dialogues are not here: what past conversations teach comes from
the 901 validation dialogues, and so do the weights. For these, each tenth of the recommenders is asked with the
experience of the dialogues in which none of them takes part, since the people of the test take part in no other
dialogue either; the row *validation* is what the weights of nine tenths reach on the rest. Taste of people at large
comes from MovieLens-1M (all events, taken for the end of 2000, as this copy has no times), MovieLens latest-small (3.5
stars and more) and MovieTweetings (7 of 10 and more), joined by IMDb number, else by title and year; keywords and
missing plots from TMDB 5000. Of all this only the learnt weights ship, `src/segue/conversation/weights.json`, which a
run writes anew.

Published, de-duplicated, trained on ten thousand dialogues of the same set (re-evaluated at SIGIR 2026; 3,372 targets,
counted otherwise): UniCRS, ECR, ReFICR. GPT-4 without training (He et al., CIKM 2023; new items only). Goal of the
project: .026/.180/.335; a script of 30 lines (MiniLM, seen films, popularity) reached .023/.122/.267.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks._harness import data_file, sha256, table, write_result
from segue.arrays import Floats, Mask
from segue.catalogue import Catalogue
from segue.conversation.context import Context, Encode, Turn, understood
from segue.conversation.experience import Experience, moments_of
from segue.conversation.features import FEATURES, LEARNT_FROM_TALK, Features, summed
from segue.conversation.learning import Choices, choices, learn
from segue.conversation.recommender import SHIPPED, Recommender
from segue.dataset import Dataset
from segue.events import KIND_CODE, EventKind
from segue.items import Credit, Item, ItemKind
from segue.models.base import TrainOptions
from segue.models.ease import EASE, EASEConfig
from segue.models.popular import PopularRecent, PopularRecentConfig
from segue.pipeline.sources.words import tokens
from segue.pipeline.stages import World
from segue.settings import Settings
from segue.understanding.encoders.text import TextEncoder, item_text
from segue.understanding.knowledge.extract import described, metadata

DEPTHS = (1, 10, 50)
GOAL = (0.026, 0.180, 0.335)
FILES = {"test": "redial/test_data.jsonl.gz", "validation": "redial/valid_data.jsonl.gz"}
TARGETS = 4503
"""Of the test, by which a reader of the set knows that it was read as it should be."""
FOLDS = 10
SEED = 7
RESAMPLES = 1000
SEEN = 978_300_000.0
"""2001-01-01: when the events of MovieLens-1M are taken to have happened."""
LAMBDA = 300.0
LATELY_DAYS = 365.0
KEYWORDS, TAGS = 12, 8
_NAMED = re.compile(r"@(\d+)")
_YEAR = re.compile(r"\((\d{4})\)\s*$")


# The set


@dataclass(frozen=True)
class Dialogue:
    """One conversation of the set."""

    turns: tuple[Turn, ...]
    recommender: int
    """Number of the person who recommends."""
    people: frozenset[int]


@dataclass(frozen=True)
class Asked:
    """One message that recommends something new."""

    dialogue: int
    turn: int
    targets: NDArray[np.int64]
    """Rows; one twice where the message names it twice."""


@dataclass(frozen=True)
class Redial:
    """The films and dialogues."""

    items: tuple[Item, ...]
    imdb: Mapping[int, int]
    """Row by IMDb number."""
    in_graph: Mask
    """(n films,) which are in the knowledge graph of the set."""
    dialogues: Mapping[str, tuple[Dialogue, ...]]

    @cached_property
    def by_title(self) -> Mapping[tuple[str, int | None], int]:
        """Row by simple title and year; of equal ones the first."""
        found: dict[tuple[str, int | None], int] = {}
        for row, item in enumerate(self.items):
            found.setdefault((simple(item.title or ""), item.year), row)
        return found

    def row(self, name: str, imdb: int | None = None) -> int | None:
        """Row of a film as other sets name it, ``Matrix, The (1999)``; a year more or less is forgiven."""
        if imdb is not None and imdb in self.imdb:
            return self.imdb[imdb]
        title, year = titled(name)
        for near in (year, year and year + 1, year and year - 1):
            row = self.by_title.get((simple(title), near))
            if row is not None:
                return row
        return None


def titled(name: str) -> tuple[str, int | None]:
    """``Heat (1995)`` as title and year."""
    found = _YEAR.search(name)
    return _YEAR.sub("", name).strip(), int(found.group(1)) if found else None


def simple(title: str) -> str:
    """Small letters and digits, without articles."""
    plain = re.sub(r"^(.*), (the|a|an)$", r"\2 \1", re.sub(r"\s*\([^)]*\)", "", title.lower()).strip())
    plain = re.sub(r"[^a-z0-9]+", " ", plain.replace("&", " and "))
    return re.sub(r"^(the|a|an) ", "", plain.strip()).strip()


def read_set() -> Redial:
    """Read the films and the dialogues."""
    told = {name: list(_lines(path)) for name, path in FILES.items()}
    known: dict[str, dict[str, Any]] = json.loads(gzip.decompress(data_file("redial/kg_id2info.json.gz").read_bytes()))
    films = {number: dict(film) for number, film in known.items()}
    for dialogue in (one for every in told.values() for one in every):
        for number, name in (dialogue["movieMentions"] or {}).items():
            films.setdefault(number, {"name": name or ""})
    order = sorted(films, key=int)
    row_of = {number: row for row, number in enumerate(order)}
    items = tuple(_item(number, films[number]) for number in order)
    imdb: dict[int, int] = {}
    for row, number in enumerate(order):
        if code := films[number].get("imdb_id"):
            imdb.setdefault(int(code.removeprefix("tt")), row)
    return Redial(
        items,
        imdb,
        np.array([number in known for number in order]),
        {name: tuple(_dialogue(one, row_of) for one in every) for name, every in told.items()},
    )


def _lines(path: str) -> Iterator[dict[str, Any]]:
    with gzip.open(data_file(path), "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _item(number: str, film: Mapping[str, Any]) -> Item:
    title, year = titled(film["name"])
    roles = (("star", "actor"), ("director", "director"), ("writer", "writer"))
    return Item(
        id=number,
        kind=ItemKind.MOVIE,
        title=title or None,
        released=str(year) if year else None,
        genres=tuple(dict.fromkeys(film.get("genre", ()))),
        creators=tuple(dict.fromkeys(Credit(name, role) for key, role in roles for name in film.get(key, ()) if name)),
        description=film.get("plot") or None,
    )


def _dialogue(told: Mapping[str, Any], row_of: Mapping[str, int]) -> Dialogue:
    turns = []
    for message in told["messages"]:
        rows = tuple(row_of[number] for number in _NAMED.findall(message["text"]) if number in row_of)
        by_person = message["senderWorkerId"] != told["respondentWorkerId"]
        turns.append(Turn(_NAMED.sub(" ", message["text"]), by_person, rows))
    people = frozenset((told["respondentWorkerId"], told["initiatorWorkerId"]))
    return Dialogue(tuple(turns), told["respondentWorkerId"], people)


def asked(dialogues: Sequence[Dialogue]) -> list[Asked]:
    """Every message that is asked for, in order."""
    found = []
    for number, dialogue in enumerate(dialogues):
        for at, new in moments_of(dialogue.turns):
            targets = [row for row in dialogue.turns[at].rows if row in new]
            found.append(Asked(number, at, np.array(targets)))
    return found


# What is known of films besides


def enriched(data: Redial) -> Redial:
    """The films with keywords, and plots where they had none."""
    items = list(data.items)
    for film in _csv("tmdb_5000/tmdb_5000_movies.csv.gz"):
        row = data.row(f"{film['title']} ({film['release_date'][:4]})")
        if row is not None:
            words = tuple(word["name"] for word in json.loads(film["keywords"]))[:KEYWORDS]
            plot = items[row].description or film["overview"] or None
            items[row] = items[row].model_copy(update={"tags": words, "description": plot})
    labels: dict[int, list[str]] = {}
    rows = _movielens(data)
    for movie, label in pl.read_csv(data_file("ml_latest_small/tags.csv"))["movieId", "tag"].iter_rows():
        if movie in rows:
            labels.setdefault(rows[movie], []).append(str(label).lower())
    for row, own in labels.items():
        often = sorted(dict.fromkeys(own), key=lambda label: -own.count(label))[:TAGS]
        tags = tuple(dict.fromkeys((*items[row].tags, *often)))
        items[row] = items[row].model_copy(update={"tags": tags})
    return replace(data, items=tuple(items))


def _csv(path: str) -> Iterator[dict[str, str]]:
    with gzip.open(data_file(path), "rb") as stream:
        yield from csv.DictReader(io.TextIOWrapper(stream, "utf-8"))


def _movielens(data: Redial) -> dict[int, int]:
    """Row by the number of MovieLens latest-small."""
    films = pl.read_csv(data_file("ml_latest_small/movies.csv"))["movieId", "title"]
    links = dict(pl.read_csv(data_file("ml_latest_small/links.csv"))["movieId", "imdbId"].iter_rows())
    found = {movie: data.row(title, links.get(movie)) for movie, title in films.iter_rows()}
    return {movie: row for movie, row in found.items() if row is not None}


def events(data: Redial) -> Iterator[tuple[str, int, float]]:
    """(person, row, seconds) of what people at large liked or met."""
    rows = _movielens(data)
    for user, movie, rating, at in pl.read_csv(data_file("ml_latest_small/ratings.csv")).iter_rows():
        if rating >= 3.5 and movie in rows:
            yield f"l{user}", rows[movie], float(at)
    with gzip.open(data_file("movietweetings_100k/movies.dat.gz"), "rt", encoding="utf-8") as stream:
        named = (line.rstrip("\n").split("::") for line in stream)
        tweeted = {parts[0]: data.row(parts[1], int(parts[0])) for parts in named}
    with gzip.open(data_file("movietweetings_100k/ratings.dat.gz"), "rt", encoding="utf-8") as stream:
        for line in stream:
            user, movie, rating, at = line.split("::")
            if float(rating) >= 7 and (row := tweeted.get(movie)) is not None:
                yield f"t{user}", row, float(at)
    codes = {}
    for film in _lines("movielens_1m/omdb_metadata.jsonl.gz"):
        code = str(film.get("imdb_id") or "")
        codes[str(film["movie_id"])] = int(code[2:]) if code.startswith("tt") else None
    with data_file("movielens_1m/movies.dat").open(encoding="latin-1") as stream:
        films = [line.split("::")[:2] for line in stream]
    old = {movie: data.row(title, codes.get(movie)) for movie, title in films}
    for user, movie in pl.read_parquet(data_file("movielens_1m/user_movie_pairs.parquet")).iter_rows():
        if (row := old.get(movie)) is not None:
            yield f"m{user}", row, SEEN


def learnt_from(data: Redial) -> Dataset:
    """What people at large did, to learn from."""
    people, rows, times = zip(*events(data), strict=True)
    names = {name: number for number, name in enumerate(dict.fromkeys(people))}
    users = np.array([names[name] for name in people], np.int32)
    at = np.array(times)
    order = np.lexsort((at, users))
    n = len(order)
    return Dataset(
        Catalogue.build(data.items),
        tuple(names),
        users[order],
        np.array(rows, np.int32)[order],
        np.full(n, KIND_CODE[EventKind.COMPLETE], np.uint8),
        at[order],
        np.ones(n, np.float32),
        np.arange(n, dtype=np.int64),
    )


class Reader:
    """Turns texts into vectors, each once."""

    def __init__(self, kept: dict[str, Floats] | None = None) -> None:
        self.encoder = TextEncoder(Settings())
        self.dim = self.encoder.dim
        self.kept = {} if kept is None else kept

    def __call__(self, texts: Sequence[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in self.kept]
        if new:
            self.kept.update(zip(new, self.encoder.encode_many(new), strict=True))
        return np.stack([self.kept[text] for text in texts]) if texts else np.zeros((0, self.dim), np.float32)


def world_of(data: Redial, encode: Encode) -> World:
    """The films as Segue keeps a catalogue, with models of what people at large did."""
    dataset = learnt_from(data)
    options = TrainOptions(seed=SEED, threads=1)
    ease = EASE(EASEConfig(regularization=LAMBDA, history_decay=1.0))
    lately = PopularRecent(PopularRecentConfig(half_life_days=LATELY_DAYS, window_days=None))
    for model in (ease, lately):
        model.train(dataset, options)
    return World(
        dataset.catalogue,
        {"ease": ease, "popular_recent": lately},
        {"text": encode([item_text(item) for item in data.items])},
        Settings(),
        counts=np.bincount(dataset.items, minlength=len(data.items)).astype(np.float32),
        relations=lambda: (said for item in data.items for of in (metadata, described) for said in of(item)),
    )


# Learning, on the validation dialogues


@dataclass(frozen=True)
class Moments:
    """The messages of some dialogues with what speaks for every film, ready to be weighed."""

    asked: Sequence[Asked]
    tables: NDArray[np.float16]
    """(messages, n films, features)."""
    named: Sequence[NDArray[np.int32]]


def described_moments(
    dialogues: Sequence[Dialogue], every: Sequence[Asked], features: Callable[[int], Features], n: int
) -> Moments:
    """Describe every film at every moment.

    Args:
        features: by the number of the dialogue.
    """
    tables = np.zeros((len(every), n, len(FEATURES)), np.float16)
    named = []
    for at, one in enumerate(every):
        context = understood(dialogues[one.dialogue].turns[: one.turn])
        tables[at] = features(one.dialogue).of(context)
        named.append(context.named)
    return Moments(every, tables, named)


def folds_of(dialogues: Sequence[Dialogue]) -> NDArray[np.int64]:
    """(dialogues,) number of the tenth of their recommender."""
    people = sorted({dialogue.recommender for dialogue in dialogues})
    fold = dict(zip(people, np.random.default_rng(SEED).permutation(len(people)) % FOLDS, strict=True))
    return np.array([fold[dialogue.recommender] for dialogue in dialogues])


def cross_fitted(data: Redial, world: World, experience: Experience, encode: Encode) -> Moments:
    """The validation moments, each described with the experience of dialogues without these recommenders."""
    dialogues = data.dialogues["validation"]
    fold = folds_of(dialogues)
    made = []
    for number in range(FOLDS):
        people = {dialogue.recommender for dialogue, own in zip(dialogues, fold, strict=True) if own == number}
        with_them = np.array([not people.isdisjoint(dialogue.people) for dialogue in dialogues])
        made.append(Features(world, experience.without(with_them), encode))
    return described_moments(dialogues, asked(dialogues), lambda number: made[fold[number]], len(data.items))


GUESS = {"told": 0.5, "named": 0.4, "met": 0.3, "met_lately": 0.2, "people": 0.3, "beside_cosine": 2.0, "genres": 1.0}
"""By which films are drawn that the answers are set against."""


def examples(moments: Moments) -> list[Choices]:
    """The answers of each moment beside drawn films."""
    rng = np.random.default_rng(SEED)
    guess = np.array([GUESS.get(name, 0.0) for name in FEATURES], np.float32)
    found = []
    for one, stored, named in zip(moments.asked, moments.tables, moments.named, strict=True):
        full = stored.astype(np.float32)
        found.append(choices(full, one.targets.astype(np.int32), named, full @ guess, rng))
    return found


def without(choice: Choices, names: Sequence[str]) -> Choices:
    """The same with some features at 0."""
    kept = np.array([name not in names for name in FEATURES])
    return Choices(choice.table * kept, choice.correction)


def ranks(moments: Moments, weights: Callable[[int], Floats]) -> NDArray[np.int64]:
    """Rank of each target, 1 is first, under the weights for the dialogue of its moment."""
    found: list[int] = []
    for one, stored, named in zip(moments.asked, moments.tables, moments.named, strict=True):
        scores = stored.astype(np.float32) @ weights(one.dialogue)
        scores[named] = -np.inf
        found += rank(scores, one.targets)
    return np.array(found)


def rank(scores: Floats, targets: NDArray[np.int64]) -> list[int]:
    """Rank of each target; ties count against it."""
    return [int(np.count_nonzero(scores >= scores[target])) for target in targets.tolist()]


def as_column(weights: Mapping[str, float]) -> Floats:
    """(features,) in their order."""
    return np.array([weights.get(name, 0.0) for name in FEATURES], np.float32)


def cross_validated(moments: Moments, drawn: Sequence[Choices], fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ranks of the validation targets under weights that never saw their recommenders."""
    of = np.array([fold[one.dialogue] for one in moments.asked])
    learnt = [
        as_column(learn(Choices.joined([one for one, own in zip(drawn, of, strict=True) if own != number])))
        for number in range(FOLDS)
    ]
    return ranks(moments, lambda dialogue: learnt[fold[dialogue]])


# Asking, on the test dialogues


def figures(found: NDArray[np.int64], every: Sequence[Asked]) -> list[list[float]]:
    """Recall at each depth with its interval over dialogues."""
    dialogue = np.repeat([one.dialogue for one in every], [len(one.targets) for one in every])
    n = int(dialogue.max()) + 1
    targets = np.bincount(dialogue, minlength=n)
    drawn = np.random.default_rng(SEED).integers(0, n, (RESAMPLES, n))
    shown = []
    for depth in DEPTHS:
        hits = np.bincount(dialogue, found <= depth, n)
        spread = hits[drawn].sum(axis=1) / targets[drawn].sum(axis=1)
        shown.append([round(float(v), 4) for v in (hits.sum() / len(found), *np.quantile(spread, (0.025, 0.975)))])
    return shown


@dataclass(frozen=True)
class Way:
    """One way to rank films at a moment."""

    name: str
    scores: Callable[[Context], Floats]


def ways(world: World, experience: Experience, encode: Encode, weights: Mapping[str, Mapping[str, float]]) -> list[Way]:
    """Ours, ours with less, and plain baselines."""
    n = len(world.catalogue)
    ours = Recommender(world, experience, encode, weights["experienced"])
    fresh = Recommender(world, Experience.none(n, len(experience.centre)), encode, weights["fresh"])
    features, names = ours.features, list(FEATURES)
    index = features.library.index

    def bm25(context: Context) -> Floats:
        titles = " ".join(world.catalogue.item(row).title or "" for row in context.named.tolist())
        asked_for = {**dict.fromkeys(tokens(titles), 1.0), **dict.fromkeys(context.words, 1.0)}
        return summed(index.words, index.weights, asked_for, n)

    def one(name: str) -> Callable[[Context], Floats]:
        return lambda context: features.of(context)[:, names.index(name)]

    return [
        Way("Segue", ours.scores),
        Way("Segue, no past conversations", fresh.scores),
        Way("popularity in the validation dialogues", lambda _: experience.times_recommended),
        Way("BM25 of all words and the titles named", bm25),
        Way("MiniLM: all words against the films' texts", one("meaning_all")),
        Way("EASE of the films named", one("people")),
    ]


@dataclass(frozen=True)
class Answers:
    """Of one way."""

    ranks: list[int] = field(default_factory=list)
    """Of every target."""
    in_graph: list[float] = field(default_factory=list)
    """Of each different target of a message, where only films of the graph are candidates; inf: it is none of them."""
    seconds: list[float] = field(default_factory=list)
    """Of the processor, for each message."""


def asked_of(
    every: Sequence[Asked], dialogues: Sequence[Dialogue], tried: Sequence[Way], in_graph: Mask
) -> dict[str, Answers]:
    """What each way makes of all messages."""
    found = {way.name: Answers() for way in tried}
    for one in every:
        context = understood(dialogues[one.dialogue].turns[: one.turn])
        for way in tried:
            began = time.process_time()
            scores = np.array(way.scores(context), np.float32)
            own = found[way.name]
            own.seconds.append(time.process_time() - began)
            scores[context.named] = -np.inf
            own.ranks.extend(rank(scores, one.targets))
            scores[~in_graph] = -np.inf
            different = np.unique(one.targets)
            own.in_graph.extend(np.where(in_graph[different], rank(scores, different), np.inf).tolist())
    return found


KNOWN = (
    ("UniCRS, published", (0.024, 0.180, 0.335)),
    ("ECR, published", (0.026, 0.181, 0.337)),
    ("ReFICR, published", (0.018, 0.213, 0.465)),
    ("GPT-4 zero-shot, published", (0.050, 0.201, None)),
)


def main() -> None:
    """Learn on the validation dialogues, write the weights that ship, ask on the test dialogues."""
    began = time.process_time()
    data = enriched(read_set())
    encode = Reader()
    world = world_of(data, encode)
    talks = data.dialogues["validation"]
    experience = Experience.of([talk.turns for talk in talks], len(data.items), encode, encode.dim)
    moments = cross_fitted(data, world, experience, encode)
    drawn = examples(moments)
    validation = figures(cross_validated(moments, drawn, folds_of(talks)), moments.asked)
    weights = {
        "experienced": learn(Choices.joined(drawn)),
        "fresh": learn(without(Choices.joined(drawn), LEARNT_FROM_TALK)),
    }
    SHIPPED.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    dialogues = data.dialogues["test"]
    every = asked(dialogues)
    targets = sum(len(one.targets) for one in every)
    if targets != TARGETS:
        sys.exit(f"benchmark: the test has {targets} targets, not {TARGETS}: another copy of the set")
    found = asked_of(every, dialogues, ways(world, experience, encode, weights), data.in_graph)
    results = {name: figures(np.array(own.ranks), every) for name, own in found.items()}
    different = np.array(found["Segue"].in_graph)
    distinct = [len(different), *(round(float((different <= depth).mean()), 4) for depth in DEPTHS)]
    reached = [row[0] for row in results["Segue"]]
    write_result(
        "conversation_recall",
        {
            "test": results,
            "validation": validation,
            "targets": {"test": targets, "validation": sum(len(one.targets) for one in moments.asked)},
            "candidates": len(data.items),
            "distinct_targets_in_graph": distinct,
            "milliseconds": {
                name: [round(1000 * float(np.quantile(own.seconds, q)), 2) for q in (0.5, 0.99)]
                for name, own in found.items()
            },
            "seconds": round(time.process_time() - began, 1),
            "sha256": {path: sha256(data_file(path)) for path in FILES.values()},
            "tables": tables(results, validation, targets),
            "notes": notes(reached, distinct, found["Segue"]),
        },
    )


def tables(results: Mapping[str, list[list[float]]], validation: list[list[float]], targets: int) -> list[Any]:
    """For the page."""
    rows = [[name, *map(_cell, own)] for name, own in results.items()]
    rows += [[name, *("" if value is None else f"{value:.3f}" for value in own)] for name, own in KNOWN]
    rows += [["Segue, validation by tenths of recommenders", *map(_cell, validation)]]
    return [table(f"{targets:,} new films, all films compete", ["way", *(f"Recall@{k} (95 %)" for k in DEPTHS)], rows)]


def _cell(values: Sequence[float]) -> str:
    return f"{values[0]:.4f} ({values[1]:.4f} … {values[2]:.4f})"


def notes(reached: Sequence[float], distinct: Sequence[float], own: Answers) -> list[str]:
    """Whether the goal is met, and the other readings."""
    verdicts = [
        f"Recall@{depth} {value:.4f} against {goal:.3f}: {'met' if value >= goal else 'missed'}"
        for depth, value, goal in zip(DEPTHS, reached, GOAL, strict=True)
    ]
    return [
        f"Goal: {'; '.join(verdicts)}.",
        f"Each film of a message once and only films of the knowledge graph ({distinct[0]:,.0f} targets): "
        + " / ".join(f"{value:.4f}" for value in distinct[1:])
        + ".",
        f"A moment is ranked in {1000 * float(np.median(own.seconds)):.1f} ms (median, one core), encoding apart.",
    ]


if __name__ == "__main__":
    main()
