"""Radio: goes on from the seeds, bends with the session, and does not repeat itself."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seeds import Seeds
from ..filters.seen import Seen
from ..rerankers.diversity import Diversity
from ..sources.neighbors import Neighbors
from ..stages import Recipe
from .base import by_segment, one_each, showable, sources

REST_S = 6 * 3600
"""An item met in the last six hours rests."""


def recipe(settings: Settings) -> Recipe:
    """As `similar`, with the session by the table, without what has just been met, and diverse."""
    others = (Neighbors(settings.ranking.candidates),)
    blend, ranker = by_segment(settings, "radio", others)
    return Recipe(
        name="radio",
        sources=sources(blend, others),
        filters=(*showable(), Seeds(), Seen(within_s=REST_S)),
        rankers=(ranker,),
        rerankers=(*one_each(settings, groups=False), Diversity(settings.ranking.diversity)),
    )
