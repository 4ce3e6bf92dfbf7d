"""Upkeep: what is due by the clock is done in the background, by one of however many processes there are.

Which one makes a playlist anew is decided playlist by playlist in the database, so that it holds for several machines,
too; to delete what has expired twice is to delete it once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from ..engine import Engine

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
PATIENCE_S = 5.0
"""How long a server that stops waits for what is being done."""

Job = Callable[[Engine, Callable[[], bool]], None]
"""Takes the engine, and what says whether to stop."""


def refresh_playlists(engine: Engine, stop: Callable[[], bool]) -> None:
    """Make anew the playlists that are due."""
    for done in engine.refresh_due(stop):
        if done.problem is not None:
            log.warning("the playlist %s was not made anew: %s", done.id, done.problem)


def purge_conversations(engine: Engine, _stop: Callable[[], bool]) -> None:
    """Delete the conversations that have expired."""
    count = engine.purge_conversations()
    if count:
        log.info("%d conversations had expired", count)


class Upkeep:
    """Does its jobs at once and then every minute: what was missed meanwhile is made up for once."""

    def __init__(self, engine: Engine, jobs: Sequence[Job]) -> None:
        self._engine = engine
        self._jobs = jobs
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="segue-upkeep", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being done, and no more; the rest stays due."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PATIENCE_S)

    def _work(self) -> None:
        while not self._ending.is_set():
            for job in self._jobs:
                try:
                    job(self._engine, self._ending.is_set)
                except Exception as error:  # the rows cannot be reached just now, perhaps: the next look may go well
                    log.warning("%s failed: %s", job.__name__, type(error).__name__)
                    log.debug("%s failed", job.__name__, exc_info=True)
            self._ending.wait(LOOK_EVERY_S)
