"""Living playlists: those that are due are made anew in the background, by one of however many processes there are.

Which one is decided playlist by playlist in the database, so that it holds for several machines, too.
"""

from __future__ import annotations

import logging
import threading

from ..engine import Engine

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
PATIENCE_S = 5.0
"""How long a server that stops waits for a playlist that is being made."""


class Living:
    """Looks for playlists that are due, at once and then every minute; what was missed is made up for once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="segue-living", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the playlist that is being made, and no more; the others stay due."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PATIENCE_S)

    def _work(self) -> None:
        while not self._ending.is_set():
            try:
                for done in self._engine.refresh_due(self._ending.is_set):
                    if done.problem is not None:
                        log.warning("the playlist %s was not made anew: %s", done.id, done.problem)
            except Exception as error:  # the rows cannot be reached just now, perhaps: the next look may go well
                log.warning("no playlist was made anew: %s", type(error).__name__)
                log.debug("no playlist was made anew", exc_info=True)
            self._ending.wait(LOOK_EVERY_S)
