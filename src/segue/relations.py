"""Relation: what connects two things of the knowledge graph, and who says so."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, NamedTuple

from pydantic import Field

from .items import Noun
from .letters import fold_letters

LONGEST = 200
"""Characters of an entity's name."""


class Entity(NamedTuple):
    """A person, work, series, genre, place or theme; ``item`` is an item of the catalogue."""

    id: str
    """``person:agnes varda``, ``item:t1``: the kind, a colon, and the name without case and marks (an item: its id)."""
    name: str

    @property
    def kind(self) -> str:
        return self.id.partition(":")[0]


class Relation(Noun):
    """``head -relation-> tail``, as one source states it."""

    head: Annotated[str, Field(min_length=3, max_length=600)]
    relation: Annotated[str, Field(min_length=1, max_length=80)]
    tail: Annotated[str, Field(min_length=3, max_length=600)]
    source: Annotated[str, Field(min_length=1, max_length=600)]
    """Who says so: ``metadata:ITEM``, ``described:ITEM``, ``language_model:ITEM``, ``triples:FILE``."""
    version: str | None = None
    """Of whoever read it in an item: the rules, or the language model with what it was asked."""
    head_name: str = ""
    tail_name: str = ""
    evidence: str = ""
    """The words that say it, where they were read in a text."""


def named(kind: str, name: str) -> Entity | None:
    """The entity of that kind and name; None where nothing is left of the name once it is cleaned."""
    shown = " ".join("".join(" " if c.isspace() else c for c in name if c.isspace() or _safe(c)).split())[:LONGEST]
    plain = re.sub(r"[\W_]+", " ", fold_letters(shown)).strip()
    return Entity(f"{kind}:{plain}", shown) if plain else None


def _safe(c: str) -> bool:
    """No control, direction or surrogate characters: a name is shown to people."""
    return unicodedata.category(c)[0] != "C"


def item_entity(item_id: str, name: str = "") -> Entity:
    """An item as an entity."""
    return Entity(f"item:{item_id}", name or item_id)
