"""The engine of an operation: the caller's, or one that this process keeps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dsgrid.engine import Engine, session
from dsgrid.operations.progress import Progress, stage

_lock = threading.Lock()
_own: list[Engine] = []


@contextmanager
def running(engine: Engine | None, progress: Progress | None = None) -> Iterator[Engine]:
    """Give the engine to work with. One that is started here stays, so that the next call answers at once."""
    if engine is None:
        with _lock:
            if not _own:
                with stage(progress, "starting the engine"):
                    _own.append(session())
            engine = _own[0]
    engine.activate()
    yield engine
