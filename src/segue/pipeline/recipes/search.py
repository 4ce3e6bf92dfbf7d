"""Search: what the words name, what they mean, what is like the item that they name."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seeds import Seeds
from ..sources.browse import Browse
from ..sources.words import Words
from ..stages import Recipe
from .base import by_segment, showable, sources


def recipe(settings: Settings) -> Recipe:
    """Words, meaning, seeds and directions by the table; with filters alone, the popular and the newest of what passes.

    What was met before is found as well; the order is by fit alone, unless the query asks for the person's taste.
    """
    limit = settings.ranking.candidates
    others = (Words(limit), Browse(limit))
    blend, ranker = by_segment(settings, "search", others)
    return Recipe(
        name="search",
        sources=sources(blend, others),
        filters=(*showable(), Seeds()),
        rankers=(ranker,),
    )
