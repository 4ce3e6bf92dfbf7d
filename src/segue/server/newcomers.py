"""Newcomers: items that were put in over HTTP are understood in the background, in the order of their coming.

Two lanes, a thread each: the words of every item are read in the first, which takes moments, and its media in the
second, which may take minutes. So a text never waits for a film that came before it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from ..engine import Engine

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Items of one step."""
LONGEST_QUEUE = 100_000
"""Ids that wait in a lane, at most; of more than that the rest is left to `segue understand`."""
PATIENCE_S = 5.0
"""How long a server that stops waits for what is being read."""


class Newcomers:
    """Reads what is put in. The threads are daemons: what they had not read when the server stopped, the next
    `segue understand` reads.
    """

    def __init__(self, engine: Engine) -> None:
        self._media = _Lane(engine, "media")
        # Every item goes on to the media: one that has lost its file is told by reading it there.
        self._words = _Lane(engine, "words", self._media.add)

    def start(self) -> None:
        """Begin to read."""
        self._words.start()
        self._media.start()

    def stop(self) -> None:
        """Finish what is being read, and no more."""
        until = time.monotonic() + PATIENCE_S
        for lane in (self._words, self._media):
            lane.end()
        for lane in (self._words, self._media):
            lane.join(until - time.monotonic())

    def add(self, item_ids: Iterable[str]) -> None:
        """Have these read soon."""
        self._words.add(item_ids)


class _Lane:
    """One thread that reads one part of the items that wait for it, then hands them on."""

    def __init__(
        self, engine: Engine, part: Literal["words", "media"], then: Callable[[Sequence[str]], None] | None = None
    ) -> None:
        self._engine = engine
        self._part = part
        self._then = then
        self._waiting: queue.Queue[str | None] = queue.Queue(LONGEST_QUEUE)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"segue-newcomers-{part}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Forget what waits."""
        self._ending.set()
        while not self._waiting.empty():
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        self._waiting.put(None)

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout=max(timeout_s, 0.0))

    def add(self, item_ids: Iterable[str]) -> None:
        for item_id in item_ids:
            if self._ending.is_set():
                return
            try:
                self._waiting.put_nowait(item_id)
            except queue.Full:
                log.warning("more items have come than can wait to be understood; `segue understand` reads the rest")
                return

    def _work(self) -> None:
        while True:
            first = self._waiting.get()
            ids = [first]
            while len(ids) < AT_ONCE and ids[-1] is not None:
                try:
                    ids.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            wanted = list(dict.fromkeys(one for one in ids if one is not None))
            if wanted:
                self._read(wanted)
                if self._then is not None:
                    self._then(wanted)
            if ids[-1] is None:
                return

    def _read(self, wanted: Sequence[str]) -> None:
        try:
            for problem in self._engine.understand_items(wanted, [self._part]):
                log.warning("a new item was not read whole: %s", problem)
        except Exception as error:  # whatever one item does, those after it are read
            log.warning("new items were not understood: %s", type(error).__name__)
            log.debug("new items were not understood", exc_info=True)
