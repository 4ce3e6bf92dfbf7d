"""What a source proposes to each person of a group."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats, Rows
from ..stages import Request, Source


class Everybody:
    """Asks a source for each person of the group as if they were alone; each row counts by its best place with any.

    Scores of two people do not compare, places do. Of each person's rows the first ``limit / √people`` are taken, so
    that a larger group does not have to choose among as many times more.
    """

    def __init__(self, part: Source, limit: int) -> None:
        self.part, self.limit, self.name = part, limit, part.name

    def __call__(self, request: Request) -> tuple[Rows, Floats]:
        people = request.everybody
        most = int(np.ceil(self.limit * request.breadth / np.sqrt(len(people))))
        found = []
        for one in people:
            if one is not request:
                one.breadth, one.scope = request.breadth, request.scope
            found.append(self.part(one)[0][:most])
        rows = np.concatenate(found)
        places = np.concatenate([np.arange(1, len(own) + 1) for own in found])
        order = np.argsort(places, kind="stable")
        _, first = np.unique(rows[order], return_index=True)
        kept = order[np.sort(first)]
        return rows[kept], (1 / places[kept]).astype(np.float32)
