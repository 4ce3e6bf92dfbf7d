"""What a search without words shows: all that its filters let pass, the most popular, then the newest first."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from ..stages import Request
from .counts import Counts
from .fresh import Fresh
from .scored import Scored


class Browse(Scored):
    """Popularity, with newness to decide between equals; silent where there are words or seeds."""

    name = "browse"

    def compute(self, request: Request) -> Floats | None:
        if request.query.words or request.query.seeds:
            return None
        newness = Fresh().scores(request)
        popular = request.scores("popular_all")
        if popular is None:
            popular = Counts().scores(request)
        if popular is None or newness is None:
            return newness
        known = np.nan_to_num(popular, nan=0.0)
        spread = float(known.max() - known.min())
        return np.asarray(known / spread + 1e-3 * newness if spread > 0 else newness, dtype=np.float32)
