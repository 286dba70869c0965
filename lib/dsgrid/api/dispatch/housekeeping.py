"""The thread that tidies up now and then."""

from __future__ import annotations

import logging
import threading
from typing import Final

from dsgrid.api.dispatch.retention import Retention

EVERY: Final = 3600.0

logger = logging.getLogger("dsgrid.api")


class Housekeeping:
    """Removes what is kept no longer: when the server starts, and every hour."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being removed is finished first."""
        self._ends.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                done = self._retention.run(self._ends.is_set)
                if done:
                    logger.info("tidied up: %s", done)
            except Exception:
                logger.exception("tidying up failed, and is tried again in an hour")
            self._ends.wait(EVERY)
