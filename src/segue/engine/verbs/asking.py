"""What an engine is asked: recommendations, what is similar, searches, why."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...answers import Answer
from ...errors import InvalidInput, in_one_line
from ...events import Context
from ...items import Item
from ...queries import Constraints, Query
from .. import explaining, households
from ..explanation import Explanation, explanation
from ..previewing import PICKS, Preview
from .catalogue import CatalogueVerbs

if TYPE_CHECKING:
    from ...arrays import Mask
    from ...pipeline.stages import Reranker, World


class AskingVerbs(CatalogueVerbs):
    """Answers and explanations."""

    # Asking

    def ask(self, query: Query) -> Answer:
        """Answer any query."""
        return self._answer(query)

    def showable(self, user_id: str | None, item_ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that may be shown to a person now: they are there, available, of an age that they may see,
        and not hidden by them."""
        from ...pipeline.answer import may_be_shown

        wanted = list(dict.fromkeys(item_ids))
        world, query = self._serving.world(), households.limited(self._store, Query(user_id=user_id))
        mask = may_be_shown(world, query, wanted, self._live(query, world))
        found = self.find_items(item_id for item_id, shown in zip(wanted, mask, strict=True) if shown)
        return {item_id: found[item_id] for item_id in wanted if item_id in found}

    def admitted(self, query: Query, world: World) -> Mask:
        """(n items of the world,) what an answer to the query may be chosen from, for the person it is for: age limits
        and what they have hidden hold; what they have met comes only where there is nothing else."""
        from ...pipeline.answer import admitted

        query = households.limited(self._store, query)
        return admitted(world, query, self._live(query, world))

    def _answer(self, query: Query, choose: Sequence[Reranker] = ()) -> Answer:
        from ...pipeline.answer import answer

        world, asked, query = self._serving.world(), query, households.limited(self._store, query)
        live, people = self._live(query, world), self._people(query, world)
        words, towards, lost = self._encoded(query)
        advice = self._advising.of(query, live, world)
        found = answer(world, query, live, words=words, poles=towards, people=people, advice=advice, choose=choose)
        without = (f"words:{space}" for space in dict.fromkeys(lost))
        return dataclasses.replace(found, degraded=(*found.degraded, *without, *self._serving.degraded), query=asked)

    def recommend(
        self,
        user_id: str | None = None,
        k: int = 10,
        recipe: str = "home",
        constraints: Constraints | Mapping[str, Any] | None = None,
        context: Context | None = None,
        language: str = "en",
        personal: bool = True,
        explain: bool = True,
        seed: int | None = None,
        group: Sequence[str] = (),
        strategy: str = "average",
        words: str | None = None,
        moods: Sequence[str] = (),
    ) -> Answer:
        """What a person should see next. Without a user id, or with ``personal=False``, nothing of a person is read but
        the age limit of a member of an account.

        Args:
            group: user ids of everybody who is there, for one list that suits them all (recipe ``together``).
            strategy: ``average``, ``least_misery``, ``fairness`` or ``veto``.
            words: for the recipe ``mood``: how they feel, what they are in the mood for, in English or Chinese.
            moods: for the recipe ``mood``: moods that they chose, of the vocabulary ``moods``.
        """
        return self._ask(
            words=words,
            moods=tuple(moods),
            user_id=user_id,
            k=k,
            recipe="together" if group and recipe == "home" else recipe,
            group=tuple(group),
            strategy=strategy,
            constraints=constraints or Constraints(),
            context=context,
            language=language,
            personal=personal,
            explain=explain,
            seed=seed,
        )

    def preview(self, user_id: str, language: str = "en") -> Preview:
        """What there is for a person tonight: a few sentences over the first picks of their home page, by the language
        model and checked against what is stated of these items, where one is set; else by code."""
        picks = self.recommend(user_id, k=PICKS, language=language, explain=False)
        found = self._previews.of(user_id, [self._store.item(pick.item.id) for pick in picks], language)
        return dataclasses.replace(found, degraded=(*picks.degraded, *found.degraded))

    def similar(self, item_id: str, k: int = 10, user_id: str | None = None, language: str = "en") -> Answer:
        """More like one item."""
        self._look_for(item_id)
        return self._ask(user_id=user_id, recipe="similar", k=k, seeds=(item_id,), language=language)

    def search(
        self,
        words: str,
        k: int = 10,
        user_id: str | None = None,
        constraints: Constraints | Mapping[str, Any] | None = None,
        language: str = "en",
        personal: bool = False,
        filters: bool = True,
        rewrite: bool = True,
        left_out: Sequence[str] = (),
    ) -> Answer:
        """Items that the words mean, in any language; ``understood`` of the answer tells what was read from them.

        Args:
            personal: rank by what ``user_id`` likes too, with the weight ``taste`` of ``[ranking.blend.search]``.
            filters: read filters ("under 90 minutes"), a seed ("like X") and directions ("but calmer") from the words.
            rewrite: let the language model put them in other words, where one is set and the answer is not sure.
            left_out: what of that to do without: the ``leave`` of parts of an earlier answer's ``understood``.

        Raises:
            InvalidInput: there are no words.
        """
        from ..searching import search

        if not words.strip():
            raise InvalidInput("A search needs words, and there are none.")
        fields = {"user_id": user_id, "k": k, "language": language, "by_taste": personal and user_id is not None}
        try:
            stated = constraints if isinstance(constraints, Constraints) else Constraints(**(constraints or {}))
            rewriter = self._rewriter if rewrite else None
            return search(words, self._serving.world(), self.ask, stated, filters, fields, rewriter, left_out)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error

    def explain(
        self,
        user_id: str,
        item_id: str,
        language: str = "en",
        level: str = "line",
        request_id: str | None = None,
        worded: bool = False,
        query: Query | None = None,
        **asked: Any,
    ) -> Explanation:
        """Why this item is, or is not, recommended to this person, from the record of a real request made now.

        Args:
            level: ``line``, ``paragraph`` or ``full``, which measures every evidence by ranking again without it.
            request_id: of an answer: ``then`` says what is stored of its showing of the item.
            worded: whether the language model, where one is set, may word the paragraph; it is checked against the
                evidence (`segue.conversation.wording`).
            query: of an answer (`Answer.query`): it is explained as that list was asked for, whoever's query it was.
            asked: else fields of one: ``recipe``, ``words``, ``seeds``, ``moods``, ``constraints``, ``group`` …
        """
        from ...pipeline.answer import examine

        wanted = explaining.level_of(level)
        self._look_for(item_id)
        world = self._serving.world()
        stated = {**asked, "user_id": user_id, "language": language}
        if query is None:
            query = explaining.query_of(stated, world)
        else:
            query = explaining.asked_again(query, user_id, language)
        query = households.limited(self._store, query)
        live, people = self._live(query, world), self._people(query, world)
        read, towards, lost = self._encoded(query)
        full = wanted != "line"
        advice = self._advising.of(query, live, world, ask=False)
        found = examine(
            world, query, item_id, live, words=read, poles=towards, people=people, account=full, advice=advice
        )
        told = dataclasses.replace(
            explanation(user_id, found, query.k, language, wanted),
            recipe=query.recipe,
            request_id=request_id,
            then=explaining.showing(self._store, user_id, item_id, request_id),
            degraded=(*found.degraded, *(f"words:{space}" for space in dict.fromkeys(lost)), *self._serving.degraded),
        )
        if not (worded and self.settings.llm.url):
            return told
        return explaining.in_words(told, language, self._model)

    def _ask(self, **fields: Any) -> Answer:
        try:
            query = Query(**fields)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        return self.ask(query)
