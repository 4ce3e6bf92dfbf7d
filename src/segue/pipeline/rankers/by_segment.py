"""A strategy per segment: each kind of person is ranked for by weights of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...arrays import Floats
from ...candidates import Candidates
from ...profiles.segments import segments
from ...profiles.tastes import PREFIX
from ..stages import Ranker, Request


def segments_of(request: Request, by_taste: bool = True) -> tuple[str, ...]:
    """The segments of the person (`segue.profiles.segments`), the most telling first; once a request.

    Args:
        by_taste: also look up their taste cluster, which takes longest.
    """

    def compute() -> tuple[str, ...]:
        world, told = request.world, request.told
        wanted = world.settings
        taste = world.tastes.of(told, world.catalogue) if by_taste else None
        return segments(told, wanted.segments, request.now, wanted.session.gap_s, taste.key if taste else None)

    return request.remember(("segments", by_taste), compute)


@dataclass
class BySegment:
    """Asks the ranker of the first of a person's segments that has one, else the ranker for everybody else."""

    rankers: Mapping[str, Ranker]
    """By segment."""
    otherwise: Ranker
    name: str = "by_segment"

    def __call__(self, request: Request, candidates: Candidates) -> Mapping[str, Floats]:
        parts = segments_of(request, any(part.startswith(PREFIX) for part in self.rankers))
        own = next((self.rankers[part] for part in parts if part in self.rankers), self.otherwise)
        return own(request, candidates)
