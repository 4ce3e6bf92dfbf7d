"""Best: what `segue train --recipe best` found to hit most often, for each kind of person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...arrays import Floats
from ...candidates import Candidates
from ...settings import Settings
from ...training.ensemble import SEGMENTS, segment
from ..filters.seen import Seen
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..sources.live import LiveNow
from ..sources.scored import Scored
from ..sources.stated import Stated
from ..stages import Ranker, Recipe, Request
from .base import blended, one_each, showable, sources, weighted
from .home import EXPLORED


def table_of(segment: str) -> str:
    """Name of a segment's table in ``[ranking.blend]`` and ``[ranking.fusion]``."""
    return f"best_{segment}"


def recipe(settings: Settings) -> Recipe:
    """As `home`, with weights by segment of people, and without the mixing for variety, which costs hits.

    The weights are the tables ``best_new best_few best_warm`` of ``[ranking.blend]``, which the serving version brings
    along; for a segment without one, the table ``best``; where there is none either, that of ``home``.
    """
    hide = settings.filters.hide_seen
    others = (Counts(settings.ranking.candidates, hide), Fresh(EXPLORED, hide), LiveNow(EXPLORED, hide))
    stated = settings.ranking.blend
    blends, rankers = {}, {}
    for part in SEGMENTS:
        name = next((name for name in (table_of(part), "best") if name in stated), "home")
        blends[part] = {**weighted(settings, name, hide), **_said(settings, name, hide)}
        rankers[part] = blended(settings, name, blends[part], others)
    every = {source: weight for blend in blends.values() for source, weight in blend.items()}
    return Recipe(
        name="best",
        sources=sources(every, others),
        filters=(*showable(), Seen()) if hide else showable(),
        rankers=(BySegment(rankers),),
        rerankers=one_each(settings),
    )


def _said(settings: Settings, name: str, hide: bool) -> dict[Scored, float]:
    """What people state about themselves, with the weight that home gives it, in tables that do not name it: those are
    learnt from what people did, and nothing that somebody says is in there."""
    weight = settings.ranking.blend["home"].get(Stated.name, 0.0)
    if Stated.name in settings.ranking.blend.get(name, {}) or weight == 0:
        return {}
    return {Stated(settings.ranking.candidates, hide): weight}


@dataclass
class BySegment:
    """Asks the ranker of the person's segment."""

    rankers: Mapping[str, Ranker]
    name: str = "by_segment"

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        return self.rankers[segment(request.told)](request, candidates)
