"""What an item has in common with those that speak for it: what the knowledge graph says, a creator, genres, tags."""

from __future__ import annotations

from dataclasses import dataclass

from ...answers import Evidence
from ...items import Item
from ...understanding.knowledge.extract import role_of
from .. import wording
from ..stages import Request
from .case import Case

LABELS = ("genre", "theme")
"""Kinds of the knowledge graph that say little: told as the item writes them, and after whatever else there is."""
CONTENT = ("neighbors", "interests")
"""Parts of the blend that, beside models of content, look at what an item is."""


@dataclass(frozen=True)
class Link:
    """What an item has in common with others, or is connected to."""

    ref: str
    name: str
    kind: str
    relation: str | None
    """None: each by another one."""
    direct: bool = False
    """It is the other item itself."""


def common(case: Case, seeds: list[Item], content: float | None = None) -> tuple[str, tuple[Evidence, ...]]:
    """The words for it, to stand behind a sentence, and its evidence; empty where nothing is known.

    Args:
        content: what the content of the items added; None: what the parts of the blend that look at it did.
    """
    item, chinese = case.item, case.chinese
    added = case.positive()
    weight = float(sum(v for name, v in added.items() if name.startswith("content") or name in CONTENT))
    weight = weight if content is None else content
    known = weight + added.get("knowledge", 0.0)
    found = links(case.request, case.row, seeds) if known > 0 else []
    for link in found:
        if link.kind not in LABELS:
            return _told(case, link, known)
    for credit in item.creators:
        roles = [{role_of(c.role) for c in s.creators if c.name.casefold() == credit.name.casefold()} for s in seeds]
        if all(roles):
            role = role_of(credit.role)
            link = Link(credit.name, credit.name, "person", role if all(role in own for own in roles) else None)
            return _told(case, link, weight, "topic")
    for kind, relation, words, theirs in (
        ("genre", "genre", item.genres, [s.genres for s in seeds]),
        ("theme", "tag", item.tags, [s.tags for s in seeds]),
    ):
        both = [w for w in words if all(w.casefold() in {t.casefold() for t in own} for own in theirs)][:2]
        if both:
            evidence = tuple(case.shared("topic", word, word, weight / len(both)) for word in both)
            return wording.shared(relation, kind, both, chinese), evidence
    return _told(case, found[0], known) if found else ("", ())


def _told(case: Case, link: Link, added: float, sort: str = "entity") -> tuple[str, tuple[Evidence, ...]]:
    if link.direct:
        text = wording.direct(link.relation or "", link.name, case.chinese)
    else:
        text = wording.shared(link.relation, link.kind, [link.name], case.chinese)
    return text, (case.shared(sort, link.ref, link.name, added),)


def links(request: Request, row: int, seeds: list[Item]) -> list[Link]:
    """What the knowledge graph connects the item and all seeds by, the most telling first."""
    world = request.world
    if world.relations is None:
        return []
    graph, catalogue = world.graph, world.catalogue
    # What an item is to one seed it has not in common with the others.
    both = [
        {s.entity: s for s in graph.shared(row, catalogue.row(seed.id)) if len(seeds) == 1 or not s.direct}
        for seed in seeds
    ]
    found = []
    for shared in both[0].values():
        if all(shared.entity in own for own in both):
            same = shared.direct or all(own[shared.entity].other == shared.relation for own in both)
            kind = shared.entity.partition(":")[0]
            found.append(Link(shared.entity, shared.name, kind, shared.relation if same else None, shared.direct))
    return found
