"""What the knowledge graph connects: to the seeds, to what a person liked, to the names in a search."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Mask
from ...relations import named
from ..stages import Request
from .scored import Scored
from .words import tokens

KINDS = ("person", "work", "place", "series", "album", "theme", "genre", "thing")
LONGEST_NAME = 5
"""Words of an entity's name that are looked for in a query; of unspaced scripts, `LONGEST_RUN` characters."""
LONGEST_RUN = 8


class Knowledge(Scored):
    """Cosine in the space of entities with the seeds, else with the history; for words, the entities that they name."""

    name = "knowledge"

    def compute(self, request: Request) -> Floats | None:
        graph = request.world.graph
        if not graph.links:
            return None
        if len(request.seeds):
            return graph.near(request.seeds)
        if request.query.words:
            entities = [entity for entity in mentioned(request.query.words) if entity in graph.entities]
            return graph.of(entities) if entities else None
        liked = request.history.positive
        rows = liked.items[liked.items < len(request.world.catalogue)]
        if not len(rows):
            return None
        return graph.near(rows, liked.weights[liked.items < len(request.world.catalogue)].astype(np.float32))

    def speaks(self, scores: Floats) -> Mask:
        return np.asarray(np.nan_to_num(scores) > 0, dtype=bool)


def mentioned(words: str) -> list[str]:
    """Ids of the entities that stretches of the words may name."""
    found: dict[str, None] = {}
    parts = words[:400].split()
    stretches = [" ".join(parts[i : i + n]) for n in range(LONGEST_NAME, 0, -1) for i in range(len(parts) - n + 1)]
    for part in parts:
        if not part.isascii():
            stretches += [part[i : i + n] for n in range(LONGEST_RUN, 1, -1) for i in range(len(part) - n + 1)]
    for stretch in stretches:
        if not tokens(stretch):
            continue
        for kind in KINDS:
            entity = named(kind, stretch)
            if entity is not None:
                found[entity.id] = None
    return list(found)
