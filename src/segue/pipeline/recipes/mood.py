"""Mood: what suits this moment, and within it what suits the person."""

from __future__ import annotations

from ...settings import Settings
from ..filters.mood import OfMood
from ..filters.seen import Seen
from ..rerankers.diversity import Diversity
from ..rerankers.mood import Turns
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..sources.mood import InMood
from ..stages import Recipe
from .base import by_segment, one_each, showable, sources
from .home import EXPLORED


def recipe(settings: Settings) -> Recipe:
    """As `home` among the items that have the mood of now, ranked by taste and by how well they fit.

    Undecided, it is home without newcomers. What was met before comes back only where the settings do not hide it.
    """
    limit, hide = settings.ranking.candidates, settings.filters.hide_seen
    others = (InMood(limit, hide), Counts(limit, hide), Fresh(EXPLORED, hide))
    blend, ranker = by_segment(settings, "mood", others, hide)
    return Recipe(
        name="mood",
        sources=sources(blend, others),
        filters=(*showable(), *((Seen(),) if hide else ()), OfMood()),
        rankers=(ranker,),
        rerankers=(*one_each(settings), Diversity(settings.ranking.diversity), Turns()),
    )
