"""The pieces of an answer on the wire: server-sent events, while the answer is being made.

The engine works in threads; here, at the edge, the event loop waits for it, sends a sign of life now and then, and
notices when nobody listens any more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request

from ..answers import Pick
from ..engine.chatting import Asked, Done, Listed, Piece, Played, Proposed, Understood, Words, Wrote
from ..errors import SegueError
from .problems import of_error, problem
from .schemas import Card
from .turns import Turn

log = logging.getLogger("segue.server")

HEARTBEAT_S = 1.0
"""Seconds of silence after which a comment is sent, which shows a proxy, and us, that somebody still listens."""
_BEAT = b": waiting\n\n"


def event_of(piece: Piece, chinese: bool) -> tuple[str, dict[str, Any]]:
    """Name and content of a piece."""
    match piece:
        case Understood():
            wishes = [
                {
                    "id": wish.id,
                    "what": wish.what,
                    "text": wish.text,
                    "said": wish.said(chinese),
                    "new": wish.id in piece.new,
                }
                for wish in piece.wishes
            ]
            return "understood", {"conversation": piece.conversation, "intent": piece.intent, "understood": wishes}
        case Words():
            return "text", {"delta": piece.text}
        case Listed():
            items = [
                _item(n, handle, pick)
                for n, (handle, pick) in enumerate(zip(piece.handles, piece.picks, strict=True), 1)
            ]
            told = {"list": piece.id, "request_id": piece.request_id, "recipe": piece.recipe, "items": items}
            query = None if piece.query is None else piece.query.asked()
            return "items", {**told, "degraded": list(piece.degraded), "query": query}
        case Asked():
            options = [{"label": label, "say": say} for label, say in piece.options]
            return "question", {"id": piece.id, "text": piece.text, "options": options}
        case Wrote():
            return "wrote", {"writing": piece.writing, "what": piece.what, "data": piece.data}
        case Proposed():
            return "proposed", {"writing": piece.writing, "what": piece.what, "say": piece.say}
        case Played():
            return "play", _item(piece.number, piece.handle, piece.pick)
        case Done():
            turn = sum(said.role == "person" for said in piece.dialogue.turns)
            told = {"conversation": piece.dialogue.id, "by": piece.by, "degraded": list(piece.degraded)}
            return "done", {**told, "turn": turn}


def _item(n: int, handle: str, pick: Pick) -> dict[str, Any]:
    return {
        "n": n,
        "handle": handle,
        "item": Card.of(pick.item).model_dump(mode="json"),
        "reason": None if pick.reason is None else pick.reason.as_json(),
        "query": None if pick.query is None else pick.query.asked(),
    }


def sent(name: str, content: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False, default=str)}\n\n".encode(
        "utf-8", "backslashreplace"
    )


async def stream(request: Request, turn: Turn, began: float) -> AsyncIterator[bytes]:
    """The events of an answer.

    Args:
        began: of `time.perf_counter`, when the turn came in.
    """
    metrics = request.app.state.metrics
    piece: Piece | None = turn.first
    first_word_s: float | None = None
    try:
        while piece is not None:
            if isinstance(piece, Words) and first_word_s is None:
                first_word_s = time.perf_counter() - began
            if isinstance(piece, Done):
                metrics.talked(piece.by, first_word_s)
                metrics.answered(piece.degraded)
            yield sent(*event_of(piece, turn.chinese))
            coming = turn.going_on()
            while not (await asyncio.wait({coming}, timeout=HEARTBEAT_S))[0]:
                if await request.is_disconnected():
                    return
                yield _BEAT
            piece = coming.result()
    except SegueError as error:
        yield b"event: problem\ndata: " + bytes(of_error(error, request.state.request_id).body) + b"\n\n"
    except Exception:
        log.exception("request %s failed while its answer was sent", request.state.request_id)
        told = problem(500, "Something went wrong inside Segue.", request_id=request.state.request_id)
        yield b"event: problem\ndata: " + bytes(told.body) + b"\n\n"
