"""Newcomers: items that were put in over HTTP are understood in the background, in the order of their coming."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable

from ..engine import Engine

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Items of one step."""
LONGEST_QUEUE = 100_000
"""Ids that wait, at most; of more than that the rest is left to `segue understand`."""


class Newcomers:
    """One thread that reads what is put in. It is a daemon: what it had not read when the server stopped, the next
    `segue understand` reads.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[str | None] = queue.Queue(LONGEST_QUEUE)
        self._thread = threading.Thread(target=self._work, name="segue-newcomers", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being read, and no more."""
        while not self._waiting.empty():
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def add(self, item_ids: Iterable[str]) -> None:
        """Have these read soon."""
        for item_id in item_ids:
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
                try:
                    for problem in self._engine.understand_items(wanted):
                        log.warning("a new item was not read whole: %s", problem)
                except Exception as error:  # whatever one item does, those after it are read
                    log.warning("new items were not understood: %s", type(error).__name__)
                    log.debug("new items were not understood", exc_info=True)
            if ids[-1] is None:
                return
