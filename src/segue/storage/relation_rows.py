"""Relations as rows: the knowledge graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from ..relations import Relation
from .paging import BATCH, Paged, batches, catalogue_changed
from .schema import relations


class RelationRows(Paged):
    """The methods of `Store` that keep and give relations."""

    def put_relations(self, new: Iterable[Relation], replacing: Iterable[str] = ()) -> int:
        """Keep relations; those that a source in ``replacing`` stated before go first. Returns how many are new."""
        added = 0
        gone = list(dict.fromkeys(replacing))
        rows = {(r.head, r.relation, r.tail, r.source): r.model_dump() for r in new}
        with self._db.writing("relations") as connection:
            heads = {head for head, *_ in rows}
            for part in batches(gone, BATCH):
                theirs = relations.c.source.in_(part)
                heads.update(connection.execute(select(relations.c.head).where(theirs).distinct()).scalars())
                connection.execute(delete(relations).where(theirs))
            before = connection.execute(select(func.count()).select_from(relations)).scalar_one()
            for batch in batches(rows.values(), BATCH):
                statement = (sqlite if self._db.is_sqlite else postgresql).insert(relations)
                connection.execute(statement.on_conflict_do_nothing(), batch)
            added = connection.execute(select(func.count()).select_from(relations)).scalar_one() - before
            if added or gone:
                of_items = [head.removeprefix("item:") for head in heads if head.startswith("item:")]
                catalogue_changed(connection, of_items if len(of_items) == len(heads) else None)
        return int(added)

    def relations(self, entity_id: str | None = None, limit: int | None = None) -> Iterator[Relation]:
        """All relations, or those that an entity is head or tail of, in order of their keys."""
        key = (relations.c.head, relations.c.relation, relations.c.tail, relations.c.source)
        query = select(relations).order_by(*key)
        if entity_id is not None:
            query = query.where(or_(relations.c.head == entity_id, relations.c.tail == entity_id))
        with self._db.reading() as connection:
            rows = connection.execute(query.limit(limit)).all()
        for row in rows:
            yield Relation.model_construct(**row._mapping)

    def relations_of(self, heads: Iterable[str]) -> Iterator[Relation]:
        """The relations whose head is one of these entities, those of each in the order of `relations`."""
        key = (relations.c.head, relations.c.relation, relations.c.tail, relations.c.source)
        for row in self._by_ids(select(relations).order_by(*key), relations.c.head, heads):
            yield Relation.model_construct(**row._mapping)


def remove_relations(connection: Connection, item_ids: Iterable[str]) -> None:
    """Remove what was read in these items; what somebody imported about them stays."""
    heads = relations.c.head.in_([f"item:{item_id}" for item_id in item_ids])
    connection.execute(delete(relations).where(heads, ~relations.c.source.startswith("triples:")))
