"""Annotations as rows: labels, summaries, what people decided; and the kept answers of language models."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import Table

from ..annotations import PERSON, Annotated, Annotation, Review, Summary
from ..events import now
from .paging import BATCH, Paged, batches, catalogue_changed, to_json
from .schema import annotated, items, labels, llm_answers, reviews, summaries


class AnnotationRows(Paged):
    """The methods of `Store` that keep and give annotations, summaries and reviews."""

    def put_annotated(self, new: Iterable[Annotated]) -> None:
        """Keep what an annotator found, in place of what it found before in the same items.

        Items that are no longer there are left out. Rows of people are out of reach.
        """
        for batch in batches(new, BATCH):
            assert all(one.annotator != PERSON for one in batch), "a person's corrections are not the work of a run"
            with self._db.writing("items") as connection:
                there = _there(connection, [one.item_id for one in batch])
                kept = [one for one in batch if one.item_id in there]
                if not kept:
                    continue
                catalogue_changed(connection, [one.item_id for one in kept])
                for name in {one.annotator for one in kept}:
                    ids = [one.item_id for one in kept if one.annotator == name]
                    mine = (labels.c.annotator == name) & labels.c.item_id.in_(ids)
                    connection.execute(delete(labels).where(mine))
                found = {(a.annotator, a.item_id, a.vocabulary, a.label): a for one in kept for a in one.labels}
                if found:
                    self._upsert(connection, labels, [_row(a) for a in found.values()])
                done = {
                    (one.annotator, one.item_id): {
                        "annotator": one.annotator,
                        "item_id": one.item_id,
                        "fingerprint": one.fingerprint,
                        "problem": _plain(one.problem),
                    }
                    for one in kept
                }
                self._upsert(connection, annotated, list(done.values()))

    def put_correction(self, correction: Annotation) -> None:
        """Keep what a person says about a label of an item, in place of what was said before about it."""
        assert correction.annotator == PERSON
        with self._db.writing("items") as connection:
            catalogue_changed(connection, [correction.item_id])
            self._upsert(connection, labels, [_row(correction)])

    def remove_correction(self, item_id: str, vocabulary: str, label: str) -> bool:
        """Forget what a person said about a label of an item; False where nobody had said anything."""
        with self._db.writing("items") as connection:
            c = labels.c
            mine = (c.annotator == PERSON) & (c.item_id == item_id) & (c.vocabulary == vocabulary) & (c.label == label)
            count = connection.execute(delete(labels).where(mine)).rowcount
            if count:
                catalogue_changed(connection, [item_id])
        return bool(count)

    def annotations(
        self,
        item_ids: Iterable[str] | None = None,
        vocabulary: str | None = None,
        *,
        within: Collection[str] | None = None,
        evidence: bool = True,
    ) -> Iterator[Annotation]:
        """Labels with who put them there, item by item in the order of `items` (with ``item_ids``: in no order).

        Args:
            within: only of these vocabularies.
            evidence: False leaves it out, for those who read all rows.
        """
        query = select(items.c.n, labels).join(items, items.c.id == labels.c.item_id)
        if vocabulary is not None:
            query = query.where(labels.c.vocabulary == vocabulary)
        if within is not None:
            query = query.where(labels.c.vocabulary.in_(list(within)))
        rows = self._annotation_pages(query) if item_ids is None else self._by_ids(query, items.c.id, item_ids)
        for row in rows:
            yield Annotation(
                item_id=row.item_id,
                vocabulary=row.vocabulary,
                label=row.label,
                confidence=row.confidence,
                annotator=row.annotator,
                version=row.version,
                evidence=tuple(json.loads(row.evidence)) if evidence else (),
                denied=row.denied,
                at=row.at,
            )

    def _annotation_pages(self, query: Select[Any]) -> Iterator[Any]:
        last = self._db.glance("SELECT max(n) FROM items") or 0
        step = 1_000
        order = (labels.c.vocabulary, labels.c.annotator, labels.c.label)
        for begin in range(0, last, step):
            part = query.where(items.c.n > begin, items.c.n <= begin + step)
            with self._db.reading() as connection:
                rows = connection.execute(part.order_by(items.c.n, *order)).all()
            yield from rows

    def annotated(self, annotator: str, item_ids: Iterable[str] | None = None) -> dict[str, tuple[str, str | None]]:
        """(fingerprint, problem) by item id: what an annotator has read of some items, or all."""
        query = select(annotated).where(annotated.c.annotator == annotator)
        rows = self._of(query, annotated.c.item_id, item_ids)
        return {row.item_id: (row.fingerprint, row.problem) for row in rows}

    def annotators(self) -> dict[str, int]:
        """How many labels each annotator has put on items, by name."""
        query = select(labels.c.annotator, func.count()).group_by(labels.c.annotator)
        with self._db.reading() as connection:
            return {name: int(count) for name, count in connection.execute(query.order_by(labels.c.annotator))}

    # Summaries

    def put_summaries(self, new: Iterable[Summary]) -> None:
        """Keep summaries, in place of those of the same items by the same maker."""
        for batch in batches(new, BATCH):
            rows = {
                (s.annotator, s.item_id): {
                    "annotator": s.annotator,
                    "item_id": s.item_id,
                    "fingerprint": s.fingerprint,
                    "text": _plain(s.text),
                    "problem": _plain(s.problem),
                    "at": s.at,
                }
                for s in batch
            }
            with self._db.writing("items") as connection:
                there = _there(connection, [item_id for _, item_id in rows])
                if kept := [row for (_, item_id), row in rows.items() if item_id in there]:
                    self._upsert(connection, summaries, kept)

    def summaries(self, item_ids: Iterable[str]) -> list[Summary]:
        """The summaries of items, by whomever."""
        query = select(summaries.c.item_id, summaries)
        return [
            Summary(row.item_id, row.text, row.annotator, row.fingerprint, row.problem, row.at)
            for row in self._by_ids(query, summaries.c.item_id, item_ids)
        ]

    def summarised(self, annotator: str, item_ids: Iterable[str] | None = None) -> dict[str, tuple[str, str | None]]:
        """(fingerprint, problem) by item id: what has been summed up by a maker, of some items or all."""
        query = select(summaries.c.item_id, summaries.c.fingerprint, summaries.c.problem)
        rows = self._of(query.where(summaries.c.annotator == annotator), summaries.c.item_id, item_ids)
        return {row.item_id: (row.fingerprint, row.problem) for row in rows}

    # Reviews

    def put_review(self, review: Review) -> None:
        """Keep what a person decided about a warning, in place of what was decided before."""
        row = {
            "item_id": review.item_id,
            "label": review.label,
            "content": review.content,
            "confirmed": review.confirmed,
            "at": review.at,
        }
        with self._db.writing("items") as connection:
            catalogue_changed(connection, [review.item_id])
            self._upsert(connection, reviews, [row])

    def remove_review(self, item_id: str, label: str) -> bool:
        """Forget what was decided about a warning; False where nothing was."""
        with self._db.writing("items") as connection:
            mine = (reviews.c.item_id == item_id) & (reviews.c.label == label)
            count = connection.execute(delete(reviews).where(mine)).rowcount
            if count:
                catalogue_changed(connection, [item_id])
        return bool(count)

    def reviews(self, item_ids: Iterable[str] | None = None) -> dict[tuple[str, str], Review]:
        """What was decided (about some items, or all), by (item id, label)."""
        rows = self._of(select(reviews), reviews.c.item_id, item_ids)
        return {(r.item_id, r.label): Review(r.item_id, r.label, r.content, r.confirmed, r.at) for r in rows}

    # The answers of language models

    def llm_answer(self, key: str) -> str | None:
        """The kept answer to a prompt, by its hash."""
        with self._db.reading() as connection:
            found: str | None = connection.execute(
                select(llm_answers.c.answer).where(llm_answers.c.key == key)
            ).scalar_one_or_none()
        return found

    def put_llm_answer(self, key: str, answer: str) -> None:
        """Keep the answer to a prompt."""
        with self._db.writing("llm") as connection:
            row = {"key": key, "answer": answer.replace("\0", "\ufffd"), "at": now().timestamp()}
            self._upsert(connection, llm_answers, [row])

    def _upsert(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        statement = (sqlite if self._db.is_sqlite else postgresql).insert(table)
        keys = [column.name for column in table.primary_key.columns]
        changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def _there(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in batches(ids, BATCH):
        found |= set(connection.execute(select(items.c.id).where(items.c.id.in_(some))).scalars())
    return found


def _row(annotation: Annotation) -> dict[str, Any]:
    return {
        "annotator": annotation.annotator,
        "item_id": annotation.item_id,
        "vocabulary": annotation.vocabulary,
        "label": annotation.label,
        "version": annotation.version,
        "confidence": annotation.confidence,
        "denied": annotation.denied,
        "evidence": to_json([dict(one) for one in annotation.evidence]),
        "at": annotation.at or now().timestamp(),
    }


def _plain(text: str | None) -> str | None:
    # The words may come from a hostile file or server.
    return None if text is None else text.replace("\0", "\ufffd")
