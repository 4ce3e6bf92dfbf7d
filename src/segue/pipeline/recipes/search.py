"""Search: what the words name, and what they mean."""

from __future__ import annotations

from ...settings import Settings
from ..sources.words import Words
from ..stages import Recipe
from .base import blended, showable, sources, weighted


def recipe(settings: Settings) -> Recipe:
    """Words and meaning by the table. What was met before is found as well; the order is by fit alone."""
    blend = weighted(settings, "search")
    others = (Words(settings.ranking.candidates),)
    return Recipe(
        name="search",
        sources=sources(blend, others),
        filters=showable(),
        rankers=(blended(settings, "search", blend, others),),
    )
