"""Triples: ``head relation tail`` rows of a knowledge graph, tab-separated or as CSV, plain or ``.gz``.

A head or tail that is the id of an item, or that the option ``items`` maps to one, is that item; anything else is an
entity under its name, or under the name that the option ``names`` gives it. A relation in dots (``film.film.writer``)
is called by its last part. Rows that cannot be taken are told by their number; the others are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...events import Event
from ...items import Item
from ...relations import Entity, Relation, item_entity, named
from ...users import User
from ..files import suffix, table
from ..origin import Origin, OriginConfig, Problems, existing

KINDS = {
    **dict.fromkeys(("director", "actor", "star", "writer", "composer", "producer", "cinematographer", "artist", "host",
                     "author", "editor", "music"), "person"),
    "genre": "genre", "country": "place", "origin": "place", "set in": "place", "location": "place", "theme": "theme",
    "based on": "work", "sequel to": "work", "sequel": "work", "prequel": "work", "series": "series",
    "part of": "series",
}  # fmt: skip
"""What the tail of a relation is; ``thing`` where the relation does not say."""
SAME = {"star": "actor", "stars": "actor", "starring": "actor", "genres": "genre", "directors": "director",
        "directed by": "director", "writers": "writer", "actors": "actor", "written by": "writer"}  # fmt: skip
"""Relations under another name."""


class TriplesConfig(OriginConfig):
    """How ends of triples become items and names."""

    items: Path | None = None
    """Table of two columns: item id, entity."""
    names: Path | None = None
    """Table of two columns: entity, name."""


class Triples(Origin):
    """See the module."""

    name = "triples"
    Config = TriplesConfig

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event | Relation]:
        """See `Origin.read`."""
        config = self.config
        items = {entity: item for item, entity in _pairs(config.items, problems)} if config.items else {}
        names = dict(_pairs(config.names, problems)) if config.names else {}
        known: dict[str, Entity | None] = {}

        def end(text: str, kind: str) -> Entity | None:
            key = f"{kind}:{text}"
            if key not in known:
                item = self.known(items.get(text, text))
                known[key] = item_entity(item.id, item.name) if item else named(kind, names.get(text, text))
            return known[key]

        for number, row in table(existing(path), problems, "relations", delimiter=_delimiter(path)):
            where = f"{path.name}:{number}"
            cells = [cell.strip() for cell in row]
            if number == 1 and [cell.lower() for cell in cells] == ["head", "relation", "tail"]:
                continue
            if len(cells) != 3 or not all(cells):
                problems.reject(
                    "relations", where, f"Expected head, relation and tail; the row has {sum(map(bool, cells))}."
                )
                continue
            relation = cells[1].rsplit(".", 1)[-1].replace("_", " ").casefold()
            relation = SAME.get(relation, relation)
            head, tail = end(cells[0], "thing"), end(cells[2], KINDS.get(relation, "thing"))
            if head is None or tail is None:
                problems.reject("relations", where, "The name of an end holds no letter and no digit.")
            elif head.id == tail.id:
                problems.reject("relations", where, f"{cells[0][:60]!r} is connected to itself.")
            else:
                made = problems.build(
                    Relation,
                    "relations",
                    where,
                    {
                        "head": head.id,
                        "relation": relation,
                        "tail": tail.id,
                        "source": f"triples:{path.name}",
                        "head_name": head.name,
                        "tail_name": tail.name,
                    },
                )
                if made is not None:
                    yield made


def _delimiter(path: Path) -> str:
    return "," if suffix(path) == ".csv" else "\t"


def _pairs(path: Path, problems: Problems) -> Iterator[tuple[str, str]]:
    for number, row in table(existing(path), problems, "relations", delimiter=_delimiter(path)):
        if len(row) != 2:
            problems.note(f"{path.name}:{number}", f"Expected two columns, the row has {len(row)}.")
            continue
        yield row[0].strip(), row[1].strip()
