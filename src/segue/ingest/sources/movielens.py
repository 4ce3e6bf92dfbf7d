"""MovieLens and its relatives, told apart by the files that a folder holds (plain or ``.gz``).

| layout | files |
|---|---|
| ml-1m, ml-10m | ``movies.dat users.dat ratings.dat tags.dat``, fields between ``::``; ratings 1-5 (ml-10m: 0.5-5) |
| MovieTweetings | ``movies.dat ratings.dat`` with IMDb numbers of seven digits as ids; ratings 0-10 |
| ml-100k | ``u.item u.user u.data u.genre``; ratings 1-5 |
| ml-latest, ml-20m, ml-25m, ml-32m | ``movies.csv ratings.csv tags.csv links.csv``; ratings 0.5-5 |

A title ``Foo, The (1995)`` becomes ``The Foo``, released 1995. A tag that a person gives to a film is something
that the person said: it becomes a ``comment`` event with the tag as its text, so that it can speak for their taste.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ...events import Event, EventKind
from ...items import Item, ItemKind
from ...users import User
from ..files import lines, table
from ..origin import EventIds, Origin, Problems, What, existing, find, none_found, sentence, short
from ..values import title_and_year, utc_time

Row = tuple[str, list[str]]
"""Where it stands and its fields."""

AGES = {"1": "under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+"}
"""What the age codes of ml-1m mean."""

OCCUPATIONS = (
    "other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
    "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer", "programmer",
    "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer", "tradesman/craftsman",
    "unemployed", "writer",
)  # fmt: skip
"""What the occupation codes of ml-1m mean, in their order."""

GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""The genre columns of ``u.item``, in their order."""


class _Layout(NamedTuple):
    """Which file holds what, how its fields stand, and the scale of its ratings."""

    name: str
    separator: str
    movies: str
    ratings: str
    users: str
    tags: str
    links: str
    scale: tuple[float, float]


def _layout(folder: Path) -> _Layout:
    if find(folder, "movies.csv", "ratings.csv"):
        return _Layout("ml-latest", ",", "movies.csv", "ratings.csv", "", "tags.csv", "links.csv", (0.5, 5))
    if find(folder, "u.item", "u.data"):
        return _Layout("ml-100k", "|", "u.item", "u.data", "u.user", "", "", (1, 5))
    movies = find(folder, "movies.dat")
    if movies is None and not find(folder, "ratings.dat"):
        raise none_found(folder, ["movies.dat", "movies.csv", "u.item", "ratings.dat", "ratings.csv", "u.data"])
    tweets = movies is not None and re.fullmatch(r"\d{7,}", _first_id(movies)) is not None
    scale = (0.0, 10.0) if tweets else (0.5, 5.0) if find(folder, "tags.dat") else (1.0, 5.0)
    name = "movietweetings" if tweets else "ml-10m" if find(folder, "tags.dat") else "ml-1m"
    return _Layout(name, "::", "movies.dat", "ratings.dat", "users.dat", "tags.dat", "", scale)


def _first_id(movies: Path) -> str:
    return next((line.split("::")[0] for _, line in lines(movies, Problems(), "items", "latin-1")), "")


