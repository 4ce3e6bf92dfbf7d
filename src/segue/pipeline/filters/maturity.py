"""Maturity: items for older people than those who watch."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ..stages import Request

STATED_BELOW = 12
"""For an age below this, an item must state its minimum age: what says nothing is not assumed to suit children."""

EXPLICIT_FROM = 18
"""An item marked explicit that states no minimum age counts as this one."""


class Maturity:
    """Lets pass items whose minimum age is at most the ceiling: the lower one of the settings' and the query's.

    Items that state no minimum age pass, except below the ceiling `STATED_BELOW`. Items marked explicit pass only where
    both the settings and the query allow them.
    """

    name = "maturity"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        settings, query = request.world.settings.filters, request.query.constraints
        minimum = request.world.catalogue.maturity[candidates.items]
        explicit = request.world.catalogue.explicit[candidates.items]
        mask = np.ones(len(candidates), dtype=bool)
        if not (settings.allow_explicit and query.allow_explicit):
            mask &= ~explicit
        ceilings = [age for age in (settings.max_maturity, query.max_maturity) if age is not None]
        if ceilings:
            ceiling = min(ceilings)
            minimum = np.where((minimum < 0) & explicit, EXPLICIT_FROM, minimum)
            mask &= minimum <= ceiling
            if ceiling < STATED_BELOW:
                mask &= minimum >= 0
        return mask
