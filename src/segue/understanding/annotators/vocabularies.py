"""Closed vocabularies: the built-in ones, and those that the settings put in their place."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from ...errors import InvalidInput, NotFound
from ...items import Item
from ...settings import Label, Settings

STATED = {"genres": "genres", "tags": "tags"}
"""Vocabularies that items have a field for: vocabulary → field. What the owner states there needs no machine."""

Vocabularies = Mapping[str, Mapping[str, Label]]


def vocabularies(settings: Settings) -> Vocabularies:
    """Label settings by name, by vocabulary; vocabularies without labels are left out."""
    stated = settings.cataloguing.vocabularies
    return {name: labels for name, labels in {**_builtin(), **stated}.items() if labels}


def fitting(labels: Mapping[str, Label], item: Item) -> list[str]:
    """The labels that are for items of this kind."""
    return [name for name, label in labels.items() if not label.kinds or item.kind in label.kinds]


def wanted(every: Vocabularies, item: Item) -> dict[str, list[str]]:
    """What a machine may say about an item: nothing where the owner has said it."""
    open_ones = {name: labels for name, labels in every.items() if not stated_labels(item, name)}
    found = {name: fitting(labels, item) for name, labels in open_ones.items()}
    return {name: labels for name, labels in found.items() if labels}


def stated_labels(item: Item, vocabulary: str) -> tuple[str, ...]:
    """What the owner states about an item in a vocabulary."""
    found: tuple[str, ...] = getattr(item, STATED[vocabulary]) if vocabulary in STATED else ()
    return found


def checked(every: Vocabularies, vocabulary: str, label: str, in_use: Iterable[str] = ()) -> str:
    """The label as the vocabulary spells it.

    Args:
        in_use: labels that the catalogue's owner uses in this vocabulary; they are part of it.

    Raises:
        NotFound: there is no such vocabulary.
        InvalidInput: the label is not part of it.
    """
    if vocabulary not in every and vocabulary not in STATED:
        raise NotFound.named("vocabulary", vocabulary, every)
    # The owner's spelling comes first: "Sci-Fi" in the catalogue is what filters compare.
    known = {name.casefold(): name for name in (*every.get(vocabulary, ()), *in_use)}
    by_chinese = {one.zh.casefold(): name for name, one in every.get(vocabulary, {}).items() if one.zh}
    found = known.get(label.strip().casefold()) or by_chinese.get(label.strip().casefold())
    if found is None:
        raise InvalidInput(
            f"{NotFound.named('label', label, known.values())} A label of the vocabulary {vocabulary!r} was expected; "
            f"[cataloguing.vocabularies.{vocabulary}] adds more."
        )
    return found


def digest(every: Vocabularies) -> str:
    """A hash of all labels with their descriptions."""
    said = {
        name: {label: one.model_dump(mode="json") for label, one in labels.items()} for name, labels in every.items()
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _builtin() -> Vocabularies:
    text = (Path(__file__).parent / "vocabularies.toml").read_text(encoding="utf-8")
    return {
        name: {label: Label.model_validate(stated) for label, stated in labels.items()}
        for name, labels in tomllib.loads(text).items()
    }
