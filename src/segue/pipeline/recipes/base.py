"""What all recipes share: the filters that always hold, and the blend made from the settings' table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import NotFound, SettingsError
from ...models import TABLE as MODELS
from ...settings import Settings
from ..filters.adverts import Adverts
from ..filters.availability import Availability
from ..filters.constraints import Constrained
from ..filters.gone import Gone
from ..filters.hidden import Hidden
from ..filters.maturity import Maturity
from ..rankers.blend import Blend
from ..rankers.by_segment import BySegment
from ..rankers.fusion import Fusion
from ..rerankers.copies import OnePerRecording
from ..rerankers.group import OnePerGroup
from ..sources.across import Across
from ..sources.answers import Answers
from ..sources.browse import Browse
from ..sources.counts import Counts
from ..sources.fresh import Fresh
from ..sources.interests import Interests
from ..sources.knowledge import Knowledge
from ..sources.leaning import Leaning
from ..sources.live import LiveNow
from ..sources.meaning import Meaning
from ..sources.model import ModelSource
from ..sources.mood import InMood
from ..sources.neighbors import Neighbors
from ..sources.prior import Prior
from ..sources.said import Said
from ..sources.scored import Scored
from ..sources.session import Session
from ..sources.stated import Stated
from ..sources.taste import Taste
from ..sources.words import Words
from ..stages import Filter, Ranker, Reranker

OWN: dict[str, Callable[[int, bool, float], Scored]] = {
    part.name: part
    for part in (
        Session,
        Stated,
        Neighbors,
        Words,
        Meaning,
        Fresh,
        LiveNow,
        Counts,
        Leaning,
        Taste,
        Browse,
        Knowledge,
        Interests,
        Said,
        Across,
        InMood,
        Answers,
        Prior,
    )
}
"""Sources that need no model, by name; what a blend may weigh besides models."""
LED = (Answers.name, Prior.name, Across.name)
"""Those that, like models of popularity, lead on the home page for somebody who has just begun (`early_events`): all
that is popular leads alike, so that the balance between them stays what the table says."""


def showable() -> tuple[Filter, ...]:
    """The filters that hold in every recipe, the cheapest and most general first."""
    return (Gone(), Availability(), Maturity(), Hidden(), Adverts(), Constrained())


def one_each(settings: Settings, groups: bool = True) -> tuple[Reranker, ...]:
    """One entry per recording and, with ``groups``, one per series or album, as the settings have it."""
    wanted = settings.ranking
    return (
        *((OnePerRecording(),) if wanted.one_per_recording else ()),
        *((OnePerGroup(),) if groups and wanted.one_per_group else ()),
    )


def weighted(settings: Settings, recipe: str, hide_seen: bool = False) -> dict[Scored, float]:
    """The sources of ``[ranking.blend.RECIPE]`` with their weights; those of weight 0 are left out.

    Models that ``[train] models`` does not name are not part of the recipe.

    Raises:
        SettingsError: a name is neither a model nor one of `OWN`.
    """
    limit = settings.ranking.candidates
    found: dict[Scored, float] = {}
    for name, weight in settings.ranking.blend.get(recipe, {}).items():
        if name not in OWN and name not in MODELS:
            unknown = NotFound.named("score", name, [*MODELS, *OWN])
            raise SettingsError(f"[ranking.blend.{recipe}] cannot be used: {unknown}")
        if weight == 0:
            continue
        leads = recipe == "home" and (name in LED or name.startswith("popular"))
        early = settings.ranking.early_events if leads else 0.0
        if name in OWN:
            found[OWN[name](limit, hide_seen, early)] = weight
        elif name in settings.train.models:
            found[ModelSource(name, limit, hide_seen, early)] = weight
    return found


def sources(blend: dict[Scored, float], others: Sequence[Scored]) -> tuple[Scored, ...]:
    """All of a recipe's sources: what is blended, then the others, each name once."""
    return tuple({source.name: source for source in (*others, *blend)}.values())


def blended(settings: Settings, recipe: str, blend: dict[Scored, float], others: Sequence[Scored]) -> Ranker:
    """The ranker of that table, see ``[ranking.fusion]``; sources without a weight decide where nothing else does."""
    rest = tuple(source for source in others if source.name not in {s.name for s in blend})
    return Fusion(blend, rest) if settings.ranking.fusion.get(recipe) == "ranks" else Blend(blend, rest)


def by_segment(
    settings: Settings,
    recipe: str,
    others: Sequence[Scored],
    hide_seen: bool = False,
    otherwise: str = "",
    also: Callable[[str], dict[Scored, float]] = lambda _table: {},
) -> tuple[dict[Scored, float], Ranker]:
    """(everything that the recipe blends for anybody, its ranker): the table of the recipe, and where there are tables
    RECIPE_SEGMENT, each for its segment of people (`segue.profiles.segments`).

    Args:
        otherwise: the table for everybody else; that of the recipe unless stated.
        also: what is blended besides, by table.
    """
    begin = f"{recipe}_"
    tables = {name.removeprefix(begin): name for name in settings.ranking.blend if name.startswith(begin)}
    tables[""] = otherwise or recipe
    blends = {part: {**weighted(settings, name, hide_seen), **also(name)} for part, name in tables.items()}
    rankers = {part: blended(settings, tables[part], blend, others) for part, blend in blends.items()}
    everybody = rankers.pop("")
    every = {source: weight for blend in blends.values() for source, weight in blend.items()}
    return every, BySegment(rankers, everybody) if rankers else everybody
