"""Interests over time: how much of what a person turned to, month by month, belonged to each of their interests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from ..catalogue import Catalogue
from ..dataset import History
from .interests import Interest

MOST = 24
"""Steps of a stream at most."""
STEPS = (1, 7, 14, 30, 61, 91, 182, 365, 730, 1826, 3652)
"""Days that one step may take."""


def stream(history: History, found: Sequence[Interest], catalogue: Catalogue, zone: tzinfo) -> dict[str, Any]:
    """The layers of a stacked area.

    Args:
        found: the person's interests; the layers, in this order. Where there are none, everything is one layer.
        zone: in whose days the steps begin.

    Returns:
        ``days``: of a step; ``begins``: its first day (ISO 8601), one a step; ``layers``: one a interest and one for
        the rest (what is in no interest), each the sum of preferences in every step. All empty without times.
    """
    liked = (history.weights > 0) & np.isfinite(history.timestamps) & catalogue.alive[history.items]
    items, times, weights = history.items[liked], history.timestamps[liked], history.weights[liked]
    if not len(items):
        return {"days": 0, "begins": [], "layers": []}
    first = datetime.fromtimestamp(float(times.min()), zone).replace(hour=0, minute=0, second=0, microsecond=0)
    span = (float(times.max()) - first.timestamp()) / 86_400
    days = next((step for step in STEPS if span / step < MOST), STEPS[-1])
    step = np.floor((times - first.timestamp()) / (86_400 * days)).astype(np.intp)
    layer_of = {int(row): n for n, one in enumerate(found) for row in one.items}
    layer = np.array([layer_of.get(int(row), len(found)) for row in items], dtype=np.intp)
    table = np.zeros((len(found) + 1, int(step.max()) + 1))
    np.add.at(table, (layer, step), weights)
    begins = [(first + timedelta(days=days * n)).date().isoformat() for n in range(table.shape[1])]
    return {"days": days, "begins": begins, "layers": np.round(table, 2).tolist()}
