"""Similar: more like the seeds, whoever asks."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seeds import Seeds
from ..sources.neighbors import Neighbors
from ..stages import Recipe
from .base import blended, one_each, showable, sources, weighted


def recipe(settings: Settings) -> Recipe:
    """Models by the table, told the seeds instead of the person; the nearest by content; one entry a group."""
    blend = weighted(settings, "similar")
    others = (Neighbors(settings.ranking.candidates),)
    return Recipe(
        name="similar",
        sources=sources(blend, others),
        filters=(*showable(), Seeds()),
        rankers=(blended(settings, "similar", blend, others),),
        rerankers=one_each(settings),
    )
