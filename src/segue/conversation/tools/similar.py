"""``similar``: more like one item."""

from __future__ import annotations

from typing import Any

from ...queries import Query
from ..desk import Desk
from .tool import HowMany, Tool, Which, listed


class Similar(Which):
    """To which item."""

    k: HowMany = 10


def use(desk: Desk, args: Similar) -> dict[str, Any]:
    """More like it, within what the conversation has settled."""
    query = Query(
        user_id=desk.user_id,
        recipe="similar",
        k=args.k,
        seeds=(desk.item_of(args.n, args.handle).id,),
        constraints=desk.held(),
        language=desk.language,
    )
    return listed(desk, desk.engine.ask(query))


TOOL = Tool("similar", "More like one item, given by its number in the newest list or by its handle.", Similar, use)
