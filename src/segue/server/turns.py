"""Turns of conversations: so many are answered at once, each in a thread beside those of all other requests.

A turn may wait for a language model, for seconds perhaps; whoever asks for anything else meanwhile finds a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ..engine.chatting import Answering, Piece
from ..errors import Overloaded

log = logging.getLogger("segue.server")

PATIENCE_S = 2.0
"""How long a turn waits for a place."""

R = TypeVar("R")


class Turns:
    """The places of one app.

    Args:
        at_once: how many there are.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._places = asyncio.Semaphore(at_once)
        self._ending: set[asyncio.Task[None]] = set()

    async def begin(self, ask: Callable[[], Answering]) -> Turn:
        """Take a place, and make the first piece.

        Raises:
            Overloaded: no place has become free. Others as `ask` and the first piece do.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._places.acquire()
        except TimeoutError:
            raise Overloaded(
                f"{self._at_once} turns of conversations are being answered just now, which is as many as there may be "
                "at once ([chat] at_once). Say it again in a moment."
            ) from None
        turn = Turn(self)
        try:
            await turn.begin(ask)
        except BaseException:
            self.end(turn)
            raise
        return turn

    def end(self, turn: Turn) -> None:
        """Let the work of a turn end soon, and give its place to another one as soon as it has."""
        ending = asyncio.create_task(self._ended(turn))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _ended(self, turn: Turn) -> None:
        try:
            await turn.close()
        except Exception:
            log.exception("a turn of a conversation did not end well")
        finally:
            self._places.release()


class Turn:
    """One turn that has a place."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._thread = CapacityLimiter(1)
        self._work: asyncio.Task[Any] | None = None
        self._pieces: Answering | None = None
        self.first: Piece
        """The first piece of the answer."""
        self.chinese = False

    async def begin(self, ask: Callable[[], Answering]) -> None:
        """Make the first piece."""
        self._pieces = await self._in_thread(ask)
        self.chinese = self._pieces.chinese
        self.first = await self._in_thread(lambda: next(self._pieces))  # type: ignore[arg-type]

    def going_on(self) -> asyncio.Task[Piece | None]:
        """The next piece, which is being made; None: there is none."""
        return self._in_thread(lambda: next(self._pieces, None))  # type: ignore[arg-type]

    def end(self) -> None:
        """Whoever listened has gone, or has heard it all."""
        self._turns.end(self)

    async def close(self) -> None:
        """End the work, and leave the conversation."""
        if self._pieces is not None:
            self._pieces.stop()
        if self._work is not None and not self._work.done():
            await asyncio.wait({self._work})
        if self._pieces is not None:
            await self._in_thread(self._pieces.close)

    def _in_thread(self, work: Callable[[], R]) -> asyncio.Task[R]:
        """One thing at a time, which goes on whatever becomes of whoever waits for it."""
        self._work = made = asyncio.ensure_future(to_thread.run_sync(work, limiter=self._thread))
        return made


class Told(StreamingResponse):
    """An answer that ends its turn, however it ends itself."""

    def __init__(self, turn: Turn, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._turn.end()
