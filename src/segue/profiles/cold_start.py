"""Cold start: a language model puts a short list in order for somebody of whom little is known.

It is told what the person stated and the few things that they did, and of the items what stands in the catalogue, each
with a number; it answers with the numbers. Nothing of what is sent or answered is stored. Zero-shot rankers of this
kind help where there is no behaviour to learn from, and follow the order in which they are shown the list (Hou et al.,
"Large Language Models are Zero-Shot Rankers for Recommender Systems", ECIR 2024): so it is shown in a mixed order.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..catalogue import Catalogue
from ..errors import ServiceError
from ..items import Item
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import one_line
from ..settings import Settings
from .history import Live
from .segments import known, segments

MOST_TASTES, MOST_DONE = 30, 20
"""Stated tastes, the strongest, and things done, the latest, that are told."""
LONGEST = 240
"""Characters of a description."""
TASK = "cold_start"


class Order(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    order: Annotated[list[int], Field(min_length=1, max_length=200)]


def is_new(live: Live, settings: Settings, now: float) -> bool:
    """Whether somebody is of the segment ``new`` and not known well, and there is anything to go by."""
    if not (live.stated or len(live.history)) or known(live.history) == "warm":
        return False
    return "new" in segments(live.history, settings.segments, now, settings.session.gap_s)


def told(live: Live, catalogue: Catalogue) -> dict[str, Any]:
    """What is told of a person: no id, no time, no text of theirs."""
    stated = sorted(live.stated.items(), key=lambda one: (-abs(one[1]), one[0]))[:MOST_TASTES]
    history = live.history
    done = [
        {**_about(catalogue.item(int(row))), "went": "well" if weight > 0 else "badly"}
        for row, weight in zip(history.items[-MOST_DONE:], history.weights[-MOST_DONE:], strict=True)
        if weight and catalogue.items[int(row)] is not None
    ]
    return {
        "likes": [_topic(key, catalogue) for key, strength in stated if strength > 0],
        "dislikes": [_topic(key, catalogue) for key, strength in stated if strength < 0],
        "did": done,
    }


def digest(person: Mapping[str, Any], *more: object) -> str:
    """Hash of what is told of a person, and of what else the order hangs on."""
    said = json.dumps([person, *map(str, more)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def ordered(
    items: Sequence[Item], person: Mapping[str, Any], model: LanguageModel, user_id: str, within_s: float, seed: str
) -> list[str]:
    """The ids of the items in the order that the model gives them.

    Args:
        seed: of the order in which they are shown.

    Raises:
        ServiceError: no usable answer within the time.
    """
    shown = list(range(len(items)))
    random.Random(seed).shuffle(shown)
    data = {
        "person": person,
        "items": [{"number": n, **_about(items[at], True)} for n, at in enumerate(shown, 1)],
    }
    answer = model.ask(Order, prompt(TASK), data, person=user_id, within_s=within_s, keep=False)
    return [items[at].id for at in repaired(answer.order, shown)]


def repaired(order: Sequence[int], shown: Sequence[int]) -> list[int]:
    """The places that numbers stand for, each once: unknown and repeated numbers go, missing ones follow in the order
    of the list before.

    Args:
        shown: place by number, which begins at 1.

    Raises:
        ServiceError: not one number is known.
    """
    found = [shown[number - 1] for number in dict.fromkeys(order) if 1 <= number <= len(shown)]
    if not found:
        raise ServiceError(f"The language model put items in order that there are not; there are {len(shown)}.")
    return [*found, *sorted(set(shown) - set(found))]


def _about(item: Item, whole: bool = False) -> dict[str, Any]:
    said: dict[str, Any] = {
        "kind": item.kind.value,
        "title": one_line(item.name, 120),
        "year": item.year,
        "genres": [one_line(genre, 40) for genre in item.genres[:5]],
    }
    if whole:
        said["by"] = [one_line(credit.name, 60) for credit in item.creators[:3]]
        said["description"] = one_line(item.description, LONGEST) if item.description else None
    return {name: value for name, value in said.items() if value}


def _topic(key: str, catalogue: Catalogue) -> str:
    return one_line(f"{key.partition(':')[0]} {catalogue.topics.name(key)}", 80)
