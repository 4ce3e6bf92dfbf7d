"""The catalogues that simulated people look for something in, as workspaces, and how well known their items are."""

from __future__ import annotations

import csv
import gzip
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from segue import Engine
from segue.evaluation.simulate.facts import Shelf
from segue.events import Event, EventKind
from segue.ingest.origin import Problems
from segue.ingest.sampler.words import works
from segue.ingest.sources.tmdb import Tmdb
from segue.items import Credit, Item, ItemKind

from ._harness import data_file

FILMS = "tmdb_5000/tmdb_5000_movies.csv.gz"
RATINGS, LINKS = "ml_latest_small/ratings.csv", "ml_latest_small/links.csv"
SERIES = "netflix_titles/netflix_titles.csv.gz"
UNDERSTOOD = ("knowledge", "text", "ngram", "zero_shot")
CATALOGUES = ("films", "netflix", "sample")
AGES = {
    "G": 0, "TV-Y": 0, "TV-G": 0, "TV-Y7": 7, "TV-Y7-FV": 7, "PG": 8, "TV-PG": 8, "PG-13": 13, "TV-14": 14, "R": 17,
    "TV-MA": 17, "NC-17": 18,
}  # fmt: skip
"""Ratings of the catalogue and the minimum age that each states."""


def workspace(name: str, folder: Path, kept: Path | None = None) -> Path:
    """A workspace with the catalogue, read by the default encoders; what people rated lies in it as events.

    Args:
        kept: where workspaces are that have been made before, or are to be left.
    """
    place = folder / name
    if kept is not None and (kept / name / "segue.toml").exists():
        return Path(shutil.copytree(kept / name, place))
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items(items_of(name))
        engine.record(ratings() if name == "films" else [])
        engine.understand(only=UNDERSTOOD)
    if kept is not None:
        shutil.copytree(place, kept / name)
    return place


def shelf_of(name: str, items: list[Item]) -> Shelf:
    """The catalogue as people know it: films as often as they were rated; of the others nothing is known."""
    known: Counter[str] = Counter()
    if name == "films":
        known.update(event.item_id for event in ratings() if event.item_id is not None)
    return Shelf(items, known)


def items_of(name: str) -> list[Item]:
    """The items, as their owner would state them."""
    if name == "films":
        return [one for one in Tmdb().read(data_file(FILMS).parent, Problems()) if isinstance(one, Item)]
    if name == "sample":
        return [work.item for work in works(7, datetime(2026, 11, 1, tzinfo=UTC), 1.0)]
    found = []
    with gzip.open(data_file(SERIES), "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            people = [Credit(one, "director") for one in _names(row["director"])[:2]]
            people += [Credit(one, "actor") for one in _names(row["cast"])[:8]]
            number, _, unit = row["duration"].partition(" ")
            found.append(
                Item(
                    id=row["show_id"],
                    kind=ItemKind.MOVIE if row["show_type"] == "Movie" else ItemKind.SERIES,
                    title=row["title"].strip() or None,
                    description=row["description"].strip() or None,
                    creators=tuple(people),
                    genres=tuple(_names(row["categories"])),
                    released=row["release_year"] or None,
                    duration_s=float(number) * 60 if unit == "min" and number.isdigit() else None,
                    maturity=AGES.get(row["rating"]),
                )
            )
    return found


def ratings() -> list[Event]:
    """What people of MovieLens have rated, of the films that are there."""
    there = {item.id for item in items_of("films")}
    with data_file(LINKS).open(encoding="utf-8", newline="") as stream:
        tmdb = {row["movieId"]: row["tmdbId"] for row in csv.DictReader(stream)}
    found = []
    with data_file(RATINGS).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            item_id = tmdb.get(row["movieId"])
            if item_id in there:
                found.append(
                    Event(
                        id=f"r{row['userId']}-{item_id}",
                        user_id=f"m{row['userId']}",
                        item_id=item_id,
                        kind=EventKind.RATE,
                        value=float(row["rating"]),
                        scale=(0.5, 5.0),
                        at=datetime.fromtimestamp(int(row["timestamp"]), UTC),
                    )
                )
    return found


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]
