"""Adverts are not recommendations."""

from __future__ import annotations

import numpy as np

from ...arrays import Mask
from ...candidates import Candidates
from ...catalogue import KIND_CODE
from ...items import ItemKind
from ..stages import Request


class Adverts:
    """Takes out adverts, unless the query asks for that kind."""

    name = "adverts"
    safety = True

    def __call__(self, request: Request, candidates: Candidates) -> Mask:
        if ItemKind.AD in request.query.constraints.kinds:
            return np.ones(len(candidates), dtype=bool)
        return np.asarray(request.world.catalogue.kinds[candidates.items] != KIND_CODE[ItemKind.AD], dtype=bool)
