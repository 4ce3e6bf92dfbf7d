"""Together: one list for a group of people."""

from __future__ import annotations

from ...settings import Settings
from ..filters.everybody import Anybody, Everybody
from ..filters.hidden import Hidden
from ..filters.refused import Refused
from ..filters.seen import Seen
from ..rankers.together import Together
from ..rerankers.diversity import Diversity
from ..rerankers.turns import Turns
from ..rerankers.vetoed import Vetoed
from ..sources.counts import Counts
from ..sources.everybody import Everybody as Proposed
from ..sources.fresh import Fresh
from ..sources.live import LiveNow
from ..stages import Filter, Recipe
from .base import by_segment, one_each, showable, sources
from .home import EXPLORED


def recipe(settings: Settings) -> Recipe:
    """What `home` would propose to each of them, each by their own segment; what one of them has hidden is hidden from
    all; left out is what all (or any) have met; one order by the strategy of the query.

    The weights are those of home, unless there is a table ``together`` of ``[ranking.blend]``. Newcomers are not moved
    up as on the home page: an evening of several people is no place to try them.
    """
    hide, wanted = settings.filters.hide_seen, settings.groups
    limit = settings.ranking.candidates
    others = (Counts(limit, hide), Fresh(EXPLORED, hide), LiveNow(EXPLORED, hide))
    table = "together" if "together" in settings.ranking.blend else "home"
    blend, ranker = by_segment(settings, table, others, hide)
    seen: tuple[Filter, ...] = ()
    if hide:
        seen = (Anybody(Seen()) if wanted.hide_seen == "all" else Everybody(Seen()),)
    return Recipe(
        name="together",
        sources=tuple(Proposed(part, limit) for part in sources(blend, others)),
        filters=(
            *(Everybody(part) if isinstance(part, Hidden) else part for part in showable()),
            Everybody(Refused()),
            *seen,
        ),
        rankers=(Together(ranker, wanted.fairness),),
        rerankers=(
            Vetoed(wanted.veto_share),
            *one_each(settings),
            Diversity(settings.ranking.diversity),
            Turns(wanted.fairness),
        ),
    )
