"""Best: what `segue train --recipe best` found to hit most often, for each kind of person."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seen import Seen
from ..sources.answers import Answers
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..sources.live import LiveNow
from ..sources.prior import Prior
from ..sources.scored import Scored
from ..sources.stated import Stated
from ..stages import Recipe
from .base import by_segment, one_each, showable, sources
from .home import EXPLORED


def table_of(segment: str) -> str:
    """Name of a segment's table in ``[ranking.blend]`` and ``[ranking.fusion]``."""
    return f"best_{segment}"


def recipe(settings: Settings) -> Recipe:
    """As `home`, with weights by segment of people, and without the mixing for variety, which costs hits.

    The weights are the tables ``best_new best_few best_warm`` of ``[ranking.blend]``, which the serving version brings
    along; for a segment without one, the table ``best``; where there is none either, that of ``home``. A table for
    another segment, such as ``best_at_risk``, goes before these.
    """
    hide = settings.filters.hide_seen
    others = (Counts(settings.ranking.candidates, hide), Fresh(EXPLORED, hide), LiveNow(EXPLORED, hide))
    everybody = "best" if "best" in settings.ranking.blend else "home"
    every, ranker = by_segment(settings, "best", others, hide, everybody, lambda name: _said(settings, name, hide))
    return Recipe(
        name="best",
        sources=sources(every, others),
        filters=(*showable(), Seen()) if hide else showable(),
        rankers=(ranker,),
        rerankers=one_each(settings),
    )


def _said(settings: Settings, name: str, hide: bool) -> dict[Scored, float]:
    """What people state about themselves, with the weight that home gives it, in tables that do not name it: those are
    learnt from what people did, and nothing that somebody says is in there."""
    home, own = settings.ranking.blend["home"], settings.ranking.blend.get(name, {})
    parts = (part for part in (Stated, Answers, Prior) if part.name not in own and home.get(part.name, 0.0) != 0)
    return {part(settings.ranking.candidates, hide): home[part.name] for part in parts}
