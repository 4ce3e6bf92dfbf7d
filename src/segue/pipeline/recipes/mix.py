"""Mix: what suits a person, known or new to them: for lists that ask for nothing but limits."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seeds import Seeds
from ..rerankers.copies import OnePerRecording
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..stages import Recipe
from .base import by_segment, showable, sources
from .home import EXPLORED


def recipe(settings: Settings) -> Recipe:
    """As `home`, with what was met before, which people play again, and without a place for newcomers."""
    others = (Counts(settings.ranking.candidates), Fresh(EXPLORED))
    blend, ranker = by_segment(settings, "mix", others, otherwise="mix" if "mix" in settings.ranking.blend else "home")
    return Recipe(
        name="mix",
        sources=sources(blend, others),
        filters=(*showable(), Seeds()),
        rankers=(ranker,),
        rerankers=(OnePerRecording(),) if settings.ranking.one_per_recording else (),
    )
