"""A quick question that spark-submit runs: a program of its own, which reads the spec from a file."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.errors import EngineError
from dsgrid.operations.request import Request
from dsgrid.registry.toml import escaped
from dsgrid.toml_text import dumps

if TYPE_CHECKING:
    from dsgrid.operations.task import How
    from dsgrid.query.result import Result


def submit_question(
    spec: Mapping[str, Any],
    place: Path,
    *,
    master: str | None = None,
    memory: str | None = None,
    conf: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
    how: How | None = None,
) -> Result:
    """Write a question as a spec's file, let spark-submit run it, and return its result.

    Parameters
    ----------
    place
        The folder that the query has in that of its results.
    master, memory, conf
        See `dsgrid.operations.request.Request`.
    how
        See `dsgrid.operations.query.query`.

    Raises
    ------
    EngineError
        If it fails; why, it has said itself.
    """
    from dsgrid.operations.job import perform
    from dsgrid.query.result import open_result

    place.mkdir(parents=True, exist_ok=True)
    file = place / "question.toml"
    file.write_text(dumps(escaped(dict(spec))), encoding="utf-8")
    request = Request(file, "query", engine="spark", master=master, memory=memory, conf=conf or {}, quiet=True)
    if how is not None:
        request = replace(request, cache=how.cache, resume=how.resume, parts=how.parts)
    with _stdout_as_stderr():
        outcome = perform(request, progress)
    if outcome.code:
        raise EngineError(f"spark-submit ended with the exit code {outcome.code}; what it said stands above")
    return open_result(place)


@contextlib.contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Let what another program prints go to stderr: our output is the answer."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
