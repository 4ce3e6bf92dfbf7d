"""Which labels hold for an item: what its owner states, what people correct, and else what the best annotator says.

A person's correction always wins. What the owner states is next, and no machine adds to it. Where the owner says
nothing of a vocabulary, the most trusted annotator that has said something speaks alone; machines are never mixed.
Content warnings count only once a person has confirmed them; they can raise an item's minimum age, never lower it.
The stored item stays as its owner stated it: the labels join it in what requests and models read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from ...annotations import PERSON, WARNINGS, Annotation, Review
from ...items import Item
from ...settings import Settings
from ...storage.rows import Store
from ...topics import LABELS
from .content import content_key
from .vocabularies import STATED, Vocabularies, stated_labels, vocabularies

TRUST = ("language_model", "finetuned", "heads", "zero_shot")
"""Annotators, the most trusted first; plug-ins come before them, in the order of ``[cataloguing] annotators``."""

TOPIC_SORT = {"moods": "mood", "themes": "theme"}
"""What a label of a vocabulary is called as a topic (`segue.topics`); labels of others go under its own name."""

LABELLED_BY = "labelled_by"
"""Key in the ``extra`` of an item in that view: ``{"genres": "heads"}``, whose labels stand in which field."""


def effective_items(store: Store, settings: Settings, item_ids: Collection[str] | None = None) -> Iterator[Item]:
    """The items as requests and models read them, in the order of `Store.items`.

    Args:
        item_ids: of these alone, in no order; None: all.
    """
    every = vocabularies(settings)
    rows = store.annotations(item_ids, within={*STATED, WARNINGS, *every}, evidence=False)
    if item_ids is not None:
        rows = iter(sorted(rows, key=lambda a: (a.item_id, a.vocabulary, a.annotator, a.label)))
    by_item: Mapping[str, list[Annotation]] = {
        item_id: list(own) for item_id, own in groupby(rows, key=lambda a: a.item_id)
    }
    reviews: dict[str, list[Review]] = {}
    for review in store.reviews(item_ids).values():
        reviews.setdefault(review.item_id, []).append(review)
    for item in store.items() if item_ids is None else store.find_items(item_ids).values():
        said, decided = by_item.get(item.id, ()), reviews.get(item.id, ())
        yield effective(item, said, decided, settings, every) if said or decided else item


def effective(
    item: Item, said: Sequence[Annotation], reviews: Iterable[Review], settings: Settings, every: Vocabularies
) -> Item:
    """One item with the labels that hold for it."""
    changes: dict[str, object] = {}
    by: dict[str, str] = {}
    for vocabulary, field in STATED.items():
        labels, who = holding(item, vocabulary, said, settings)
        if labels != stated_labels(item, vocabulary):
            changes[field] = labels
            by[field] = who
    warned = confirmed(said, reviews)
    labels_of = every.get(WARNINGS, {})
    ages = [age for name in warned if name in labels_of and (age := labels_of[name].age) is not None]
    if ages and max(ages) > (item.maturity if item.maturity is not None else -1):
        changes["maturity"] = max(ages)
        by["maturity"] = PERSON
    if not item.explicit and any(labels_of[name].explicit for name in warned if name in labels_of):
        changes["explicit"] = True
        by["explicit"] = PERSON
    others = {
        TOPIC_SORT.get(vocabulary, vocabulary): list(labels)
        for vocabulary in every
        if vocabulary not in STATED and vocabulary != WARNINGS
        if (labels := holding(item, vocabulary, said, settings)[0])
    }
    if not changes and not others:
        return item
    labelled = {LABELS: others} if others else {}
    return item.model_copy(update={**changes, "extra": {**item.extra, **labelled, LABELLED_BY: by}})


def holding(item: Item, vocabulary: str, said: Iterable[Annotation], settings: Settings) -> tuple[tuple[str, ...], str]:
    """The labels of one vocabulary that hold for an item, and who said so: ``owner``, ``person`` or an annotator."""
    own = [a for a in said if a.vocabulary == vocabulary]
    people = [a for a in own if a.annotator == PERSON]
    denied = {a.label.casefold() for a in people if a.denied}
    added = [a.label for a in people if not a.denied]
    base, who = stated_labels(item, vocabulary), "owner"
    # Machines stand in for a field of the owner's only where the settings let them.
    if not base and (settings.cataloguing.use or vocabulary not in STATED):
        base, who = _best_machine([a for a in own if a.annotator != PERSON], settings)
    kept = [label for label in base if label.casefold() not in denied]
    labels = tuple(dict.fromkeys([*kept, *(label for label in added if label.casefold() not in denied)]))
    return labels, PERSON if labels != base else who


def confirmed(said: Iterable[Annotation], reviews: Iterable[Review]) -> list[str]:
    """Content warnings that a person has confirmed or put there."""
    added = [a.label for a in said if a.vocabulary == WARNINGS and a.annotator == PERSON and not a.denied]
    denied = {a.label for a in said if a.vocabulary == WARNINGS and a.annotator == PERSON and a.denied}
    return [name for name in dict.fromkeys([*added, *(r.label for r in reviews if r.confirmed)]) if name not in denied]


def content_hash(item: Item) -> str:
    """Of what a person judged; a rejected warning does not come back for the same."""
    return hashlib.sha256(content_key(item).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _best_machine(said: Sequence[Annotation], settings: Settings) -> tuple[tuple[str, ...], str]:
    asked = settings.cataloguing.annotators
    order = [*(name for name in asked if name not in TRUST), *(name for name in TRUST if name in asked)]
    for name in order:
        labels = sorted((a for a in said if a.annotator == name), key=lambda a: -a.confidence)
        if labels:
            return tuple(a.label for a in labels), name
    return (), "nobody"
