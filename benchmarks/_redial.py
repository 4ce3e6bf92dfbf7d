"""The dialogues of ReDial as conversations over a catalogue, and what other sets know of its films."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks._harness import data_file
from segue.arrays import Mask
from segue.catalogue import Catalogue
from segue.conversation.context import Turn
from segue.conversation.experience import moments_of
from segue.dataset import Dataset
from segue.events import KIND_CODE, EventKind
from segue.items import Credit, Item, ItemKind

FILES = {"test": "redial/test_data.jsonl.gz", "validation": "redial/valid_data.jsonl.gz"}
KNOWLEDGE = (
    "redial/kg_id2info.json.gz",
    "tmdb_5000/tmdb_5000_movies.csv.gz",
    "ml_latest_small/ratings.csv",
    "ml_latest_small/tags.csv",
    "movietweetings_100k/ratings.dat.gz",
    "movielens_1m/user_movie_pairs.parquet",
)
"""What else is read, besides the lists of films that belong to it."""
SEEN = 978_300_000.0
"""2001-01-01: when the events of MovieLens-1M are taken to have happened."""
LIKED_STARS, LIKED_OF_TEN = 3.5, 7.0
"""From which rating on an event of MovieLens latest-small, of MovieTweetings counts."""
KEYWORDS, TAGS = 12, 8
_NAMED = re.compile(r"@(\d+)")
_YEAR = re.compile(r"\((\d{4})\)\s*$")


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
        if rating >= LIKED_STARS and movie in rows:
            yield f"l{user}", rows[movie], float(at)
    with gzip.open(data_file("movietweetings_100k/movies.dat.gz"), "rt", encoding="utf-8") as stream:
        named = (line.rstrip("\n").split("::") for line in stream)
        tweeted = {parts[0]: data.row(parts[1], int(parts[0])) for parts in named}
    with gzip.open(data_file("movietweetings_100k/ratings.dat.gz"), "rt", encoding="utf-8") as stream:
        for line in stream:
            user, movie, rating, at = line.split("::")
            if float(rating) >= LIKED_OF_TEN and (row := tweeted.get(movie)) is not None:
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
