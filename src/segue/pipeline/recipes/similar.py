"""Similar: more like the seeds, whoever asks."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seeds import Seeds
from ..sources.neighbors import Neighbors
from ..stages import Recipe
from .base import by_segment, one_each, showable, sources


def recipe(settings: Settings) -> Recipe:
    """Models by the table, told the seeds instead of the person; the nearest by content; one entry a group."""
    others = (Neighbors(settings.ranking.candidates),)
    blend, ranker = by_segment(settings, "similar", others)
    return Recipe(
        name="similar",
        sources=sources(blend, others),
        filters=(*showable(), Seeds()),
        rankers=(ranker,),
        rerankers=one_each(settings),
    )
