"""``/v1/recommendations``: what somebody should see next."""

from __future__ import annotations

from fastapi import APIRouter, Request

from ..auth import EngineHere
from ..schemas import AnswerOut, RecommendationsIn

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.post("/recommendations", response_model_exclude_unset=True)
def recommend(request: Request, engine: EngineHere, wanted: RecommendationsIn) -> AnswerOut:
    """Recommend, with a reason for each pick.

    With ``group``, one list for several people, and how well each pick suits each of them. With ``"personal": false``
    nothing of a person is read but the age limit of a member of an account. What could not be done as asked is named
    in ``degraded``.
    """
    answer = engine.ask(wanted.query())
    request.app.state.metrics.answered(answer.degraded)
    return AnswerOut.of(answer, wanted.cards)
