"""Best: what `segue train --recipe best` found to hit most often, for each kind of person."""

from __future__ import annotations

from ...settings import Settings
from ..filters.seen import Seen
from ..sources.across import Across
from ..sources.answers import Answers
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..sources.live import LiveNow
from ..sources.prior import Prior
from ..sources.scored import Scored
from ..sources.stated import Stated
from ..stages import Recipe
from .base import OWN, by_segment, one_each, showable, sources
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
    limit = settings.ranking.candidates

    def also(table: str) -> dict[Scored, float]:
        return {OWN[name](limit, hide, 0.0): weight for name, weight in untaught(settings, table).items()}

    every, ranker = by_segment(settings, "best", others, hide, everybody, also)
    return Recipe(
        name="best",
        sources=sources(every, others),
        filters=(*showable(), Seen()) if hide else showable(),
        rankers=(ranker,),
        rerankers=one_each(settings),
    )


def untaught(settings: Settings, name: str) -> dict[str, float]:
    """What a table that is learnt from what people did cannot weigh, unless it names it: what somebody states about
    themselves, with the weight that home gives that, and media that are new to them, with the share that home gives."""
    home, table = settings.ranking.blend["home"], settings.ranking.blend.get(name, {})
    others = sum(abs(weight) for part, weight in home.items() if part != Across.name)
    share = home.get(Across.name, 0.0) / others if others else 0.0
    weights = {part: home.get(part, 0.0) for part in (Stated.name, Answers.name, Prior.name)}
    weights[Across.name] = share * sum(abs(weight) for weight in table.values())
    return {part: weight for part, weight in weights.items() if part not in table and weight != 0}
