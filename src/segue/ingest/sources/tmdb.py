"""TMDB 5000: films with overviews.

Reads ``tmdb_5000_movies.csv``; and ``tmdb_5000_credits.csv`` for cast and crew, where it is there. Genres, keywords and
people are JSON lists inside their cells. The keywords become tags. The id of an item is TMDB's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InvalidInput
from ...events import Event
from ...items import Item, ItemKind
from ...users import User
from ..files import table
from ..origin import Origin, Problems, existing, find, none_found
from ..values import clean, iso_date

CAST = 8
"""Actors kept of each film, as billed."""

JOBS = {"Director": "director", "Screenplay": "writer", "Writer": "writer", "Original Music Composer": "composer"}
"""Jobs of the crew that are kept, and what they are called here."""


class Tmdb(Origin):
    """See the module."""

    name = "tmdb"

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        folder = existing(path) if path.is_dir() else existing(path).parent
        movies = find(folder, "tmdb_5000_movies.csv") if path.is_dir() else path
        if movies is None:
            raise none_found(folder, ["tmdb_5000_movies.csv"])
        credits = find(folder, "tmdb_5000_credits.csv")
        people = dict(self._credits(credits, problems)) if credits else {}
        seen: set[str] = set()
        for where, row in _rows(movies, ("id", "title"), problems):
            if row["id"] in seen:
                problems.reject(
                    "items", where, f"The id {row['id'][:60]!r} stands further up already; this row is left out."
                )
                continue
            try:
                fields = self._fields(row)
            except ValueError as error:
                problems.reject("items", where, f"{error}.")
                continue
            fields["creators"] = people.get(row["id"], ())
            if item := problems.build(Item, "items", where, fields):
                seen.add(item.id)
                yield item

    def _fields(self, row: dict[str, str]) -> dict[str, Any]:
        minutes = float(row.get("runtime") or 0)
        return {
            "id": row["id"],
            "kind": self.config.kind or ItemKind.MOVIE,
            "title": clean(row["title"]),
            "description": clean(row.get("overview", "")),
            "language": row.get("original_language") or None,
            "genres": [g["name"] for g in _list(row, "genres")],
            "tags": [k["name"] for k in _list(row, "keywords")],
            "released": iso_date(row["release_date"]) if row.get("release_date") else None,
            # Zero stands for "not known" there.
            "duration_s": minutes * 60 if minutes else None,
            "provider": self.name,
            "ids": {"tmdb": row["id"]},
            "extra": {"tagline": row["tagline"]} if row.get("tagline") else {},
        }

    def _credits(self, file: Path, problems: Problems) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        for where, row in _rows(file, ("movie_id", "cast", "crew"), problems):
            try:
                cast = [(p["name"], "actor") for p in _list(row, "cast")[:CAST]]
                crew = [(p["name"], JOBS[p["job"]]) for p in _list(row, "crew") if p.get("job") in JOBS]
            except ValueError as error:
                problems.note(where, f"The people of a film cannot be read: {error}.")
                continue
            yield row["movie_id"], list(dict.fromkeys(crew + cast))


def _list(row: dict[str, str], column: str) -> list[dict[str, Any]]:
    """The JSON list in a cell.

    Raises:
        ValueError: it is none, or one of something else than objects with names.
    """
    try:
        found = json.loads(row.get(column) or "[]")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{column}: the cell is not JSON ({error})") from None
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in found
    ):
        raise ValueError(f"{column}: the cell is not a list of objects with a name")
    return found


def _rows(file: Path, needed: tuple[str, ...], problems: Problems) -> Iterator[tuple[str, dict[str, str]]]:
    rows = table(file, problems, "items", delimiter=",", encoding="latin-1")
    columns = next(rows, (0, list[str]()))[1]
    if absent := [name for name in needed if name not in columns]:
        found = ", ".join(columns[:40]) or "none"
        raise InvalidInput(f"{file.name} lacks the columns {', '.join(absent)}. Columns found: {found}.")
    for number, row in rows:
        where = f"{file.name}:{number}"
        if len(row) != len(columns):
            problems.reject("items", where, f"The row has {len(row)} fields; the header has {len(columns)}.")
            continue
        yield where, dict(zip(columns, row, strict=True))
