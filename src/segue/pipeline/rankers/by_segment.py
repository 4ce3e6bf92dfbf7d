"""A strategy per segment: each kind of person is ranked for by weights of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...arrays import Floats
from ...candidates import Candidates
from ...profiles.segments import segments
from ..stages import Ranker, Request


def segments_of(request: Request) -> tuple[str, ...]:
    """The segments of the person (`segue.profiles.segments`), the most telling first; once a request."""

    def compute() -> tuple[str, ...]:
        world, told = request.world, request.told
        wanted = world.settings
        taste = world.tastes.of(told, world.catalogue)
        return segments(told, wanted.segments, request.now, wanted.session.gap_s, taste.key if taste else None)

    return request.remember("segments", compute)


@dataclass
class BySegment:
    """Asks the ranker of the first of a person's segments that has one, else the ranker for everybody else."""

    rankers: Mapping[str, Ranker]
    """By segment."""
    otherwise: Ranker
    name: str = "by_segment"

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        own = next((self.rankers[part] for part in segments_of(request) if part in self.rankers), self.otherwise)
        return own(request, candidates)
