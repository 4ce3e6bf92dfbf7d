"""Relations by a language model: typed answers out of closed lists, each with the words of the item that say it.

The item is data in the request (see `segue.llm.client`). What comes back is checked: a relation or a kind outside the
lists is dropped and told; so is one whose words do not stand in the item, or whose name does not (a theme, which is
read between the lines, needs only the words).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ...errors import ServiceError
from ...items import Item
from ...llm.client import LanguageModel
from ...llm.prompts import prompt
from ...llm.text import one_line, stands_in
from ...readings import Reading
from ...relations import Relation, item_entity, named
from ...settings import Settings
from ...storage.rows import Store
from ..annotators.language_model import described

NAME = "language_model"
"""Of the source of its relations: ``language_model:ITEM``."""
SPACE = "knowledge.language_model"
"""Under which a reading notes what an item was asked about, and how that went."""

RELATIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "director",
            "writer",
            "actor",
            "composer",
            "producer",
            "cinematographer",
            "editor",
            "artist",
            "host",
            "author",
        ),
        ("person",),
    ),
    **dict.fromkeys(("based on", "sequel to", "remake of"), ("work",)),
    "part of": ("series",),
    "set in": ("place",),
    "about": ("person", "work", "place"),
    "theme": ("theme",),
}
"""Relation → the kinds that its other end may have."""

TASK = "relations"
"""Of `segue.llm.prompts`."""
MOST = 40
"""Relations that one item may give."""
SHORTEST_QUOTE = 4
"""Characters; fewer stand in every text."""


class Stated(BaseModel):
    """One relation as the model states it."""

    model_config = ConfigDict(extra="ignore")
    relation: Annotated[str, Field(max_length=200)]
    kind: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(max_length=500)]
    quote: Annotated[str, Field(max_length=1_000)]


class StatedRelations(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    relations: Annotated[list[Stated], Field(max_length=100)]


@dataclass(frozen=True)
class Connected:
    """What a language model found in one item."""

    item_id: str
    fingerprint: str
    relations: tuple[Relation, ...] = ()
    dropped: tuple[str, ...] = ()
    """What it stated beside that, a few words each."""
    problem: str | None = None


def version(settings: Settings) -> str:
    """Changes with the task, the lists and the model."""
    said = f"{prompt(TASK).text}\0{RELATIONS}\0{settings.llm.model}"
    return f"language-model-1-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def fingerprint(item: Item, settings: Settings) -> str:
    """Hash of what is sent and of whoever reads it."""
    said = f"{version(settings)}\0{json.dumps(described(item))}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def changed(store: Store, settings: Settings, items: Sequence[Item]) -> tuple[list[Item], int]:
    """The items to ask about (new, changed, or failed before), and how many need not be asked about again."""
    known = {r.item_id: (r.fingerprint, r.problem) for r in store.readings(space=SPACE)}
    there = [item for item in items if _words(item)]
    todo = [item for item in there if known.get(item.id) != (fingerprint(item, settings), None)]
    return todo, len(there) - len(todo)


def connect(items: Sequence[Item], settings: Settings, model: LanguageModel) -> Iterator[Connected]:
    """What a language model reads in each item, or the problem that stood in the way, as answers come in.

    Raises:
        ServiceDown: nothing more can be asked now.
    """
    requests = [{"item": described(item), "relations": RELATIONS} for item in items]
    for number, answer in model.ask_many(StatedRelations, prompt(TASK), requests):
        item = items[number]
        if isinstance(answer, ServiceError):
            yield Connected(item.id, fingerprint(item, settings), problem=str(answer))
        else:
            yield _checked(item, answer, settings)


def keep(store: Store, one: Connected) -> None:
    """Store what was found, in place of what was found in that item before."""
    store.put_relations(one.relations, [f"{NAME}:{one.item_id}"])
    facts: dict[str, Any] = {"relations": len(one.relations), **({"dropped": list(one.dropped)} if one.dropped else {})}
    store.put_readings([Reading(one.item_id, SPACE, one.fingerprint, facts=facts, problem=one.problem)])


def _words(item: Item) -> str:
    """The text that relations are read in; empty where there is too little: a bare title."""
    said = described(item)
    words = [said[name] for name in ("description", "transcript") if name in said]
    return " ".join([said.get("title", ""), *words]) if words else ""


def _checked(item: Item, answer: StatedRelations, settings: Settings) -> Connected:
    head, text, by = item_entity(item.id, item.name), _words(item), version(settings)
    found: dict[tuple[str, str], Relation] = {}
    dropped = []
    for stated in answer.relations:
        relation, kind = (" ".join(word.casefold().split()) for word in (stated.relation, stated.kind))
        quote = one_line(stated.quote, 200)
        tail = named(kind, stated.name) if kind in RELATIONS.get(relation, ()) else None
        said = len(quote) >= SHORTEST_QUOTE and stands_in(quote, text)
        if tail is None or not said or not (kind == "theme" or stands_in(tail.name, text)):
            dropped.append(one_line(f"{stated.relation} {stated.kind}: {stated.name}", 60))
        elif tail.name.casefold() != head.name.casefold() and len(found) < MOST:
            key = (relation, tail.id)
            found.setdefault(
                key,
                Relation(head=head.id, relation=relation, tail=tail.id, source=f"{NAME}:{item.id}", version=by,
                         head_name=head.name, tail_name=tail.name, evidence=quote),
            )  # fmt: skip
    return Connected(item.id, fingerprint(item, settings), tuple(found.values()), tuple(dropped[:20]))
