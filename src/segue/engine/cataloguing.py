"""What is said about an item, by whom; corrections by people; and the queue of content warnings that wait for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..annotations import PERSON, WARNINGS, Annotation, Review, Summary
from ..errors import InvalidInput, NotFound
from ..events import now
from ..items import Item
from ..settings import Settings
from ..storage.rows import Store
from ..understanding import blurbs
from ..understanding.annotators.effective import confirmed, content_hash, holding
from ..understanding.annotators.vocabularies import STATED, checked, stated_labels, vocabularies
from ..understanding.summaries import ABSTRACTIVE, EXTRACTIVE
from ..understanding.transcripts import with_transcripts

PENDING, CONFIRMED, REJECTED = "pending", "confirmed", "rejected"


@dataclass(frozen=True)
class Labels:
    """Everything that is said about one item, and what of it holds."""

    item: Item
    rows: tuple[Annotation, ...]
    holds: Mapping[str, tuple[tuple[str, ...], str]]
    """By vocabulary: the labels that hold, and who said so (``owner``, ``person`` or an annotator)."""
    warnings: Mapping[str, str]
    """By content warning: ``pending``, ``confirmed`` or ``rejected``."""
    summaries: tuple[Summary, ...]
    names: Mapping[str, str]
    """What items that are named as evidence are called."""

    def as_json(self) -> dict[str, Any]:
        """The shape of ``GET /v1/items/{id}/annotations``."""
        return {
            "item": self.item.id,
            "vocabularies": {
                vocabulary: {
                    "labels": list(labels),
                    "by": who,
                    "said": [self._row(a) for a in self.rows if a.vocabulary == vocabulary],
                }
                for vocabulary, (labels, who) in self.holds.items()
            },
            "warnings": dict(self.warnings),
            "summary": self._summary(),
            "blurb": self._blurb(),
        }

    def _row(self, annotation: Annotation) -> dict[str, Any]:
        row = annotation.as_json()
        del row["vocabulary"]
        for one in row["evidence"]:
            if "item" in one:
                one["name"] = self.names.get(one["item"], one["item"])
        return row

    def _summary(self) -> dict[str, Any] | None:
        by = {s.annotator: s for s in self.summaries if s.text}
        best = by.get(ABSTRACTIVE) or by.get(EXTRACTIVE)
        return {"text": best.text, "by": best.annotator, "at": best.at} if best else None

    def _blurb(self) -> dict[str, dict[str, Any]] | None:
        """By language; one about what the item was before it changed is not told."""
        about = blurbs.content(self.item)
        return {
            s.annotator.removeprefix(blurbs.MAKER): {
                "text": s.text,
                "by": "code" if s.problem else ABSTRACTIVE,
                "at": s.at,
            }
            for s in sorted(self.summaries, key=lambda one: one.annotator)
            if s.annotator.startswith(blurbs.MAKER) and s.text and s.fingerprint.startswith(about)
        } or None


@dataclass(frozen=True)
class Warning:
    """A content warning in the queue, or one that has been decided."""

    item: Item
    label: str
    status: str
    said: tuple[Annotation, ...]
    at: float | None = None
    """When it was decided, seconds since 1970."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {
            "item": self.item.id,
            "title": self.item.title,
            "kind": self.item.kind.value,
            "label": self.label,
            "status": self.status,
            "confidence": max((round(a.confidence, 4) for a in self.said), default=None),
            "said": [{k: v for k, v in a.as_json().items() if k != "vocabulary"} for a in self.said],
            "description": self.item.description[:600] if self.item.description else None,
            "decided_at": self.at,
        }


def labels_of(store: Store, settings: Settings, item_id: str) -> Labels:
    """Everything that is said about an item. Raises NotFound."""
    item = store.item(item_id)
    rows = tuple(
        sorted(store.annotations([item_id]), key=lambda a: (a.annotator != PERSON, a.vocabulary, -a.confidence))
    )
    every = vocabularies(settings)
    names = dict.fromkeys([*every, *STATED, *(a.vocabulary for a in rows)])
    holds = {name: holding(item, name, rows, settings) for name in names if name != WARNINGS}
    decided = {r.label: r for (of, _), r in store.reviews([item_id]).items() if of == item_id}
    certain = tuple(confirmed(rows, decided.values()))
    holds[WARNINGS] = certain, PERSON if certain else "nobody"
    held = {name: one for name, one in holds.items() if one[0] or any(a.vocabulary == name for a in rows)}
    mentioned = {str(e["item"]) for a in rows for e in a.evidence if "item" in e}
    called = {of: one.name for of, one in store.find_items(mentioned).items()}
    heard = _heard(store, {item_id: item})[item_id]
    warned = {
        a.label: _status(heard, a.label, rows, decided.get(a.label)) for a in rows if a.vocabulary == WARNINGS
    } | dict.fromkeys(certain, CONFIRMED)
    return Labels(item, rows, held, warned, tuple(store.summaries([item_id])), called)


