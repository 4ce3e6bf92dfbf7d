"""Home: something new for a person, or for anybody."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seen import Seen
from ..rerankers.advised import Advised
from ..rerankers.diversity import Diversity
from ..rerankers.exploration import Exploration
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..sources.live import LiveNow
from ..stages import Recipe
from .base import by_segment, one_each, showable, sources

EXPLORED = 50
"""New and live items proposed beside what the models know."""


def recipe(settings: Settings) -> Recipe:
    """Models and session by the table; the newest and what is on air; nothing met before; diverse; newcomers.
    Where there is a language model, somebody who is new gets its advice on the first entries.

    Before anything has been trained, the counts, the newest items and the session decide.
    """
    hide = settings.filters.hide_seen
    others = (Counts(settings.ranking.candidates, hide), Fresh(EXPLORED, hide), LiveNow(EXPLORED, hide))
    blend, ranker = by_segment(settings, "home", others, hide)
    return Recipe(
        name="home",
        sources=sources(blend, others),
        filters=(*showable(), Seen()) if hide else showable(),
        rankers=(ranker,),
        rerankers=(
            *one_each(settings),
            Diversity(settings.ranking.diversity),
            *((Advised(settings.llm.cold_start),) if settings.llm.url and settings.llm.cold_start > 0 else ()),
            Exploration(settings.exploration.quota, settings.exploration.days, settings.exploration.share),
        ),
    )
