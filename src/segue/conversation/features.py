"""What speaks for an item at a moment of a conversation, as numbers: a row of `FEATURES` for every item.

What is missing (no model, no graph, no vectors, no past conversations, nothing named yet) is 0 for all items alike and
changes no order. Numbers are bent by logarithms where they have no bound, so that one learnt table of weights
(`segue.conversation.recommender`) serves catalogues of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Sparse, unit_rows
from ..dataset import History
from ..pipeline.asking.lexicon import GENRES
from ..pipeline.stages import World
from .context import VIEWS, Context, Encode
from .experience import Experience
from .library import Library

FEATURES: dict[str, str] = {
    "met": "how many people met it",
    "met_lately": "how many met it of late",
    "told": "how many past conversations recommend it",
    "named": "how many past conversations name it besides",
    "undated": "its year is not known",
    "age_1": "it came out in the newest year of the catalogue (of all but 1 %) or the one before",
    "age_3": "… two or three years before",
    "age_8": "… four to eight years before",
    "age_18": "… up to 18 years before",
    "age_38": "… up to 38 years before",
    "people": "people who met what was named met it, too (`ease` or another model)",
    "people_last": "… of what was named last",
    "people_liked": "… of what the person likes, less what they do not",
    "beside": "share of past conversations with what was named that name it",
    "beside_cosine": "… over what its own frequency makes of it",
    "beside_liked": "… with what the person likes, less what they do not",
    "credits": "people in common with what was named, summed",
    "credits_most": "… with the one that has most",
    "graph": "nearness in the knowledge graph to what was named",
    "title": "rare words of titles in common with what was named",
    "title_last": "… with what was named last",
    "alike": "mean likeness of what is written about it and about what was named",
    "alike_most": "… with the most alike",
    "alike_own": "… with what the person named",
    "genres": "genres in common with what was named",
    "genres_last": "… with what was named last",
    "genres_own": "… with what the person named",
    "years": "nearness in years to what was named",
    "years_last": "… to what was named last",
    "asked": "share of its genres that are asked for",
    "asked_rare": "… counted by how rare they are",
    "asked_last": "… asked for in the last messages",
    "refused": "genres that are refused",
    "words": "words of the conversation in what it says about itself (BM25)",
    "credit_words": "… in the names of its people",
    "credit_name": "… nearly all of somebody's name",
    "old": "it is old, and old ones are asked for",
    "new": "it is new, and new ones are asked for",
    **{f"meaning_{view}": f"nearness in meaning to what was said: {view}" for view in VIEWS},
    **{f"after_{view}": f"what was recommended after similar words in past conversations: {view}" for view in VIEWS},
}
"""Name → what it tells."""

LEARNT_FROM_TALK = ("told", "named", "beside", "beside_cosine", "beside_liked", *(f"after_{view}" for view in VIEWS))
"""Those that are 0 where no conversation has been kept."""

MODELS = ("ease", "slim", "item_knn", "als", "graph")
"""Which model says what people who met one item met besides; the first that there is."""
_LATE, _OLD = 1, 18
"""Years before the newest: what counts as new, what as old."""


Told = Iterator[tuple[str, NDArray[Any]]]
"""Features by name, (n items,) each."""


class Features:
    """Describes the items of a world at a moment.

    Args:
        encode: what made ``world.vectors["text"]``; None: meanings are not compared.
    """

    def __init__(self, world: World, experience: Experience, encode: Encode | None = None) -> None:
        self.world, self.experience, self.encode = world, experience, encode
        self.library = Library.of(world)
        self.n = len(world.catalogue)

    def of(self, context: Context) -> Floats:
        """(n items, len(FEATURES)) float32."""
        table = np.zeros((len(FEATURES), self.n), np.float32)
        place = {name: at for at, name in enumerate(FEATURES)}
        groups = (self._still, self._beside_named, self._like_named, self._asked, self._heard) if self.n else ()
        for group in groups:
            for name, values in group(context):
                table[place[name]] = values
        return np.nan_to_num(table, copy=False).T

    # What does not change from moment to moment

    def _still(self, _: Context) -> Told:
        yield from self._standing.items()

    @cached_property
    def _standing(self) -> dict[str, Floats]:
        age = self._age
        found = {"undated": np.isnan(age).astype(np.float32)}
        for low, high in ((-np.inf, 1), (1, 3), (3, 8), (8, 18), (18, 38)):
            found[f"age_{high}"] = ((age > low) & (age <= high)).astype(np.float32)
        if self.world.counts is not None:
            found["met"] = np.asarray(np.log1p(self.world.counts) / 2, np.float32)
        recent = self.world.models.get("popular_recent")
        if recent is not None:
            found["met_lately"] = np.log1p(self._whole(recent.score(History.empty())))
        if len(self.experience):
            told = self.experience.times_recommended
            found["told"] = np.log(told + np.float32(0.3))
            found["named"] = np.log(np.maximum(self.experience.times_named - told, 0) + np.float32(0.3))
        return found

    @cached_property
    def _age(self) -> Floats:
        """(n items,) years before the newest year that is not only announced; NaN where unknown."""
        years = self.world.catalogue.years.astype(np.float32)
        years[years <= 0] = np.nan
        newest = np.nanpercentile(years, 99, method="higher") if np.isfinite(years).any() else np.nan
        return np.asarray(newest - years, np.float32)

    def _whole(self, scores: Floats) -> Floats:
        """Scores of a model for all rows of the catalogue, 0 where it says nothing."""
        found = np.zeros(self.n, np.float32)
        found[: len(scores)] = np.nan_to_num(scores[: self.n])
        return found

    # Who else speaks of what was named

    def _beside_named(self, context: Context) -> Told:
        rows = context.named
        if not len(rows):
            return
        root = np.float32(np.sqrt(len(rows)))
        feelings = np.array([mention.feeling for mention in context.mentions], np.float32)
        model = next((self.world.models[name] for name in MODELS if name in self.world.models), None)
        if model is not None:
            yield "people", self._whole(model.score(History.of(rows))) * 10 / root
            yield "people_last", self._whole(model.score(History.of(rows[-1:]))) * 10
            if feelings.any():
                yield "people_liked", self._whole(model.score(History.of(rows, feelings.tolist()))) * 10 / root
        if len(self.experience):
            together, times = self.experience.together(rows), self.experience.times_named
            share = together / (times[rows, None] + 3)
            yield "beside", np.log1p(20 * share.mean(axis=0))
            cosine = together / np.sqrt((times[rows, None] + 2) * (times + 2))
            yield "beside_cosine", cosine.sum(axis=0) * 3 / root
            yield "beside_liked", feelings @ cosine * 3 / root

    # What is like what was named

    def _like_named(self, context: Context) -> Told:
        rows = context.named
        if not len(rows):
            return
        own = np.array([mention.by_person for mention in context.mentions])
        shared = (self.library.credits[rows] @ self.library.credits.T).toarray()
        yield "credits", np.log1p(5 * shared.sum(axis=0))
        yield "credits_most", shared.max(axis=0)
        if self.world.relations is not None and self.world.graph.links:
            yield "graph", self.world.graph.near(rows)
        titles = (self.library.titles[rows] @ self.library.titles.T).toarray()
        yield "title", titles.max(axis=0)
        yield "title_last", titles[-1]
        genres = self.library.genres
        yield "genres", genres @ genres[rows].mean(axis=0)
        yield "genres_last", genres @ genres[rows[-1]]
        if own.any():
            yield "genres_own", genres @ genres[rows[own]].mean(axis=0)
        texts = self.library.texts
        if texts is not None:
            alike = texts[rows] @ texts.T
            yield "alike", alike.mean(axis=0) * 3
            yield "alike_most", np.maximum(alike.max(axis=0), 0) * 2
            if own.any():
                yield "alike_own", alike[own].mean(axis=0) * 2
        years = self.world.catalogue.years.astype(np.float32)
        dated = rows[years[rows] > 0]
        if len(dated):
            usual = float(years[dated].mean())
            yield "years", -np.abs(np.where(years > 0, years, usual) - usual) / 10
            last = float(years[dated[-1]])
            yield "years_last", -np.abs(np.where(years > 0, years, usual) - last) / 10

    # What is asked for

    def _asked(self, context: Context) -> Told:
        for name, wanted in (("asked", context.asked), ("asked_last", context.lately)):
            if wanted:
                yield name, self.library.idea_shares @ _dense(wanted)
        if context.asked:
            yield "asked_rare", self.library.ideas @ (_dense(context.asked) * self.library.rarity) / 3
        if context.refused:
            yield "refused", self.library.ideas @ _dense(context.refused)
        if context.words:
            index = self.library.index
            yield "words", np.log1p(summed(index.words, index.weights, context.words, self.n)) / 2
            names, weights = self.library.credit_words
            hits = summed(names, weights, context.words, self.n)
            yield "credit_words", np.log1p(hits)
            yield "credit_name", np.maximum(hits - 0.7 * hits.max(initial=0), 0) / 5
        if context.old:
            yield "old", np.float32(context.old) * (self._age > _OLD)
        if context.new:
            yield "new", np.float32(context.new) * (self._age <= _LATE)

    # What was said, by meaning

    def _heard(self, context: Context) -> Told:
        if self.encode is None or not context.turns:
            return
        past, texts = self.experience, self.library.texts
        centre = past.centre if len(past.centre) else np.zeros(self.encode([""]).shape[1], np.float32)
        for view, heard in context.heard_as(self.encode, centre).items():
            if texts is not None:
                away = unit_rows(heard - past.usual(view) if len(past) else heard)
                yield f"meaning_{view}", texts @ away * 3
            if len(past):
                yield f"after_{view}", np.log1p(100 * past.after(view, heard))


def _dense(wanted: Mapping[int, float]) -> Floats:
    """(ideas,) from how much each is wanted."""
    found = np.zeros(len(GENRES), np.float32)
    for genre, weight in wanted.items():
        found[genre] = weight
    return found


def summed(rows: Mapping[str, int], table: Sparse, words: Mapping[str, float], n: int) -> Floats:
    """(n items,) Σ weight of the word × what it says of the item."""
    found = np.zeros(n, np.float32)
    for word, weight in words.items():
        row = rows.get(word)
        if row is not None:
            at = slice(table.indptr[row], table.indptr[row + 1])
            found[table.indices[at]] += np.float32(weight) * table.data[at]
    return found
