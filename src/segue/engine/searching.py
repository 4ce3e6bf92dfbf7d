"""A search: the sentence is read, what was understood becomes the query, and is told with the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..answers import Answer
from ..arrays import Floats
from ..items import MAX_TEXT
from ..phrases import is_chinese
from ..pipeline.asking.lexicon import LEANINGS
from ..pipeline.asking.sentence import Part, ReadSentence, joined, understood
from ..pipeline.asking.titles import Names
from ..pipeline.stages import World
from ..queries import Constraints, Query
from .rewriting import Rewriter, helped

Ask = Callable[[Query], Answer]


def read(words: str, world: World) -> ReadSentence:
    """What the sentence asks for in this world."""
    return understood(words, Names.in_world(world))


def query_of(found: ReadSentence, stated: Constraints, fields: Mapping[str, Any]) -> Query:
    """The query that a sentence makes, beside what the caller states."""
    return Query(
        recipe="search",
        words=found.words[:MAX_TEXT] or None,
        also=found.also,
        seeds=found.seeds,
        leanings=found.leanings,
        constraints=joined(stated, found.constraints),
        **fields,
    )


def search(
    words: str,
    world: World,
    ask: Ask,
    stated: Constraints,
    filters: bool,
    fields: Mapping[str, Any],
    rewriter: Rewriter | None = None,
    left_out: Sequence[str] = (),
) -> Answer:
    """Answer a sentence; where nothing is found, say which part of what was understood left nothing.

    Args:
        filters: False: the words are words, and nothing is read from them.
        rewriter: puts the sentence in other words where the answer is not sure; None: nobody does.
        left_out: parts of these other words that were taken back.
    """
    found = read(words, world) if filters else ReadSentence(words, words)
    if not (found.words or found.seeds or found.constraints != Constraints()):
        # Nothing but connecting words, or but a name of something that is not here: then these are the words.
        found = replace(found, words=found.typed.strip())
    query = query_of(found, stated, fields)
    answer = ask(query)
    chinese = is_chinese(query.language)
    more: list[dict[str, str]] = []
    if rewriter is not None and filters:
        answer, more = helped(rewriter, found, query, answer, world, ask, left_out, chinese)
    told: tuple[Mapping[str, Any], ...] = tuple(
        {"what": part.what, "text": part.text, "said": part.said(chinese), "without": part.without}
        for part in found.parts
    )
    emptied: tuple[str, ...] = ()
    if not len(answer) and found.constraints != Constraints():
        emptied = tuple(part.said(chinese) for part in found.parts if _empties(part, world, ask, stated, fields))
        # Each alone leaves something: it is all of them together.
        emptied = emptied or tuple(part.said(chinese) for part in found.parts if part.what not in _WORDS)
    return replace(answer, understood=(*told, *more), emptied_by=emptied)


_WORDS = ("spelling", "seed", "leaning")
MOST_ASKED = 8
"""Parts of a sentence that are taken back one by one to see which of them left nothing."""


def _empties(part: Part, world: World, ask: Ask, stated: Constraints, fields: Mapping[str, Any]) -> bool:
    """Whether there would be answers without this part."""
    if part.what in _WORDS or not part.without:
        return False
    less = query_of(read(part.without, world), stated, {**fields, "k": 1, "explain": False})
    if not (less.words or less.seeds or less.constraints != Constraints()):
        return True
    return len(ask(less)) > 0


def poles(leanings: tuple[str, ...], encode: Callable[[str], Mapping[str, Floats]]) -> dict[str, dict[str, Floats]]:
    """Where each leaning lies in the spaces that words have: the mean of its words less that of its opposite's."""
    found: dict[str, dict[str, Floats]] = {}
    for name in leanings:
        lean = LEANINGS.get(name)
        if lean is None or not (lean.towards and lean.away):
            continue
        there, opposite = encode(", ".join(lean.towards)), encode(", ".join(lean.away))
        found[name] = {space: there[space] - opposite[space] for space in there if space in opposite}
    return found
