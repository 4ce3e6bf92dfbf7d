"""Reasons, made by code from what the request recorded: nothing is claimed that did not add to the score.

For each pick, everything that may speak for it (what the person did, typed, said; people like them; what is popular,
new, on air) is measured by what the score loses without it (`segue.pipeline.reasons.influence`). What is above 0
becomes a claim with its evidence; the one with the most influence is the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ...answers import Evidence, Reason
from .. import wording
from ..rerankers.exploration import Exploration
from ..runner import Outcome
from ..sources.fresh import untrained
from ..sources.knowledge import mentioned
from ..sources.live import on_air
from ..stages import Recipe, Request
from . import facts
from .case import Case, Claim
from .deeds import from_seeds, from_session, from_taste, often, taste_share
from .elsewhere import from_across
from .influence import Influence

_Tell = Callable[[], Claim | None]


def reasons(recipe: Recipe, request: Request, outcome: Outcome) -> tuple[Reason, ...]:
    """One reason a pick, in the query's language."""
    if not len(outcome.chosen):
        return ()
    teller = Teller(recipe, request, outcome)
    return tuple(teller.reason(position) for position in range(len(outcome.chosen)))


class Teller:
    """What all picks of one answer need to have their reasons told."""

    def __init__(self, recipe: Recipe, request: Request, outcome: Outcome) -> None:
        self.recipe, self.request, self.outcome = recipe, request, outcome
        self.rows = outcome.chosen.items
        self.chinese = wording.is_chinese(request.query.language)
        # Entities that the words name, where those are what the knowledge graph was asked for.
        self.named = mentioned(request.query.words) if request.query.words and not len(request.seeds) else []
        self.influence = Influence(request, outcome, bool(self.named))
        self.on_air = np.isin(self.rows, on_air(request))
        self.untrained = untrained(request.world)[self.rows]
        self.habits = often(request)
        self.moved = self._moved()

    def reason(self, position: int) -> Reason:
        """The claim with the most influence that can be told truly; what is always true where nothing spoke."""
        told = next(self._claims(position), None) or self.last(position)
        return Reason(told.text, told.evidence)

    def claims(self, position: int) -> list[Claim]:
        """All claims, the one with the most influence first."""
        return list(self._claims(position)) or [self.last(position)]

    def _case(self, position: int) -> Case:
        row = int(self.rows[position])
        item = self.request.world.catalogue.item(row)
        return Case(self.request, self.influence, position, item, row, self.chinese)

    def _claims(self, position: int) -> Iterator[Claim]:
        case = self._case(position)
        if position in self.moved:
            yield self._newcomer(case)
        found = [one for one in self._tellers(case, position) if one[0] > 0]
        told_any = False
        for _, tell in sorted(found, key=lambda one: -one[0]):
            told = tell()
            if told is not None:
                told_any = True
                yield told
        if not told_any and (told := self._time(case)) is not None:
            yield told

    def _tellers(self, case: Case, position: int) -> list[tuple[float, _Tell]]:
        """(influence, how to tell it) of everything that may speak for a pick."""
        popular = case.added(*(name for name in self.influence.parts if facts.of_popularity(name)))
        drops = self.influence.by_models[position]
        strongest = float(drops.max()) if len(drops) else 0.0
        explained = float(self.influence.explained[position])
        return [
            (
                max(explained, strongest) if strongest > 0 else 0.0,
                partial(from_seeds, case, self.recipe.name == "radio"),
            ),
            (case.added("session"), partial(from_session, case)),
            (case.added("stated"), partial(facts.from_stated, case)),
            (max(case.added("words"), case.added("meaning")), partial(facts.from_words, case)),
            (self._mood(case), partial(facts.from_mood, case)),
            (case.added("knowledge") if self.named else 0.0, partial(facts.from_names, case, self.named)),
            (case.added("said"), partial(facts.from_said, case)),
            (case.added("across"), partial(from_across, case)),
            (popular, partial(facts.from_popularity, case)),
            *((case.added(name), partial(facts.from_people, name, case)) for name in ("answers", "prior")),
            (taste_share(case, self.habits), partial(from_taste, case, self.habits)),
            (max(case.added("fresh"), case.added("browse"), case.added("live")), partial(self._time, case)),
        ]

    @staticmethod
    def _mood(case: Case) -> float:
        """What was asked for is told first; a mood that only the session suggests by what it added."""
        mood = case.request.mood
        asked = mood is not None and mood.origin != "session" and bool(facts.moods_of(case))
        return float("inf") if asked else case.added("mood")

    def _time(self, case: Case) -> Claim | None:
        return facts.from_time(case, bool(self.on_air[case.position]), bool(self.untrained[case.position]))

    def _moved(self) -> set[int]:
        """Positions of picks that are here for a newcomer's place alone: by their score they would not be."""
        if not any(isinstance(part, Exploration) for part in self.recipe.rerankers):
            return set()
        best = set(self.outcome.pool.items[: self.request.query.k].tolist())
        pool = self.outcome.chosen
        final = pool.scores.get("final")
        if final is None:
            return set()
        # Moved up: a newcomer before which something of a higher score was passed over.
        return {
            position
            for position, row in enumerate(self.rows.tolist())
            if self.untrained[position] and row not in best and (final[position + 1 :] > final[position]).any()
        }

    def _newcomer(self, case: Case) -> Claim:
        told = wording.sentence("new", self.chinese)
        return Claim(
            told, (Evidence("fresh", case.item.id, case.item.released or case.item.name, 1.0, "place"),), "place"
        )

    def last(self, position: int) -> Claim:
        """What is always true."""
        case = self._case(position)
        typed = facts.typed_words(case)
        if typed is not None:
            return typed
        personal = len(self.request.history) > 0 and case.row not in self.request.history.consumed
        told = wording.sentence("unmet" if personal else "library", self.chinese)
        return Claim(told, (case.fact("catalogue", case.item.name),), "catalogue")