def correct(store: Store, settings: Settings, item_id: str, vocabulary: str, label: str, holds: bool) -> Annotation:
    """A person says that a label holds for an item, or does not. It wins over everything else, until withdrawn.

    Raises:
        NotFound: there is no such item or vocabulary.
        InvalidInput: the label is not part of the vocabulary.
    """
    store.item(item_id)
    spelt = _spelt(store, settings, item_id, vocabulary, label)
    said = Annotation(item_id, vocabulary, spelt, 1.0, PERSON, "1", denied=not holds, at=now().timestamp())
    store.put_correction(said)
    return said


def withdraw(store: Store, settings: Settings, item_id: str, vocabulary: str, label: str) -> None:
    """Forget a correction; the machines' labels, which were kept all the time, speak again.

    Raises:
        NotFound: there is no such item, vocabulary or correction.
    """
    store.item(item_id)
    spelt = _spelt(store, settings, item_id, vocabulary, label)
    if not store.remove_correction(item_id, vocabulary, spelt):
        raise NotFound(f"Nobody has said anything about the label {label!r} ({vocabulary}) of {item_id!r}.")


def warnings(store: Store, settings: Settings, status: str = PENDING, limit: int | None = None) -> list[Warning]:
    """Content warnings by status; the surest first (decided ones: the newest first).

    Raises:
        InvalidInput: there is no such status.
    """
    if status not in (PENDING, CONFIRMED, REJECTED):
        raise InvalidInput(f"Unknown status {status!r}. Expected {PENDING}, {CONFIRMED} or {REJECTED}.")
    said: dict[str, list[Annotation]] = {}
    for annotation in store.annotations(vocabulary=WARNINGS):
        said.setdefault(annotation.item_id, []).append(annotation)
    reviews = store.reviews()
    ids = {*said, *(item_id for item_id, _ in reviews)}
    found: list[Warning] = []
    found_items = store.find_items(ids)
    heard = _heard(store, found_items)
    for item_id, item in found_items.items():
        rows = said.get(item_id, [])
        labels = dict.fromkeys([*(a.label for a in rows), *(label for of, label in reviews if of == item_id)])
        for label in labels:
            review = reviews.get((item_id, label))
            own = tuple(a for a in rows if a.label == label and _counts(a, settings))
            if not own and review is None:
                continue
            if _status(heard[item_id], label, rows, review) == status and (own or status != PENDING):
                found.append(Warning(item, label, status, own, review.at if review else None))
    found.sort(key=lambda w: (-(w.at or 0), -max((a.confidence for a in w.said), default=0), w.item.id, w.label))
    return found[:limit]


def moderate(store: Store, settings: Settings, item_id: str, label: str, confirm: bool) -> Review:
    """Confirm a content warning (it counts for the filters from now on) or reject it (for the content as it is now).

    Raises:
        NotFound: there is no such item.
        InvalidInput: the label is no content warning.
    """
    item = _heard(store, {item_id: store.item(item_id)})[item_id]
    spelt = _spelt(store, settings, item_id, WARNINGS, label)
    review = Review(item_id, spelt, content_hash(item), confirm, now().timestamp())
    store.put_review(review)
    return review


def vocabularies_as_json(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """The closed vocabularies with their labels' names, for pages."""
    return {
        name: [
            {"label": label, "zh": one.zh or None, "kinds": [k.value for k in one.kinds]}
            for label, one in labels.items()
        ]
        for name, labels in vocabularies(settings).items()
    }


def _spelt(store: Store, settings: Settings, item_id: str, vocabulary: str, label: str) -> str:
    if not label.strip():
        raise InvalidInput("A label is needed, and there is none.")
    return checked(vocabularies(settings), vocabulary, label, _in_use(store, item_id, vocabulary, label))


def _in_use(store: Store, item_id: str, vocabulary: str, label: str) -> Sequence[str]:
    """What this item, or any machine, says in this vocabulary already: always something that can be spoken about."""
    here = [a.label for a in store.annotations([item_id]) if a.vocabulary == vocabulary]
    owners: list[str] = []
    if vocabulary in STATED:
        wanted = label.strip().casefold()
        for item in store.items():
            owners += [name for name in stated_labels(item, vocabulary) if name.casefold() == wanted][:1]
            if owners:
                break
    return [*here, *owners]


def _heard(store: Store, items: Mapping[str, Item]) -> dict[str, Item]:
    """The items by id, with the words that are said in them: what a person judges, as the annotators read it."""
    return {item.id: item for item in with_transcripts(items.values(), store, items)}


def _status(item: Item, label: str, rows: Sequence[Annotation], review: Review | None) -> str:
    """A person's own label speaks first; then what was decided, a rejection only for the content that was judged.

    Args:
        item: see `_heard`.
    """
    own = next((a for a in rows if a.label == label and a.vocabulary == WARNINGS and a.annotator == PERSON), None)
    if own is not None:
        return REJECTED if own.denied else CONFIRMED
    if review is not None and (review.confirmed or review.content == content_hash(item)):
        return CONFIRMED if review.confirmed else REJECTED
    return PENDING


def _counts(annotation: Annotation, settings: Settings) -> bool:
    if annotation.annotator == PERSON:
        return True
    asked = annotation.annotator in settings.cataloguing.annotators
    return asked and annotation.confidence >= settings.cataloguing.moderate_from
