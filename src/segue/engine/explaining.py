"""Explanations put together for `Engine`: the query that was asked, what is stored of a showing, and who words it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from ..conversation.wording import DEGRADED, worded
from ..errors import InvalidInput, in_one_line
from ..llm.client import LanguageModel
from ..phrases import is_chinese
from ..pipeline.stages import World
from ..queries import Constraints, Query
from ..storage.rows import Store
from .explanation import LEVELS, Explanation, Level, paragraph_of
from .searching import query_of as query_of_sentence
from .searching import read

_READ = ("recipe", "words", "constraints", "seeds", "leanings", "also")
"""Fields that a sentence is read into."""


def query_of(fields: Mapping[str, Any], world: World) -> Query:
    """The query that is asked about; the words of a search are read as a search reads them.

    Raises:
        InvalidInput: a field is none of a query, or does not fit it.
    """
    stated = {name: value for name, value in fields.items() if value is not None}
    try:
        query = Query(**stated)
        if query.recipe != "search" or not query.words or query.seeds or query.leanings or query.also:
            return query  # nothing is typed, or it has been read already
        rest = {name: value for name, value in stated.items() if name not in _READ}
        found = read(query.words, world)
        if not (found.words or found.seeds or found.constraints != Constraints()):
            return query
        return query_of_sentence(found, query.constraints, rest)
    except ValidationError as error:
        raise InvalidInput(f"{in_one_line(error)}.") from error


def asked_again(query: Query, user_id: str, language: str) -> Query:
    """A query that has been answered, for whoever asks why; what several people are offered may also be explained to
    somebody who is not one of them."""
    own = {"user_id": user_id if not query.group or user_id in query.group else None, "language": language}
    return query.model_copy(update={**own, "explain": True})


def level_of(named: str) -> Level:
    """Raises InvalidInput where there is no such level."""
    for level in LEVELS:
        if level == named:
            return level
    raise InvalidInput(f"There is no level {named!r} of an explanation: ask for one of {', '.join(LEVELS)}.")


def showing(store: Store, user_id: str, item_id: str, request_id: str | None) -> dict[str, Any] | None:
    """What is stored of an item's showing in an answer: when, and at which rank; None: nothing."""
    event = None if request_id is None else store.event_of_answer(request_id, user_id, item_id)
    if event is None or event.context is None:
        return None
    return {"at": event.at.isoformat() if event.at else None, "rank": event.context.rank, "kind": event.kind.value}


def in_words(told: Explanation, language: str, asked: Callable[[], LanguageModel]) -> Explanation:
    """The explanation with its paragraph by the language model, as far as the evidence covers it."""
    if told.paragraph is None or told.found is None or not told.claims:
        return told
    name = told.found.pick.item.name
    found = worded(told.claims, name, language, asked, told.user_id)
    lost = (DEGRADED,) if found.degraded else ()
    paragraph = paragraph_of(told, found.sentences, is_chinese(language))
    return replace(told, paragraph=paragraph, by=found.by, degraded=(*told.degraded, *lost))
