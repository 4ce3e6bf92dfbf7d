"""What to ask a new person, put together for `Engine`: titles by the serving version, and telling topics."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..arrays import Rows
from ..candidates import Candidates
from ..pipeline import runner
from ..pipeline.answer import recipe_of, request_of
from ..pipeline.stages import World
from ..profiles.history import Live
from ..profiles.onboarding import answers_of, telling_topics
from ..profiles.portrait_words import Names
from ..queries import Query
from ..topics import Topics

TOPICS = 8
"""Topics asked about at once; twice as many where there are no titles to ask about."""
SURFACE = "onboarding"
"""Of the impressions that stand for titles which somebody did not know."""


def onboarding(world: World, live: Live, query: Query, shown: Collection[str], names: Names) -> dict[str, Any]:
    """The stable shape of `Engine.onboarding`.

    Args:
        query: who asks, how many titles, and what may be shown.
        shown: ids of items and keys of topics that were shown before.
        names: what topics are called.
    """
    rows = [world.catalogue.row_of[one] for one in shown if one in world.catalogue.row_of]
    open_to = _showable(world, live, query)
    closed = np.setdiff1d(world.questions.items, open_to).tolist()
    answers = answers_of(live.history, rows)
    asked = world.questions.choose(query.k, answers, closed)
    told = {*live.stated, *live.hidden_topics, *live.forgotten, *shown}
    own = world.catalogue.topics
    topics = telling_topics(Topics(own.keys, own.names, own.matrix[open_to]), TOPICS if asked else 2 * TOPICS, told)
    return {
        "user_id": query.user_id,
        "answered": len(answers) + len(live.stated),
        "titles": [_title(world, row) for row in asked],
        "topics": [{"topic": key, "name": dict(names.of(key, world.catalogue))} for key in topics],
    }


def _showable(world: World, live: Live, query: Query) -> Rows:
    """Rows that every filter of the recipe home lets pass."""
    recipe, request = recipe_of(world, "home"), request_of(world, query, live, None, None)
    everything = Candidates(np.arange(len(world.catalogue), dtype=np.int32))
    return runner.filtered(recipe, request, everything, runner.Trace()).items


def _title(world: World, row: int) -> dict[str, Any]:
    item = world.catalogue.item(row)
    return {"item": item.id, "title": item.name, "kind": item.kind.value, "year": item.year}
