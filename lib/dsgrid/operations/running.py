"""The engine of an operation: the caller's, or one that this process keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dsgrid.engine import Engine, kept_session
from dsgrid.operations.progress import Progress, stage


@contextmanager
def running(engine: Engine | None, progress: Progress | None = None) -> Iterator[Engine]:
    """Give the engine to work with. One that is started here stays, so that the next call answers at once."""
    if engine is None:
        engine = kept_session(lambda: stage(progress, "starting the engine"))
    engine.activate()
    yield engine
