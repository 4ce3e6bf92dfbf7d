"""Record what was shown, so that learning knows what was passed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ...answers import Answer
from ...candidates import Candidates
from ...events import Context, Event, EventKind
from ..stages import Request


class Impressions:
    """One ``impression`` a pick, with its rank (from 0), the request's id and the surface; nothing about nobody.

    The id is made from the request's: the same answer delivered twice is recorded once.

    Args:
        record: takes the events; called once an answer.
    """

    name = "impressions"

    def __init__(self, record: Callable[[Sequence[Event]], object]) -> None:
        self.record = record

    def __call__(self, request: Request, candidates: Candidates, answer: Answer) -> None:
        if answer.user_id is None or not answer.picks:
            return
        asked = request.query.context or Context()
        self.record(
            [
                Event(
                    id=f"{answer.request_id}:{rank}",
                    user_id=answer.user_id,
                    item_id=pick.item.id,
                    kind=EventKind.IMPRESSION,
                    at=datetime.fromtimestamp(request.now, UTC),
                    context=Context(
                        device=asked.device,
                        surface=asked.surface or answer.recipe,
                        rank=rank,
                        request_id=answer.request_id,
                    ),
                )
                for rank, pick in enumerate(answer.picks)
            ]
        )
