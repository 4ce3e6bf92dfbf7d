"""Routes: one file per noun. `ROUTERS` stand under ``/v1``, the others beside it."""

from __future__ import annotations

from . import (
    covers,
    evaluation,
    events,
    explanations,
    health,
    items,
    media,
    pages,
    recommendations,
    search,
    session,
    status,
    transparency,
    users,
)

ROUTERS = (
    events.router,
    items.router,
    recommendations.router,
    search.router,
    explanations.router,
    users.router,
    evaluation.router,
    status.router,
    transparency.router,
)
GUARDED = (media.router, covers.router, health.guarded)
"""Outside ``/v1``, and asking for the key all the same."""
OPEN = (health.router, session.router, pages.router)
"""They hold nothing of anybody: pages are empty shells."""
