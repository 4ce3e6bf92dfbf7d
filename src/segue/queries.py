"""Query: what is asked for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from .conditions import Condition, checked
from .events import Context
from .groups import People, Strategy
from .items import Credit, Id, ItemKind, Noun, Text


class Constraints(Noun):
    """What an answer must satisfy, without exception. Empty means no constraint."""

    kinds: tuple[ItemKind, ...] = ()
    genres: tuple[str, ...] = ()
    """At least one of them, compared without regard to case."""
    without_genres: tuple[str, ...] = ()
    without_words: tuple[str, ...] = ()
    """None of the items that say all words of one of these, in any field."""
    creators: tuple[Credit, ...] = ()
    """By at least one of them: name, without regard to case, and role; an empty role admits every one."""
    without_languages: tuple[str, ...] = ()
    """Primary language subtags that must not be; items that state no language pass."""
    languages: tuple[str, ...] = ()
    """Primary language subtags: ``en`` also admits ``en-GB``."""
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    min_year: int | None = None
    max_year: int | None = None
    years: tuple[tuple[int, int], ...] = ()
    """In at least one of these spans, first and last year included: ``[[1960, 1969], [1980, 1989]]``."""
    max_maturity: int | None = None
    """Age of the youngest person watching; items that state a higher minimum age never appear."""
    allow_explicit: bool = True
    exclude: tuple[Id, ...] = ()
    """Item ids that must not appear."""
    where: Annotated[Condition, AfterValidator(checked)] | None = None
    """What else must hold, as a tree of conditions."""

    def stated(self) -> dict[str, Any]:
        """As JSON, without what is not asked for."""
        found = self.model_dump(mode="json", exclude_defaults=True)
        if self.where is not None:
            found["where"] = self.where.model_dump(mode="json")  # the `op` of a condition is a default of it
        return found


class Query(Noun):
    """One request for recommendations, similar items, a search or a radio."""

    user_id: Id | None = None
    recipe: str = "home"
    k: Annotated[int, Field(ge=1, le=1000)] = 10
    context: Context | None = None
    constraints: Constraints = Constraints()
    seeds: tuple[Id, ...] = ()
    """Items to start from (``similar``, ``radio``)."""
    words: Text | None = None
    """What was typed (``search``), or how somebody feels and what they are in the mood for (``mood``)."""
    moods: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    """Moods that were chosen (``mood``): labels of the vocabulary ``moods``, in English or Chinese."""
    also: tuple[str, ...] = ()
    """Other names of what was typed, such as genres in the catalogue's own language: one of them counts as found."""
    leanings: tuple[str, ...] = ()
    """Directions away from the seeds (``search``): ``calmer``, ``darker`` …, see `segue.pipeline.asking.lexicon`."""
    by_taste: bool = False
    """Whether a search is also ranked by what the person likes; the weight stands in ``[ranking.blend.search]``."""
    group: People = ()
    """Everybody who is there, for the recipe ``together``; with a ``user_id``, that person is one of them."""
    strategy: Strategy = "average"
    """How the group's wishes become one order."""
    language: str = "en"
    """Language of the reasons: ``en`` or ``zh``."""
    explain: bool = True
    personal: bool = True
    """False: the non-profiling mode. No user id is read at all, but to keep the age limit of a member of an account."""
    seed: int | None = None
    """Makes every random choice of this request repeatable."""

    def asked(self) -> dict[str, Any]:
        """What is asked for, as JSON, without for whom and how it is told: with it one asks why, see
        `segue.Engine.explain`."""
        others = {"user_id", "context", "language", "explain"}
        found = self.model_dump(mode="json", exclude_defaults=True, exclude=others)
        return {**found, **({"constraints": limits} if (limits := self.constraints.stated()) else {})}
