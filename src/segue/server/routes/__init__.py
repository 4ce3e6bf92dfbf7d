"""Routes: one file per noun. What the API serves stands under ``/v1``."""

from __future__ import annotations

from . import (
    conversations,
    covers,
    entities,
    evaluation,
    events,
    explanations,
    films,
    habits,
    health,
    households,
    items,
    labels,
    media,
    onboarding,
    pages,
    portraits,
    recommendations,
    search,
    session,
    status,
    suspects,
    tools,
    transparency,
    users,
)

GUARDED = (
    events.router,
    # before the items: their ids may hold slashes
    labels.router,
    items.router,
    entities.router,
    recommendations.router,
    search.router,
    explanations.router,
    habits.router,
    households.router,
    onboarding.router,
    conversations.router,
    tools.router,
    # before the people: who may be deleted, ids and all
    portraits.router,
    users.router,
    evaluation.router,
    status.router,
    suspects.router,
    transparency.router,
    media.router,
    covers.router,
    films.router,
    health.guarded,
)
"""They ask for the key, where the server has one."""
OPEN = (health.router, session.router, pages.router)
"""They hold nothing of anybody: pages are empty shells."""
