"""Playlist: what a sentence asks for, its words and its mood together, as a list to be played."""

from __future__ import annotations

from ...settings import Settings
from ..filters.mood import OfMood, Unwanted
from ..filters.seeds import Seeds
from ..rerankers.copies import OnePerRecording
from ..sources.browse import Browse
from ..sources.mood import InMood
from ..sources.words import Words
from ..stages import Recipe
from .base import by_segment, showable, sources


def recipe(settings: Settings) -> Recipe:
    """As `search`, and by the mood that the words name; a recording once, however many copies of it there are.

    What was met before comes again: people play a list more than once.
    """
    limit = settings.ranking.candidates
    others = (Words(limit), InMood(limit), Browse(limit))
    blend, ranker = by_segment(settings, "playlist", others)
    return Recipe(
        name="playlist",
        sources=sources(blend, others),
        filters=(*showable(), Seeds(), Unwanted(), OfMood()),
        rankers=(ranker,),
        rerankers=(OnePerRecording(),) if settings.ranking.one_per_recording else (),
    )
