"""What the knowledge graph says about one entity, and about what an item is connected to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arrays import Floats, Rows
from ..errors import NotFound
from ..pipeline.stages import World
from ..relations import Relation
from ..understanding.knowledge.graph import inverse

MOST_ITEMS = 200
MOST_NEIGHBOURS = 12


def entity(world: World, entity_id: str, relations: int) -> dict[str, Any]:
    """What it is, its items by relation, and what it most often stands beside.

    Raises:
        NotFound: nothing here is connected to it.
    """
    graph = world.graph
    own = graph.items_of(entity_id)
    others = graph.others.get(entity_id, {})
    if not own and not others:
        raise NotFound(f"Unknown entity {entity_id!r}. The page of an item links to those that it is connected to.")
    return {
        "id": entity_id,
        "kind": entity_id.partition(":")[0],
        "name": graph.name(entity_id),
        "statements": relations,
        "items": [{"item": world.catalogue.ids[row], "relation": relation} for row, relation in own[:MOST_ITEMS]],
        "links": [
            {"id": other, "name": graph.name(other), "relation": relation} for other, relation in sorted(others.items())
        ][:MOST_ITEMS],
        "related": [
            {"id": other, "kind": other.partition(":")[0], "name": graph.name(other), "together": count}
            for other, count in graph.related(entity_id)
        ],
    }


def knowledge(world: World, item_id: str, relations: Iterable[Relation]) -> dict[str, Any]:
    """The entities of an item by relation, and the items nearest in the graph with what they have in common.

    Args:
        relations: those of the item as they are stored, which know who says so.

    Raises:
        NotFound: the catalogue has no such item.
    """
    graph, row = world.graph, world.catalogue.row(item_id)
    said: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for stated in relations:
        own_words = stated.head == f"item:{item_id}"
        name, relation = stated.tail_name, stated.relation
        if not own_words:
            name, relation = stated.head_name, inverse(relation)
        by = {"by": stated.source.partition(":")[0], "version": stated.version, "quote": stated.evidence or None}
        said[relation, name.casefold()].append(by)
    own = graph.links.get(row, {})
    neighbours = []
    if own:
        near = graph.near(_one(row))
        near[row] = float("nan")
        for other in _nearest(near, MOST_NEIGHBOURS):
            item = world.catalogue.items[other]
            if item is not None:
                shared = graph.shared(row, other)
                neighbours.append(
                    {
                        "item": item.id,
                        "title": item.name,
                        "score": round(float(near[other]), 4),
                        "shared": [{"id": s.entity, "name": s.name, "relation": s.relation} for s in shared],
                    }
                )
    return {
        "item": item_id,
        "entities": [
            {
                "id": e,
                "kind": e.partition(":")[0],
                "name": graph.name(e),
                "relation": relation,
                "said": said[relation, graph.name(e).casefold()],
            }
            for e, relation in sorted(own.items(), key=lambda pair: (pair[1], pair[0]))
        ],
        "neighbours": neighbours,
    }


def _nearest(near: Floats, most: int) -> list[int]:
    """Rows of the greatest numbers above 0, the greatest first; of equals the first row."""
    rows = np.flatnonzero(np.nan_to_num(near) > 0)
    if len(rows) > most:
        least = -np.partition(-near[rows], most - 1)[most - 1]
        rows = rows[near[rows] >= least]
    return [int(row) for row in rows[np.argsort(-near[rows], kind="stable")[:most]]]


def _one(row: int) -> Rows:
    return np.array([row], dtype=np.int32)
