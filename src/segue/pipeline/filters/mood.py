"""Keeps to the mood that was asked for."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ...profiles.item_moods import CARRIES, HINTS
from ..sources.mood import InMood, unwanted
from ..stages import Request


class OfMood:
    """Takes out what has a mood that is not wanted, and, where enough items have one that is, all others.

    Enough is twice what was asked for: of a series one entry is shown. Where too few have it in full, those with a hint
    of it stay too; where these are too few, all do, and the re-ranker `Turns` puts first what has it. A mood that only
    the session suggests takes nothing out.
    """

    name = "mood"
    safety = False

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        kept = unwanted(request)[candidates.items] < HINTS
        fit = InMood().scores(request)
        if fit is None or request.mood is None or request.mood.origin == "session":
            return kept
        for least in (CARRIES, HINTS):
            having = kept & (fit[candidates.items] >= least)
            if np.count_nonzero(having) >= 2 * request.query.k:
                return np.asarray(having)
        return kept


class Unwanted:
    """Takes out what has a mood that was refused: "nothing sad"."""

    name = "unwanted_mood"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        return np.asarray(unwanted(request)[candidates.items] < HINTS, dtype=bool)
