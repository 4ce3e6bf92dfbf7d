"""What `benchmarks.explanations` asks: two catalogues with what people did there, and requests of every recipe."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.events import EventTable
from segue.ingest.sampler.listeners import live
from segue.ingest.sampler.words import works
from segue.items import Item
from segue.models import TABLE as MODEL_TABLE
from segue.models.base import Model, TrainOptions
from segue.pipeline.answer import recipe_of, requested, warm
from segue.pipeline.recipes import TABLE
from segue.pipeline.stages import Recipe, Request, World
from segue.profiles.companions import Companion
from segue.profiles.history import Live
from segue.queries import Query
from segue.settings import Settings, TrainSettings

from ._protocols import MOVIELENS_1M, films, sequence_log
from .cross_domain import NOW, read_words

SEED = 7
MODELS = ("popular_recent", "item_knn", "ease", "als", "user_knn")
GROUP = 3
"""People of a group."""


def movielens() -> tuple[World, Dataset]:
    """Everything fitted on the whole log."""
    log = sequence_log(MOVIELENS_1M, films)
    return world_of(log), log


def world_of(log: Dataset) -> World:
    """The models that are fitted here."""
    names = (*MODELS, "content") if "mixed" in log.vectors else MODELS
    models: dict[str, Model] = {}
    for name in names:
        kind = MODEL_TABLE.load(name)
        models[name] = kind(kind.Config())
        models[name].train(log, TrainOptions(seed=SEED, threads=1))
    counts = np.bincount(log.items, minlength=log.n_items).astype(np.float32)
    there = World(log.catalogue, models, log.vectors, Settings(train=TrainSettings(models=names)), "benchmark", counts)
    warm(there)
    return there


def sample_library() -> tuple[World, Dataset]:
    """The library that the sampler makes, with its words read."""
    made = works(SEED, NOW)
    items = [work.item for work in made]
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        known, vectors = read_words(Path(folder), items)
    catalogue = Catalogue.build(items)
    rows = known.rows(catalogue.ids)
    own = {space: column[rows] for space, column in vectors.items()}
    log = Dataset.build(catalogue, EventTable.of(live(made, SEED, NOW).events), Settings().signals, own)
    return world_of(log), log


def requests(there: World, log: Dataset, people: Sequence[int]) -> Iterator[tuple[str, Recipe, Request]]:
    """Whom it is for, and a request of every recipe there is: for each person, and for groups."""
    rng = np.random.default_rng((SEED, 1))
    now = float(np.nanmax(log.timestamps)) + 60 if np.isfinite(log.timestamps).any() else 0.0
    for n, user in enumerate(people):
        history = log.history(user)
        own = np.unique(history.positive.items)
        own = own[own < len(there.catalogue)]
        if not len(own):
            continue
        item = there.catalogue.item(int(rng.choice(own)))
        seeds = tuple(there.catalogue.ids[row] for row in rng.choice(own, min(2, len(own)), replace=False))
        group = [(f"u{other}", log.history(other)) for other in people[n : n + GROUP]] if n % GROUP == 0 else []
        for name in TABLE:
            query = query_of(name, item, seeds, tuple(user_id for user_id, _ in group), n)
            if query is None:
                continue
            # Some state a taste, some are in a group; what is typed means what the item says.
            stated = {f"genre:{item.genres[0].lower()}": 1.0} if item.genres and n % 3 == 0 and name == "home" else {}
            means = "text" in there.vectors and query.words and name != "mood"
            vectors = {"text": there.vectors["text"][there.catalogue.row(item.id)]} if means else {}
            companions = [Companion(user_id, user_id, Live(own_history)) for user_id, own_history in group]
            recipe = recipe_of(there, name)
            request, _ = requested(there, recipe, query, Live(history, stated=stated), now, vectors, companions)
            yield f"u{user}", recipe, request


def query_of(name: str, item: Item, seeds: tuple[str, ...], group: tuple[str, ...], n: int) -> Query | None:
    """What person number ``n``, who likes an item, asks of a recipe; None: nothing, alone.

    A recipe that needs more than a person raises InvalidInput, until it is told here what it needs.
    """
    titled = " ".join((item.title or "night").split()[:2])
    genre = " ".join(item.genres[:1])
    fields: dict[str, object] = {
        "similar": {"seeds": seeds},
        "radio": {"seeds": seeds},
        "search": {"words": f"{titled} {genre}".strip()},
        "mood": {"moods": ("calm", "dark")} if n % 3 == 0 else {"words": ("something cheerful", "calm")[n % 3 - 1]},
        "playlist": {"words": (f"calm {genre}".strip(), titled, "something cheerful")[n % 3], "by_taste": True},
        "together": {"group": group, "user_id": None},
    }.get(name, {})  # type: ignore[assignment]
    if name == "together" and len(group) < 2:
        return None
    return Query.model_validate({"user_id": "u", "recipe": name, "seed": SEED, **fields})