class MovieLens(Origin):
    """See the module."""

    name = "movielens"

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        folder = existing(path)
        layout = _layout(folder)
        yield from self._items(folder, layout, problems)
        if layout.users and (file := find(folder, layout.users)):
            read_user = _user_100k if layout.name == "ml-100k" else _user_1m
            yield from self._each(file, layout, "users", problems, read_user)
        ids = EventIds(self.name)
        if file := find(folder, layout.ratings):
            separator = "\t" if layout.name == "ml-100k" else layout.separator
            yield from self._each(
                file, layout._replace(separator=separator), "events", problems, lambda f: self._rating(f, layout, ids)
            )
        else:
            problems.note(folder.name, f"There is no {layout.ratings} here: no ratings were imported from this folder.")
        if layout.tags and (file := find(folder, layout.tags)):
            yield from self._each(file, layout, "events", problems, lambda f: self._tag(f, ids))

    def _items(self, folder: Path, layout: _Layout, problems: Problems) -> Iterator[Item]:
        file = find(folder, layout.movies)
        if file is None:
            problems.note(folder.name, f"There is no {layout.movies} here: no films were imported from this folder.")
            return
        links = self._links(folder, layout, problems)
        kind = self.config.kind or ItemKind.MOVIE
        seen: set[str] = set()
        for where, row in _rows(file, layout.separator, problems, "items"):
            try:
                movie_id, title, *rest = row
                if layout.name == "ml-100k":
                    # The two dates and the address come before the genre flags.
                    genres = [g for g, flag in zip(GENRES_100K, rest[3:], strict=False) if flag == "1"]
                else:
                    genres = rest[0].split("|") if rest else []
            except ValueError:
                problems.reject("items", where, f"A film has at least an id and a title; got {short(row)}.")
                continue
            if movie_id in seen:
                problems.reject("items", where, f"The id {movie_id!r} stands further up already; this row is left out.")
                continue
            seen.add(movie_id)
            name, year = title_and_year(title)
            item = problems.build(
                Item,
                "items",
                where,
                {
                    "id": movie_id,
                    "kind": kind,
                    "title": name,
                    "released": year,
                    "genres": [g for g in genres if g not in ("(no genres listed)", "unknown")],
                    "provider": layout.name,
                    "ids": {"imdb": f"tt{movie_id}"} if layout.name == "movietweetings" else links.get(movie_id, {}),
                },
            )
            if item:
                yield item

    def _links(self, folder: Path, layout: _Layout, problems: Problems) -> dict[str, dict[str, str]]:
        """Ids elsewhere, by film."""
        file = find(folder, layout.links) if layout.links else None
        links = {}
        for where, row in _rows(file, ",", problems, "items") if file else ():
            if len(row) != 3:
                problems.note(where, f"A link has three fields (movieId, imdbId, tmdbId); got {short(row)}.")
                continue
            movie_id, imdb, tmdb = row
            links[movie_id] = {**({"imdb": f"tt{imdb}"} if imdb else {}), **({"tmdb": tmdb} if tmdb else {})}
        return links

    def _each(
        self,
        file: Path,
        layout: _Layout,
        what: What,
        problems: Problems,
        read: Callable[[list[str]], Event | User],
    ) -> Iterator[Event | User]:
        for where, row in _rows(file, layout.separator, problems, what):
            try:
                yield read(row)
            except ValidationError as error:
                problems.reject(what, where, sentence(error))
            except ValueError as error:
                problems.reject(what, where, f"The row {short(row)} cannot be read: {error}.")

    def _rating(self, row: list[str], layout: _Layout, ids: EventIds) -> Event:
        user, movie, rating, timestamp = row
        value = float(rating)
        return Event(
            id=ids.of(user, movie, EventKind.RATE, timestamp, rating),
            user_id=user,
            item_id=movie,
            kind=EventKind.RATE,
            value=value,
            scale=layout.scale,
            at=utc_time(timestamp, "s"),
            source=self.name,
        )

    def _tag(self, row: list[str], ids: EventIds) -> Event:
        user, movie, text, timestamp = row
        fields: dict[str, Any] = {"user_id": user, "item_id": movie, "kind": EventKind.COMMENT, "text": text}
        event_id = ids.of(user, movie, EventKind.COMMENT, timestamp, text)
        return Event(id=event_id, at=utc_time(timestamp, "s"), source=self.name, **fields)


def _user_1m(row: list[str]) -> User:
    user, gender, age, occupation, postcode = row
    attributes: dict[str, str | int | float | bool] = {
        "gender": gender,
        "age": AGES.get(age, age),
        "occupation": OCCUPATIONS[int(occupation)] if int(occupation) < len(OCCUPATIONS) else occupation,
        "postcode": postcode,
    }
    return User(id=user, attributes=attributes)


def _user_100k(row: list[str]) -> User:
    user, age, gender, occupation, postcode = row
    return User(id=user, attributes={"age": int(age), "gender": gender, "occupation": occupation, "postcode": postcode})


def _rows(file: Path, separator: str, problems: Problems, what: What) -> Iterator[Row]:
    """Fields of each line; the header of a CSV file is left out. Text that is not UTF-8 is ISO-8859-1, as GroupLens
    wrote it."""
    if separator == ",":
        rows = table(file, problems, what, delimiter=",", encoding="latin-1")
        next(rows, None)
        for number, row in rows:
            yield f"{file.name}:{number}", row
        return
    for number, line in lines(file, problems, what, "latin-1"):
        if line:
            yield f"{file.name}:{number}", line.split(separator)
